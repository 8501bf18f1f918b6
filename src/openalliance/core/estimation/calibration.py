"""Whether probabilities mean what they say: told 20 per cent, does it happen to one in five.

References
----------
Cox, D. R. (1958). Two further applications of a model for binary regression. *Biometrika, 45*,
562-565.

Van Calster, B., McLernon, D. J., van Smeden, M., Wynants, L., & Steyerberg, E. W. (2019).
Calibration: the Achilles heel of predictive analytics. *BMC Medicine, 17*, 230.
https://doi.org/10.1186/s12916-019-1466-7

Liang, K.-Y., & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
*Biometrika, 73*, 13-22.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.estimation.links import predictor
from openalliance.core.estimation.logistic import BinaryFit, fit_binary
from openalliance.core.estimation.proportions import Proportion, two_sided, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """An estimate with its standard error and interval; ``nan`` when it has none."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """A group of rows with similar probabilities: what was told, what happened."""

    n: int
    lowest: float
    highest: float
    mean: float
    observed: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Calibration by logistic recalibration.

    Parameters
    ----------
    intercept
        Calibration in the large: what must be added to every log-odds for the total to be right;
        0 is right, below 0 the probabilities are too high.
    slope
        What every log-odds must be multiplied with; 1 is right, below 1 they are too extreme.
    expected, observed
        Number of events told and seen.
    curve
        Groups of rows by probability.
    n_certain
        Rows told 0 or 1, which have no log-odds and are left out of intercept and slope.
    reason
        Why intercept or slope is missing; empty when both are there.
    """

    intercept: Coefficient
    slope: Coefficient
    expected: float
    observed: int
    curve: tuple[CalibrationBin, ...]
    n_certain: int
    reason: str


def calibration(
    probabilities: ArrayLike,
    outcome: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    bins: int = 10,
    confidence: float = 0.95,
) -> Calibration:
    """Calibration intercept, slope and curve.

    Parameters
    ----------
    probabilities
        Shape ``(n,)``, between 0 and 1.
    outcome
        Shape ``(n,)``, 0 or 1.
    clusters
        Shape ``(n,)``, the client of each row; the intervals then count clients.
    bins
        Groups of the curve at most; equal probabilities stay together.
    confidence
        Of the intervals.

    Raises
    ------
    InputError
        If shapes do not fit, or a value is missing or impossible.
    """
    z = two_sided(confidence)
    chances, seen = _checked(probabilities, outcome)
    told = (chances > 0.0) & (chances < 1.0)
    logits, events = predictor(chances[told]), seen[told]
    members = None if clusters is None else np.asarray(clusters)[told]
    intercept = slope = Coefficient(value=math.nan, se=math.nan, low=math.nan, high=math.nan)
    reason = "" if 0.0 < events.sum() < events.size else "all outcomes are the same"
    if not reason:
        alone = np.ones((events.size, 1))
        found = fit_binary(alone, events, offset=logits)
        intercept = _coefficient(found, alone, events, members, z)
        if float(np.ptp(logits)) < 1e-12:
            reason = "all probabilities are the same, so there is no slope"
    if not reason:
        both = np.column_stack([np.ones(events.size), logits])
        found = fit_binary(both, events)
        slope = _coefficient(found, both, events, members, z)
        reason = "the probabilities part the outcomes without error" if found.separated else ""
    return Calibration(
        intercept=intercept,
        slope=slope,
        expected=float(chances.sum()),
        observed=int(seen.sum()),
        curve=calibration_curve(chances, seen, bins=bins, confidence=confidence),
        n_certain=int(np.sum(~told)),
        reason=reason,
    )


def _checked(probabilities: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Floats]:
    chances = np.asarray(probabilities, dtype=np.float64)
    seen = np.asarray(outcome, dtype=np.float64)
    if chances.ndim != 1 or seen.shape != chances.shape or chances.size == 0:
        raise InputError("need one probability and one outcome a row", where="probabilities")
    if not ((chances >= 0.0) & (chances <= 1.0)).all():
        raise InputError("a probability lies between 0 and 1", where="probabilities")
    if not ((seen == 0.0) | (seen == 1.0)).all():
        raise InputError("the outcome is 0 or 1", where="outcome")
    return chances, seen


def _coefficient(
    fit: BinaryFit,
    design: Floats,
    outcome: Floats,
    members: NDArray[np.generic] | None,
    z: float,
) -> Coefficient:
    """Return the last coefficient, its error robust to clients answering alike."""
    value = float(fit.coefficients[-1])
    if not math.isfinite(value):
        return Coefficient(value=math.nan, se=math.nan, low=math.nan, high=math.nan)
    covariance = fit.covariance
    if members is not None:
        covariance = clustered_covariance(fit.covariance, design, outcome - fit.fitted, members)
    se = math.sqrt(float(covariance[-1, -1]))
    return Coefficient(value=value, se=se, low=value - z * se, high=value + z * se)


def clustered_covariance(
    covariance: Floats, design: Floats, residuals: Floats, clusters: ArrayLike
) -> Floats:
    """Sandwich covariance by clusters, with the factor ``G / (G - 1)``.

    Parameters
    ----------
    covariance
        Shape ``(p, p)``, inverse information.
    design, residuals
        Shapes ``(n, p)`` and ``(n,)``; their products are the rows' scores.
    clusters
        Shape ``(n,)``.

    References
    ----------
    Liang & Zeger (1986).
    """
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1].reshape(-1)
    groups = int(codes.max()) + 1
    if groups < 2:
        return np.full_like(covariance, math.nan)
    scores = design * residuals[:, None]
    sums = np.stack(
        [np.bincount(codes, weights=column, minlength=groups) for column in scores.T], axis=1
    )
    middle = covariance @ sums.T
    return np.asarray(groups / (groups - 1.0) * middle @ middle.T)


def calibration_curve(
    probabilities: ArrayLike, outcome: ArrayLike, *, bins: int = 10, confidence: float = 0.95
) -> tuple[CalibrationBin, ...]:
    """Group rows by quantiles of their probability, with Wilson's interval of what happened.

    Equal probabilities are never parted, so there may be fewer groups than asked for.

    Raises
    ------
    InputError
        If shapes do not fit, a value is impossible, or fewer than one group is asked for.
    """
    chances, seen = _checked(probabilities, outcome)
    if bins < 1:
        raise InputError("needs at least one group", where="bins")
    order = np.argsort(chances, kind="stable")
    chances, seen = chances[order], seen[order]
    wanted = np.rint(np.arange(1, bins) * chances.size / bins).astype(np.int64)
    cuts = np.unique(np.searchsorted(chances, chances[wanted[wanted < chances.size]], side="left"))
    edges = [0, *(int(cut) for cut in cuts if cut > 0), chances.size]
    made = []
    for first, last in itertools.pairwise(edges):
        told, came = chances[first:last], seen[first:last]
        made.append(
            CalibrationBin(
                n=told.size,
                lowest=float(told[0]),
                highest=float(told[-1]),
                mean=float(told.mean()),
                observed=wilson(int(came.sum()), told.size, confidence=confidence),
            )
        )
    return tuple(made)
