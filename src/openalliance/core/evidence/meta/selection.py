"""Selection by significance: what the average would be if some p values are published more often.

Results in step j of the one-sided p value are taken to be published with probability δ_j relative
to the first step; with one cut at .025 this is the three-parameter model. All are estimated
together by maximum likelihood:

    Σ log δ(p_i) + log φ(y_i; x_iβ, τ² + v_i) − log Σ_j δ_j P(step j; x_iβ, τ² + v_i).

References
----------
Hedges, L. V. (1992). Modeling publication selection effects in meta-analysis. *Statistical Science,
7*(2), 246-255. https://doi.org/10.1214/ss/1177011364

McShane, B. B., Böckenholt, U., & Hansen, K. T. (2016). Adjusting for publication bias in
meta-analysis. *Perspectives on Psychological Science, 11*(5), 730-749.
https://doi.org/10.1177/1745691616662243

Vevea, J. L., & Hedges, L. V. (1995). A general linear model for estimating effect size in the
presence of publication bias. *Psychometrika, 60*, 419-435. https://doi.org/10.1007/BF02294384
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import optimize, special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.inference import wald
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Array, Index, MetaData, MetaFit, Method

_LARGEST_LOG_WEIGHT = math.log(1e5)
_STARTS = (0.0, -1.5, 1.5)
"""Logarithms of the weights from which the search sets out."""
_FEW = 4


class Side(Enum):
    """Which results are published more easily."""

    GREATER = "greater"
    """Positive ones: small p values are those of large effects."""
    LESS = "less"
    """Negative ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A random-effects model with selection by steps of the p value.

    Parameters
    ----------
    unselected
        The same model by maximum likelihood without selection.
    side, steps
        What selects: cuts of the one-sided p value, the last step ending at 1.
    estimate, se, statistic, p, ci_low, ci_high
        Coefficients, shape ``(p,)`` each.
    vcov
        Their covariance.
    tau2, tau2_se
        Variance of true effects; the error is ``nan`` at the boundary.
    weights, weights_se
        Relative probability of publication in each step, the first being 1, shape ``(steps,)``.
    counts
        Effects in each step.
    loglik
        Logarithm of the likelihood.
    ratio, ratio_df, ratio_p
        Likelihood-ratio test that there is no selection.
    boundary
        Whether τ² is 0 or a weight as large as allowed.
    converged
        Whether the conditions of an optimum hold.
    notes
        Plain-language cautions.
    """

    unselected: MetaFit
    side: Side
    steps: tuple[float, ...]
    estimate: Array
    se: Array
    statistic: Array
    p: Array
    ci_low: Array
    ci_high: Array
    vcov: Array
    tau2: float
    tau2_se: float
    weights: Array
    weights_se: Array
    counts: Index
    loglik: float
    ratio: float
    ratio_df: int
    ratio_p: float
    boundary: bool
    converged: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Problem:
    """Effects in units of a typical standard error, turned so that large ones are selected."""

    y: Array
    v: Array
    q: Array
    step: Index
    cuts: Array

    def value(self, theta: Array) -> tuple[float, Array]:
        """Return the negative log-likelihood at (b, τ², log δ₂ …) and its gradient."""
        p = self.q.shape[1]
        weights = np.concatenate([[1.0], np.exp(theta[p + 1 :])])
        variance = self.v + theta[p]
        s = np.sqrt(variance)
        residual = self.y - self.q @ theta[:p]
        t = (self.cuts - (self.y - residual)[:, None]) / s[:, None]
        chance = _between(t)
        whole = chance @ weights
        value = np.log(weights)[self.step] - 0.5 * (np.log(variance) + residual**2 / variance)
        falls = _density(t) * (weights[:-1] - weights[1:])
        by_mean = residual / variance - falls.sum(axis=1) / (s * whole)
        by_variance = 0.5 * (residual**2 / variance - 1.0) / variance
        by_variance -= (falls * t).sum(axis=1) / (2.0 * variance * whole)
        seen = np.bincount(self.step, minlength=weights.size)[1:]
        by_weight = seen - weights[1:] * (chance[:, 1:] / whole[:, None]).sum(axis=0)
        gradient = np.concatenate([self.q.T @ by_mean, [by_variance.sum()], by_weight])
        return -float(np.sum(value - np.log(whole))), -gradient

    def curvature(self, theta: Array) -> Array:
        """Return the second derivatives, by differences of the gradient within the bounds."""
        rows = []
        for at, size in enumerate((1e-5 * np.maximum(np.abs(theta), 1.0)).tolist()):
            move = size * np.eye(theta.size)[at]
            up, down = theta + move, np.maximum(theta - move, _low(self))
            rise = self.value(up)[1] - self.value(down)[1]
            rows.append(rise / (up[at] - down[at]))
        bend = np.array(rows)
        found: Array = 0.5 * (bend + bend.T)
        return found


def fit_selection(
    data: MetaData,
    *,
    steps: Sequence[float] = (0.025,),
    side: Side = Side.GREATER,
    level: float = 0.95,
) -> Selection:
    """Fit a random-effects model to effects selected by their p values.

    Parameters
    ----------
    data
        The effects; they are taken to be independent.
    steps
        Cuts of the one-sided p value, rising, between 0 and 1.
    side
        Which results are published more easily.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        Steps are none, a step has no effect, or there are too few effects.
    """
    cuts = _checked(steps)
    sign = 1.0 if side is Side.GREATER else -1.0
    p_values = special.ndtr(-sign * data.y / np.sqrt(data.v))
    step = np.searchsorted(cuts, p_values, side="left")
    counts = np.bincount(step, minlength=cuts.size + 1)
    _check(data, cuts, counts)
    unselected = fit_random(data, method=Method.ML, level=level)
    unit = math.sqrt(float(np.median(data.v)))
    problem = _Problem(
        y=sign * data.y / unit,
        v=data.v / unit**2,
        q=data.basis,
        step=step,
        cuts=np.sqrt(data.v)[:, None] / unit * -special.ndtri(cuts),
    )
    theta, value, converged = _highest(problem, unselected, unit, sign)
    covariance = _covariance(problem, theta)
    p = data.p
    back = unit * sign * np.linalg.inv(data.triangle)
    vcov = back @ covariance[:p, :p] @ back.T
    estimate = back @ theta[:p]
    tested = wald(estimate, vcov, np.full(p, math.nan), level=level)
    weights = np.exp(np.concatenate([[0.0], theta[p + 1 :]]))
    errors = np.sqrt(np.concatenate([[math.nan], np.diag(covariance)[p + 1 :]]))
    loglik = -value - data.k * (0.5 * math.log(2.0 * math.pi) + math.log(unit))
    ratio = max(0.0, 2.0 * (loglik - unselected.loglik))
    at_zero = theta[p] == 0.0
    unbounded = bool((theta[p + 1 :] >= _LARGEST_LOG_WEIGHT).any())
    return Selection(
        unselected=unselected,
        side=side,
        steps=tuple(cuts.tolist()),
        estimate=estimate,
        se=tested.se,
        statistic=tested.statistic,
        p=tested.p,
        ci_low=tested.low,
        ci_high=tested.high,
        vcov=vcov,
        tau2=float(theta[p]) * unit**2,
        tau2_se=math.nan if at_zero else math.sqrt(covariance[p, p]) * unit**2,
        weights=weights,
        weights_se=weights * errors,
        counts=counts,
        loglik=loglik,
        ratio=ratio,
        ratio_df=cuts.size,
        ratio_p=float(special.chdtrc(cuts.size, ratio)),
        boundary=bool(at_zero) or unbounded,
        converged=converged,
        notes=tuple(_notes(data, counts, bool(at_zero), unbounded, converged)),
    )


def _highest(
    problem: _Problem, unselected: MetaFit, unit: float, sign: float
) -> tuple[Array, float, bool]:
    """Search from several starts and polish the best by Newton's steps."""
    start = sign * (unselected.data.triangle @ unselected.estimate) / unit
    n = problem.cuts.shape[1]
    bounds = optimize.Bounds(_low(problem), _high(problem))
    tau2 = unselected.tau2 / unit**2
    found = [
        optimize.minimize(
            problem.value,
            np.concatenate([start, [spread], np.full(n, weight)]),
            jac=True,
            bounds=bounds,
            method="L-BFGS-B",
            options={"maxiter": 2_000, "ftol": 1e-15, "gtol": 1e-8},
        )
        for weight in _STARTS
        for spread in (tau2, 2.0 * tau2 + 0.1)
    ]
    best = min(found, key=lambda one: float(one.fun))
    return _polished(problem, np.asarray(best.x, dtype=np.float64))


def _polished(problem: _Problem, theta: Array) -> tuple[Array, float, bool]:
    value, gradient = problem.value(theta)
    for _ in range(30):
        free = _free(problem, theta)
        bend = problem.curvature(theta)[np.ix_(free, free)]
        if free.any() and np.linalg.eigvalsh(bend).min() <= 0.0:
            return theta, value, False
        step = np.zeros(theta.size)
        step[free] = -np.linalg.solve(bend, gradient[free])
        promised = -float(gradient @ step)
        if promised < 1e-14 * (1.0 + abs(value)):
            return theta, value, True
        length = 1.0
        while length > 1e-6:
            moved = np.clip(theta + length * step, _low(problem), _high(problem))
            risen, slope = problem.value(moved)
            if risen <= value:
                break
            length /= 2.0
        else:
            return theta, value, promised < 1e-8
        theta, value, gradient = moved, risen, slope
    return theta, value, False


def _low(problem: _Problem) -> Array:
    found = np.full(problem.q.shape[1] + 1 + problem.cuts.shape[1], -_LARGEST_LOG_WEIGHT)
    found[: problem.q.shape[1]] = -np.inf
    found[problem.q.shape[1]] = 0.0
    return found


def _high(problem: _Problem) -> Array:
    found = -_low(problem)
    found[problem.q.shape[1]] = np.inf
    return found


def _free(problem: _Problem, theta: Array) -> Index:
    """Return which parameters are not held at a bound by the gradient."""
    gradient = problem.value(theta)[1]
    held = (theta <= _low(problem)) & (gradient >= 0.0)
    held |= (theta >= _high(problem)) & (gradient <= 0.0)
    return np.flatnonzero(~held)


def _covariance(problem: _Problem, theta: Array) -> Array:
    """Return the parameters' covariance; ``nan`` for those at a bound, or where there is none."""
    free = _free(problem, theta)
    found = np.full((theta.size, theta.size), math.nan)
    bend = problem.curvature(theta)[np.ix_(free, free)]
    if np.linalg.eigvalsh(bend).min() > 0.0:
        found[np.ix_(free, free)] = np.linalg.inv(bend)
    return found


def _between(t: Array) -> Array:
    """Return the chances above the first cut, between cuts, and below the last."""
    upper = special.ndtr(-t)
    lower = special.ndtr(t)
    ones = np.ones((t.shape[0], 1))
    above = np.hstack([0.0 * ones, upper, ones])
    below = np.hstack([ones, lower, 0.0 * ones])
    by_upper, by_lower = above[:, 1:] - above[:, :-1], below[:, :-1] - below[:, 1:]
    middle = np.hstack([t[:, :1], t])
    found: Array = np.where(middle > 0.0, by_upper, by_lower)
    return found


def _density(t: Array) -> Array:
    found: Array = np.exp(-0.5 * t**2) / math.sqrt(2.0 * math.pi)
    return found


def _checked(steps: Sequence[float]) -> Array:
    cuts = np.asarray(steps, dtype=np.float64)
    rising = cuts.ndim == 1 and cuts.size > 0 and bool((np.diff(cuts) > 0.0).all())
    if not (rising and cuts[0] > 0.0 and cuts[-1] < 1.0):
        raise InputError("p values that rise, between 0 and 1", where="steps")
    return cuts


def _check(data: MetaData, cuts: Array, counts: Index) -> None:
    if data.k <= data.p + cuts.size + 1:
        raise InputError(f"{data.k} effects are too few for selection by steps", where="y")
    edges = [0.0, *cuts.tolist(), 1.0]
    for at in np.flatnonzero(counts == 0).tolist():
        raise InputError(
            f"no effect has a p value from {edges[at]:g} to {edges[at + 1]:g}; leave a step out",
            where="steps",
        )


def _notes(
    data: MetaData, counts: Index, at_zero: bool, unbounded: bool, converged: bool
) -> list[str]:
    said = []
    if not converged:
        said.append("The search did not end in an optimum; do not use these figures.")
    if counts.min() < _FEW:
        said.append(
            f"A step has only {counts.min()} effects: its weight, and with it the adjusted average,"
            " is hardly more than a guess."
        )
    if at_zero:
        said.append("The variance of true effects is estimated as 0, at its boundary.")
    if unbounded:
        said.append(
            "A weight grows without end: the likelihood has no optimum inside, and figures with it"
            " have no error."
        )
    if data.n_studies < data.k:
        said.append(
            f"{data.k} effects come from {data.n_studies} studies, and selection takes them to be"
            " independent; errors are too small."
        )
    return said
