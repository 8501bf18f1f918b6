"""A proposal as a form: rows of goals and of what is done for them, as many as are needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import uuid4

from django.http import QueryDict

from openalliance.core.errors import InputError
from openalliance.core.plan import Pace, Plan, Strategy
from openalliance.site.screens.plan_fields import (
    GoalDetails,
    WayField,
    details_of,
    details_typed,
    goal_typed,
    preferences_chosen,
    way_fields,
    way_fields_typed,
)

SPARE_ROWS = 2
MOST_ROWS = 20
LONGEST_WORDS = 300
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRow:
    """One goal as typed; empty words leave it out."""

    id: str
    words: str
    details: GoalDetails = field(default_factory=GoalDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRow:
    """One strategy as typed; ``goal`` is the id of a goal's row, or empty."""

    id: str
    words: str
    goal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Everything as typed, kept whatever is wrong with it."""

    goals: tuple[GoalRow, ...]
    strategies: tuple[StrategyRow, ...]
    every_weeks: str
    minutes: str
    pace: str
    too_fast: str
    too_slow: str
    ways: tuple[WayField, ...]
    note: str

    def plan(self) -> Plan:
        """Return the plan that was typed.

        Raises
        ------
        InputError
            Something does not fit; ``where`` names the field.
        """
        filled = [row for row in self.goals if row.words.strip()]
        for row in filled:
            if row.details.is_half:
                raise InputError("describe all five steps, or none", where=f"level-{row.id}-0")
        goals = tuple(goal_typed(row.id, row.words, row.details) for row in filled)
        known = {goal.id for goal in goals}
        if not goals:
            raise InputError("write at least one goal", where="goal-words-0")
        return Plan(
            goals=goals,
            strategies=tuple(
                Strategy(
                    id=row.id,
                    words=row.words.strip(),
                    goal_id=row.goal if row.goal in known else None,
                )
                for row in self.strategies
                if row.words.strip()
            ),
            pace=Pace(
                words=self.pace.strip(),
                sessions_every_weeks=_whole(self.every_weeks, "every_weeks", 12),
                minutes=_whole(self.minutes, "minutes", 480),
                too_fast=self.too_fast.strip(),
                too_slow=self.too_slow.strip(),
            ),
            preferences=preferences_chosen(self.ways),
        )


def proposal_from(plan: Plan | None) -> Proposal:
    """Return the form filled with the plan that holds, with room for more."""
    held = plan or Plan()
    details = details_of(held)
    return _with_room(
        Proposal(
            goals=tuple(
                GoalRow(id=one.id, words=one.words, details=details[one.id]) for one in held.goals
            ),
            strategies=tuple(
                StrategyRow(id=one.id, words=one.words, goal=one.goal_id or "")
                for one in held.strategies
            ),
            every_weeks=str(held.pace.sessions_every_weeks),
            minutes=str(held.pace.minutes),
            pace=held.pace.words,
            too_fast=held.pace.too_fast,
            too_slow=held.pace.too_slow,
            ways=way_fields(held.preferences),
            note="",
        )
    )


def proposal_typed(post: QueryDict) -> Proposal:
    """Return what was typed, with room for more."""
    details = details_typed(post, [identity[:36] for identity in post.getlist("goal-id")])
    goals = zip(post.getlist("goal-id"), post.getlist("goal-words"), strict=False)
    strategies = zip(
        post.getlist("strategy-id"),
        post.getlist("strategy-words"),
        post.getlist("strategy-goal"),
        strict=False,
    )
    return _with_room(
        Proposal(
            goals=tuple(
                GoalRow(
                    id=identity[:36],
                    words=words[:LONGEST_WORDS],
                    details=details[identity[:36]],
                )
                for identity, words in list(goals)[:MOST_ROWS]
                if identity and words.strip()
            ),
            strategies=tuple(
                StrategyRow(id=identity[:36], words=words[:LONGEST_WORDS], goal=goal[:36])
                for identity, words, goal in list(strategies)[:MOST_ROWS]
                if identity and words.strip()
            ),
            every_weeks=post.get("every_weeks", "")[:4],
            minutes=post.get("minutes", "")[:4],
            pace=post.get("pace", "")[:LONGEST_WORDS],
            too_fast=post.get("too_fast", "")[:LONGEST_WORDS],
            too_slow=post.get("too_slow", "")[:LONGEST_WORDS],
            ways=way_fields_typed(post),
            note=post.get("note", "")[:LONGEST_NOTE],
        )
    )


def _with_room(typed: Proposal) -> Proposal:
    spare = [str(uuid4()) for _ in range(2 * SPARE_ROWS)]
    return replace(
        typed,
        goals=(*typed.goals, *(GoalRow(id=one, words="") for one in spare[:SPARE_ROWS])),
        strategies=(
            *typed.strategies,
            *(StrategyRow(id=one, words="", goal="") for one in spare[SPARE_ROWS:]),
        ),
    )


def _whole(typed: str, where: str, most: int) -> int:
    try:
        value = int(typed)
    except ValueError:
        raise InputError("write a whole number", where=where) from None
    if not 1 <= value <= most:
        raise InputError(f"choose from 1 to {most}", where=where)
    return value
