"""What differs between two versions of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from openalliance.core.plan.agreement import Goal, Plan, Preference, Strategy


class PlanChangeKind(StrEnum):
    """How a part of a plan differs."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    MOVED = "moved"
    """A strategy now serves another goal."""
    REORDERED = "reordered"
    """The same parts in another order: what comes first may matter to the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One difference.

    Parameters
    ----------
    kind
        How it differs.
    what
        The part as a path: ``goal:<id>``, ``levels:<id>``, ``importance:<id>``, ``strategy:<id>``,
        ``goals``, ``strategies``, ``preference:<way>``, or ``pace.`` with one of its fields.
    before, after
        Words or figures; ``None`` where there is no before or after.
    """

    kind: PlanChangeKind
    what: str
    before: str | None
    after: str | None


def diff(old: Plan, new: Plan) -> tuple[PlanChange, ...]:
    """Differences from one plan to another: goals, strategies, ways of working, then pace.

    Parts are matched by id. Equal plans give nothing.

    Examples
    --------
    >>> old = Plan(goals=(Goal(id="a", words="Sleep better"),))
    >>> new = Plan(goals=(Goal(id="a", words="Sleep six hours"),))
    >>> [(change.kind.value, change.after) for change in diff(old, new)]
    [('reworded', 'Sleep six hours')]
    """
    return (
        *_part_changes("goal", old.goals, new.goals),
        *_scale_changes(old, new),
        *_part_changes("strategy", old.strategies, new.strategies),
        *_moves(old, new),
        *_preference_changes(old, new),
        *_pace_changes(old, new),
    )


def _part_changes(
    name: str,
    old: tuple[Goal, ...] | tuple[Strategy, ...],
    new: tuple[Goal, ...] | tuple[Strategy, ...],
) -> Iterator[PlanChange]:
    was, now = {p.id: p.words for p in old}, {p.id: p.words for p in new}
    for identity, words in was.items():
        if identity not in now:
            yield PlanChange(
                kind=PlanChangeKind.REMOVED,
                what=f"{name}:{identity}",
                before=words,
                after=None,
            )
    for identity, words in now.items():
        what = f"{name}:{identity}"
        if identity not in was:
            yield PlanChange(kind=PlanChangeKind.ADDED, what=what, before=None, after=words)
        elif was[identity] != words:
            yield PlanChange(
                kind=PlanChangeKind.REWORDED,
                what=what,
                before=was[identity],
                after=words,
            )
    kept_before = [identity for identity in was if identity in now]
    kept_after = [identity for identity in now if identity in was]
    if kept_before != kept_after:
        yield PlanChange(
            kind=PlanChangeKind.REORDERED,
            what="goals" if name == "goal" else "strategies",
            before=", ".join(was[identity] for identity in kept_before),
            after=", ".join(now[identity] for identity in kept_after),
        )


def _moves(old: Plan, new: Plan) -> Iterator[PlanChange]:
    was = {strategy.id: strategy.goal_id for strategy in old.strategies}
    old_words = {goal.id: goal.words for goal in old.goals}
    new_words = {goal.id: goal.words for goal in new.goals}
    for strategy in new.strategies:
        if strategy.id in was and was[strategy.id] != strategy.goal_id:
            yield PlanChange(
                kind=PlanChangeKind.MOVED,
                what=f"strategy:{strategy.id}",
                before=old_words.get(was[strategy.id] or ""),
                after=new_words.get(strategy.goal_id or ""),
            )


def _pace_changes(old: Plan, new: Plan) -> Iterator[PlanChange]:
    for name in ("sessions_every_weeks", "minutes", "words", "too_fast", "too_slow"):
        before, after = str(getattr(old.pace, name)), str(getattr(new.pace, name))
        if before != after:
            yield PlanChange(
                kind=PlanChangeKind.REWORDED,
                what=f"pace.{name}",
                before=before,
                after=after,
            )


def _scale_changes(old: Plan, new: Plan) -> Iterator[PlanChange]:
    was = {goal.id: goal for goal in old.goals}
    for goal in new.goals:
        before = was.get(goal.id)
        levels = before.levels if before else ()
        if levels != goal.levels:
            yield _value_change(
                f"levels:{goal.id}", " / ".join(levels) or None, " / ".join(goal.levels) or None
            )
        if before is not None and before.importance != goal.importance:
            yield _value_change(
                f"importance:{goal.id}", str(before.importance), str(goal.importance)
            )


def _preference_changes(old: Plan, new: Plan) -> Iterator[PlanChange]:
    was = {one.way: one for one in old.preferences}
    now = {one.way: one for one in new.preferences}
    for way in dict.fromkeys([*was, *now]):
        if was.get(way) != now.get(way):
            yield _value_change(
                f"preference:{way}", _preference_text(was.get(way)), _preference_text(now.get(way))
            )


def _preference_text(preference: Preference | None) -> str | None:
    if preference is None:
        return None
    return f"{preference.value:+d} {preference.words}".strip()


def _value_change(what: str, before: str | None, after: str | None) -> PlanChange:
    kind = PlanChangeKind.REWORDED
    if before is None or after is None:
        kind = PlanChangeKind.ADDED if before is None else PlanChangeKind.REMOVED
    return PlanChange(kind=kind, what=what, before=before, after=after)
