"""Correlations: raw, and by Fisher's transformation.

References
----------
Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation deduced from a small
sample. *Metron, 1*, 3-32.

Hedges, L. V., & Olkin, I. (1985). *Statistical methods for meta-analysis.* Academic Press.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.evidence.effects.values import Array, Effects, refuse, together


def fisher_z(r: ArrayLike, n: ArrayLike) -> Effects:
    """Return Fisher's z = artanh(r) with variance 1 / (n − 3).

    Parameters
    ----------
    r
        Correlations, shape ``(k,)``, strictly between −1 and 1.
    n
        Sample sizes, shape ``(k,)``, more than 3.

    Raises
    ------
    InputError
        A value is out of its range.

    Examples
    --------
    >>> found = fisher_z([0.28], [103])
    >>> round(float(found.estimate[0]), 4), float(found.variance[0])
    (0.2877, 0.01)
    """
    given = together(r=r, n=n)
    _check(given["r"], given["n"], fewest=3.0)
    variance = 1.0 / (given["n"] - 3.0) + 0.0 * given["r"]
    return Effects(estimate=np.arctanh(given["r"]) + 0.0 * variance, variance=variance)


def correlations(r: ArrayLike, n: ArrayLike) -> Effects:
    """Return raw correlations with the large-sample variance (1 − r²)² / (n − 1).

    The variance depends on the correlation itself, which pulls averages away from 0; prefer
    `fisher_z` unless a model needs the raw scale.

    Parameters
    ----------
    r
        Correlations, shape ``(k,)``, strictly between −1 and 1.
    n
        Sample sizes, shape ``(k,)``, more than 3.

    Raises
    ------
    InputError
        A value is out of its range.
    """
    given = together(r=r, n=n)
    _check(given["r"], given["n"], fewest=3.0)
    variance = (1.0 - given["r"] ** 2) ** 2 / (given["n"] - 1.0)
    return Effects(estimate=given["r"] + 0.0 * variance, variance=variance)


def _check(r: Array, n: Array, *, fewest: float) -> None:
    refuse(np.abs(r) >= 1.0, "a correlation lies between −1 and 1, both excluded", "r")
    refuse(n <= fewest, f"a sample must be larger than {fewest:g}", "n")
