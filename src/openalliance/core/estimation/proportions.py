"""Intervals around an observed proportion.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
*Journal of the American Statistical Association, 22*, 209-212.

Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
the case of the binomial. *Biometrika, 26*, 404-413.

Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial proportion.
*Statistical Science, 16*, 101-133. https://doi.org/10.1214/ss/1009213286
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from openalliance.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A proportion with its interval; ``nan`` throughout when there was nothing to count."""

    count: int
    n: int
    value: float
    low: float
    high: float


def two_sided(confidence: float) -> float:
    """Return the standard normal value of a two-sided interval, 1.96 for 0.95.

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def wilson(count: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """Return the proportion ``count / n`` with Wilson's score interval.

    Examples
    --------
    >>> found = wilson(8, 10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.4902, 0.9433)
    """
    z = two_sided(confidence)
    if _nothing(count, n):
        return _undefined()
    share, spread = count / n, z * z / n
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = z / (1.0 + spread) * math.sqrt(share * (1.0 - share) / n + spread / (4.0 * n))
    low = 0.0 if count == 0 else middle - half
    high = 1.0 if count == n else middle + half
    return Proportion(count=count, n=n, value=share, low=low, high=high)


def clopper_pearson(count: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """Return the proportion ``count / n`` with the exact interval, which is never too narrow.

    Examples
    --------
    >>> found = clopper_pearson(8, 10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.4439, 0.9748)
    """
    two_sided(confidence)
    if _nothing(count, n):
        return _undefined()
    from scipy.special import betaincinv

    tail = (1.0 - confidence) / 2.0
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1.0 - tail))
    return Proportion(count=count, n=n, value=count / n, low=low, high=high)


def _nothing(count: int, n: int) -> bool:
    if not 0 <= count <= n:
        raise InputError("a count lies between 0 and the number of cases", where="count")
    return n == 0


def _undefined() -> Proportion:
    return Proportion(count=0, n=0, value=math.nan, low=math.nan, high=math.nan)
