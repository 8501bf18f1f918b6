"""Draw a cohort: alliance, then session by session outcome and leaving, then what is answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from openalliance.core.simulation.calibration import FOLLOW_UP_MONTHS, SimulationSettings
from openalliance.core.simulation.cohort import (
    LIFE_ITEMS,
    Attendance,
    Cohort,
    EndingKind,
    Flags,
    Floats,
    Truth,
)

INTAKE_SPREAD_DAYS = 180
"""Episodes begin within half a year of the cohort's beginning."""

RATING_MAXIMUM = 10.0


def simulate(settings: SimulationSettings, rng: Generator) -> Cohort:
    """A cohort with a known truth; the same generator state gives the same cohort.

    Parameters
    ----------
    settings
        Size and models.
    rng
        Source of all chance.

    Examples
    --------
    >>> cohort = simulate(SimulationSettings(clients=5), np.random.default_rng(1))
    >>> cohort.check_in.shape
    (5, 16, 7)
    """
    therapist = rng.integers(settings.therapists, size=settings.clients)
    alliance = _alliance(settings, therapist, rng)
    outcome = _outcome(settings, therapist, alliance, rng)
    attendance, ending = _attendance(settings, alliance, outcome, rng)
    day = _days(settings, rng)
    held = (attendance != Attendance.NONE).sum(axis=1)
    last = outcome.level[np.arange(settings.clients), held - 1]
    after, follow_up = _follow_up(settings, last, rng)
    seen = attendance == Attendance.ATTENDED
    model, answers = settings.alliance, settings.attendance
    truth = Truth(
        alliance_client=alliance.client,
        alliance_therapist=alliance.therapist,
        outcome=outcome.level,
        rupture_began=alliance.began,
        rupture_open=alliance.open,
        repaired=alliance.repaired,
        rupture_depth=alliance.depth,
        gain=outcome.gain,
        therapist_effect=outcome.therapist_effect,
        after=after,
    )
    return Cohort(
        therapist=therapist,
        day=day,
        attendance=attendance,
        ending=ending,
        check_in=_check_in(settings, alliance, outcome, attendance, rng),
        check_out_client=_only(
            _items(alliance.client, 6, model.item_sd, rng),
            seen & (rng.random(seen.shape) >= answers.client_check_out_missed),
        ),
        check_out_therapist=_only(
            _items(alliance.therapist, 6, model.item_sd, rng),
            seen & (rng.random(seen.shape) >= answers.therapist_check_out_missed),
        ),
        follow_up=follow_up,
        truth=truth,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alliance:
    client: Floats
    therapist: Floats
    usual: Floats
    standing: Floats
    began: Flags
    open: Flags
    repaired: Flags
    depth: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    level: Floats
    expected: Floats
    gain: Flags
    therapist_effect: Floats


def _alliance(
    settings: SimulationSettings, therapist: NDArray[np.int64], rng: Generator
) -> _Alliance:
    model, n, s = settings.alliance, settings.clients, settings.sessions
    # What the two share makes their views correlate; the rest is each one's own.
    shared_weight = np.sqrt(settings.targets.perspectives_r)
    own_weight = np.sqrt(1.0 - settings.targets.perspectives_r)
    by_therapist = rng.standard_normal(settings.therapists)[therapist]
    between = np.sqrt(model.therapist_share)
    within = np.sqrt(1.0 - model.therapist_share)
    shared = between * by_therapist + within * rng.standard_normal(n)
    standing = shared_weight * shared + own_weight * rng.standard_normal(n)
    other = shared_weight * shared + own_weight * rng.standard_normal(n)
    gap = model.gap_sds * model.sd
    drift = model.level_sd * rng.standard_normal((n, s)).cumsum(axis=1)
    growth = model.growth_per_session * np.arange(s)
    usual = model.mean + model.sd * standing[:, None] + growth + drift
    own_drift = model.level_sd * rng.standard_normal((n, s)).cumsum(axis=1)
    therapist_view = model.mean - gap + model.sd * other[:, None] + growth + own_drift
    began, open_, repaired, depth = _ruptures(settings, rng)
    return _Alliance(
        client=usual - depth,
        therapist=therapist_view - model.therapist_sees * depth,
        usual=usual,
        standing=standing,
        began=began,
        open=open_,
        repaired=repaired,
        depth=depth,
    )


def _ruptures(settings: SimulationSettings, rng: Generator) -> tuple[Flags, Flags, Flags, Floats]:
    model, n, s = settings.alliance, settings.clients, settings.sessions
    began, open_, repaired = (np.zeros((n, s), dtype=np.bool_) for _ in range(3))
    depth = np.zeros((n, s))
    now = np.zeros(n)
    for t in range(1, s):
        mends = (now > 0.0) & (rng.random(n) < model.repair_hazard)
        starts = (now == 0.0) & (rng.random(n) < model.rupture_hazard)
        fall = np.maximum(
            rng.normal(model.rupture_depth, model.rupture_depth_sd, n), model.rupture_least_depth
        )
        now = np.where(mends, 0.0, np.where(starts, fall, now))
        began[:, t], repaired[:, t], open_[:, t] = starts, mends, now > 0.0
        depth[:, t] = now
    return began, open_, repaired, depth


def _outcome(
    settings: SimulationSettings,
    therapist: NDArray[np.int64],
    alliance: _Alliance,
    rng: Generator,
) -> _Outcome:
    model, n, s = settings.outcome, settings.clients, settings.sessions
    phi = settings.targets.residual_autocorrelation
    effect = rng.standard_normal(settings.therapists)
    start = rng.standard_normal(n)
    known = (
        model.start_rate_correlation * start
        + model.therapist_weight * effect[therapist]
        + model.alliance_weight * alliance.standing
    )
    rest = 1.0 - (
        model.start_rate_correlation**2 + model.therapist_weight**2 + model.alliance_weight**2
    )
    rate = model.rate_mean + model.rate_sd * (known + np.sqrt(rest) * rng.standard_normal(n))
    weeks = np.arange(s)
    curve = model.start_mean + model.start_sd * start[:, None] + rate[:, None] * np.log1p(weeks)
    swing = np.empty((n, s))
    swing[:, 0] = model.swing_sd * rng.standard_normal(n)
    usual_swing = np.sqrt(1.0 - phi * phi) * model.swing_sd
    for t in range(1, s):
        # Within a client: a better-than-usual alliance precedes a better-than-usual session.
        unusual = alliance.client[:, t - 1] - alliance.client[:, :t].mean(axis=1)
        swing[:, t] = (
            phi * swing[:, t - 1]
            + model.within_alliance_effect * unusual
            + usual_swing * rng.standard_normal(n)
        )
    gain, jump = _gains(settings, rng)
    typical = model.start_mean + model.rate_mean * np.log1p(weeks)
    return _Outcome(
        level=np.asarray(curve + swing + jump),
        expected=np.broadcast_to(typical + jump.mean(axis=0), (n, s)),
        gain=gain,
        therapist_effect=effect,
    )


def _gains(settings: SimulationSettings, rng: Generator) -> tuple[Flags, Floats]:
    model, n, s = settings.outcome, settings.clients, settings.sessions
    has = rng.random(n) < settings.targets.sudden_gain_share
    at = rng.integers(2, max(s - 3, 3), size=n)
    size = np.maximum(rng.normal(model.gain_size, model.gain_size_sd, n), 0.5)
    lost = np.where(rng.random(n) < model.gain_reversal, at + rng.integers(2, 6, size=n), s)
    sessions = np.arange(s)
    gain = has[:, None] & (sessions == at[:, None])
    holds = has[:, None] & (sessions >= at[:, None])
    left = np.where(sessions >= lost[:, None], 0.3, 1.0)
    return gain, np.where(holds, size[:, None] * left, 0.0)


def _attendance(
    settings: SimulationSettings, alliance: _Alliance, outcome: _Outcome, rng: Generator
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    model, n, s = settings.attendance, settings.clients, settings.sessions
    planned = rng.integers(model.least_sessions, s + 1, size=n)
    standing = (alliance.client - settings.alliance.mean) / settings.alliance.sd
    logit = (
        model.drop_out_logit
        - model.drop_out_alliance * standing
        - model.drop_out_outcome * (outcome.level - outcome.expected)
    )
    leaves = rng.random((n, s)) < 1.0 / (1.0 + np.exp(-logit))
    first_leave = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, s + 1)
    unplanned = first_leave < planned
    held = np.where(unplanned, first_leave, planned)
    chance = rng.random((n, s))
    status = np.full((n, s), Attendance.ATTENDED, dtype=np.int8)
    status[chance < model.no_show + model.cancelled] = Attendance.CANCELLED
    status[chance < model.no_show] = Attendance.NO_SHOW
    status[:, 0] = Attendance.ATTENDED
    status[np.arange(s) >= held[:, None]] = Attendance.NONE
    ending = np.where(unplanned, EndingKind.UNPLANNED, EndingKind.PLANNED).astype(np.int8)
    return status, ending


def _days(settings: SimulationSettings, rng: Generator) -> NDArray[np.int64]:
    n, s = settings.clients, settings.sessions
    begin = rng.integers(0, INTAKE_SPREAD_DAYS, size=n)
    late = rng.choice(np.array([0, 0, 0, 0, 1, 2]), size=(n, s))
    late[:, 0] = 0
    return np.asarray(begin[:, None] + 7 * np.arange(s) + late, dtype=np.int64)


def _check_in(
    settings: SimulationSettings,
    alliance: _Alliance,
    outcome: _Outcome,
    attendance: NDArray[np.int8],
    rng: Generator,
) -> Floats:
    n, s = attendance.shape
    model = settings.attendance
    life = _items(outcome.level, len(LIFE_ITEMS), settings.outcome.item_sd, rng)
    usual = 6.5 + 1.5 * rng.standard_normal((n, 1))
    tasks = _items(usual + 0.3 * (alliance.client - settings.alliance.mean), 1, 1.5, rng)
    risk = 1.0 / (1.0 + np.exp(3.3 + 0.5 * (outcome.level - 4.0)))
    steps = rng.random((n, s, 3)) < np.stack([risk, np.full((n, s), 0.3), np.full((n, s), 0.2)], 2)
    safety = np.cumprod(steps, axis=2).sum(axis=2).astype(np.float64)[:, :, None]
    reluctance = model.check_in_missed_logit + model.check_in_missed_sd * rng.standard_normal(
        (n, 1)
    )
    missed = rng.random((n, s)) < 1.0 / (1.0 + np.exp(-reluctance))
    missed |= (attendance != Attendance.ATTENDED) & (rng.random((n, s)) < 0.7)
    missed[:, 0] = False
    answered = (attendance != Attendance.NONE) & ~missed
    return _only(np.concatenate([life, tasks, safety], axis=2), answered)


def _follow_up(settings: SimulationSettings, last: Floats, rng: Generator) -> tuple[Floats, Floats]:
    model, n = settings.follow_up, settings.clients
    log_months = np.log1p(np.array(FOLLOW_UP_MONTHS, dtype=np.float64))
    swing = model.swing_sd * rng.standard_normal((n, log_months.size))
    after = last[:, None] - model.loss_per_log_month * log_months + swing
    logit = (
        model.response_logit
        + model.response_per_log_month * log_months
        + model.response_per_point * (after - settings.outcome.start_mean)
    )
    answers = rng.random(after.shape) < 1.0 / (1.0 + np.exp(-logit))
    return after, _only(_items(after, len(LIFE_ITEMS), settings.outcome.item_sd, rng), answers)


def _items(level: Floats, count: int, sd: float, rng: Generator) -> Floats:
    """Whole-number responses of ``count`` items around a level, cut at the ends of 0 to 10."""
    noisy = level[:, :, None] + sd * rng.standard_normal((*level.shape, count))
    return np.asarray(np.clip(np.rint(noisy), 0.0, RATING_MAXIMUM))


def _only(responses: Floats, answered: Flags) -> Floats:
    return np.where(answered[:, :, None], responses, np.nan)
