"""Looking at the plan together: one question for each part, and both answers beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from openalliance.core.plan import RANGES, Aspect, Goal, Pair, Plan, Rating, Standing, Way, parts_of
from openalliance.site.screens.plan_fields import level_names, way_field, way_words

_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the review. ``options`` are value and words; ``value`` is the own answer."""

    name: str
    about: str
    words: str
    options: tuple[tuple[str, str], ...]
    low: str = ""
    high: str = ""
    is_scale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where one side stands on a line, 0 to 100, and in words; nothing while it has not rated."""

    at: float | None
    words: str

    @property
    def x(self) -> str:
        """Return the place on the line as SVG writes numbers, whatever the language."""
        return f"{self.at or 0.0:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLine:
    """One part as both see it. ``wanted`` is what the client prefers, for ways of working."""

    about: str
    title: str
    low: str
    high: str
    client: Mark
    therapist: Mark
    wanted: Mark | None
    far_apart: bool


def questions(plan: Plan, *, for_client: bool) -> tuple[Question, ...]:
    """Return everything that can be asked about a plan, in its order."""
    return tuple(_question(plan, aspect, part, for_client) for aspect, part in parts_of(plan))


LOOKED_BACK_ON = (Aspect.PROGRESS, Aspect.ATTAINMENT)
"""What is asked of each goal when a therapy comes to its end."""


def last_questions(plan: Plan, *, for_client: bool) -> tuple[Question, ...]:
    """Return what is asked about the goals when both look back at the end."""
    return tuple(
        _question(plan, aspect, part, for_client)
        for aspect, part in parts_of(plan)
        if aspect in LOOKED_BACK_ON
    )


def answers_typed(post: QueryDict, plan: Plan) -> dict[tuple[Aspect, str], int]:
    """Return the answers that were given; what was left out or is no number is left out."""
    found = {}
    for aspect, part in parts_of(plan):
        typed = post.get(_name(aspect, part), "")
        low, high = RANGES[aspect]
        if typed in {str(value) for value in range(low, high + 1)}:
            found[aspect, part] = int(typed)
    return found


def picture(plan: Plan, standing: Standing, *, own: bool = False) -> tuple[PictureLine, ...]:
    """Return the parts that anybody rated, as both see them; ``own``: for the client."""
    return tuple(
        _line(plan, aspect, part, standing.pair(aspect, part), own)
        for aspect, part in parts_of(plan)
        if standing.pair(aspect, part) != Pair()
    )


def _name(aspect: Aspect, part: str) -> str:
    return f"{aspect}:{part}"


def _question(plan: Plan, aspect: Aspect, part: str, for_client: bool) -> Question:
    name, about = _name(aspect, part), _about(plan, aspect, part)
    if aspect is Aspect.ATTAINMENT:
        return Question(
            name=name, about=about, words=_("Which of these fits best today?"),
            options=_levels(_goal(plan, part)),
        )  # fmt: skip
    if aspect is Aspect.DELIVERED:
        field = way_field(Way(part), own=for_client)
        words = _("How has it been lately?")
        return Question(name=name, about=field.title, words=words, options=field.steps)
    if aspect is Aspect.PACE:
        return Question(
            name=name, about=about, words=_("How is the pace for you?")
            if for_client
            else _("How is the pace, as you see it?"),
            options=tuple(zip(map(str, range(-3, 4)), _pace_steps(), strict=True)),
        )  # fmt: skip
    low, high = _ends(aspect)
    return Question(
        name=name, about=about, words=_asked(aspect), low=low, high=high, is_scale=True,
        options=tuple((str(value), str(value)) for value in range(11)),
    )  # fmt: skip


def _asked(aspect: Aspect) -> str:
    return {
        Aspect.PROGRESS: _("How far along does it feel today?"),
        Aspect.AGREEMENT: _("Is this still the right goal?"),
        Aspect.USEFULNESS: _("Does this help?"),
    }[aspect]


def _ends(aspect: Aspect) -> tuple[str, str]:
    return {
        Aspect.PROGRESS: (_("not at all"), _("fully there")),
        Aspect.AGREEMENT: (_("not any more"), _("just right")),
        Aspect.USEFULNESS: (_("not at all"), _("very much")),
    }[aspect]


def _pace_steps() -> tuple[str, ...]:
    return (
        _("far too slow"), _("too slow"), _("a little too slow"), _("just right"),
        _("a little too fast"), _("too fast"), _("far too fast"),
    )  # fmt: skip


def _line(plan: Plan, aspect: Aspect, part: str, pair: Pair, own: bool) -> PictureLine:
    low, high = _poles(aspect, part, own)
    return PictureLine(
        about=_about(plan, aspect, part),
        title=_title(aspect),
        low=low,
        high=high,
        client=_mark(plan, aspect, part, pair.client, own),
        therapist=_mark(plan, aspect, part, pair.therapist, own),
        wanted=_wanted(plan, part, own) if aspect is Aspect.DELIVERED else None,
        far_apart=pair.far_apart,
    )


def _title(aspect: Aspect) -> str:
    return {
        Aspect.PROGRESS: _("How far along"),
        Aspect.AGREEMENT: _("Still the right goal"),
        Aspect.ATTAINMENT: _("Steps reached"),
        Aspect.USEFULNESS: _("How much it helps"),
        Aspect.PACE: _("Too slow or too fast"),
        Aspect.DELIVERED: _("How it has been, and how you would like it"),
    }[aspect]


def _poles(aspect: Aspect, part: str, own: bool) -> tuple[str, str]:
    if aspect is Aspect.DELIVERED:
        _title_words, left, right = way_words(Way(part), own=own)
        return left, right
    if aspect is Aspect.PACE:
        return _("too slow"), _("too fast")
    if aspect is Aspect.ATTAINMENT:
        return level_names()[0], level_names()[-1]
    return _ends(aspect)


def _mark(plan: Plan, aspect: Aspect, part: str, rating: Rating | None, own: bool) -> Mark:
    if rating is None:
        return Mark(at=None, words="–")
    return Mark(
        at=_place(aspect, rating.value), words=_value_words(plan, aspect, part, rating, own)
    )


def _wanted(plan: Plan, part: str, own: bool) -> Mark:
    preference = next(one for one in plan.preferences if one.way == part)
    words = dict(way_field(Way(part), own=own).steps)[str(preference.value)]
    return Mark(at=_place(Aspect.DELIVERED, preference.value), words=words)


def _place(aspect: Aspect, value: int) -> float:
    low, high = RANGES[aspect]
    return _PERCENT * (value - low) / (high - low)


def _value_words(plan: Plan, aspect: Aspect, part: str, rating: Rating, own: bool) -> str:
    value = str(rating.value)
    if aspect is Aspect.ATTAINMENT:
        return dict(_levels(_goal(plan, part)))[value]
    if aspect is Aspect.DELIVERED:
        return dict(way_field(Way(part), own=own).steps)[value]
    if aspect is Aspect.PACE:
        return _pace_steps()[rating.value + 3]
    return _("%(n)s of 10") % {"n": value}


def _about(plan: Plan, aspect: Aspect, part: str) -> str:
    if aspect in {Aspect.PROGRESS, Aspect.AGREEMENT, Aspect.ATTAINMENT}:
        return _goal(plan, part).words
    if aspect is Aspect.USEFULNESS:
        return next(one.words for one in plan.strategies if one.id == part)
    if aspect is Aspect.DELIVERED:
        return way_words(Way(part))[0]
    return _("The pace")


def _goal(plan: Plan, goal_id: str) -> Goal:
    return next(one for one in plan.goals if one.id == goal_id)


def _levels(goal: Goal) -> tuple[tuple[str, str], ...]:
    return tuple(zip(map(str, range(-2, 3)), goal.levels, strict=True))
