"""What client and therapist agree on: goals, strategies towards them, and the pace."""

from __future__ import annotations

from dataclasses import dataclass, field

from openalliance.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the client wants to be different, in their words."""

    id: str
    words: str

    def __post_init__(self) -> None:
        _check_words(self.id, self.words, where="goal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What the two do towards a goal, or in general (``goal_id`` is ``None``)."""

    id: str
    words: str
    goal_id: str | None = None

    def __post_init__(self) -> None:
        _check_words(self.id, self.words, where="strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often and how long they meet, and how fast they go, in words."""

    sessions_every_weeks: int = 1
    minutes: int = 50
    words: str = ""

    def __post_init__(self) -> None:
        if self.sessions_every_weeks < 1:
            raise InputError("must be at least 1 week", where="pace.sessions_every_weeks")
        if self.minutes < 1:
            raise InputError("must be at least 1 minute", where="pace.minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of an agreement.

    Raises
    ------
    InputError
        If two goals or two strategies share an id, or a strategy names a goal that is not there.
    """

    goals: tuple[Goal, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        goals = {goal.id for goal in self.goals}
        if len(goals) < len(self.goals):
            raise InputError("two goals have the same id", where="plan.goals")
        if len({strategy.id for strategy in self.strategies}) < len(self.strategies):
            raise InputError("two strategies have the same id", where="plan.strategies")
        if any(s.goal_id is not None and s.goal_id not in goals for s in self.strategies):
            raise InputError("a strategy belongs to no goal of the plan", where="plan.strategies")


def _check_words(identity: str, words: str, *, where: str) -> None:
    if not identity:
        raise InputError("the id is empty", where=f"{where}.id")
    if not words.strip():
        raise InputError("say it in a few words", where=f"{where}.words")
