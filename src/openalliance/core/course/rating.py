"""One rating taken into a level, in plain numbers.

A live rating calls these functions as they are; a batch compiles a loop over them. So both give
the same numbers, and the arithmetic of the alliance is written once. What it means, and its
sources, are in `openalliance.core.course.alliance`.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.censored import ceiling_step
from openalliance.core.course.limits import (
    DF_CAP,
    critical_index,
    critical_values,
    fall_limit,
)
from openalliance.core.course.local_level import filter_step
from openalliance.core.course.settings import AllianceMeasure, RuptureRules

SCALE_FLOOR = 0.5
"""Least factor on the stated variances: nobody's ratings are taken to be more exact than that."""

NOTHING, SUDDEN, GRADUAL, REPAIRED = 0, 1, 2, 3
"""What a rating shows: the event that `alliance_step` returns."""


class LevelNumbers(NamedTuple):
    """What is carried from one rating to the next.

    ``variance`` is in units of ``scale``, the client's own spread, of which ``df`` ratings tell.
    ``fall`` is the sum that shows a slow fall, ``fall_from`` the level when it was last 0 and
    ``fall_from_variance`` its variance in points². ``before`` and ``before_se`` are the level
    before the open rupture; ``before`` is ``nan`` when none is open.
    """

    level: float
    variance: float
    scale: float
    df: float
    fall: float
    fall_from: float
    fall_from_variance: float
    before: float
    before_se: float


class RatingRules(NamedTuple):
    """A measure and the rules of rupture and repair, with all that depends on them alone.

    ``sudden`` and ``repair`` are `critical_values`, as tuples or arrays. ``censored`` takes ratings
    at the top of the scale as "this or more".
    """

    sem: float
    drift: float
    minimum: float
    maximum: float
    huber: float
    square_mean: float
    scale_df: float
    slow_allowance: float
    slow_limit: float
    sudden: tuple[float, ...] | NDArray[np.float64]
    repair: tuple[float, ...] | NDArray[np.float64]
    censored: bool = False


@functools.lru_cache(maxsize=64)
def rating_rules(measure: AllianceMeasure, rules: RuptureRules) -> RatingRules:
    """Return a measure and its rules as `alliance_step` takes them."""
    slow = rules.false_alarm_rate * rules.slow_share
    return RatingRules(
        sem=measure.sem,
        drift=measure.level_sd**2,
        minimum=measure.minimum,
        maximum=measure.maximum,
        huber=rules.huber,
        square_mean=bounded_square_mean(rules.huber),
        scale_df=rules.scale_df,
        slow_allowance=rules.slow_allowance,
        slow_limit=fall_limit(slow, rules.scale_df, rules.slow_allowance, rules.huber),
        sudden=critical_values(rules.false_alarm_rate - slow, rules.scale_df),
        repair=critical_values(rules.repair_probability, rules.scale_df),
    )


def first_step(rating: float, rules: RatingRules) -> LevelNumbers:
    """Return the level after the first rating: the rating itself, with its error."""
    noise = rules.sem * rules.sem
    return LevelNumbers(rating, noise, 1.0, rules.scale_df, 0.0, rating, noise, math.nan, 0.0)


def alliance_step(
    was: LevelNumbers, rating: float, sessions: float, rules: RatingRules
) -> tuple[LevelNumbers, float, float, int]:
    """Take one rating after the first, and say what it shows.

    Parameters
    ----------
    was
        The level after the last rating.
    rating
        The new rating.
    sessions
        Sessions since the last rating: the level drifts once in each.
    rules
        Of `rating_rules`.

    Returns
    -------
    tuple
        The new level; the standardised surprise; the SD of the forecast, in points; the event.
    """
    drift = rules.drift * sessions
    noise = rules.sem * rules.sem
    if rules.censored and rating >= rules.maximum:
        scale, df = was.scale, was.df
        level, variance, standardised, forecast_sd = ceiling_step(
            was.level, was.variance, scale, rating, noise, drift
        )
    else:
        level, variance, scale, df, standardised, forecast_sd = rating_step(
            was.level, was.variance, was.scale, was.df, rating, noise, drift,
            rules.huber, rules.square_mean, rules.minimum, rules.maximum,
        )  # fmt: skip
    event, before, before_se = NOTHING, was.before, was.before_se
    fall, fall_from, fall_variance = 0.0, level, scale * variance
    if math.isnan(was.before):
        fall, fall_from, fall_variance = fall_step(
            was.fall, was.fall_from, was.fall_from_variance, level, scale * variance,
            standardised, rules.slow_allowance, rules.huber,
        )  # fmt: skip
        if standardised < rules.sudden[critical_index(was.df, rules.scale_df)]:
            event, before = SUDDEN, was.level
            before_se = math.sqrt(was.scale * (was.variance + drift))
        elif fall > rules.slow_limit:
            event, before, before_se = GRADUAL, fall_from, math.sqrt(fall_variance)
        if event != NOTHING:
            fall, fall_from, fall_variance = 0.0, level, scale * variance
    else:
        distance = distance_back(level, variance, scale, before, before_se, rules.sem)
        if distance >= rules.repair[critical_index(df, rules.scale_df)]:
            event, before, before_se = REPAIRED, math.nan, 0.0
    new = LevelNumbers(
        level, variance, scale, df, fall, fall_from, fall_variance, before, before_se
    )
    return new, standardised, forecast_sd, event


def rating_weight(standardised: float, huber: float) -> float:
    """Huber weight of a rating: 1 up to ``huber`` standard deviations, then falling as 1/|z|."""
    distance = abs(standardised)
    return 1.0 if distance <= huber else huber / distance


def spread_step(
    scale: float, df: float, standardised: float, huber: float, square_mean: float
) -> tuple[float, float]:
    """Take one standardised surprise into the client's spread (factor on all variances).

    Surprises count up to ``huber``; ``square_mean`` (`bounded_square_mean` of it) makes them
    consistent for Gaussian ones.

    References
    ----------
    West & Harrison (1997), table 4.3, with a bounded square.
    """
    square = min(standardised * standardised, huber * huber) / square_mean
    updated = scale * (df + square) / (df + 1.0)
    return max(updated, SCALE_FLOOR), min(df + 1.0, max(df, DF_CAP))


def bounded_square_mean(huber: float) -> float:
    """E[min(Z², h²)] for a standard normal Z."""
    tail = math.erfc(huber / math.sqrt(2.0))
    density = math.exp(-0.5 * huber * huber) / math.sqrt(2.0 * math.pi)
    return (1.0 - tail) - 2.0 * huber * density + huber * huber * tail


def rating_step(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    level: float,
    variance: float,
    scale: float,
    df: float,
    rating: float,
    noise: float,
    drift: float,
    huber: float,
    square_mean: float,
    minimum: float,
    maximum: float,
) -> tuple[float, float, float, float, float, float]:
    """Take one rating after the first into a rater's level.

    Parameters
    ----------
    level, variance, scale, df
        Level after the last rating, its variance in units of ``scale``, the client's own spread
        and what it rests on. After the first rating: the rating, ``noise``, 1 and the prior's df.
    rating
        The new rating.
    noise, drift
        Variance of the measurement error, and what the level gained since the last rating.
    huber, square_mean
        Standardised surprise beyond which a rating is trusted less; `bounded_square_mean` of it.
    minimum, maximum
        Ends of the scale: a rating there never lowers the spread.

    Returns
    -------
    tuple of float
        New level, variance, scale and df; the standardised surprise and the forecast's SD.
    """
    forecast_sd = math.sqrt(scale * (variance + drift + noise))
    standardised = (rating - level) / forecast_sd
    weight = rating_weight(standardised, huber)
    new_level, new_variance, _, _ = filter_step(level, variance, rating, noise / weight, drift)
    new_scale, new_df = spread_step(scale, df, standardised, huber, square_mean)
    if new_scale < scale and not minimum < rating < maximum:
        new_scale, new_df = scale, df
    return new_level, new_variance, new_scale, new_df, standardised, forecast_sd


def fall_step(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    fall: float,
    before: float,
    before_variance: float,
    level: float,
    level_variance: float,
    standardised: float,
    allowance: float,
    bound: float,
) -> tuple[float, float, float]:
    """Add one surprise to the sum that shows a slow fall.

    Parameters
    ----------
    fall
        Sum so far: surprises downwards, each less ``allowance`` and at most ``bound``, never below
        0 (Page 1954).
    before, before_variance
        Level, and its variance in points², when the sum was last 0.
    level, level_variance
        The same after this rating.
    standardised
        The rating's surprise.

    Returns
    -------
    tuple of float
        New sum, and the level with its variance from which the fall is counted.
    """
    grown = fall - max(-bound, min(bound, standardised)) - allowance
    if grown <= 0.0:
        return 0.0, level, level_variance
    return grown, before, before_variance


def distance_back(
    level: float, variance: float, scale: float, before: float, before_se: float, sem: float
) -> float:
    """How far the level is above the edge of being back, in errors of that distance.

    The edge is one SEM, in the client's own spread, below the level before the rupture.
    """
    edge = before - sem * math.sqrt(scale)
    return (level - edge) / math.sqrt(scale * variance + before_se * before_se)
