"""Intervals around an observed proportion.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
*Journal of the American Statistical Association, 22*, 209-212.

Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
the case of the binomial. *Biometrika, 26*, 404-413.

Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial proportion.
*Statistical Science, 16*, 101-133. https://doi.org/10.1214/ss/1009213286

Rao, J. N. K., & Scott, A. J. (1992). A simple method for the analysis of clustered binary data.
*Biometrics, 48*, 577-585.

Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected
number of positive counts estimated from survey data. *Survey Methodology, 24*, 193-201.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    low, high = _score_interval(count / n, n, z)
    return Proportion(count=count, n=n, value=count / n, low=low, high=high)


def clustered_wilson(
    counts: Sequence[int], totals: Sequence[int], *, confidence: float = 0.95
) -> Proportion:
    """Return a proportion over clusters (clients) with Wilson's interval for what they are worth.

    Several observations of one client tell less than as many of different ones. Their number is
    divided by Rao and Scott's design effect, which is never taken to be below 1, and by what the
    few clusters leave uncertain about it (Korn & Graubard). With one observation a cluster it is
    Wilson's interval. Where all observations agree nothing is known of the clusters' likeness, and
    each counts once.

    Parameters
    ----------
    counts, totals
        Of each cluster: observations that count, and all of them.

    References
    ----------
    Rao & Scott (1992), equation 2; Korn & Graubard (1998), section 3.

    Examples
    --------
    >>> clustered_wilson([1] * 8 + [0] * 2, [1] * 10) == wilson(8, 10)
    True
    """
    z = two_sided(confidence)
    if len(counts) != len(totals):
        raise InputError("need one count and one total a cluster", where="counts, totals")
    if any(not 0 <= count <= total for count, total in zip(counts, totals, strict=True)):
        raise InputError("a count lies between 0 and the number of cases", where="counts")
    count, n = sum(counts), sum(totals)
    if n == 0:
        return _undefined()
    low, high = _score_interval(count / n, _worth(counts, totals, confidence), z)
    return Proportion(count=count, n=n, value=count / n, low=low, high=high)


def _worth(counts: Sequence[int], totals: Sequence[int], confidence: float) -> float:
    """Return the number of independent observations that clustered ones are worth."""
    seen = [(count, total) for count, total in zip(counts, totals, strict=True) if total]
    n, clusters = sum(total for _, total in seen), len(seen)
    share = sum(count for count, _ in seen) / n
    if share in {0.0, 1.0} or clusters == 1:
        return float(clusters)
    spread = sum((count - share * total) ** 2 for count, total in seen)
    variance = clusters / (clusters - 1.0) * spread / n**2
    binomial = share * (1.0 - share) / (n - 1.0)
    worth = n / max(variance / binomial, 1.0)
    if clusters == n:
        return worth
    from scipy.special import stdtrit

    upper = 0.5 + confidence / 2.0
    of_rows, of_clusters = stdtrit(n - 1.0, upper), stdtrit(clusters - 1.0, upper)
    return float(worth * (of_rows / of_clusters) ** 2)


def _score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    spread = z * z / n
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = z / (1.0 + spread) * math.sqrt(share * (1.0 - share) / n + spread / (4.0 * n))
    return (0.0 if share == 0.0 else middle - half), (1.0 if share == 1.0 else middle + half)


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
