"""Change and off-track for many clients at once: the live steps in a compiled loop.

The loop calls the functions that a live score calls (`direction_of`, `expected_at`,
`expected_score`, `sds_worse`, `is_off_track`); it holds nothing that a clinician could dispute.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.batch.clients import Offsets, check_offsets
from openalliance.core.course.batch.columns import NO_FAULT, numeric, refuse_faults
from openalliance.core.course.batch.threads import on_all_cores
from openalliance.core.course.change import CRITICAL_VALUE, direction_of, reliable_change_index
from openalliance.core.course.probability import normal_cdf
from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.course.trajectory import (
    Curve,
    TrackLimits,
    Trajectory,
    expected_at,
    expected_score,
    is_off_track,
    sds_worse,
)
from openalliance.core.errors import InputError
from openalliance.core.estimation.kernels import WORTH_COMPILING, compiled
from openalliance.core.instruments import Better

NO_VERDICT = -2
"""Stands where a client has fewer than two scores, so that nothing can have changed."""

TABLE = 4_096
"""Whole time units after the first score whose expectation is computed once, not for each row."""

Floats = NDArray[np.float64]


class OutcomeRules(NamedTuple):
    """All numbers the loop needs."""

    sign: float
    minimum: float
    maximum: float
    limit: float
    published: bool
    units_per_week: float
    expects: bool
    curve: Curve
    limits: TrackLimits


class Expectations(NamedTuple):
    """What `expected_at` gives for 0, 1, 2 … time units; empty arrays for none."""

    mean: Floats
    slope: Floats
    sd: Floats


class OutcomeArrays(NamedTuple):
    """What the loop finds for each client, shape ``(clients,)``."""

    scores: NDArray[np.int32]
    first: Floats
    last: Floats
    verdict: NDArray[np.int8]
    off_track: NDArray[np.bool_]
    times_off_track: NDArray[np.int32]
    share: Floats
    fault: NDArray[np.int64]


class OutcomeRows(NamedTuple):
    """What the loop finds for each row; empty arrays when it is not wanted."""

    expected: Floats
    expected_sd: Floats
    off_track: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCourses:
    """Change since the first score and whether the course is on track, one value per client.

    Parameters
    ----------
    scores
        Number of scores.
    first, last, change, rci
        ``nan`` where there is no score; change and RCI also where there is only one.
    verdict
        1 improved, 0 unchanged, -1 deteriorated, `NO_VERDICT` for fewer than two scores.
    off_track
        Whether the course is off track at the last score.
    times_off_track
        How often it left the track.
    share
        Share of clients with the same first score expected to do better than the last score;
        ``nan`` for fewer than two scores or when no course is expected.
    rows
        The same for each row, if wanted: expected score, its SD, off track.
    """

    scores: NDArray[np.int32]
    first: Floats
    last: Floats
    change: Floats
    rci: Floats
    verdict: NDArray[np.int8]
    off_track: NDArray[np.bool_]
    times_off_track: NDArray[np.int32]
    share: Floats
    rows: OutcomeRows | None = None


def outcome_courses(
    offsets: Offsets,
    time: ArrayLike,
    scores: ArrayLike,
    *,
    measure: OutcomeMeasure,
    trajectory: Trajectory | None,
    units_per_week: float = 1.0,
    per_row: bool = False,
) -> OutcomeCourses:
    """Fold every client's scores as live scores are folded.

    Parameters
    ----------
    offsets
        Where each client's rows begin (`client_offsets`).
    time
        Shape ``(rows,)``, rising within a client.
    scores
        Shape ``(rows,)``; ``nan`` where no score was given. Scores of single precision are taken
        exactly as they are; all arithmetic is in double precision.
    measure, trajectory
        As in `CourseSettings`.
    units_per_week
        Time units in a week: 7 for days.
    per_row
        Whether each row's expectation is wanted too.

    Raises
    ------
    InputError
        If the columns do not fit or a score lies outside the range; `where` names the row.
    """
    times, values = numeric(time), numeric(scores)
    check_offsets(offsets, times, values)
    if not 0.0 < units_per_week < math.inf:
        raise InputError("must be above 0 and finite", where="units_per_week")
    clients, rows = offsets.size - 1, values.size
    found, each = _outcome_arrays(clients), _outcome_rows(rows if per_row else 0)
    rules = _rules(measure, trajectory, units_per_week)
    if rows < WORTH_COMPILING:
        none = np.empty(0)
        plain = (offsets.tolist(), times.tolist(), values.tolist())
        _fold(0, clients, *plain, Expectations(none, none, none), rules, found, each)
    else:
        ahead = _expectations(rules, _longest(offsets, times))
        on_all_cores(
            lambda begin, end: _compiled_fold(
                begin, end, offsets, times, values, ahead, rules, found, each
            ),
            offsets,
        )
    refuse_faults(found.fault)
    return OutcomeCourses(
        scores=found.scores,
        first=found.first,
        last=found.last,
        change=np.where(found.scores > 1, found.last - found.first, np.nan),
        rci=np.where(
            found.scores > 1, reliable_change_index(found.first, found.last, measure.sem), np.nan
        ),
        verdict=found.verdict,
        off_track=found.off_track,
        times_off_track=found.times_off_track,
        share=found.share,
        rows=each if per_row else None,
    )


def _fold(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    begin: int,
    end: int,
    offsets: Offsets,
    time: NDArray[np.generic],
    scores: NDArray[np.generic],
    ahead: Expectations,
    rules: OutcomeRules,
    found: OutcomeArrays,
    each: OutcomeRows,
) -> None:
    for client in range(begin, end):
        count, first, last, worse, began = 0, math.nan, math.nan, math.nan, 0.0
        off_track, onsets = False, 0
        for row in range(offsets[client], offsets[client + 1]):
            score = 1.0 * scores[row]
            if math.isnan(score):
                continue
            if not rules.minimum <= score <= rules.maximum:
                found.fault[client] = row
                break
            count += 1
            last = score
            if count == 1:
                first, began = score, 1.0 * time[row]
            elif rules.expects:
                mean, slope, sd = _expectation(time[row] - began, ahead, rules)
                mean = expected_score(first, mean, slope, rules.curve)
                worse = sds_worse(score, mean, sd, rules.sign)
                now = is_off_track(off_track, worse, rules.limits)
                onsets += now and not off_track
                off_track = now
                if each.expected.size > 0:
                    each.expected[row], each.expected_sd[row] = mean, sd
                    each.off_track[row] = now
        found.scores[client], found.first[client], found.last[client] = count, first, last
        found.off_track[client], found.times_off_track[client] = off_track, onsets
        if count > 1:
            found.verdict[client] = direction_of(
                last - first, rules.limit, rules.published, rules.sign
            )
            found.share[client] = normal_cdf(worse)


def _expectation(
    passed: float, ahead: Expectations, rules: OutcomeRules
) -> tuple[float, float, float]:
    """What `expected_at` gives, looked up where it was computed before."""
    passed = max(passed, 0.0)
    whole = int(passed)
    if whole < ahead.sd.size and whole == passed:
        return ahead.mean[whole], ahead.slope[whole], ahead.sd[whole]
    return expected_at(passed / rules.units_per_week, rules.curve)


_compiled_fold = compiled(
    _fold,
    steps=(
        _expectation,
        direction_of,
        expected_at,
        expected_score,
        is_off_track,
        normal_cdf,
        sds_worse,
    ),
)


def _rules(
    measure: OutcomeMeasure, trajectory: Trajectory | None, units_per_week: float
) -> OutcomeRules:
    published = measure.reliable_change
    unused = (0.0,) * len(Curve._fields)
    return OutcomeRules(
        sign=1.0 if measure.better is Better.HIGHER else -1.0,
        minimum=measure.minimum,
        maximum=measure.maximum,
        limit=CRITICAL_VALUE * (math.sqrt(2.0) * measure.sem) if published is None else published,
        published=published is not None,
        units_per_week=float(units_per_week),
        expects=trajectory is not None,
        curve=Curve(*unused) if trajectory is None else trajectory.curve,
        limits=TrackLimits(0.0, 0.0) if trajectory is None else trajectory.limits,
    )


def _expectations(rules: OutcomeRules, longest: float) -> Expectations:
    """Return the expectation of every whole time unit up to the longest course, or `TABLE`."""
    if not rules.expects:
        none = np.empty(0)
        return Expectations(none, none, none)
    size = 1 << int(min(longest, TABLE - 1)).bit_length()
    return _table(rules.curve, rules.units_per_week, size)


@functools.lru_cache(maxsize=8)
def _table(curve: Curve, units_per_week: float, size: int) -> Expectations:
    terms = [expected_at(unit / units_per_week, curve) for unit in range(size)]
    columns = np.array(terms, dtype=np.float64).T.copy()
    return Expectations(*columns)


def _longest(offsets: Offsets, time: NDArray[np.generic]) -> float:
    passed = time[offsets[1:] - 1] - time[offsets[:-1]]  # type: ignore[operator]
    longest = np.max(passed, initial=0)
    return float(longest) if np.isfinite(longest) else 0.0


def _outcome_arrays(clients: int) -> OutcomeArrays:
    return OutcomeArrays(
        scores=np.zeros(clients, np.int32),
        first=np.empty(clients),
        last=np.empty(clients),
        verdict=np.full(clients, NO_VERDICT, np.int8),
        off_track=np.empty(clients, np.bool_),
        times_off_track=np.empty(clients, np.int32),
        share=np.full(clients, np.nan),
        fault=np.full(clients, NO_FAULT, np.int64),
    )


def _outcome_rows(rows: int) -> OutcomeRows:
    return OutcomeRows(
        expected=np.full(rows, np.nan),
        expected_sd=np.full(rows, np.nan),
        off_track=np.zeros(rows, np.bool_),
    )
