"""A proposal as a form: rows of goals and of what is done for them, as many as are needed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from django.http import QueryDict

from openalliance.core.errors import InputError
from openalliance.core.plan import Goal, Pace, Plan, Strategy

SPARE_ROWS = 2
MOST_ROWS = 20
LONGEST_WORDS = 300
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRow:
    """One goal as typed; empty words leave it out."""

    id: str
    words: str


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
    note: str

    def plan(self) -> Plan:
        """Return the plan that was typed.

        Raises
        ------
        InputError
            Something does not fit; ``where`` names the field.
        """
        goals = tuple(
            Goal(id=row.id, words=row.words.strip()) for row in self.goals if row.words.strip()
        )
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
            ),
        )


def proposal_from(plan: Plan | None) -> Proposal:
    """Return the form filled with the plan that holds, with room for more."""
    held = plan or Plan()
    return _with_room(
        Proposal(
            goals=tuple(GoalRow(id=one.id, words=one.words) for one in held.goals),
            strategies=tuple(
                StrategyRow(id=one.id, words=one.words, goal=one.goal_id or "")
                for one in held.strategies
            ),
            every_weeks=str(held.pace.sessions_every_weeks),
            minutes=str(held.pace.minutes),
            pace=held.pace.words,
            note="",
        )
    )


def proposal_typed(post: QueryDict) -> Proposal:
    """Return what was typed, with room for more."""
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
                GoalRow(id=identity[:36], words=words[:LONGEST_WORDS])
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
            note=post.get("note", "")[:LONGEST_NOTE],
        )
    )


def _with_room(typed: Proposal) -> Proposal:
    return Proposal(
        goals=(
            *typed.goals,
            *(GoalRow(id=str(uuid4()), words="") for _ in range(SPARE_ROWS)),
        ),
        strategies=(
            *typed.strategies,
            *(StrategyRow(id=str(uuid4()), words="", goal="") for _ in range(SPARE_ROWS)),
        ),
        every_weeks=typed.every_weeks,
        minutes=typed.minutes,
        pace=typed.pace,
        note=typed.note,
    )


def _whole(typed: str, where: str, most: int) -> int:
    try:
        value = int(typed)
    except ValueError:
        raise InputError("write a whole number", where=where) from None
    if not 1 <= value <= most:
        raise InputError(f"choose from 1 to {most}", where=where)
    return value
