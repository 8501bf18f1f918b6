"""Local level by maximum likelihood: measurement error and drift of one series, or of many.

The likelihood is profiled: given the share of the drift in the one-step variance, the scale has a
closed form, so that one bounded search in one dimension is left. Share 0 (a constant level) and
share 1 (no measurement error) are the ends of that search and are reached, not approached.

References
----------
Durbin, J., & Koopman, S. J. (2012). *Time series analysis by state space methods* (2nd ed.),
sections 2.10 (concentrated likelihood) and 7.2.2 (diffuse start). Oxford University Press.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.alliance_methods.series import Floats, RatingSeries
from openalliance.core.course.local_level import LOG_TWO_PI, filter_step
from openalliance.core.errors import InputError
from openalliance.core.estimation.kernels import WORTH_COMPILING, compiled

LEAST_RATINGS = 3
"""Fewest ratings from which error and drift can be told apart: two one-step forecasts."""

_LOWEST, _HIGHEST, _SPACING = -14.0, 14.0, 1.0
"""Grid over the log odds of the drift's share, before the search around its best point."""
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_NARROWINGS = 34
_FULL = 1e150
_LOOKS = 20
"""Each fit looks at the likelihood about 65 times, so that compiling it pays from fewer rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLevelFit:
    """Maximum-likelihood variances, shape ``(series,)`` each.

    ``loglik`` is the diffuse log-likelihood. ``at_boundary`` tells where the drift or the error is
    estimated to be exactly 0. All are ``nan`` for series that are too short, and for constant ones,
    whose likelihood has no bound.
    """

    noise: Floats
    drift: Floats
    loglik: Floats
    at_boundary: NDArray[np.bool_]


class _Fit(NamedTuple):
    noise: Floats
    drift: Floats
    loglik: Floats
    share: Floats


def fit_each(series: RatingSeries) -> LocalLevelFit:
    """Estimate each series' own measurement error and drift.

    Examples
    --------
    >>> from openalliance.core.course.alliance_methods.series import rating_series
    >>> fit = fit_each(rating_series([0] * 6, range(6), [4.0, 5.0, 4.0, 5.0, 4.0, 5.0]))
    >>> round(float(fit.noise[0]), 3), float(fit.drift[0]), bool(fit.at_boundary[0])
    (0.3, 0.0, True)
    """
    found = _Fit(*(np.full(series.count, np.nan) for _ in _Fit._fields))
    run = _each if series.ratings.size * _LOOKS < WORTH_COMPILING else _compiled_each
    run(series.offsets, series.sessions, series.ratings, found)
    return LocalLevelFit(
        noise=found.noise,
        drift=found.drift,
        loglik=found.loglik,
        at_boundary=(found.share <= 0.0) | (found.share >= 1.0),
    )


def fit_pooled(series: RatingSeries) -> LocalLevelFit:
    """Estimate one measurement error and one drift for all series together.

    Each series keeps its own level. Series of one rating say nothing and are passed over.

    Returns
    -------
    LocalLevelFit
        Arrays of shape ``(1,)``.

    Raises
    ------
    InputError
        If there are fewer than two one-step forecasts in all.
    """
    if int(np.maximum(series.lengths - 1, 0).sum()) < LEAST_RATINGS - 1:
        raise InputError("too few ratings to tell error and drift apart", where="ratings")
    run = _best if series.ratings.size * _LOOKS < WORTH_COMPILING else _compiled_best
    share, loglik, scale = run(0, series.count, series.offsets, series.sessions, series.ratings)
    return LocalLevelFit(
        noise=np.array([scale * (1.0 - share)]),
        drift=np.array([scale * share]),
        loglik=np.array([loglik]),
        at_boundary=np.array([share <= 0.0 or share >= 1.0]),
    )


def _profile(
    share: float, begin: int, end: int, offsets: NDArray[np.int64], sessions: Floats,
    ratings: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Return the log-likelihood at the best scale for a share of drift, and that scale."""
    noise, squares, product, logs, count = 1.0 - share, 0.0, 1.0, 0.0, 0
    for one in range(begin, end):
        first, last = offsets[one], offsets[one + 1]
        if last - first < 1:
            continue
        level, variance = ratings[first], noise
        for row in range(first + 1, last):
            drift = share * (sessions[row] - sessions[row - 1])
            level, variance, innovation, total = filter_step(
                level, variance, ratings[row], noise, drift
            )
            squares += innovation * innovation / total
            product *= total
            count += 1
            if product > _FULL or product < 1.0 / _FULL:
                logs += math.log(product)
                product = 1.0
    scale = squares / count if count > 0 else 0.0
    if scale <= 0.0:
        return math.nan, 0.0
    logs += math.log(product)
    return -0.5 * (count * (LOG_TWO_PI + math.log(scale) + 1.0) + logs), scale


def _share(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def _best(
    begin: int, end: int, offsets: NDArray[np.int64], sessions: Floats, ratings: Floats
) -> tuple[float, float, float]:
    """Return the best share of drift, its log-likelihood and its scale."""
    best_at, best = math.nan, -math.inf
    for step in range(int((_HIGHEST - _LOWEST) / _SPACING) + 1):
        odds = _LOWEST + step * _SPACING
        found, _ = _profile(_share(odds), begin, end, offsets, sessions, ratings)
        if found > best:
            best_at, best = odds, found
    if math.isnan(best_at):
        return math.nan, math.nan, math.nan
    low, high = best_at - _SPACING, best_at + _SPACING
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, _ = _profile(_share(left), begin, end, offsets, sessions, ratings)
    at_right, _ = _profile(_share(right), begin, end, offsets, sessions, ratings)
    for _ in range(_NARROWINGS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left, _ = _profile(_share(left), begin, end, offsets, sessions, ratings)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right, _ = _profile(_share(right), begin, end, offsets, sessions, ratings)
    share = _share(0.5 * (low + high))
    for candidate in (0.0, 1.0):
        at_share, _ = _profile(share, begin, end, offsets, sessions, ratings)
        at_end, _ = _profile(candidate, begin, end, offsets, sessions, ratings)
        if at_end >= at_share:
            share = candidate
    loglik, scale = _profile(share, begin, end, offsets, sessions, ratings)
    return share, loglik, scale


def _each(offsets: NDArray[np.int64], sessions: Floats, ratings: Floats, found: _Fit) -> None:
    for one in range(offsets.size - 1):
        if offsets[one + 1] - offsets[one] < LEAST_RATINGS:
            continue
        share, loglik, scale = _best(one, one + 1, offsets, sessions, ratings)
        found.share[one], found.loglik[one] = share, loglik
        found.noise[one], found.drift[one] = scale * (1.0 - share), scale * share


_STEPS = (filter_step, _share, _profile)
_compiled_each = compiled(_each, steps=(*_STEPS, _best))
_compiled_best = compiled(_best, steps=_STEPS)
