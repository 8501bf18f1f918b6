"""Standardised mean differences with Hedges' exact small-sample correction.

References
----------
Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
estimators. *Journal of Educational Statistics, 6*(2), 107-128.
https://doi.org/10.3102/10769986006002107
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from openalliance.core.evidence.effects.values import Array, Effects, refuse, together


def small_sample_factor(df: ArrayLike) -> Array:
    """Return Hedges' exact factor Γ(m/2) / (√(m/2) Γ((m − 1)/2)) for m degrees of freedom.

    Examples
    --------
    >>> round(float(small_sample_factor(10.0)), 6)
    0.922746
    """
    m = np.asarray(df, dtype=np.float64)
    factor: Array = np.exp(
        special.gammaln(m / 2.0) - 0.5 * np.log(m / 2.0) - special.gammaln((m - 1.0) / 2.0)
    )
    return factor


def standardised_difference(
    *,
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
) -> Effects:
    """Return Hedges' g = J · (mean1 − mean2) / pooled SD.

    The variance is 1/n1 + 1/n2 + g² / (2 (n1 + n2)).

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2
        Of the two groups, shape ``(k,)`` each; at least two persons in each, SDs above 0.

    Raises
    ------
    InputError
        A value is out of its range.

    Examples
    --------
    >>> found = standardised_difference(mean1=12, sd1=4, n1=20, mean2=10, sd2=4, n2=20)
    >>> round(float(found.estimate[0]), 6)
    0.490055
    """
    given = together(mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2)
    for name in ("sd1", "sd2"):
        refuse(given[name] <= 0.0, "a standard deviation is above 0", name)
    _check_sizes(given)
    df = given["n1"] + given["n2"] - 2.0
    pooled = np.sqrt(
        ((given["n1"] - 1.0) * given["sd1"] ** 2 + (given["n2"] - 1.0) * given["sd2"] ** 2) / df
    )
    return _corrected((given["mean1"] - given["mean2"]) / pooled, given["n1"], given["n2"])


def standardised_difference_from_t(*, t: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> Effects:
    """Return Hedges' g from the t of two independent groups, positive where the first is higher.

    Parameters
    ----------
    t, n1, n2
        The statistic and the sizes of the groups, shape ``(k,)`` each.

    Raises
    ------
    InputError
        A group has fewer than two persons.
    """
    given = together(t=t, n1=n1, n2=n2)
    _check_sizes(given)
    d = given["t"] * np.sqrt(1.0 / given["n1"] + 1.0 / given["n2"])
    return _corrected(d, given["n1"], given["n2"])


def _corrected(d: Array, n1: Array, n2: Array) -> Effects:
    g = small_sample_factor(n1 + n2 - 2.0) * d
    return Effects(estimate=g, variance=1.0 / n1 + 1.0 / n2 + g**2 / (2.0 * (n1 + n2)))


def _check_sizes(given: dict[str, Array]) -> None:
    for name in ("n1", "n2"):
        refuse(given[name] < 2.0, "a group has at least two persons", name)
