"""Everything about what is kept after the ending, with what has to be said about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openalliance.core.course.change import CRITICAL_VALUE, standard_error_of_measurement
from openalliance.core.course.maintenance.fate import ClientFate, Fate, fates, summary
from openalliance.core.course.maintenance.notes import notes
from openalliance.core.course.maintenance.panel import FollowUp
from openalliance.core.course.maintenance.patterns import (
    Bounds,
    PatternMixture,
    bounds,
    pattern_mixtures,
)
from openalliance.core.course.maintenance.response import ResponseModel, response_models
from openalliance.core.course.maintenance.survival import (
    Survival,
    kaplan_meier,
    relapses,
)
from openalliance.core.course.maintenance.weighting import (
    NOTHING,
    Estimate,
    Trend,
    Weighted,
    weighted_means,
    weighted_trend,
)
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import Proportion, wilson

DELTA_MULTIPLES = (0.0, 0.25, 0.5, 1.0)
"""Shares of the reliable change by which the silent are taken to be worse than predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceSettings:
    """How to look.

    Parameters
    ----------
    limit
        Reliable change in points; exactly this much counts.
    threshold
        Score at or beyond which it is a relapse; default: worse than the ending by the limit.
    deltas
        Points that the silent are worse than predicted; default `DELTA_MULTIPLES` of the limit.
    scale
        Ends of the scale, for the bounds.
    draws, seed
        Bootstrap samples of clients, and what makes them repeatable.
    confidence
        Of all intervals.
    """

    limit: float
    threshold: float | None = None
    deltas: tuple[float, ...] = ()
    scale: tuple[float, float] | None = None
    draws: int = 500
    seed: int = 1
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 < self.limit < math.inf:
            raise InputError("is a number of points above 0", where="reliable-change")
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise InputError("the low end comes first", where="range")
        if self.draws < 1:
            raise InputError("needs at least one sample", where="bootstrap")
        if not self.deltas:
            chosen = tuple(share * self.limit for share in DELTA_MULTIPLES)
            object.__setattr__(self, "deltas", chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One wave; at the ending, time 0, everybody answers."""

    wave: float
    response: Proportion
    observed: Estimate
    weighted: Weighted
    bounds: Bounds | None
    mixture: PatternMixture | None
    model: ResponseModel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """What is kept after the ending."""

    n: int
    settings: MaintenanceSettings
    monotone: bool
    waves: tuple[Wave, ...]
    trend: Trend | None
    survival: Survival | None
    eligible: int
    clients: tuple[ClientFate, ...]
    summary: dict[Fate, Proportion]
    notes: tuple[str, ...]


def reliable_change(scores: Sequence[float], reliability: float) -> float:
    """Return 1.96·√2·SD·√(1 − r), the change that error alone makes in 1 of 20 (Jacobson & Truax).

    Raises
    ------
    InputError
        If there are fewer than two scores, they are all the same, or the reliability is not
        from 0 to below 1.
    """
    given = np.asarray(scores, dtype=np.float64)
    given = given[np.isfinite(given)]
    if given.size < 2:
        raise InputError("needs two scores for their SD", where="reliability")
    sem = standard_error_of_measurement(float(given.std(ddof=1)), reliability)
    return CRITICAL_VALUE * math.sqrt(2.0) * sem


def maintenance(panel: FollowUp, settings: MaintenanceSettings) -> Maintenance:
    """Say what is kept after the ending, for all who left.

    Parameters
    ----------
    panel
        Scores at the ending and after.
    settings
        How to look.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[5.0, 6.0], [9.0, np.nan], [4.0, 11.0], [6.0, 5.0], [8.0, 9.0]])
    >>> panel = FollowUp(waves=np.array([0.0, 3.0]), scores=scores, worse=1.0)
    >>> found = maintenance(panel, MaintenanceSettings(limit=5.0, draws=20))
    >>> [(fate.value, share.count) for fate, share in found.summary.items()]
    [('kept', 3), ('grown', 0), ('lost', 1), ('unknown', 1)]
    """
    level = settings.confidence
    models = response_models(panel)
    means = weighted_means(panel, models, confidence=level)
    mixtures = pattern_mixtures(
        panel, settings.deltas, limit=settings.limit, draws=settings.draws,
        rng=np.random.default_rng(settings.seed), confidence=level,
    )  # fmt: skip
    ends = None if settings.scale is None else bounds(panel, *settings.scale)
    waves = tuple(
        Wave(
            wave=float(panel.waves[at]),
            response=wilson(int(panel.answered[:, at].sum()), panel.n, confidence=level),
            observed=_observed(panel, at, level),
            weighted=means[at],
            bounds=None if ends is None else ends[at],
            mixture=mixtures[at - 1] if at else None,
            model=models[at - 1] if at else None,
        )
        for at in range(panel.waves.size)
    )
    found = relapses(panel, limit=settings.limit, threshold=settings.threshold)
    able = found.eligible
    curve = None
    if able.any():
        curve = kaplan_meier(
            found.time[able], found.relapsed[able], times=panel.waves, confidence=level
        )
    trend = weighted_trend(panel, models, confidence=level)
    clients = fates(panel, found, limit=settings.limit)
    return Maintenance(
        n=panel.n, settings=settings, monotone=panel.monotone, waves=waves, trend=trend,
        survival=curve, eligible=int(able.sum()), clients=clients,
        summary=summary(clients, confidence=level),
        notes=tuple(notes(panel, models, means, found, mixtures, trend)),
    )  # fmt: skip


def _observed(panel: FollowUp, wave: int, confidence: float) -> Estimate:
    """Return the mean of the answers, as if they were all; by Student's t."""
    from scipy.special import stdtrit

    there = panel.scores[panel.answered[:, wave], wave]
    if not there.size:
        return NOTHING
    mean = float(there.mean())
    if there.size < 2:
        return Estimate(value=mean, se=math.nan, low=math.nan, high=math.nan)
    se = float(there.std(ddof=1)) / math.sqrt(there.size)
    half = float(stdtrit(there.size - 1.0, 0.5 + confidence / 2.0)) * se
    return Estimate(value=mean, se=se, low=mean - half, high=mean + half)
