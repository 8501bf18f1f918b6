"""Level, rupture and repair of whole series: the live steps over many clients, and a smoother.

Every number up to the last rating is that of the live course (`alliance_step`); the smoother then
looks back from the end.

References
----------
Durbin, J., & Koopman, S. J. (2012). *Time series analysis by state space methods* (2nd ed.),
section 4.4 (smoothing). Oxford University Press.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.alliance import back_probability, rupture_probability
from openalliance.core.course.alliance_methods.series import (
    Floats,
    FoundRupture,
    RatingSeries,
    SeriesFound,
)
from openalliance.core.course.censored import ceiling_step
from openalliance.core.course.limits import critical_index
from openalliance.core.course.local_level import filter_step
from openalliance.core.course.rating import (
    GRADUAL,
    REPAIRED,
    RatingRules,
    alliance_step,
    distance_back,
    fall_step,
    first_step,
    rating_rules,
    rating_step,
    rating_weight,
    spread_step,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.course.values import Onset
from openalliance.core.errors import InputError
from openalliance.core.estimation.kernels import WORTH_COMPILING, compiled

STEPS = (
    ceiling_step, critical_index, filter_step, rating_weight, spread_step, rating_step, fall_step,
    distance_back, first_step, alliance_step,
)  # fmt: skip
"""What a compiled loop over ratings calls."""


class Ceiling(StrEnum):
    """What a rating at the top of the scale says: that very value, or at least that."""

    AS_GIVEN = "as-given"
    CENSORED = "censored"


class LevelRows(NamedTuple):
    """What the filter and the smoother give for each rating, shape ``(rows,)``.

    ``variance`` is in units of ``scale``; ``before`` and ``before_se`` are of the open rupture.
    ``event`` is one of those of `openalliance.core.course.rating`.
    """

    level: Floats
    variance: Floats
    scale: Floats
    df: Floats
    standardised: Floats
    forecast_sd: Floats
    before: Floats
    before_se: Floats
    smoothed: Floats
    smoothed_variance: Floats
    event: NDArray[np.int64]

    def se(self, variance: Floats) -> Floats:
        """Return standard errors in points, the error of the client's own spread included."""
        return np.asarray(np.sqrt(self.scale * variance * self.df / (self.df - 2.0)))


def levels(
    series: RatingSeries,
    measure: AllianceMeasure,
    rules: RuptureRules,
    ceiling: Ceiling = Ceiling.AS_GIVEN,
) -> LevelRows:
    """Filter and smooth all series; parameters as for `find_ruptures`.

    Raises
    ------
    InputError
        If a rating lies outside the measure's range.
    """
    outside = (series.ratings < measure.minimum) | (series.ratings > measure.maximum)
    if outside.any():
        raise InputError("the rating lies outside the measure's range", where="ratings")
    rows = _no_rows(series.ratings.size)
    numbers = rating_rules(measure, rules)._replace(censored=ceiling is Ceiling.CENSORED)
    run = _fold if series.ratings.size < WORTH_COMPILING else _compiled_fold
    if run is _compiled_fold:
        numbers = numbers._replace(sudden=np.array(numbers.sudden), repair=np.array(numbers.repair))
    run(series.offsets, series.sessions, series.ratings, numbers, rows)
    return rows


def find_ruptures(
    series: RatingSeries,
    measure: AllianceMeasure,
    rules: RuptureRules,
    ceiling: Ceiling = Ceiling.AS_GIVEN,
) -> tuple[SeriesFound, ...]:
    """Find each series' ruptures and repairs, with their probabilities.

    Parameters
    ----------
    series
        All series of one kind of rater.
    measure
        The scale, its error and its drift, stated or estimated (`estimation.estimate`).
    rules
        When a low rating is a rupture.
    ceiling
        What a rating at the top of the scale says.

    Returns
    -------
    tuple of SeriesFound
        One per series, in order.
    """
    rows = levels(series, measure, rules, ceiling)
    se, smoothed_se = rows.se(rows.variance), rows.se(rows.smoothed_variance)
    found = []
    for one in range(series.count):
        part = series.part(one)
        found.append(
            SeriesFound(
                sessions=series.sessions[part],
                ratings=series.ratings[part],
                level=rows.level[part],
                level_se=se[part],
                ruptures=_ruptures(series, rows, part, measure, rules),
                smoothed=rows.smoothed[part],
                smoothed_se=smoothed_se[part],
            )
        )
    return tuple(found)


def _ruptures(
    series: RatingSeries,
    rows: LevelRows,
    part: slice,
    measure: AllianceMeasure,
    rules: RuptureRules,
) -> tuple[FoundRupture, ...]:
    found: list[FoundRupture] = []
    for row in part.start + np.flatnonzero(rows.event[part]):
        if rows.event[row] != REPAIRED:
            found.append(_opened(series, rows, int(row), part.start, measure, rules))
            continue
        opened = found.pop()
        before = part.start + opened.row
        found.append(
            FoundRupture(
                row=opened.row,
                session=opened.session,
                depth=opened.depth,
                standardised=opened.standardised,
                probability=opened.probability,
                onset=opened.onset,
                repaired_row=int(row) - part.start,
                repaired_at=float(series.sessions[row]),
                repair_probability=_back(rows, int(row), before, measure.sem),
            )
        )
    return tuple(found)


def _opened(
    series: RatingSeries,
    rows: LevelRows,
    row: int,
    start: int,
    measure: AllianceMeasure,
    rules: RuptureRules,
) -> FoundRupture:
    gradual = rows.event[row] == GRADUAL
    before, rating = float(rows.before[row]), float(series.ratings[row])
    if gradual:
        spread = math.sqrt(float(rows.before_se[row] ** 2 + rows.scale[row] * measure.sem**2))
        standardised = (rating - before) / spread
        probability = 1.0 - _back(rows, row, row, measure.sem)
    else:
        standardised = float(rows.standardised[row])
        probability = rupture_probability(
            standardised,
            float(rows.df[row - 1]),
            float(rows.forecast_sd[row]),
            measure.maximum - measure.minimum,
            rules,
        )
    return FoundRupture(
        row=row - start,
        session=float(series.sessions[row]),
        depth=before - rating,
        standardised=standardised,
        probability=probability,
        onset=Onset.GRADUAL if gradual else Onset.SUDDEN,
    )


def _back(rows: LevelRows, row: int, opened: int, sem: float) -> float:
    """Probability that the level at ``row`` is back where it was before the rupture."""
    return back_probability(
        float(rows.level[row]), float(rows.variance[row]), float(rows.scale[row]),
        float(rows.df[row]), float(rows.before[opened]), float(rows.before_se[opened]), sem,
    )  # fmt: skip


def _fold(
    offsets: NDArray[np.int64],
    sessions: Floats,
    ratings: Floats,
    rules: RatingRules,
    rows: LevelRows,
) -> None:
    for one in range(offsets.size - 1):
        first, end = offsets[one], offsets[one + 1]
        if end - first < 1:
            continue
        now = first_step(ratings[first], rules)
        for row in range(first, end):
            if row > first:
                gap = sessions[row] - sessions[row - 1]
                now, standardised, forecast_sd, event = alliance_step(now, ratings[row], gap, rules)
                rows.standardised[row], rows.forecast_sd[row] = standardised, forecast_sd
                rows.event[row] = event
            rows.level[row], rows.variance[row] = now.level, now.variance
            rows.scale[row], rows.df[row] = now.scale, now.df
            rows.before[row], rows.before_se[row] = now.before, now.before_se
        _smooth(first, end, sessions, rules.drift, rows)


def _smooth(first: int, end: int, sessions: Floats, drift: float, rows: LevelRows) -> None:
    """Go back from the last level (Rauch-Tung-Striebel); variances stay in units of the scale."""
    level, variance = rows.level[end - 1], rows.variance[end - 1]
    rows.smoothed[end - 1], rows.smoothed_variance[end - 1] = level, variance
    for row in range(end - 2, first - 1, -1):
        predicted = rows.variance[row] + drift * (sessions[row + 1] - sessions[row])
        pull = rows.variance[row] / predicted
        level = rows.level[row] + pull * (level - rows.level[row])
        variance = rows.variance[row] + pull * pull * (variance - predicted)
        rows.smoothed[row], rows.smoothed_variance[row] = level, variance


_compiled_fold = compiled(_fold, steps=(*STEPS, _smooth))


def _no_rows(count: int) -> LevelRows:
    empty = {name: np.full(count, np.nan) for name in LevelRows._fields if name != "event"}
    return LevelRows(**empty, event=np.zeros(count, dtype=np.int64))
