"""How each side finds the plan: what can be rated, and both pictures beside each other.

Both rate the same things, and neither rating is the right one: what counts is that they talk about
the difference (Tryon, Birch & Verkuilen 2018 for agreement on goals; Swift et al. 2018 for what
clients prefer and what they are given).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openalliance.core.errors import InputError
from openalliance.core.plan.agreement import FARTHEST, Plan
from openalliance.core.plan.attainment import gas_t_score

PACE = "pace"
"""The part that the rightness of the pace is rated of."""

FAR_APART = 3
"""Steps of 0 to 10 from which two ratings are called far apart; on −3 to 3 it is two. A working
value: no norms are known for these single ratings."""

SESSIONS_BETWEEN_REVIEWS = 6


class Aspect(StrEnum):
    """What of the plan is rated."""

    PROGRESS = "progress"
    """How far a goal is reached, 0 to 10."""
    AGREEMENT = "agreement"
    """How right a goal still is, 0 to 10."""
    ATTAINMENT = "attainment"
    """Which of a goal's five steps was reached, −2 to 2."""
    USEFULNESS = "usefulness"
    """How much a strategy helps, 0 to 10."""
    PACE = "pace"
    """How right the pace is: −3 far too slow, 0 right, 3 far too fast."""
    DELIVERED = "delivered"
    """How the work is in one respect, −3 to 3 between the poles of a preference."""


RANGES: Mapping[Aspect, tuple[int, int]] = {
    Aspect.PROGRESS: (0, 10),
    Aspect.AGREEMENT: (0, 10),
    Aspect.ATTAINMENT: (-2, 2),
    Aspect.USEFULNESS: (0, 10),
    Aspect.PACE: (-FARTHEST, FARTHEST),
    Aspect.DELIVERED: (-FARTHEST, FARTHEST),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rating by one side. ``part`` is the id of a goal or strategy, a way, or `PACE`."""

    aspect: Aspect
    part: str
    rater: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The newest rating of each side."""

    client: Rating | None = None
    therapist: Rating | None = None

    @property
    def gap(self) -> int | None:
        """Return by how much the client rates above the therapist, if both did."""
        if self.client is None or self.therapist is None:
            return None
        return self.client.value - self.therapist.value

    @property
    def far_apart(self) -> bool:
        """Whether the two see it so differently that it is worth talking about."""
        rating = self.client
        if rating is None or self.gap is None:
            return False
        low, high = RANGES[rating.aspect]
        return abs(self.gap) >= (FAR_APART if high - low == 10 else 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The plan with the newest ratings of both.

    Parameters
    ----------
    pairs
        By aspect and part; only what the plan holds.
    attainment
        T score of goal attainment by rater, over the goals that rater rated.
    """

    pairs: Mapping[tuple[Aspect, str], Pair]
    attainment: Mapping[str, float]

    def pair(self, aspect: Aspect, part: str) -> Pair:
        """Return both sides' newest rating of a part, empty where there is none."""
        return self.pairs.get((aspect, part), Pair())


def parts_of(plan: Plan) -> tuple[tuple[Aspect, str], ...]:
    """Return everything of a plan that can be rated, in its order."""
    found: list[tuple[Aspect, str]] = []
    for goal in plan.goals:
        found += [(Aspect.PROGRESS, goal.id), (Aspect.AGREEMENT, goal.id)]
        if goal.levels:
            found.append((Aspect.ATTAINMENT, goal.id))
    found += [(Aspect.USEFULNESS, one.id) for one in plan.strategies]
    found.append((Aspect.PACE, PACE))
    found += [(Aspect.DELIVERED, one.way) for one in plan.preferences]
    return tuple(found)


def check_rating(plan: Plan, aspect: Aspect, part: str, value: int) -> None:
    """Refuse a rating of what is not in the plan, or out of range.

    Raises
    ------
    InputError
        Which of the two, in ``where``: ``part`` or ``value``.
    """
    if (aspect, part) not in parts_of(plan):
        raise InputError("the plan has no such part", where="part")
    low, high = RANGES[aspect]
    if not low <= value <= high:
        raise InputError(f"choose a number from {low} to {high}", where="value")


def standing_of(plan: Plan, ratings: Iterable[Rating]) -> Standing:
    """Return how both sides find the plan now."""
    newest: dict[tuple[Aspect, str], dict[str, Rating]] = {key: {} for key in parts_of(plan)}
    for rating in ratings:
        held = newest.get((rating.aspect, rating.part))
        if held is not None and (rating.rater not in held or held[rating.rater].at <= rating.at):
            held[rating.rater] = rating
    pairs = {
        key: Pair(client=held.get("client"), therapist=held.get("therapist"))
        for key, held in newest.items()
    }
    return Standing(pairs=pairs, attainment=_attainment(plan, pairs))


def review_is_due(sessions_since: int) -> bool:
    """Whether it is time to look at the plan again, after so many sessions without."""
    return sessions_since >= SESSIONS_BETWEEN_REVIEWS


def _attainment(plan: Plan, pairs: Mapping[tuple[Aspect, str], Pair]) -> dict[str, float]:
    scaled = [goal for goal in plan.goals if goal.levels]
    weights = [float(goal.importance) for goal in scaled]
    found = {}
    for rater in ("client", "therapist"):
        held = [getattr(pairs[Aspect.ATTAINMENT, goal.id], rater) for goal in scaled]
        levels = [None if one is None else float(one.value) for one in held]
        if any(level is not None for level in levels):
            found[rater] = gas_t_score(levels, weights)
    return found
