"""What if those who did not answer are worse off than predicted, and what is possible at all.

The mean of all is that of the answers and, for those who gave none, of predictions shifted by
``delta`` points for the worse (pattern mixture). With delta 0 it is what holds if silence says
nothing beyond what is known. Whatever cannot be known is between the two bounds that come from
setting every missing score to the best or the worst end of the scale.

References
----------
Little, R. J. A. (1993). Pattern-mixture models for multivariate incomplete data. *Journal of the
American Statistical Association, 88*, 125-134. https://doi.org/10.1080/01621459.1993.10594302

Horowitz, J. L., & Manski, C. F. (2000). Nonparametric analysis of randomized experiments with
missing covariate and outcome data. *Journal of the American Statistical Association, 95*, 77-84.
https://doi.org/10.1080/01621459.2000.10473902

Hesterberg, T. C. (2015). What teachers should know about the bootstrap. *The American
Statistician, 69*, 371-386. https://doi.org/10.1080/00031305.2015.1089789

Cro, S., Morris, T. P., Kenward, M. G., & Carpenter, J. R. (2020). Sensitivity analysis for
clinical trials with missing continuous outcome data using controlled multiple imputation.
*Statistics in Medicine, 39*, 2815-2842. https://doi.org/10.1002/sim.8569
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from openalliance.core.course.maintenance.panel import Floats, FollowUp
from openalliance.core.errors import InputError
from openalliance.core.estimation.bootstrap import percentile_interval
from openalliance.core.estimation.proportions import two_sided

_ALIASED = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifted:
    """Means if those who did not answer are ``delta`` points worse than predicted.

    Parameters
    ----------
    mean, low, high
        Of all who left.
    worsening, worsening_low, worsening_high
        Points worse than at the ending; below 0 where better.
    kept
        Whether the mean has worsened by less than the limit.
    """

    delta: float
    mean: float
    low: float
    high: float
    worsening: float
    worsening_low: float
    worsening_high: float
    kept: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternMixture:
    """Pattern mixture at one follow-up wave.

    Parameters
    ----------
    curve
        One entry per delta.
    tipping
        Smallest delta of at least 0 from which the mean is no longer kept; ``nan`` where it is not
        kept at 0 already, or nobody's silence could change it.
    tipping_sure
        Smallest delta of at least 0 from which the interval no longer excludes that; 0 if it does
        not at 0, ``nan`` where there is none.
    """

    curve: tuple[Shifted, ...]
    tipping: float
    tipping_sure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Means if every missing score were at the best, or at the worst, end of the scale."""

    best: float
    worst: float


def bounds(panel: FollowUp, low: float, high: float) -> tuple[Bounds, ...]:
    """Return the bounds of the mean at each wave.

    Raises
    ------
    InputError
        If a score lies outside the scale.
    """
    if np.nanmin(panel.scores) < low or np.nanmax(panel.scores) > high:
        raise InputError("a score lies outside", where="range")
    filled = [
        np.where(panel.answered, panel.scores, end).mean(axis=0)
        for end in ((low, high) if panel.worse > 0 else (high, low))
    ]
    return tuple(Bounds(best=float(a), worst=float(b)) for a, b in zip(*filled, strict=True))


def pattern_mixtures(
    panel: FollowUp,
    deltas: Sequence[float],
    *,
    limit: float,
    draws: int,
    rng: Generator,
    confidence: float = 0.95,
) -> tuple[PatternMixture, ...]:
    """Return the pattern mixture of each follow-up wave, with intervals over drawn clients.

    Predictions come from the least-squares regression of a wave's scores on the ending's and the
    covariates, among those who answered it.

    Parameters
    ----------
    panel
        The scores.
    deltas
        Points that those who did not answer are worse than predicted.
    limit
        Mean worsening from which what was reached is no longer kept.
    draws
        Bootstrap samples of clients.
    rng
        Source of chance.
    confidence
        Of the intervals.
    """
    if not deltas or not all(math.isfinite(delta) for delta in deltas):
        raise InputError("needs finite points", where="delta")
    columns = np.column_stack([np.ones(panel.n), panel.ending, panel.covariates])
    once = np.ones(panel.n)
    drawn = np.full((draws, panel.waves.size - 1, 3), np.nan)
    for draw in range(draws):
        times = np.bincount(rng.integers(0, panel.n, panel.n), minlength=panel.n)
        drawn[draw] = _parts(panel, columns, times.astype(np.float64))
    seen = _parts(panel, columns, once)
    answers = panel.answered[:, 1:].sum(axis=0)
    return tuple(
        _mixture(
            panel.worse,
            seen[at],
            drawn[:, at],
            deltas,
            limit,
            _expanded(confidence, int(answers[at]), columns.shape[1]),
        )
        for at in range(panel.waves.size - 1)
    )


def _expanded(confidence: float, answers: int, columns: int) -> float:
    """Return the level of percentiles that makes up for few answers (expanded percentiles).

    Drawn samples vary too little, by the degrees of freedom that the regression takes; the level
    is that at which the normal value is Student's, times √(n / (n − p)).
    """
    left = answers - columns
    z = two_sided(confidence)
    if left < 1:
        return confidence
    from scipy.special import ndtr, stdtrit

    wide = max(z, float(stdtrit(left, 0.5 + confidence / 2.0)) * math.sqrt(answers / left))
    return min(float(2.0 * ndtr(wide) - 1.0), 0.9999)


def _parts(panel: FollowUp, columns: Floats, times: Floats) -> Floats:
    """Return for each follow-up wave the mean at delta 0, the ending's, and the silent share."""
    total = times.sum()
    everybody, ending = times @ columns / total, float(times @ panel.ending) / total
    found = np.full((panel.waves.size - 1, 3), np.nan)
    for wave in range(1, panel.waves.size):
        used = np.flatnonzero(panel.answered[:, wave] & (times > 0))
        silent = 1.0 - float(times[used].sum()) / total
        if used.size < 2:
            continue
        points, counts = panel.scores[used, wave], times[used]
        if silent == 0.0:
            found[wave - 1] = float(counts @ points) / total, ending, 0.0
            continue
        mine = columns[used]
        middle = counts @ mine / counts.sum()
        middle[0] = 0.0
        root = np.sqrt(counts)[:, None]
        centred = (mine - middle) * root
        scale = np.sqrt((centred**2).sum(axis=0))
        scale[scale <= _ALIASED * np.abs(mine).max(axis=0) * math.sqrt(used.size)] = np.inf
        beta = np.linalg.lstsq(centred / scale, points * root[:, 0], rcond=_ALIASED)[0] / scale
        found[wave - 1] = float((everybody - middle) @ beta), ending, silent
    return found


def _mixture(
    worse: float, seen: Floats, drawn: Floats, deltas: Sequence[float], limit: float,
    confidence: float,
) -> PatternMixture:  # fmt: skip
    mean, ending, silent = (float(part) for part in seen)
    at_zero = worse * (mean - ending)
    curve = []
    for delta in deltas:
        means = drawn[:, 0] + worse * delta * drawn[:, 2]
        worsenings = worse * (means - drawn[:, 1])
        low, high = percentile_interval(means, confidence=confidence)
        worst_low, worst_high = percentile_interval(worsenings, confidence=confidence)
        worsening = at_zero + delta * silent
        curve.append(
            Shifted(
                delta=float(delta), mean=mean + worse * delta * silent, low=float(low),
                high=float(high), worsening=worsening, worsening_low=float(worst_low),
                worsening_high=float(worst_high),
                kept=None if math.isnan(worsening) else worsening < limit,
            )
        )  # fmt: skip
    tipping = math.nan
    if silent > 0.0 and at_zero < limit:
        tipping = (limit - at_zero) / silent
    return PatternMixture(
        curve=tuple(curve), tipping=tipping, tipping_sure=_sure(worse, drawn, limit, confidence)
    )


def _sure(worse: float, drawn: Floats, limit: float, confidence: float) -> float:
    """Return where the upper end of the worsening's interval reaches the limit.

    Each drawn sample has a delta of its own from which it is not kept; the interval at a delta
    includes the limit once the upper tail of samples are there.
    """
    known = drawn[np.isfinite(drawn).all(axis=1)]
    if not known.size:
        return math.nan
    needed = limit - worse * (known[:, 0] - known[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(needed <= 0.0, 0.0, needed / known[:, 2])
    tail = (1.0 - confidence) / 2.0
    at = float(np.quantile(own, tail, method="lower"))
    return at if math.isfinite(at) else math.nan
