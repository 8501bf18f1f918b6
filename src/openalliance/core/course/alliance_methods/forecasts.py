"""The likelihood of the forecasts that a live course makes, over all series.

Each rating, given the ones before it, is Student-t about the level so far; with
`Ceiling.CENSORED` one at the top of the scale counts with the probability of "this or more".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.alliance_methods.series import Floats, RatingSeries
from openalliance.core.course.alliance_methods.state_space import Ceiling
from openalliance.core.course.censored import ceiling_step
from openalliance.core.course.local_level import filter_step
from openalliance.core.course.rating import (
    RatingRules,
    bounded_square_mean,
    rating_step,
    rating_weight,
    spread_step,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.estimation.kernels import WORTH_COMPILING, compiled

_USUAL_LOOKS = 60
"""A likelihood is looked at many times, so that compiling it pays from fewer rows."""


def forecast_loglik(
    series: RatingSeries,
    measure: AllianceMeasure,
    rules: RuptureRules,
    ceiling: Ceiling = Ceiling.AS_GIVEN,
) -> float:
    """Return the log-likelihood of all forecasts, Student-t each; first ratings count nothing."""
    return _forecasts(series, _numbers(measure, rules, ceiling))


def _numbers(measure: AllianceMeasure, rules: RuptureRules, ceiling: Ceiling) -> RatingRules:
    """Return what a forecast needs; the limits of alarms, which it does not, are left out."""
    return RatingRules(
        sem=measure.sem,
        drift=measure.level_sd**2,
        minimum=measure.minimum,
        maximum=measure.maximum,
        huber=rules.huber,
        square_mean=bounded_square_mean(rules.huber),
        scale_df=rules.scale_df,
        slow_allowance=0.0,
        slow_limit=math.inf,
        sudden=np.zeros(1),
        repair=np.zeros(1),
        censored=ceiling is Ceiling.CENSORED,
    )


def _forecasts(series: RatingSeries, numbers: RatingRules) -> float:
    run = _loglik if series.ratings.size * _USUAL_LOOKS < WORTH_COMPILING else _compiled_loglik
    return float(run(series.offsets, series.sessions, series.ratings, numbers))


def _loglik(
    offsets: NDArray[np.int64], sessions: Floats, ratings: Floats, rules: RatingRules
) -> float:
    noise, total = rules.sem * rules.sem, 0.0
    # The constant of the Student-t density for each df that occurs, filled when first needed.
    constants = np.full(256, np.nan)
    for one in range(offsets.size - 1):
        first, end = offsets[one], offsets[one + 1]
        if end - first < 1:
            continue
        level, variance, scale, df = ratings[first], noise, 1.0, rules.scale_df
        for row in range(first + 1, end):
            drift = rules.drift * (sessions[row] - sessions[row - 1])
            if rules.censored and ratings[row] >= rules.maximum:
                total += _log_at_least(level, scale * (variance + drift + noise), ratings[row])
                level, variance, _, _ = ceiling_step(
                    level, variance, scale, ratings[row], noise, drift
                )
                continue
            place = int(df - rules.scale_df + 0.999999)
            if math.isnan(constants[place]):
                constants[place] = (
                    math.lgamma(0.5 * (df + 1.0))
                    - math.lgamma(0.5 * df)
                    - 0.5 * math.log(math.pi * df)
                )
            constant, was = constants[place], df
            level, variance, scale, df, standardised, forecast_sd = rating_step(
                level, variance, scale, df, ratings[row], noise, drift,
                rules.huber, rules.square_mean, rules.minimum, rules.maximum,
            )  # fmt: skip
            kernel = math.log1p(standardised * standardised / was)
            total += constant - 0.5 * (was + 1.0) * kernel - math.log(forecast_sd)
    return total


def _log_at_least(level: float, variance: float, rating: float) -> float:
    """Log probability that a normal forecast is at least the top of the scale."""
    below = (rating - level) / math.sqrt(2.0 * variance)
    tail = 0.5 * math.erfc(below)
    if tail > 0.0:
        return math.log(tail)
    return -below * below - math.log(2.0 * below * math.sqrt(math.pi))


_compiled_loglik = compiled(
    _loglik,
    steps=(_log_at_least, ceiling_step, filter_step, rating_weight, spread_step, rating_step),
)
