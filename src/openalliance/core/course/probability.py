"""Normal and Student-t probabilities in plain numbers, quick to import.

The web process imports the course for every check-in; these few lines spare it a large library and
agree with it to about 1e-13 (see the tests).
"""

from __future__ import annotations

import math
from statistics import NormalDist

_STANDARD = NormalDist()
_CLOSE = 1e-15
_TINY = 1e-300
_MOST_TERMS = 500


def normal_cdf(z: float) -> float:
    """Probability that a standard normal value is at most ``z``; exact far in the tail as well."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def normal_quantile(probability: float) -> float:
    """Value below which a standard normal value lies with this probability, in (0, 1)."""
    return _STANDARD.inv_cdf(probability)


def student_cdf(df: float, t: float) -> float:
    """Probability that a Student-t value with ``df`` degrees of freedom is at most ``t``.

    References
    ----------
    Abramowitz, M., & Stegun, I. A. (1964). *Handbook of mathematical functions*, 26.7.1 and 26.5.8
    (incomplete beta function by its continued fraction).

    Examples
    --------
    >>> round(student_cdf(10.0, -2.763769), 6)
    0.01
    """
    if t == 0.0:
        return 0.5
    outer = 0.5 * _incomplete_beta(0.5 * df, 0.5, df / (df + t * t), t * t / (df + t * t))
    return outer if t < 0.0 else 1.0 - outer


def student_quantile(df: float, probability: float) -> float:
    """Value below which a Student-t value lies with this probability, in (0, 1).

    Found by halving, to the last digit in which `student_cdf` still tells values apart.

    Examples
    --------
    >>> round(student_quantile(10.0, 0.01), 6)
    -2.763769
    """
    if probability > 0.5:
        return -student_quantile(df, 1.0 - probability)
    low, high = -1.0, 0.0
    while student_cdf(df, low) >= probability:
        low *= 2.0
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high
        if student_cdf(df, middle) < probability:
            low = middle
        else:
            high = middle


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Regularised incomplete beta function at ``x``; ``rest`` is 1 - x without its rounding."""
    if x <= 0.0:
        return 0.0
    if rest <= 0.0:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log(rest))
    if x < (a + 1.0) / (a + b + 2.0):
        return front / (a * _fraction(a, b, x))
    return 1.0 - front / (b * _fraction(b, a, rest))


def _fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of the incomplete beta function (Lentz's way), as the denominator."""
    value, up, down = 1.0, 1.0, 0.0
    for term in range(1, _MOST_TERMS):
        half, odd = divmod(term, 2)
        if odd:
            factor = -(a + half) * (a + b + half) * x / ((a + term - 1) * (a + term))
        else:
            factor = half * (b - half) * x / ((a + term - 1) * (a + term))
        down = 1.0 / ((1.0 + factor * down) or _TINY)
        up = (1.0 + factor / up) or _TINY
        value *= up * down
        if abs(up * down - 1.0) < _CLOSE:
            break
    return value


STUDENT_STEPS = (_fraction, _incomplete_beta, student_cdf)
"""What a compiled loop that calls `student_cdf` must know."""
