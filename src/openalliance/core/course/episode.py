"""An episode's course: live, one observation at a time, or folded from all of them.

`fold` is nothing but `update` over the sorted observations; there is no second implementation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from openalliance.core.course.change import Change, change_between
from openalliance.core.course.settings import CourseSettings
from openalliance.core.course.states import CourseState, OpenRupture
from openalliance.core.course.steps import (
    LevelPoint,
    OutcomePoint,
    Step,
    adherence_step,
    alliance_step,
    done_step,
    missed_step,
    outcome_step,
    safety_step,
    weeks_between,
)
from openalliance.core.course.trajectory import BandPoint
from openalliance.core.course.values import Observation, ObservationKind, Onset, Signal
from openalliance.core.errors import ConflictError
from openalliance.core.instruments import Rater

BAND_WEEKS = 12
"""Least number of weeks for which the expected course is drawn."""

BAND_POINTS = 60
"""Most points of the drawn band; longer episodes have wider spacing."""

_STEPS: Mapping[ObservationKind, Callable[[CourseState, Observation, CourseSettings], Step]] = {
    ObservationKind.OUTCOME: outcome_step,
    ObservationKind.ALLIANCE: alliance_step,
    ObservationKind.ADHERENCE: adherence_step,
    ObservationKind.SAFETY: safety_step,
    ObservationKind.CHECK_IN_MISSED: missed_step,
    ObservationKind.CHECK_IN_DONE: done_step,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """New state, the signals it raised, and the point to draw (``None`` for other kinds)."""

    state: CourseState
    signals: tuple[Signal, ...]
    point: OutcomePoint | LevelPoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rupture:
    """One rupture of one rater, with its repair when there was one.

    ``sessions_to_repair`` counts sessions from the rupture to the repair; without session numbers
    it counts ratings.
    """

    rater: Rater
    at: datetime
    session: int | None
    before: float
    depth: float
    standardised: float
    probability: float
    onset: Onset = Onset.SUDDEN
    repaired_at: datetime | None = None
    repaired_session: int | None = None
    repair_probability: float | None = None
    sessions_to_repair: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """All that one episode's observations amount to."""

    outcome: tuple[OutcomePoint, ...]
    alliance: Mapping[Rater, tuple[LevelPoint, ...]]
    ruptures: tuple[Rupture, ...]
    signals: tuple[Signal, ...]
    change: Change | None
    expected: tuple[BandPoint, ...]
    state: CourseState


def start(settings: CourseSettings | None = None) -> CourseState:
    """State of an episode of which nothing has been seen; the same for all settings."""
    del settings
    return CourseState()


def update(state: CourseState, observation: Observation, settings: CourseSettings) -> Update:
    """Take one observation into the course, in constant time and memory.

    Raises
    ------
    ConflictError
        If the observation is earlier than the latest one taken in. What arrives late is taken in
        by folding all of the episode's observations afresh; that is the truth.
    InputError
        If the value lies outside the measure's range, or the rater has no measure.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> seen = Observation(
    ...     at=datetime(2026, 1, 5, tzinfo=UTC), session=1, kind=ObservationKind.SAFETY, value=2.0
    ... )
    >>> [signal.kind.value for signal in update(start(), seen, CourseSettings()).signals]
    ['safety']
    """
    if state.last_at is not None and observation.at < state.last_at:
        raise ConflictError("an observation arrived late; fold the episode afresh")
    step = _STEPS[observation.kind](state, observation, settings)
    return Update(
        state=replace(step.state, last_at=observation.at),
        signals=step.signals,
        point=step.point,
    )


def in_order(observations: Iterable[Observation]) -> list[Observation]:
    """Observations as `fold` takes them: by time, kind, rater, session and value."""
    return sorted(
        observations,
        key=lambda o: (o.at, o.kind.value, o.rater.value, o.session or 0, o.value),
    )


def fold(observations: Iterable[Observation], settings: CourseSettings) -> Course:
    """The course from all observations of an episode, given in any order.

    Equal to `update` applied to the observations in the order of `in_order`.
    """
    state = start(settings)
    outcome: list[OutcomePoint] = []
    alliance: dict[Rater, list[LevelPoint]] = {}
    signals: list[Signal] = []
    ruptures: dict[tuple[Rater, datetime], Rupture] = {}
    began_with: dict[Rater, int] = {}
    for seen in in_order(observations):
        was = state.alliance.get(seen.rater)
        taken = update(state, seen, settings)
        state = taken.state
        signals += taken.signals
        if isinstance(taken.point, OutcomePoint):
            outcome.append(taken.point)
        elif taken.point is not None:
            alliance.setdefault(seen.rater, []).append(taken.point)
            level = state.alliance[seen.rater]
            if taken.point.rupture and level.rupture is not None:
                began_with[seen.rater] = level.ratings
                opened = _opened(seen.rater, level.rupture)
                ruptures[seen.rater, opened.at] = opened
            elif taken.point.repaired and was is not None and was.rupture is not None:
                key = (seen.rater, was.rupture.began.at)
                ratings = level.ratings - began_with[seen.rater]
                certainty = taken.signals[0].certainty
                ruptures[key] = _repaired(ruptures[key], seen, certainty.probability, ratings)
    return Course(
        outcome=tuple(outcome),
        alliance={rater: tuple(points) for rater, points in alliance.items()},
        ruptures=tuple(ruptures.values()),
        signals=tuple(signals),
        change=_overall_change(state, settings),
        expected=_expected(state, settings),
        state=state,
    )


def _opened(rater: Rater, rupture: OpenRupture) -> Rupture:
    return Rupture(
        rater=rater,
        at=rupture.began.at,
        session=rupture.began.session,
        before=rupture.before,
        depth=rupture.depth,
        standardised=rupture.standardised,
        probability=rupture.probability,
        onset=rupture.onset,
    )


def _repaired(
    rupture: Rupture, seen: Observation, probability: float | None, ratings: int
) -> Rupture:
    numbered = seen.session is not None and rupture.session is not None
    sessions = (seen.session or 0) - (rupture.session or 0) if numbered else ratings
    return replace(
        rupture,
        repaired_at=seen.at,
        repaired_session=seen.session,
        repair_probability=probability,
        sessions_to_repair=sessions,
    )


def _overall_change(state: CourseState, settings: CourseSettings) -> Change | None:
    if state.outcome is None or state.outcome.first == state.outcome.last:
        return None
    measure = settings.outcome
    return change_between(
        state.outcome.first.value,
        state.outcome.last.value,
        sem=measure.sem,
        better=measure.better,
        limit=measure.reliable_change,
    )


def _expected(state: CourseState, settings: CourseSettings) -> tuple[BandPoint, ...]:
    if state.outcome is None or settings.trajectory is None:
        return ()
    last = weeks_between(state.outcome.first.at, state.outcome.last.at)
    weeks = max(BAND_WEEKS, math.ceil(last))
    spacing = math.ceil(weeks / BAND_POINTS)
    first = state.outcome.first.value
    return tuple(
        settings.trajectory.band(float(week), first) for week in range(0, weeks + spacing, spacing)
    )
