"""One step per kind of observation: new state, the point drawn, the signals raised."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

from openalliance.core.course.alliance import repair_probability, take_rating
from openalliance.core.course.change import CRITICAL_VALUE, Verdict, change_between
from openalliance.core.course.gap import probability_outside
from openalliance.core.course.probability import normal_cdf
from openalliance.core.course.settings import CourseSettings
from openalliance.core.course.states import (
    CourseState,
    LevelState,
    Observed,
    OutcomeState,
)
from openalliance.core.course.trajectory import is_off_track
from openalliance.core.course.values import (
    Certainty,
    Method,
    Observation,
    Onset,
    Signal,
    SignalKind,
    TalkAbout,
)
from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater

SECONDS_PER_WEEK = 7.0 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePoint:
    """One outcome score with its error, and what was expected of it (``None``: nothing)."""

    at: datetime
    session: int | None
    value: float
    sem: float
    expected: float | None
    expected_low: float | None
    expected_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPoint:
    """One alliance rating and the level after it.

    ``rupture`` and ``repaired`` are true at the rating where a rupture opens or closes;
    ``in_rupture`` from the one to before the other.
    """

    at: datetime
    session: int | None
    rating: float
    level: float
    se: float
    rupture: bool
    repaired: bool
    in_rupture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one observation does."""

    state: CourseState
    signals: tuple[Signal, ...] = ()
    point: OutcomePoint | LevelPoint | None = None


def outcome_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """Reliable change since the first score, and whether the course is on track."""
    measure = settings.outcome
    _check_range(seen.value, measure.minimum, measure.maximum)
    now = Observed(at=seen.at, session=seen.session, value=seen.value)
    if state.outcome is None:
        begun = replace(state, outcome=OutcomeState(first=now, last=now), missed_in_a_row=0)
        return Step(state=begun, point=_outcome_point(now, None, settings))
    before = state.outcome
    changed, change_signals = _change(before, now, settings)
    off_track, track_signals = _track(before, now, settings)
    after = replace(changed, last=now, off_track=off_track)
    return Step(
        state=replace(state, outcome=after, missed_in_a_row=0),
        signals=change_signals + track_signals,
        point=_outcome_point(now, before.first, settings),
    )


def _change(
    before: OutcomeState, now: Observed, settings: CourseSettings
) -> tuple[OutcomeState, tuple[Signal, ...]]:
    measure = settings.outcome
    change = change_between(
        before.first.value,
        now.value,
        sem=measure.sem,
        better=measure.better,
        limit=measure.reliable_change,
    )
    announced = before.announced
    if abs(change.change) < change.limit / 2.0:
        announced = Verdict.UNCHANGED
    if change.verdict in (Verdict.UNCHANGED, announced):
        return replace(before, verdict=change.verdict, announced=announced), ()
    better = change.verdict is Verdict.IMPROVED
    signal = Signal(
        kind=SignalKind.RELIABLE_CHANGE,
        at=now.at,
        session=now.session,
        rater=Rater.CLIENT,
        seen={
            "first": change.first,
            "last": change.last,
            "change": change.change,
            "limit": change.limit,
            "rci": change.rci,
            "improved" if better else "deteriorated": 1.0,
        },
        certainty=Certainty(
            probability=change.probability,
            low=change.change - CRITICAL_VALUE * change.sd_diff,
            high=change.change + CRITICAL_VALUE * change.sd_diff,
        ),
        method=Method.RELIABLE_CHANGE,
        talk_about=TalkAbout.WHAT_GOT_BETTER if better else TalkAbout.WHAT_GOT_WORSE,
    )
    return replace(before, verdict=change.verdict, announced=change.verdict), (signal,)


def _track(
    before: OutcomeState, now: Observed, settings: CourseSettings
) -> tuple[bool, tuple[Signal, ...]]:
    trajectory = settings.trajectory
    if trajectory is None:
        return False, ()
    weeks, first = weeks_between(before.first.at, now.at), before.first.value
    worse_by = trajectory.worse_by(weeks, first, now.value, settings.outcome.better)
    off_track = is_off_track(before.off_track, worse_by, trajectory.limits)
    if before.off_track or not off_track:
        return off_track, ()
    band = trajectory.band(weeks, first)
    signal = Signal(
        kind=SignalKind.OFF_TRACK,
        at=now.at,
        session=now.session,
        rater=Rater.CLIENT,
        seen={"value": now.value, "expected": band.mean, "weeks": weeks},
        certainty=Certainty(probability=normal_cdf(worse_by), low=band.low, high=band.high),
        method=Method.TRAJECTORY,
        talk_about=TalkAbout.WHAT_TO_CHANGE,
    )
    return True, (signal,)


def _outcome_point(now: Observed, first: Observed | None, settings: CourseSettings) -> OutcomePoint:
    band = None
    if first is not None and settings.trajectory is not None:
        band = settings.trajectory.band(weeks_between(first.at, now.at), first.value)
    return OutcomePoint(
        at=now.at,
        session=now.session,
        value=now.value,
        sem=settings.outcome.sem,
        expected=None if band is None else band.mean,
        expected_low=None if band is None else band.low,
        expected_high=None if band is None else band.high,
    )


def alliance_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """Level, rupture, repair and, once both have rated a session, the gap."""
    measure = settings.alliance.get(seen.rater)
    if measure is None:
        raise InputError("no alliance measure is set for this rater", where="rater")
    _check_range(seen.value, measure.minimum, measure.maximum)
    now = Observed(at=seen.at, session=seen.session, value=seen.value)
    level, opens, repaired = take_rating(
        state.alliance.get(seen.rater), now, measure, settings.rupture
    )
    signals: tuple[Signal, ...] = ()
    if opens:
        signals += (_rupture_signal(seen, level),)
    if repaired is not None:
        closed = replace(level, rupture=repaired)
        signals += (
            Signal(
                kind=SignalKind.REPAIR,
                at=seen.at,
                session=seen.session,
                rater=seen.rater,
                seen={
                    "level": level.level,
                    "before": repaired.before,
                    "depth": repaired.depth,
                },
                certainty=Certainty(
                    probability=repair_probability(closed, measure),
                    low=level.level - CRITICAL_VALUE * level.se,
                    high=level.level + CRITICAL_VALUE * level.se,
                ),
                method=Method.LOCAL_LEVEL,
                talk_about=TalkAbout.WHAT_HELPED_REPAIR,
            ),
        )
    after = replace(state, alliance={**state.alliance, seen.rater: level})
    after, gap_signals = _gap(after, seen, settings)
    point = LevelPoint(
        at=seen.at,
        session=seen.session,
        rating=seen.value,
        level=level.level,
        se=level.se,
        rupture=opens,
        repaired=repaired is not None,
        in_rupture=level.rupture is not None,
    )
    return Step(state=after, signals=signals + gap_signals, point=point)


def _rupture_signal(seen: Observation, level: LevelState) -> Signal:
    rupture = level.rupture
    if rupture is None:
        raise InputError("no rupture is open", where="rupture")
    return Signal(
        kind=SignalKind.RUPTURE,
        at=seen.at,
        session=seen.session,
        rater=seen.rater,
        seen={
            "rating": seen.value,
            "expected": rupture.before,
            "depth": rupture.depth,
            "standardised": rupture.standardised,
        },
        certainty=Certainty(
            probability=rupture.probability,
            low=rupture.before - CRITICAL_VALUE * rupture.forecast_sd,
            high=rupture.before + CRITICAL_VALUE * rupture.forecast_sd,
        ),
        method=Method.CUSUM if rupture.onset is Onset.GRADUAL else Method.LOCAL_LEVEL,
        talk_about=TalkAbout.WHAT_HAPPENED_BETWEEN_US,
    )


def _gap(
    state: CourseState, seen: Observation, settings: CourseSettings
) -> tuple[CourseState, tuple[Signal, ...]]:
    client, therapist = (
        state.alliance.get(Rater.CLIENT),
        state.alliance.get(Rater.THERAPIST),
    )
    norm = settings.normal_gap
    if norm is None or client is None or therapist is None:
        return state, ()
    if not _same_session(client.last, therapist.last):
        return state, ()
    gap, se = client.level - therapist.level, math.hypot(client.se, therapist.se)
    probability = probability_outside(gap, se, norm)
    if state.gap_outside:
        return replace(state, gap_outside=probability >= 1.0 - settings.gap_probability), ()
    if probability < settings.gap_probability:
        return state, ()
    signal = Signal(
        kind=SignalKind.GAP,
        at=seen.at,
        session=seen.session,
        seen={
            "client": client.level,
            "therapist": therapist.level,
            "gap": gap,
            "usual_low": norm.low,
            "usual_high": norm.high,
        },
        certainty=Certainty(
            probability=min(probability, 1.0),
            low=gap - CRITICAL_VALUE * se,
            high=gap + CRITICAL_VALUE * se,
        ),
        method=Method.NORMAL_GAP,
        talk_about=TalkAbout.HOW_EACH_SEES_IT,
    )
    return replace(state, gap_outside=True), (signal,)


def _same_session(one: Observed, other: Observed) -> bool:
    if one.session is not None and other.session is not None:
        return one.session == other.session
    return one.at.date() == other.at.date()


def safety_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """Every marked answer is a signal, also when the one before was marked."""
    marked = seen.value >= settings.safety_threshold
    after = replace(state, safety_marked=marked)
    if not marked:
        return Step(state=after)
    signal = Signal(
        kind=SignalKind.SAFETY,
        at=seen.at,
        session=seen.session,
        rater=seen.rater,
        seen={"value": seen.value, "threshold": settings.safety_threshold},
        method=Method.SAFETY_ITEM,
        talk_about=TalkAbout.SAFETY_NOW,
    )
    return Step(state=after, signals=(signal,))


def adherence_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """Remember the latest; adherence alone raises no signal."""
    del settings
    return Step(
        state=replace(
            state,
            adherence=Observed(at=seen.at, session=seen.session, value=seen.value),
        )
    )


def done_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """A check-in done ends a row of missed ones."""
    del seen, settings
    return Step(state=replace(state, missed_in_a_row=0))


def missed_step(state: CourseState, seen: Observation, settings: CourseSettings) -> Step:
    """The signal comes once, when the row reaches its set length."""
    missed = state.missed_in_a_row + 1
    after = replace(state, missed_in_a_row=missed)
    if missed != settings.missed_check_ins:
        return Step(state=after)
    signal = Signal(
        kind=SignalKind.MISSED_CHECK_INS,
        at=seen.at,
        session=seen.session,
        seen={"missed": float(missed)},
        method=Method.COUNT,
        talk_about=TalkAbout.WHETHER_CHECK_INS_FIT,
    )
    return Step(state=after, signals=(signal,))


def weeks_between(first: datetime, last: datetime) -> float:
    """Weeks from one time to a later one; 0 when it is not later."""
    return max((last - first).total_seconds() / SECONDS_PER_WEEK, 0.0)


def _check_range(value: float, minimum: float, maximum: float) -> None:
    if not minimum <= value <= maximum:
        raise InputError("the value lies outside the measure's range", where="value")
