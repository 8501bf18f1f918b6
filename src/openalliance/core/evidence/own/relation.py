"""How alliance and later outcome go together over clients, what was at the start taken out.

The partial correlation of alliance and last score given the first one: who began better may rate
better and end better, and that part is not the alliance's. Intervals by Fisher's z with one
degree of freedom less for the score taken out (Fisher 1924); two correlations with the same
outcome in the same clients are compared by their intervals and their own correlation (Zou 2007).

References
----------
Fisher, R. A. (1924). The distribution of the partial correlation coefficient. *Metron, 3*, 329-332.

Olkin, I., & Siotani, M. (1976). Asymptotic distribution of functions of a correlation matrix. In S.
Ikeda (Ed.), *Essays in probability and statistics* (pp. 235-251). Shinko Tsusho.

Sheppard, W. F. (1899). On the application of the theory of error to cases of normal distribution
and normal correlation. *Philosophical Transactions of the Royal Society A, 192*, 101-167.

Zou, G. Y. (2007). Toward using confidence intervals to compare correlations. *Psychological
Methods, 12*(4), 399-413. https://doi.org/10.1037/1082-989X.12.4.399
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from openalliance.core.evidence.own.clients import By, OneClient

_TAKEN_OUT = 1  # the first score
_NO_SPREAD = 1e-9  # of the value's own size: below, nothing varies


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A partial correlation with its interval; ``z`` and ``variance`` are Fisher's."""

    r: float
    low: float
    high: float
    clients: int
    z: float
    variance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One correlation less another in the same clients, with its interval."""

    first: Relation
    second: Relation
    difference: float
    low: float
    high: float
    clients: int


def relation(
    clients: Sequence[OneClient], by: By = By.CLIENT, *, least: int, level: float = 0.95
) -> Relation | None:
    """Return the relation over clients; ``None`` with fewer than ``least``, or if nothing varies.

    ``least`` is 5 at the very least: with fewer clients there is no interval.
    """
    known = [one for one in clients if by in one.alliance]
    if len(known) < max(least, _TAKEN_OUT + 4):
        return None
    left = _left([[one.alliance[by] for one in known]], known)
    return None if left is None else _relation(left[0], left[1], level)


def contrast(
    clients: Sequence[OneClient], first: By, second: By, *, least: int, level: float = 0.95
) -> Contrast | None:
    """Return how two relations differ in the clients who have both; ``None`` as in `relation`."""
    known = [one for one in clients if first in one.alliance and second in one.alliance]
    if len(known) < max(least, _TAKEN_OUT + 4):
        return None
    sides = [[one.alliance[side] for one in known] for side in (first, second)]
    left = _left(sides, known)
    if left is None:
        return None
    one, two = (_relation(side, left[-1], level) for side in left[:2])
    together = _shared(one.r, two.r, float(np.dot(left[0], left[1])))
    difference = one.r - two.r
    down, up = (
        math.sqrt(max(0.0, a * a + b * b - 2.0 * together * a * b))
        for a, b in (
            (one.r - one.low, two.high - two.r),
            (one.high - one.r, two.r - two.low),
        )
    )
    return Contrast(
        first=one, second=two, difference=difference,
        low=difference - down, high=difference + up, clients=len(known),
    )  # fmt: skip


def of_hundred(r: float) -> int:
    """Return how many of 100 with the better alliance also have the better outcome.

    Better than the middle of all, if both are normal (Sheppard 1899): without a relation it is 50.

    Examples
    --------
    >>> of_hundred(0.278), of_hundred(0.0)
    (59, 50)
    """
    return round(share_of_hundred(r))


def share_of_hundred(r: float) -> float:
    """Return the same unrounded, to draw it."""
    return 100.0 * (0.5 + math.asin(r) / math.pi)


def quantile(level: float) -> float:
    """Return the normal quantile of a two-sided interval."""
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def _left(
    sides: Sequence[Sequence[float]], clients: Sequence[OneClient]
) -> list[NDArray[np.float64]] | None:
    """Return the sides and the last score without what the first score says, of length 1 each."""
    n = len(clients)
    start = np.array([one.first for one in clients])
    start = start - start.mean()
    spread = float(start @ start)
    found = []
    for values in (*sides, [one.last for one in clients]):
        given = np.asarray(values, dtype=np.float64)
        rest = given - given.mean()
        if spread > 0.0:
            rest = rest - start * (float(start @ rest) / spread)
        size = float(np.linalg.norm(rest))
        if size <= _NO_SPREAD * max(1.0, float(np.abs(given).max())) * math.sqrt(n):
            return None
        found.append(rest / size)
    return found


def _relation(
    alliance: NDArray[np.float64], outcome: NDArray[np.float64], level: float
) -> Relation:
    n = alliance.size
    r = float(np.clip(alliance @ outcome, -1.0 + 1e-12, 1.0 - 1e-12))
    z, variance = math.atanh(r), 1.0 / (n - 3 - _TAKEN_OUT)
    reach = quantile(level) * math.sqrt(variance)
    return Relation(
        r=r, low=math.tanh(z - reach), high=math.tanh(z + reach), clients=n, z=z, variance=variance
    )


def _shared(one: float, two: float, between: float) -> float:
    """Return how two correlations with the same outcome correlate (Olkin & Siotani 1976)."""
    rest = 1.0 - one**2 - two**2 - between**2
    top = (between - 0.5 * one * two) * rest + between**3
    return max(-1.0, min(1.0, top / ((1.0 - one**2) * (1.0 - two**2))))
