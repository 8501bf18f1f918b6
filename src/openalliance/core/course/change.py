"""Reliable change: whether two scores differ by more than measurement error.

References
----------
Jacobson, N. S., & Truax, P. (1991). Clinical significance: A statistical approach to defining
meaningful change in psychotherapy research. *Journal of Consulting and Clinical Psychology,
59*(1), 12-19. https://doi.org/10.1037/0022-006X.59.1.12
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

CRITICAL_VALUE = 1.959963984540054
"""Standard normal 97.5 % point: 5 % false alarms, both directions together (Jacobson & Truax)."""


class Verdict(StrEnum):
    """What a change is, measurement error considered."""

    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


VERDICTS = {1: Verdict.IMPROVED, 0: Verdict.UNCHANGED, -1: Verdict.DETERIORATED}
"""Verdicts by the number that arrays hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Change between two scores of one client.

    Parameters
    ----------
    first, last, change
        The two scores and last minus first, on the measure's own scale.
    rci
        Change in units of the standard error of a difference.
    sd_diff
        Standard error of a difference between two scores.
    limit
        Smallest absolute change that counts as reliable.
    probability
        Probability that the true change has the sign of the observed one, with nothing assumed
        about it beforehand: Φ(|rci|).
    verdict
        With regard to which direction is better.
    """

    first: float
    last: float
    change: float
    rci: float
    sd_diff: float
    limit: float
    probability: float
    verdict: Verdict


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    """SEM = SD·√(1 − r) (Jacobson & Truax 1991).

    Raises
    ------
    InputError
        If ``sd`` is not above 0 or ``reliability`` not within 0 to 1.

    Examples
    --------
    >>> round(standard_error_of_measurement(7.5, 0.8), 4)
    3.3541
    """
    if not sd > 0.0:
        raise InputError("the standard deviation must be above 0", where="sd")
    if not 0.0 <= reliability < 1.0:
        raise InputError("reliability lies from 0 to below 1", where="reliability")
    return sd * math.sqrt(1.0 - reliability)


def reliable_change_index(first: ArrayLike, last: ArrayLike, sem: float) -> NDArray[np.float64]:
    """Change in units of its own standard error, S_diff = √2·SEM.

    Parameters
    ----------
    first, last
        Scores of the same shape; ``nan`` where missing, and then the result is ``nan``.
    sem
        Standard error of measurement, above 0.

    Returns
    -------
    ndarray
        Shape of the inputs.

    References
    ----------
    Jacobson & Truax (1991), p. 14.

    Examples
    --------
    >>> float(reliable_change_index(32.5, 47.5, 3.3541).round(2))
    3.16
    """
    if not sem > 0.0:
        raise InputError("the standard error of measurement must be above 0", where="sem")
    before, after = (
        np.asarray(first, dtype=np.float64),
        np.asarray(last, dtype=np.float64),
    )
    return (after - before) / (math.sqrt(2.0) * sem)


def verdicts(
    first: ArrayLike,
    last: ArrayLike,
    *,
    sem: float,
    better: Better,
    critical_value: float = CRITICAL_VALUE,
) -> NDArray[np.int8]:
    """Verdict of many changes at once: 1 improved, 0 unchanged or missing, -1 deteriorated.

    A change must be beyond the critical value, not on it.
    """
    rci = reliable_change_index(first, last, sem)
    towards_better = rci if better is Better.HIGHER else -rci
    reliable = np.abs(rci) > critical_value
    return np.where(reliable, np.sign(towards_better), 0.0).astype(np.int8)


def direction_of(change: float, limit: float, published: bool, sign: float) -> int:
    """What a change is: 1 improved, 0 unchanged, -1 deteriorated; in plain numbers.

    Parameters
    ----------
    change
        Last minus first score.
    limit
        Smallest absolute change that counts as reliable.
    published
        Whether a change of exactly ``limit`` counts, whatever binary fractions make of it.
    sign
        1 if higher is better, else -1.
    """
    size = abs(change)
    reliable = size > limit or (published and limit - size <= 1e-9 * limit)
    if not reliable:
        return 0
    return 1 if sign * change > 0.0 else -1


def change_between(
    first: float,
    last: float,
    *,
    sem: float,
    better: Better,
    limit: float | None = None,
) -> Change:
    """Change of one client with its verdict.

    Parameters
    ----------
    first, last
        Finite scores.
    sem
        Standard error of measurement.
    better
        Which direction is better.
    limit
        A published reliable change that replaces 1.96·S_diff; the change must be at least that
        large, as such figures are published ("6 points or more").

    Examples
    --------
    >>> change_between(3.0, 6.0, sem=0.5, better=Better.HIGHER).verdict
    <Verdict.IMPROVED: 'improved'>
    """
    sd_diff = math.sqrt(2.0) * sem
    change = last - first
    rci = float(reliable_change_index(first, last, sem))
    bound = CRITICAL_VALUE * sd_diff if limit is None else limit
    sign = 1.0 if better is Better.HIGHER else -1.0
    direction = direction_of(change, bound, limit is not None, sign)
    return Change(
        first=first,
        last=last,
        change=change,
        rci=rci,
        sd_diff=sd_diff,
        limit=bound,
        probability=0.5 * math.erfc(-abs(rci) / math.sqrt(2.0)),
        verdict=VERDICTS[direction],
    )
