"""The plan's finer parts as fields of a form, for both sides: steps and ways of working."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from openalliance.core.plan import Goal, Plan, Preference, Way

LONGEST = 300
NO_LEVELS = ("", "", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayField:
    """One way of working with its poles, what was chosen and what was said about it."""

    way: str
    title: str
    left: str
    right: str
    value: str = ""
    words: str = ""

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Return the seven steps between the poles, each in words."""
        left, right = self.left, self.right
        names = (
            _("%(pole)s, very much"), _("%(pole)s, rather"), _("%(pole)s, a little"),
        )  # fmt: skip
        towards_left = [name % {"pole": left} for name in names]
        towards_right = [name % {"pole": right} for name in reversed(names)]
        words = (*towards_left, _("no matter, or both"), *towards_right)
        return tuple((str(value), one) for value, one in zip(range(-3, 4), words, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalDetails:
    """A goal's five steps and its importance, as typed."""

    levels: tuple[str, ...] = NO_LEVELS
    importance: str = "1"

    @property
    def is_open(self) -> bool:
        return any(self.levels) or self.importance != "1"

    @property
    def is_half(self) -> bool:
        """Whether some steps are described and others are not."""
        return any(self.levels) and not all(self.levels)


def way_words(way: Way, *, own: bool = False) -> tuple[str, str, str]:
    """Return what a way of working is about, and its two poles; ``own``: as a client says it."""
    if own and way is Way.DIRECTIVENESS:
        return _("Who leads"), _("my therapist leads the way"), _("I lead the way")
    return {
        Way.DIRECTIVENESS: (
            _("Who leads"), _("the therapist leads the way"), _("the client leads the way"),
        ),
        Way.EMOTION: (
            _("Feelings"), _("go deep into feelings"), _("stay calm and think it through"),
        ),
        Way.TIME: (_("Time"), _("look at the past"), _("look at now and what comes")),
        Way.CHALLENGE: (_("Push or hold"), _("be challenged"), _("be supported")),
        Way.HUMOUR: (_("Humour"), _("laugh together"), _("stay serious")),
    }[way]  # fmt: skip


def way_fields(preferences: Iterable[Preference], *, own: bool = False) -> tuple[WayField, ...]:
    """Return a field for every way of working, filled from a plan; ``own``: for the client."""
    held = {one.way: one for one in preferences}
    return tuple(
        way_field(
            way, str(held[way].value) if way in held else "", _words_of(held.get(way)), own=own
        )
        for way in Way
    )


def way_fields_typed(post: QueryDict, *, own: bool = False) -> tuple[WayField, ...]:
    """Return a field for every way of working as it was typed; ``own``: for the client."""
    return tuple(
        way_field(
            way, post.get(f"way-{way}", ""), post.get(f"way-{way}-words", "")[:LONGEST], own=own
        )
        for way in Way
    )


def preferences_chosen(fields: Iterable[WayField]) -> tuple[Preference, ...]:
    """Return the ways of working that were chosen; an unknown choice counts as none."""
    return tuple(
        Preference(way=Way(field.way), value=int(field.value), words=field.words.strip())
        for field in fields
        if field.value in {value for value, _label in field.steps}
    )


def details_of(plan: Plan) -> dict[str, GoalDetails]:
    """Return steps and importance of a plan's goals, by id."""
    return {
        goal.id: GoalDetails(levels=goal.levels or NO_LEVELS, importance=str(goal.importance))
        for goal in plan.goals
    }


def details_typed(post: QueryDict, goal_ids: Iterable[str]) -> dict[str, GoalDetails]:
    """Return steps and importance of goals as they were typed, by id."""
    return {
        goal_id: GoalDetails(
            levels=tuple(
                post.get(f"level-{goal_id}-{number}", "")[:LONGEST].strip() for number in range(5)
            ),
            importance=post.get(f"importance-{goal_id}", "1"),
        )
        for goal_id in goal_ids
    }


def goal_typed(goal_id: str, words: str, details: GoalDetails) -> Goal:
    """Return a goal as it was typed; steps only where any is described.

    Raises
    ------
    InputError
        Some of the five steps are described and others not.
    """
    return Goal(
        id=goal_id,
        words=words.strip(),
        levels=details.levels if any(details.levels) else (),
        importance=int(details.importance) if details.importance in {"1", "2", "3"} else 1,
    )


def level_names() -> tuple[str, ...]:
    """Return what the five steps of a goal are called, from the lowest."""
    return (
        _("Much less than hoped"), _("Less than hoped"), _("What we hope for"),
        _("More than hoped"), _("Much more than hoped"),
    )  # fmt: skip


def importance_choices() -> tuple[tuple[str, str], ...]:
    """Return how important a goal may be."""
    return (("1", _("important")), ("2", _("very important")), ("3", _("the most important")))


def way_field(way: Way, value: str = "", words: str = "", *, own: bool = False) -> WayField:
    """Return the field of one way of working; ``own``: in the client's words."""
    title, left, right = way_words(way, own=own)
    return WayField(way=way, title=title, left=left, right=right, value=value, words=words)


def _words_of(preference: Preference | None) -> str:
    return preference.words if preference else ""
