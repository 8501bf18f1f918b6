"""One rating taken into a level, in plain numbers.

A live rating calls these functions as they are; a batch compiles a loop over them. So both give
the same numbers, and the arithmetic of the alliance is written once. What it means, and its
sources, are in `openalliance.core.course.alliance`.
"""

from __future__ import annotations

import functools
import math

from openalliance.core.course.local_level import filter_step
from openalliance.core.course.probability import student_quantile

SCALE_FLOOR = 0.5
"""Least factor on the stated variances: nobody's ratings are taken to be more exact than that."""

DF_CAP = 60.0
"""Most ratings the spread remembers, so that it can still follow a client who changes."""


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


def distance_back(
    level: float, variance: float, scale: float, before: float, before_se: float, sem: float
) -> float:
    """How far the level is above the edge of being back, in errors of that distance.

    The edge is one SEM, in the client's own spread, below the level before the rupture.
    """
    edge = before - sem * math.sqrt(scale)
    return (level - edge) / math.sqrt(scale * variance + before_se * before_se)


@functools.lru_cache(maxsize=64)
def critical_values(probability: float, scale_df: float) -> tuple[float, ...]:
    """Student-t quantiles for each df that a spread can have.

    The df begin at ``scale_df`` and rise by 1 up to `DF_CAP`; `critical_index` gives the place. A
    surprise below the quantile of the false-alarm rate opens a rupture; a `distance_back` from
    that of the repair probability on closes it.
    """
    steps = max(math.ceil(DF_CAP - scale_df), 0)
    return tuple(
        student_quantile(min(scale_df + step, max(scale_df, DF_CAP)), probability)
        for step in range(steps + 1)
    )


def critical_index(df: float, scale_df: float) -> int:
    """Place of a df among `critical_values`."""
    return math.ceil(df - scale_df - 1e-6)
