"""What client and therapist agree on: goals, strategies towards them, the pace, ways of working."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from openalliance.core.errors import InputError

LEVELS = 5
MOST_IMPORTANT = 3
FARTHEST = 3
"""Preferences go from −3 (wholly the first pole) over 0 (no matter) to 3 (wholly the second)."""


class Way(StrEnum):
    """A way of working about which people differ; each runs between two poles."""

    DIRECTIVENESS = "directiveness"
    """The therapist leads — the client leads."""
    EMOTION = "emotion"
    """Strong feelings are welcome — calm and thinking come first."""
    TIME = "time"
    """The past — the present and the future."""
    CHALLENGE = "challenge"
    """Being challenged — being supported."""
    HUMOUR = "humour"
    """Laughing together — staying serious."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the client wants to be different, in their words.

    Parameters
    ----------
    levels
        What it would look like in five steps, from much less than expected (−2) over as expected
        (0) to much more (+2); empty where the goal has no such scale.
    importance
        Weight in goal attainment, 1 to 3.
    """

    id: str
    words: str
    levels: tuple[str, ...] = ()
    importance: int = 1

    def __post_init__(self) -> None:
        _check_words(self.id, self.words, where="goal")
        if self.levels and (
            len(self.levels) != LEVELS or not all(level.strip() for level in self.levels)
        ):
            raise InputError("describe all five steps, or none", where="goal.levels")
        if not 1 <= self.importance <= MOST_IMPORTANT:
            raise InputError(f"choose from 1 to {MOST_IMPORTANT}", where="goal.importance")


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
    """How often and how long they meet, and how fast they go, in words.

    ``too_fast`` and ``too_slow`` say how one would notice either.
    """

    sessions_every_weeks: int = 1
    minutes: int = 50
    words: str = ""
    too_fast: str = ""
    too_slow: str = ""

    def __post_init__(self) -> None:
        if self.sessions_every_weeks < 1:
            raise InputError("must be at least 1 week", where="pace.sessions_every_weeks")
        if self.minutes < 1:
            raise InputError("must be at least 1 minute", where="pace.minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How the client likes to work in one respect: −3 to 3 between its poles, and in words."""

    way: Way
    value: int
    words: str = ""

    def __post_init__(self) -> None:
        if not -FARTHEST <= self.value <= FARTHEST:
            raise InputError(f"lies from -{FARTHEST} to {FARTHEST}", where="preference.value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of an agreement.

    Raises
    ------
    InputError
        If two goals, strategies or preferences share an id, or a strategy names a goal that is not
        there.
    """

    goals: tuple[Goal, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    pace: Pace = field(default_factory=Pace)
    preferences: tuple[Preference, ...] = ()

    def __post_init__(self) -> None:
        goals = {goal.id for goal in self.goals}
        if len(goals) < len(self.goals):
            raise InputError("two goals have the same id", where="plan.goals")
        if len({strategy.id for strategy in self.strategies}) < len(self.strategies):
            raise InputError("two strategies have the same id", where="plan.strategies")
        if len({preference.way for preference in self.preferences}) < len(self.preferences):
            raise InputError("a way of working is there twice", where="plan.preferences")
        if any(s.goal_id is not None and s.goal_id not in goals for s in self.strategies):
            raise InputError("a strategy belongs to no goal of the plan", where="plan.strategies")


def _check_words(identity: str, words: str, *, where: str) -> None:
    if not identity:
        raise InputError("the id is empty", where=f"{where}.id")
    if not words.strip():
        raise InputError("say it in a few words", where=f"{where}.words")
