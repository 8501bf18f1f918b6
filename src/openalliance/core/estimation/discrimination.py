"""How well a probability or a flag foretells a yes or no: AUC, Brier score, predictive values.

Where rows belong to clients, intervals count clients and not rows: a client seen ten times is one
witness, not ten.

References
----------
DeLong, E. R., DeLong, D. M., & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more
correlated receiver operating characteristic curves. *Biometrics, 44*, 837-845.

Obuchowski, N. A. (1997). Nonparametric analysis of clustered ROC curve data. *Biometrics, 53*,
567-578.

Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. *Monthly Weather
Review, 78*, 1-3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.estimation.calibration import (
    Calibration,
    CalibrationBin,
    calibration,
    calibration_curve,
)
from openalliance.core.estimation.proportions import (
    Proportion,
    clopper_pearson,
    two_sided,
    wilson,
)

__all__ = [
    "AUC",
    "Brier",
    "Calibration",
    "CalibrationBin",
    "PredictiveValue",
    "auc",
    "brier",
    "calibration",
    "calibration_curve",
    "predictive_value",
]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AUC:
    """Probability that a case scores higher than a non-case, ties counting half.

    ``se``, ``low`` and ``high`` are ``nan`` when there are too few to tell (fewer than two cases or
    non-cases, counted in clusters where there are any); the value is ``nan`` without any pair.
    """

    value: float
    se: float
    low: float
    high: float
    n_cases: int
    n_controls: int
    n_clusters: int


def auc(
    scores: ArrayLike,
    outcome: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> AUC:
    """Area under the ROC curve with DeLong's interval, or Obuchowski's where rows are clustered.

    Parameters
    ----------
    scores
        Shape ``(n,)``; higher means the event is more likely.
    outcome
        Shape ``(n,)``, 0 or 1.
    clusters
        Shape ``(n,)``, the client of each row; with one row a client the result is DeLong's.
    confidence
        Of the interval, which is cut at 0 and 1.

    Raises
    ------
    InputError
        If shapes do not fit, a score is missing, or an outcome is not 0 or 1.

    References
    ----------
    DeLong et al. (1988), equations 4 to 6; Obuchowski (1997), section 2.

    Examples
    --------
    >>> found = auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> found.value, round(found.se, 4)
    (0.75, 0.3536)
    """
    z = two_sided(confidence)
    values, seen = _checked(scores, outcome)
    of_row, n_clusters = _coded(clusters, values.size)
    cases, controls = values[seen], values[~seen]
    m, n = cases.size, controls.size
    if m == 0 or n == 0:
        nothing = math.nan
        return AUC(
            value=nothing, se=nothing, low=nothing, high=nothing, n_cases=m, n_controls=n,
            n_clusters=n_clusters,
        )  # fmt: skip
    over = _share_below(cases, np.sort(controls))
    under = 1.0 - _share_below(controls, np.sort(cases))
    value = float(over.mean())
    upper = _excess(over - value, of_row[seen], n_clusters)
    lower = _excess(under - value, of_row[~seen], n_clusters)
    with_case = np.unique(of_row[seen]).size
    with_control = np.unique(of_row[~seen]).size
    variance = math.nan
    if with_case > 1 and with_control > 1:
        variance = (
            with_case / (with_case - 1.0) * float(upper @ upper) / m**2
            + with_control / (with_control - 1.0) * float(lower @ lower) / n**2
            + 2.0 * n_clusters / (n_clusters - 1.0) * float(upper @ lower) / (m * n)
        )
    se = math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan
    low, high = value - z * se, value + z * se
    if math.isfinite(se):
        low, high = max(low, 0.0), min(high, 1.0)
    return AUC(
        value=value, se=se, low=low, high=high, n_cases=m, n_controls=n, n_clusters=n_clusters
    )


def _checked(scores: ArrayLike, outcome: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    values, seen = np.asarray(scores, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if values.ndim != 1 or seen.shape != values.shape:
        raise InputError("need one score and one outcome a row", where="scores, outcome")
    if np.isnan(values).any():
        raise InputError("a score is missing; leave its row out", where="scores")
    if not ((seen == 0.0) | (seen == 1.0)).all():
        raise InputError("the outcome is 0 or 1", where="outcome")
    return values, seen == 1.0


def _coded(clusters: ArrayLike | None, n: int) -> tuple[Codes, int]:
    if clusters is None:
        return np.arange(n), n
    names = np.asarray(clusters)
    if names.shape != (n,):
        raise InputError("needs one cluster a row", where="clusters")
    known, codes = np.unique(names, return_inverse=True)
    return codes.astype(np.int64).reshape(n), known.size


def _share_below(values: Floats, ordered: Floats) -> Floats:
    """Return the share of ``ordered`` below each value, ties counting half."""
    below = np.searchsorted(ordered, values, side="left")
    upto = np.searchsorted(ordered, values, side="right")
    return np.asarray(0.5 * (below + upto) / ordered.size)


def _excess(differences: Floats, of_row: Codes, n_clusters: int) -> Floats:
    return np.asarray(
        np.bincount(of_row, weights=differences, minlength=n_clusters), dtype=np.float64
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Brier:
    """Mean squared error of probabilities.

    ``reference`` is what the base rate, told to everybody, would score; ``skill`` is the share of
    it that the probabilities remove (0 none, below 0 worse than the base rate; ``nan`` when all
    outcomes are the same).
    """

    value: float
    reference: float
    skill: float
    n: int


def brier(probabilities: ArrayLike, outcome: ArrayLike) -> Brier:
    """Brier score with the base rate's as reference.

    Examples
    --------
    >>> brier([0.2, 0.8], [0, 1]).reference
    0.25
    """
    chances, seen = _checked(probabilities, outcome)
    if chances.size == 0:
        raise InputError("there is no row", where="probabilities")
    if (chances < 0.0).any() or (chances > 1.0).any():
        raise InputError("a probability lies between 0 and 1", where="probabilities")
    value = float(np.mean((chances - seen) ** 2))
    rate = float(seen.mean())
    reference = rate * (1.0 - rate)
    skill = 1.0 - value / reference if reference > 0.0 else math.nan
    return Brier(value=value, reference=reference, skill=skill, n=chances.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictiveValue:
    """What a flag is worth: of the flagged, how many have it; of those who have it, how many seen.

    ``ppv`` and ``npv`` hold only where the event is as common as here (``base_rate``).
    """

    ppv: Proportion
    npv: Proportion
    sensitivity: Proportion
    specificity: Proportion
    base_rate: Proportion


_INTERVALS: dict[str, Callable[..., Proportion]] = {"wilson": wilson, "clopper": clopper_pearson}


def predictive_value(
    flag: ArrayLike,
    outcome: ArrayLike,
    *,
    interval: str = "wilson",
    confidence: float = 0.95,
) -> PredictiveValue:
    """Predictive values, sensitivity and specificity of a flag, with intervals.

    Parameters
    ----------
    flag, outcome
        Shape ``(n,)``, 0 or 1.
    interval
        ``wilson``, close to its stated confidence; or ``clopper``, exact and never too narrow.

    Raises
    ------
    InputError
        If the shapes do not fit or a value is not 0 or 1.
    """
    raised, seen = _checked(flag, outcome)
    if not ((raised == 0.0) | (raised == 1.0)).all():
        raise InputError("a flag is 0 or 1", where="flag")
    if interval not in _INTERVALS:
        raise InputError("is “wilson” or “clopper”", where="interval")
    up = raised == 1.0
    both, neither = int(np.sum(up & seen)), int(np.sum(~up & ~seen))
    flagged, cases, n = int(up.sum()), int(seen.sum()), up.size

    def share(count: int, of: int) -> Proportion:
        return _INTERVALS[interval](count, of, confidence=confidence)

    return PredictiveValue(
        ppv=share(both, flagged),
        npv=share(neither, n - flagged),
        sensitivity=share(both, cases),
        specificity=share(neither, n - cases),
        base_rate=share(cases, n),
    )
