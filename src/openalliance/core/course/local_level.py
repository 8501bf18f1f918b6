"""The local-level model: a level that drifts, seen through measurement error.

The model is ``value = level + noise``, ``next level = level + drift``, both Gaussian with
known variances. The start is exactly diffuse: before the first value nothing is assumed
about the level, so the first filtered level *is* the first value, with the noise as its variance.

The step functions use plain numbers only, so that one live rating and a compiled loop over
millions share the same lines.

References
----------
Durbin, J., & Koopman, S. J. (2012). *Time series analysis by state space methods* (2nd ed.),
sections 2.2, 2.4 and 2.9, 5.2. Oxford University Press.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

LOG_TWO_PI = math.log(2.0 * math.pi)


def filter_step(
    level: float, variance: float, value: float, noise: float, drift: float
) -> tuple[float, float, float, float]:
    """Take one value into the level; constant time, whatever the history.

    Parameters
    ----------
    level, variance
        Filtered level after the last value and its variance; ``inf`` before the first.
    value
        The new value; ``nan`` when missing (the level then only drifts).
    noise
        Variance of the measurement error.
    drift
        Variance the level gained since the last value.

    Returns
    -------
    tuple of float
        New level, its variance, the innovation (value minus forecast) and the innovation's
        variance. At the diffuse start the innovation is 0 and its variance ``inf``.

    References
    ----------
    Durbin & Koopman (2012), equations 2.15 and 2.9.5.

    Examples
    --------
    >>> filter_step(0.0, math.inf, 7.0, 0.25, 0.09)
    (7.0, 0.25, 0.0, inf)
    """
    predicted = variance + drift
    if math.isnan(value):
        return level, predicted, math.nan, math.nan
    if math.isinf(predicted):
        return value, noise, 0.0, math.inf
    total = predicted + noise
    innovation = value - level
    gain = predicted / total
    return level + gain * innovation, gain * noise, innovation, total


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSeries:
    """Filtered and smoothed level of one series, arrays of shape ``(n,)``.

    ``loglik`` is the diffuse log-likelihood (the first value contributes nothing).
    """

    filtered: NDArray[np.float64]
    filtered_variance: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    smoothed_variance: NDArray[np.float64]
    innovation: NDArray[np.float64]
    innovation_variance: NDArray[np.float64]
    loglik: float


def filter_and_smooth(values: ArrayLike, *, noise: float, drift: float) -> LevelSeries:
    """Filter and smooth a whole series with known variances.

    Parameters
    ----------
    values
        Shape ``(n,)``; ``nan`` where missing. Values before the first are not extrapolated.
    noise, drift
        Variances of the measurement error and of one step of the level.

    Returns
    -------
    LevelSeries

    Raises
    ------
    InputError
        If there is no value, or a variance is negative or both are zero.

    References
    ----------
    Durbin & Koopman (2012), sections 2.2 (filter), 2.4 (smoother), 2.9 and 7.2.2 (diffuse start
    and likelihood).

    Examples
    --------
    >>> series = filter_and_smooth([4.0, 4.0, 4.0], noise=1.0, drift=0.0)
    >>> [round(float(v), 4) for v in series.filtered_variance]
    [1.0, 0.5, 0.3333]
    """
    observed = np.asarray(values, dtype=np.float64)
    if observed.ndim != 1 or not np.isfinite(observed).any():
        raise InputError("a series needs at least one value", where="values")
    if noise < 0.0 or drift < 0.0 or noise + drift <= 0.0:
        raise InputError("variances are at least zero and not both zero", where="noise, drift")
    n = observed.size
    filtered, variance, innovation, total = (np.full(n, np.nan) for _ in range(4))
    level, spread = 0.0, math.inf
    for t in range(n):
        level, spread, innovation[t], total[t] = filter_step(
            level, spread, float(observed[t]), noise, drift if t else 0.0
        )
        filtered[t], variance[t] = (level, spread) if math.isfinite(spread) else (np.nan, np.inf)
    smoothed, smoothed_variance = _smooth(filtered, variance, drift)
    seen = np.isfinite(total)
    terms = LOG_TWO_PI + np.log(total[seen]) + innovation[seen] ** 2 / total[seen]
    return LevelSeries(
        filtered=filtered,
        filtered_variance=variance,
        smoothed=smoothed,
        smoothed_variance=smoothed_variance,
        innovation=innovation,
        innovation_variance=total,
        loglik=-0.5 * float(np.sum(terms)),
    )


def _smooth(
    filtered: NDArray[np.float64], variance: NDArray[np.float64], drift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fixed-interval smoother (Rauch–Tung–Striebel form), backwards from the last level."""
    smoothed, spread = filtered.copy(), variance.copy()
    for t in range(filtered.size - 2, -1, -1):
        if math.isinf(variance[t]):
            # Before the first value the level is known only through what follows it.
            smoothed[t], spread[t] = smoothed[t + 1], spread[t + 1] + drift
            continue
        predicted = variance[t] + drift
        pull = variance[t] / predicted if predicted > 0.0 else 0.0
        smoothed[t] = filtered[t] + pull * (smoothed[t + 1] - filtered[t])
        spread[t] = variance[t] + pull * pull * (spread[t + 1] - predicted)
    return smoothed, spread
