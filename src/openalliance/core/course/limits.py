"""Limits beyond which a surprise, or a sum of them, is no chance any more.

Computed once for each set of rules, so that neither a live rating nor a compiled batch needs a
distribution.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.probability import student_cdf, student_quantile

DF_CAP = 60.0
"""Most ratings the spread remembers, so that it can still follow a client who changes."""

RATINGS_WATCHED = 20
"""Length of a course over which the rate of false alarms of slow falls is set."""

_GRID = 0.02
_HIGHEST_LIMIT = 15.0


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


@functools.lru_cache(maxsize=64)
def fall_limit(rate: float, scale_df: float, allowance: float, bound: float) -> float:
    """Sum of `fall_step` above which a slow fall is a rupture.

    Parameters
    ----------
    rate
        Share of the ratings of a steady client that may go above it, on average over the first
        `RATINGS_WATCHED`; 0 for a limit without end.
    scale_df
        Degrees of freedom of the first surprise; they grow by 1 with each rating.
    allowance, bound
        As in `fall_step`.

    Returns
    -------
    float
        The limit, to 0.02.

    References
    ----------
    Brook, D., & Evans, D. A. (1972). An approach to the probability distribution of cusum run
    length. *Biometrika, 59*(3), 539-549.
    """
    if rate <= 0.0:
        return math.inf
    steps = [
        _rises(min(scale_df + t, max(scale_df, DF_CAP)), allowance, bound)
        for t in range(RATINGS_WATCHED)
    ]
    lowest = math.floor((-bound - allowance) / _GRID)
    low, high = 0, round(_HIGHEST_LIMIT / _GRID)
    while high - low > 1:
        middle = (low + high) // 2
        if _alarm_rate(middle, steps, lowest) > rate:
            low = middle
        else:
            high = middle
    return high * _GRID


def _rises(df: float, allowance: float, bound: float) -> NDArray[np.float64]:
    """Probabilities that a surprise adds each multiple of the grid to the sum."""
    edges = np.arange(
        math.floor((-bound - allowance) / _GRID), math.ceil((bound - allowance) / _GRID) + 2
    )
    below = [student_cdf(df, (edge - 0.5) * _GRID + allowance) for edge in edges]
    below[0], below[-1] = 0.0, 1.0
    return np.diff(below)


def _alarm_rate(limit: int, steps: list[NDArray[np.float64]], lowest: int) -> float:
    """Share of ratings at which the sum goes above ``limit`` grid steps, beginning afresh."""
    held = np.zeros(limit + 1)
    held[0] = 1.0
    alarms = 0.0
    for step in steps:
        spread = np.convolve(held, step)
        held = np.zeros(limit + 1)
        inside = spread[-lowest : -lowest + limit + 1]
        held[: inside.size] = inside
        over = float(spread[-lowest + limit + 1 :].sum())
        held[0] += float(spread[:-lowest].sum()) + over
        alarms += over
    return alarms / len(steps)
