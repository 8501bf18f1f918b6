"""From one effect size to another, variances carried along.

Each pair of functions is exact there and back. Correlation and difference are tied by
d = √a · r / √(1 − r²) with a = (n1 + n2)² / (n1 n2), 4 for groups of equal size; odds ratio and
difference by the logistic distribution, d = ln(OR) · √3 / π.

References
----------
Borenstein, M., Hedges, L. V., Higgins, J. P. T., & Rothstein, H. R. (2009). *Introduction to
meta-analysis*, chapter 7. Wiley. https://doi.org/10.1002/9780470743386

Hasselblad, V., & Hedges, L. V. (1995). Meta-analysis of screening and diagnostic tests.
*Psychological Bulletin, 117*(1), 167-178. https://doi.org/10.1037/0033-2909.117.1.167
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.evidence.effects.values import Array, Effects, refuse, together

EQUAL_GROUPS = 4.0
"""The factor a for groups of equal size."""

_LOGISTIC = math.sqrt(3.0) / math.pi
"""One over the standard deviation of the standard logistic distribution."""


def z_from_r(effects: Effects) -> Effects:
    """Return Fisher's z of correlations; the variance by the delta method."""
    r = _correlations(effects)
    return Effects(estimate=np.arctanh(r), variance=effects.variance / (1.0 - r**2) ** 2)


def r_from_z(effects: Effects) -> Effects:
    """Return correlations of Fisher's z; the variance by the delta method."""
    r = np.tanh(effects.estimate)
    return Effects(estimate=r, variance=effects.variance * (1.0 - r**2) ** 2)


def difference_from_r(
    effects: Effects, *, n1: ArrayLike | None = None, n2: ArrayLike | None = None
) -> Effects:
    """Return standardised mean differences of correlations with a group.

    Parameters
    ----------
    effects
        Correlations.
    n1, n2
        Sizes of the groups, if they are known; else equal groups.

    Examples
    --------
    >>> found = difference_from_r(Effects(estimate=np.array([0.29]), variance=np.array([0.01])))
    >>> round(float(found.estimate[0]), 3)
    0.606
    """
    r = _correlations(effects)
    a = _factor(n1, n2)
    left = 1.0 - r**2
    return Effects(estimate=np.sqrt(a) * r / np.sqrt(left), variance=a * effects.variance / left**3)


def r_from_difference(
    effects: Effects, *, n1: ArrayLike | None = None, n2: ArrayLike | None = None
) -> Effects:
    """Return correlations with a group of standardised mean differences.

    Parameters
    ----------
    effects
        Differences.
    n1, n2
        Sizes of the groups, if they are known; else equal groups.
    """
    a = _factor(n1, n2)
    total = effects.estimate**2 + a
    return Effects(
        estimate=effects.estimate / np.sqrt(total), variance=a**2 * effects.variance / total**3
    )


def difference_from_odds(effects: Effects) -> Effects:
    """Return standardised mean differences of log odds ratios."""
    return Effects(estimate=effects.estimate * _LOGISTIC, variance=effects.variance * _LOGISTIC**2)


def odds_from_difference(effects: Effects) -> Effects:
    """Return log odds ratios of standardised mean differences."""
    return Effects(estimate=effects.estimate / _LOGISTIC, variance=effects.variance / _LOGISTIC**2)


def _correlations(effects: Effects) -> Array:
    refuse(
        np.abs(effects.estimate) >= 1.0,
        "a correlation lies between −1 and 1, both excluded",
        "estimate",
    )
    return effects.estimate


def _factor(n1: ArrayLike | None, n2: ArrayLike | None) -> Array:
    if n1 is None or n2 is None:
        return np.array(EQUAL_GROUPS)
    given = together(n1=n1, n2=n2)
    for name in ("n1", "n2"):
        refuse(given[name] <= 0.0, "a group has at least one person", name)
    total: Array = (given["n1"] + given["n2"]) ** 2 / (given["n1"] * given["n2"])
    return total
