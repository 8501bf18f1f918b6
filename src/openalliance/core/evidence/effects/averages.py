"""One effect per study: the average of effects that share their persons.

Sampling errors of one study are taken to correlate by ρ. With v the variances,
V = (1 − ρ) diag(v) + ρ √v √v'.

References
----------
Borenstein, M., Hedges, L. V., Higgins, J. P. T., & Rothstein, H. R. (2009). *Introduction to
meta-analysis*, chapter 24. Wiley. https://doi.org/10.1002/9780470743386
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.evidence.effects.values import Effects, refuse


class Weighting(Enum):
    """How effects of one study are weighted."""

    PRECISION = "precision"
    """By the inverse of their covariance: the smallest variance; weights can be negative."""
    EQUAL = "equal"
    """All alike."""


def average_within(
    effects: Effects,
    studies: ArrayLike,
    *,
    rho: float,
    weighting: Weighting = Weighting.PRECISION,
) -> tuple[NDArray[np.int64], Effects]:
    """Average the effects of each study.

    Parameters
    ----------
    effects
        All effects, none missing, variances above 0.
    studies
        Integer code of each effect's study, shape ``(k,)``.
    rho
        Correlation of the sampling errors within a study, from 0 to below 1.
    weighting
        How effects of one study are weighted.

    Returns
    -------
    tuple
        Codes of the studies in order, and their effects.

    Raises
    ------
    InputError
        ``rho`` is out of its range, or a value is missing.

    Examples
    --------
    >>> given = Effects(estimate=np.array([0.2, 0.4, 0.1]), variance=np.array([0.01, 0.01, 0.04]))
    >>> codes, found = average_within(given, [1, 1, 2], rho=0.5)
    >>> codes.tolist(), found.estimate.round(3).tolist(), found.variance.round(4).tolist()
    ([1, 2], [0.3, 0.1], [0.0075, 0.04])
    """
    if not 0.0 <= rho < 1.0:
        raise InputError("lies from 0 to below 1", where="rho")
    y, v = effects.estimate, effects.variance
    refuse(~np.isfinite(y), "is missing", "estimate")
    refuse(~(v > 0.0), "a variance is above 0", "variance")
    codes, groups = np.unique(np.asarray(studies), return_inverse=True)
    if groups.shape != y.shape:
        raise InputError("one study per effect", where="studies")
    if weighting is Weighting.EQUAL:
        n = np.bincount(groups)
        own, shared = np.bincount(groups, v), np.bincount(groups, np.sqrt(v))
        variance = ((1.0 - rho) * own + rho * shared**2) / n**2
        return codes, Effects(estimate=np.bincount(groups, y) / n, variance=variance)
    w = 1.0 / ((1.0 - rho) * v)
    s = np.sqrt(v)
    taken = rho / (1.0 + rho * np.bincount(groups, w * v))
    ws = np.bincount(groups, w * s)
    ones = np.bincount(groups, w) - taken * ws**2
    across = np.bincount(groups, w * y) - taken * ws * np.bincount(groups, w * s * y)
    return codes, Effects(estimate=across / ones, variance=1.0 / ones)
