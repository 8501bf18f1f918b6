"""Group anchors: whether a mean change, or a difference between groups, is as large as matters.

References
----------
Claus, B. B., Wager, J., & Bonnet, U. (2024). clinicalsignificance: Clinical significance analyses
of intervention studies in R. *Journal of Statistical Software, 111*(1).

Welch, B. L. (1947). The generalization of "Student's" problem when several different population
variances are involved. *Biometrika, 34*(1-2), 28-35.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.probability import student_quantile

Floats = NDArray[np.float64]


class Effect(StrEnum):
    """What an interval of a mean says about a minimal important difference."""

    NOT_SIGNIFICANT = "Statistically not significant"
    NOT_RELEVANT = "Statistically significant but not clinically relevant"
    NOT_SURELY = "Not significantly greater than the threshold"
    NOT_SURELY_LESS = "Not significantly less than the threshold"
    PROBABLE = "Probably clinically significant effect"
    LARGE = "Large clinically significant effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEffect:
    """A mean difference with its interval.

    Parameters
    ----------
    n
        Clients; for a comparison, of the reference and of the compared group.
    difference, lower, upper
        Post minus pre, or compared minus reference group; ``nan`` where it cannot be computed.
    effect
        What the interval says; ``None`` without an interval.
    for_the_worse
        Whether the whole interval lies on the worse side; ``effect`` is then about that.
    """

    n: tuple[int, ...]
    difference: float
    lower: float
    upper: float
    effect: Effect | None
    for_the_worse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Minimal important differences in both directions, direction and level of the interval."""

    improvement: float
    deterioration: float
    sign: float
    confidence: float


def within(change: Floats, threshold: Threshold) -> GroupEffect:
    """Mean change with its t interval (paired)."""
    n = change.size
    if not n:
        return _without_interval((0,), math.nan)
    mean = float(change.mean())
    if n < 2:
        return _without_interval((n,), mean)
    error = float(change.std(ddof=1)) / math.sqrt(n)
    return _graded((n,), mean, error, n - 1.0, threshold)


def between(reference: Floats, compared: Floats, threshold: Threshold) -> GroupEffect:
    """Difference of post scores with its t interval; the groups' variances may differ (Welch)."""
    sizes = (reference.size, compared.size)
    difference = float(compared.mean() - reference.mean()) if min(sizes) else math.nan
    if min(sizes) < 2:
        return _without_interval(sizes, difference)
    parts = [float(scores.var(ddof=1)) / scores.size for scores in (reference, compared)]
    variance = sum(parts)
    if not variance > 0.0:
        return _graded(sizes, difference, 0.0, 1.0, threshold)
    spread = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    return _graded(sizes, difference, math.sqrt(variance), variance**2 / spread, threshold)


def _graded(
    n: tuple[int, ...], difference: float, error: float, df: float, threshold: Threshold
) -> GroupEffect:
    half = student_quantile(df, 0.5 + 0.5 * threshold.confidence) * error
    lower, upper = difference - half, difference + half
    low, high = (lower, upper) if threshold.sign > 0.0 else (-upper, -lower)
    for_the_worse = high < 0.0
    effect = grade(low, high, threshold)
    return GroupEffect(
        n=n, difference=difference, lower=lower, upper=upper, effect=effect,
        for_the_worse=for_the_worse,
    )  # fmt: skip


def grade(low: float, high: float, threshold: Threshold) -> Effect:
    """Category of an interval of improvement, whichever direction of the score is better.

    The interval contains 0: nothing can be said. It lies on one side of 0: not relevant if it ends
    before the minimal important difference of that side, large if it begins beyond it; if it
    contains it, probable where the middle is beyond it too, and otherwise not surely.
    """
    if low <= 0.0 <= high:
        return Effect.NOT_SIGNIFICANT
    important = threshold.improvement if low > 0.0 else threshold.deterioration
    near, far = (low, high) if low > 0.0 else (-high, -low)
    if far < important:
        return Effect.NOT_RELEVANT
    if near > important:
        return Effect.LARGE
    if 0.5 * (near + far) > important:
        return Effect.PROBABLE
    rising = (low > 0.0) == (threshold.sign > 0.0)
    return Effect.NOT_SURELY if rising else Effect.NOT_SURELY_LESS


def _without_interval(n: tuple[int, ...], difference: float) -> GroupEffect:
    return GroupEffect(n=n, difference=difference, lower=math.nan, upper=math.nan, effect=None)
