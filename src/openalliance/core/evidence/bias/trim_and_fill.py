"""Trim-and-fill: how many effects seem to be missing on one side, and the average with them.

A rank-based guess that supposes a symmetric funnel. Where studies truly differ it fills in
effects that were never missing; read it as one question among several, not as a correction.

References
----------
Duval, S., & Tweedie, R. (2000a). A nonparametric “trim and fill” method of accounting for
publication bias in meta-analysis. *Journal of the American Statistical Association, 95*(449),
89-98. https://doi.org/10.1080/01621459.2000.10473905

Duval, S., & Tweedie, R. (2000b). Trim and fill: A simple funnel-plot-based method of testing and
adjusting for publication bias in meta-analysis. *Biometrics, 56*(2), 455-463.
https://doi.org/10.1111/j.0006-341X.2000.00455.x
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.evidence.bias.regression import FEWEST, small_studies
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import Array, MetaData, MetaFit, Model, meta_data

_MOST_ROUNDS = 100


class Estimator(Enum):
    """How the number of missing effects is estimated."""

    L0 = "L0"
    """From the sum of ranks; steadier."""
    R0 = "R0"
    """From the longest run of ranks on one side; better with few missing."""


class Side(Enum):
    """Where effects may be missing."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimFill:
    """What trim-and-fill came to.

    Parameters
    ----------
    estimator, side
        How, and where.
    missing, missing_se
        Effects that seem to be missing.
    fit
        The model with them filled in.
    filled_y, filled_v
        The effects filled in: mirror images of the outermost.
    settled
        Whether the rounds came to an end; else the last is shown.
    """

    estimator: Estimator
    side: Side
    missing: int
    missing_se: float
    fit: MetaFit
    filled_y: Array
    filled_v: Array
    settled: bool


def trim_and_fill(
    fit: MetaFit, *, estimator: Estimator = Estimator.L0, side: Side | None = None
) -> TrimFill:
    """Estimate how many effects are missing on one side, and fit again with them.

    Parameters
    ----------
    fit
        A fixed or random-effects model without moderators, fitted by whichever method is to be
        used throughout.
    estimator
        How their number is estimated.
    side
        Where they may be missing; default: left if small studies find more, else right.

    Raises
    ------
    InputError
        The model has moderators or three levels, or there are fewer than three effects.
    """
    data = fit.data
    if fit.model is Model.THREE_LEVEL or data.p != 1 or data.intercept is None:
        raise InputError("needs a two-level model without moderators", where="fit")
    if data.k < FEWEST:
        raise InputError(f"too few effects to look for bias: {FEWEST} are needed", where="y")
    where = side or _side(data)
    sign = 1.0 if where is Side.LEFT else -1.0
    order = np.argsort(sign * data.y, kind="stable")
    y, v = sign * data.y[order], data.v[order]
    missing, seen = 0, [-1]
    centre, raw = 0.0, 0.0
    while missing != seen[-1] and len(seen) <= _MOST_ROUNDS:
        seen.append(missing)
        kept = data.k - missing
        centre = float(_again(fit, meta_data(y[:kept], v[:kept])).estimate[0])
        raw = _number_missing(y - centre, estimator)
        missing = min(max(0, round(raw)), data.k - 1)
    outermost = slice(data.k - missing, data.k)
    filled_y, filled_v = sign * (2.0 * centre - y[outermost]), v[outermost]
    whole = meta_data(np.concatenate([data.y, filled_y]), np.concatenate([data.v, filled_v]))
    return TrimFill(
        estimator=estimator,
        side=where,
        missing=missing,
        missing_se=_error(data.k, raw, missing, estimator),
        fit=_again(fit, whole),
        filled_y=filled_y,
        filled_v=filled_v,
        settled=missing == seen[-1],
    )


def _side(data: MetaData) -> Side:
    try:
        slope = small_studies(data, model=Model.RANDOM).slope.statistic
    except InputError:  # equally exact effects: nothing speaks for one side
        return Side.LEFT
    return Side.RIGHT if slope < 0.0 else Side.LEFT


def _again(fit: MetaFit, data: MetaData) -> MetaFit:
    if fit.model is Model.FIXED:
        return fit_fixed(data, test=fit.test, level=fit.level)
    return fit_random(data, method=fit.method, test=fit.test, level=fit.level)


def _number_missing(centred: Array, estimator: Estimator) -> float:
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    if estimator is Estimator.R0:
        below = ranks[centred < 0.0]
        return float(k - (below.max() if below.size else 0.0) - 1.0)
    above = float(ranks[centred > 0.0].sum())
    return (4.0 * above - k * (k + 1.0)) / (2.0 * k - 1.0)


def _error(k: int, raw: float, missing: int, estimator: Estimator) -> float:
    """Return the standard error of the number missing, by the authors' large-sample formulas."""
    if estimator is Estimator.R0:
        return math.sqrt(2.0 * missing + 2.0)
    sums = (
        k * (k + 1.0) * (2.0 * k + 1.0)
        + 10.0 * raw**3
        + 27.0 * raw**2
        + 17.0 * raw
        - 18.0 * k * raw**2
        - 18.0 * k * raw
        + 6.0 * k**2 * raw
    ) / 24.0
    return 4.0 * math.sqrt(max(sums, 0.0)) / (2.0 * k - 1.0)
