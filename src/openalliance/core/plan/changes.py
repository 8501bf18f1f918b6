"""What differs between two versions of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from openalliance.core.plan.agreement import Goal, Plan, Strategy


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
        The part as a path: ``goal:<id>``, ``strategy:<id>``, ``goals``, ``strategies``,
        ``pace.sessions_every_weeks``, ``pace.minutes`` or ``pace.words``.
    before, after
        Words or figures; ``None`` where there is no before or after.
    """

    kind: PlanChangeKind
    what: str
    before: str | None
    after: str | None


def diff(old: Plan, new: Plan) -> tuple[PlanChange, ...]:
    """Differences from one plan to another: goals, then strategies, then pace.

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
        *_part_changes("strategy", old.strategies, new.strategies),
        *_moves(old, new),
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
    for name in ("sessions_every_weeks", "minutes", "words"):
        before, after = str(getattr(old.pace, name)), str(getattr(new.pace, name))
        if before != after:
            yield PlanChange(
                kind=PlanChangeKind.REWORDED,
                what=f"pace.{name}",
                before=before,
                after=after,
            )
