"""Time to relapse: who is still free of one, among those who would have been seen to have it.

References
----------
Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations. *Journal
of the American Statistical Association, 53*, 457-481.

Kalbfleisch, J. D., & Prentice, R. L. (2002). *The statistical analysis of failure time data*
(2nd ed.), section 1.4. Wiley. (Greenwood's variance, log-log interval.)

Brookmeyer, R., & Crowley, J. (1982). A confidence interval for the median survival time.
*Biometrics, 38*, 29-41. (Here by inverting the log-log interval.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.course.maintenance.panel import Flags, Floats, FollowUp, reaches
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import two_sided


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The curve at one time.

    Parameters
    ----------
    at_risk
        Clients watched until then and free before.
    relapses, censored
        Of them, seen relapsed, and last seen free, at this time.
    survival, se, low, high
        Share free from this time on; ``nan`` bounds where it is 0 or 1.
    """

    time: float
    at_risk: int
    relapses: int
    censored: int
    survival: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Kaplan-Meier curve from time 0; medians are ``nan`` where not reached."""

    n: int
    relapses: int
    steps: tuple[Step, ...]
    median: float
    median_low: float
    median_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relapses:
    """Who relapsed when, as known at waves.

    Parameters
    ----------
    eligible
        Who could: not beyond the threshold at the ending already, shape ``(n,)``.
    time
        Wave that saw the relapse, else the last wave answered, in months, shape ``(n,)``.
    relapsed
        Shape ``(n,)``.
    after_a_gap
        Relapses of which a wave before was not answered, so that they may be older.
    """

    eligible: Flags
    time: Floats
    relapsed: Flags
    after_a_gap: int


def relapses(panel: FollowUp, *, limit: float, threshold: float | None = None) -> Relapses:
    """Find the first wave at which each client is seen relapsed.

    Parameters
    ----------
    panel
        The scores.
    limit
        Reliable change in points.
    threshold
        A score at or beyond it (for the worse) is a relapse. Default: worse than the ending by
        the limit or more.
    """
    if threshold is None:
        beyond = reaches(np.where(panel.answered, panel.worsening, -np.inf), limit)
    else:
        far = np.where(panel.answered, panel.worse * panel.scores, -np.inf)
        beyond = far >= panel.worse * threshold
    eligible = ~beyond[:, 0]
    later = beyond[:, 1:]
    relapsed = later.any(axis=1) & eligible
    first = np.argmax(later, axis=1) + 1
    places = np.arange(panel.waves.size)
    last = np.where(panel.answered, places, 0).max(axis=1)
    at = np.where(relapsed, first, last)
    missed = ~panel.answered[np.arange(panel.n), np.maximum(at - 1, 0)]
    return Relapses(
        eligible=eligible, time=panel.waves[at], relapsed=relapsed,
        after_a_gap=int((missed & relapsed).sum()),
    )  # fmt: skip


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, times: ArrayLike = (), confidence: float = 0.95
) -> Survival:
    """Estimate the share still free, with Greenwood's error and log-log intervals.

    Parameters
    ----------
    time
        Of the event or of being last seen free, at least 0, shape ``(n,)``.
    event
        Whether it was the event, shape ``(n,)``.
    times
        Further times at which the curve is wanted.
    confidence
        Of the intervals.

    Examples
    --------
    >>> found = kaplan_meier([1, 2, 3, 3], [True, False, True, False])
    >>> [(step.time, round(step.survival, 4)) for step in found.steps]
    [(0.0, 1.0), (1.0, 0.75), (2.0, 0.75), (3.0, 0.375)]
    """
    z = two_sided(confidence)
    until, happened = np.asarray(time, dtype=np.float64), np.asarray(event, dtype=np.bool_)
    if until.ndim != 1 or happened.shape != until.shape or not until.size:
        raise InputError("need one time and one event per client", where="time, event")
    if not (np.isfinite(until).all() and (until >= 0.0).all()):
        raise InputError("is finite and not below 0", where="time")
    grid = np.unique(np.r_[0.0, until, np.asarray(times, dtype=np.float64)])
    place = np.searchsorted(grid, until)
    gone = np.bincount(place[happened], minlength=grid.size)
    censored = np.bincount(place[~happened], minlength=grid.size)
    at_risk = until.size - np.r_[0, np.cumsum(gone + censored)[:-1]]
    some = np.maximum(at_risk, 1)
    curve = np.cumprod(1.0 - gone / some)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(np.where(gone > 0, gone / (some * (some - gone)), 0.0))
        error = np.where(curve > 0.0, curve * np.sqrt(summed), np.nan)
        half = z * np.sqrt(summed) / np.abs(np.log(curve))
        inside = (curve > 0.0) & (curve < 1.0)
        low = np.where(inside, curve ** np.exp(half), np.nan)
        high = np.where(inside, curve ** np.exp(-half), np.nan)
    steps = tuple(
        Step(
            time=float(grid[t]), at_risk=int(at_risk[t]), relapses=int(gone[t]),
            censored=int(censored[t]), survival=float(curve[t]), se=float(error[t]),
            low=float(low[t]), high=float(high[t]),
        )
        for t in range(grid.size)
    )  # fmt: skip
    return Survival(
        n=until.size,
        relapses=int(happened.sum()),
        steps=steps,
        median=_first(grid, curve <= 0.5 + 1e-12),
        median_low=_first(grid, (low <= 0.5) | (curve == 0.0)),
        median_high=_first(grid, (high <= 0.5) | (curve == 0.0)),
    )


def _first(grid: Floats, there: Flags) -> float:
    return float(grid[int(np.argmax(there))]) if there.any() else math.nan
