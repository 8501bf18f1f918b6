"""Control charts of one client's ratings: Shewhart's individuals chart, EWMA and CUSUM.

Charts ask whether a process is in control: here, whether a rating belongs with the client's other
ratings. They treat ratings as independent draws about one fixed centre.

References
----------
Montgomery, D. C. (2013). *Introduction to statistical quality control* (7th ed.), chapters 6 and 9.
Wiley.

Lipner, L. M., Muran, J. C., Eubanks, C. F., Gorman, B. S., & Winston, A. (2022). Operationalizing
alliance rupture-repair events using control chart methods. *Clinical Psychology & Psychotherapy,
29*(1), 339-350.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.alliance_methods.series import (
    Floats,
    FoundRupture,
    RatingSeries,
    SeriesFound,
)
from openalliance.core.course.values import Onset
from openalliance.core.errors import InputError

RANGE_OF_TWO = 1.128
"""Mean range of two standard normal values, d₂, as the tables print it (Montgomery 2013, table VI).

The exact value is 2/√π = 1.12838; all published charts, and the R package qcc, go by the table.
"""


_CLOSE = 1e-9
"""Relative room at the centre line, for what binary fractions make of a mean of tenths."""


class Chart(StrEnum):
    """Which statistic is charted."""

    INDIVIDUALS = "individuals"
    EWMA = "ewma"
    CUSUM = "cusum"


class ChartSpread(StrEnum):
    """From what the SD is taken: differences of neighbours, or all values."""

    MOVING_RANGE = "moving-range"
    SD = "sd"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRules:
    """How a chart is drawn.

    Parameters
    ----------
    chart, spread
        The statistic, and where its SD comes from.
    sigmas
        Distance of the limits from the centre, in SDs of the statistic (individuals and EWMA).
    baseline
        Number of first ratings that give centre and SD (phase I); only later ones are then judged
        (phase II). ``None``: all ratings give them, and all are judged.
    run_length
        Ratings in a row below the centre that are a rupture too; ``None`` for no such rule.
    weight
        Weight of the newest rating in the EWMA.
    allowance, decision
        Slack and limit of the CUSUM, in SDs.
    """

    chart: Chart = Chart.INDIVIDUALS
    spread: ChartSpread = ChartSpread.MOVING_RANGE
    sigmas: float = 3.0
    baseline: int | None = None
    run_length: int | None = None
    weight: float = 0.2
    allowance: float = 0.5
    decision: float = 5.0

    def __post_init__(self) -> None:
        for name in ("sigmas", "decision"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError("must be above 0 and finite", where=name)
        if not 0.0 < self.weight <= 1.0:
            raise InputError("a weight lies above 0 and up to 1", where="weight")
        if not 0.0 <= self.allowance < math.inf:
            raise InputError("must be at least 0 and finite", where="allowance")
        for name in ("baseline", "run_length"):
            given = getattr(self, name)
            if given is not None and given < 2:
                raise InputError("must be at least 2", where=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Centre and SD of a process in control."""

    center: float
    sd: float


def baseline(values: ArrayLike, spread: ChartSpread) -> Baseline:
    """Return the centre (mean) and SD of values, ``nan`` for fewer than two.

    The moving range estimates the SD from differences of neighbours, so that slow change does not
    widen it; the SD of all values is divided by c₄ to be unbiased.

    Examples
    --------
    >>> found = baseline([4.0, 6.0, 4.0, 6.0], ChartSpread.MOVING_RANGE)
    >>> round(found.center, 3), round(found.sd, 3)
    (5.0, 1.773)
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size < 2:
        return Baseline(center=math.nan, sd=math.nan)
    if data.min() == data.max():  # whatever binary fractions make of a mean of tenths
        return Baseline(center=float(data[0]), sd=0.0)
    if spread is ChartSpread.MOVING_RANGE:
        sd = float(np.mean(np.abs(np.diff(data)))) / RANGE_OF_TWO
    else:
        n = data.size
        bias = math.exp(math.lgamma(0.5 * n) - math.lgamma(0.5 * (n - 1.0)))
        sd = float(np.std(data, ddof=1)) / (math.sqrt(2.0 / (n - 1.0)) * bias)
    return Baseline(center=float(np.mean(data)), sd=sd)


def beyond_limits(values: ArrayLike, base: Baseline, sigmas: float) -> NDArray[np.int64]:
    """Return the places, from 0, of values beyond ``sigmas`` SDs from the centre."""
    distance = np.abs(np.asarray(values, dtype=np.float64) - base.center)
    return np.flatnonzero(distance > sigmas * base.sd)


def runs(values: ArrayLike, center: float, length: int) -> NDArray[np.int64]:
    """Return the places, from 0, of values that end a run of ``length`` or more on one side.

    A value on the centre line itself ends a run.
    """
    data = np.asarray(values, dtype=np.float64)
    side = np.where(np.isclose(data, center, rtol=_CLOSE, atol=0.0), 0.0, np.sign(data - center))
    count, found = 0, []
    for place, now in enumerate(side):
        count = count + 1 if place and now == side[place - 1] else 1
        if now != 0.0 and count >= length:
            found.append(place)
    return np.array(found, dtype=np.int64)


def ewma(
    values: ArrayLike, base: Baseline, *, weight: float, sigmas: float
) -> tuple[Floats, Floats, Floats]:
    """Return the exponentially weighted moving average and its lower and upper limits.

    It begins at the centre; the limits widen as its variance settles (Montgomery 2013, 9.2).
    """
    data = np.asarray(values, dtype=np.float64)
    smooth, last = np.empty(data.size), base.center
    for place, value in enumerate(data):
        last = weight * value + (1.0 - weight) * last
        smooth[place] = last
    settled = 1.0 - (1.0 - weight) ** (2.0 * np.arange(1, data.size + 1))
    half = sigmas * base.sd * np.sqrt(weight / (2.0 - weight) * settled)
    return smooth, base.center - half, base.center + half


def cusum(values: ArrayLike, base: Baseline, *, allowance: float) -> tuple[Floats, Floats]:
    """Return the upper and the lower cumulative sums, in SDs; the lower is 0 or negative."""
    distance = (np.asarray(values, dtype=np.float64) - base.center) / base.sd
    upper, lower = np.empty(distance.size), np.empty(distance.size)
    high = low = 0.0
    for place, step in enumerate(distance):
        high = max(0.0, high + step - allowance)
        low = min(0.0, low + step + allowance)
        upper[place], lower[place] = high, low
    return upper, lower


def find_ruptures(series: RatingSeries, rules: ChartRules) -> tuple[SeriesFound, ...]:
    """Chart every series; falls out of control are ruptures.

    A rupture opens at the first judged rating whose statistic is below its lower limit (or that
    completes a run below the centre), and is repaired at the first later rating at or above the
    centre. Until then a further fall is no new one; the CUSUM begins afresh after each repair.
    """
    return tuple(
        _chart(series.sessions[series.part(one)], series.ratings[series.part(one)], rules)
        for one in range(series.count)
    )


def _chart(sessions: Floats, ratings: Floats, rules: ChartRules) -> SeriesFound:
    judged_from = rules.baseline or 0
    base = baseline(ratings[: rules.baseline], rules.spread)
    reason = None
    if ratings.size < 2:
        reason = "a chart needs at least two ratings"
    elif judged_from >= ratings.size:
        reason = "all ratings are in the baseline, so none is judged"
    elif base.sd == 0.0:
        reason = "the ratings of the baseline never differ, so there are no limits"
    level = np.full(ratings.size, base.center)
    if rules.chart is Chart.EWMA and reason is None:
        level, _, _ = ewma(ratings, base, weight=rules.weight, sigmas=rules.sigmas)
    return SeriesFound(
        sessions=sessions,
        ratings=ratings,
        level=level,
        level_se=np.full(ratings.size, np.nan),
        ruptures=() if reason else _ruptures(sessions, ratings, base, rules),
        reason=reason,
    )


def _ruptures(
    sessions: Floats, ratings: Floats, base: Baseline, rules: ChartRules
) -> tuple[FoundRupture, ...]:
    start = rules.baseline or 0
    statistic, low, onsets = _statistics(ratings, base, rules, start)
    found: list[FoundRupture] = []
    opened: FoundRupture | None = None
    fall = 0.0
    for row in range(start, ratings.size):
        now = statistic[row]
        if rules.chart is Chart.CUSUM and opened is None:
            fall = min(0.0, fall + (ratings[row] - base.center) / base.sd + rules.allowance)
            now = fall
        if opened is not None:
            if ratings[row] >= base.center - _CLOSE * abs(base.center):
                found.append(_closed(opened, row, float(sessions[row])))
                opened, fall = None, 0.0
        elif now < low[row] or onsets[row]:
            opened = FoundRupture(
                row=row,
                session=float(sessions[row]),
                depth=base.center - float(ratings[row]),
                standardised=float((ratings[row] - base.center) / base.sd),
                onset=_onset(now < low[row], rules.chart),
            )
    return (*found, opened) if opened is not None else tuple(found)


def _onset(beyond: bool, chart: Chart) -> Onset:
    return Onset.SUDDEN if beyond and chart is Chart.INDIVIDUALS else Onset.GRADUAL


def _statistics(
    ratings: Floats, base: Baseline, rules: ChartRules, start: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the charted statistic, its lower limit, and where a run below the centre is full."""
    in_run = np.zeros(ratings.size, dtype=np.bool_)
    if rules.run_length is not None:
        ends = runs(ratings[start:], base.center, rules.run_length) + start
        in_run[ends[ratings[ends] < base.center]] = True
    match rules.chart:
        case Chart.INDIVIDUALS:
            return ratings, np.full(ratings.size, base.center - rules.sigmas * base.sd), in_run
        case Chart.EWMA:
            smooth, low = np.full(ratings.size, np.nan), np.full(ratings.size, np.nan)
            smooth[start:], low[start:], _ = ewma(
                ratings[start:], base, weight=rules.weight, sigmas=rules.sigmas
            )
            return smooth, low, in_run
        case Chart.CUSUM:
            return np.zeros(ratings.size), np.full(ratings.size, -rules.decision), in_run


def _closed(opened: FoundRupture, row: int, session: float) -> FoundRupture:
    return FoundRupture(
        row=opened.row,
        session=opened.session,
        depth=opened.depth,
        standardised=opened.standardised,
        onset=opened.onset,
        repaired_row=row,
        repaired_at=session,
    )
