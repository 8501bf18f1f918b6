"""The way up a binary likelihood, and the proof when it has no top.

Fisher scoring on orthonormal columns. Where the data separate, the likelihood rises for ever in
some direction (of recession); the last steps point along it, and its signs are the proof.

References
----------
Albert, A., & Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic
regression models. *Biometrika, 71*, 1-10. https://doi.org/10.1093/biomet/71.1.1

Geyer, C. J. (2009). Likelihood inference in exponential families and directions of recession.
*Electronic Journal of Statistics, 3*, 259-289. https://doi.org/10.1214/08-EJS349
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openalliance.core.estimation.links import Link, loglik, pieces

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = 1e-20  # squared size of the last step, in standard errors
_MOST_STEPS = 200
_HALVINGS = 30
_EXTREME = 1e-5  # a fitted probability this near 0 or 1 raises the question of separation
_STILL = 1e-4  # share of the largest movement below which a row stands still


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Orthonormal columns (cross-product the identity times the rows) and all else of a fit."""

    columns: Floats
    outcome: Floats
    weights: Floats
    offset: Floats
    link: Link
    firth: bool
    ridge: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    point: Floats
    information: Floats
    iterations: int
    converged: bool
    recession: Floats | None = None


def ascend(problem: Problem, start: Floats | None) -> Found:
    """Climb to the top of the (penalised) log-likelihood, or prove that it has none."""
    if problem.columns.shape[1] == 0:
        nothing = np.zeros(0)
        return Found(point=nothing, information=np.eye(0), iterations=0, converged=True)
    point = _level_start(problem) if start is None else start.copy()
    height = _height(problem, point)
    gradient, information, extreme = _slope(problem, point)
    for iteration in range(1, _MOST_STEPS + 1):
        step: Floats = np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
        size = float(step @ gradient)
        if size < _STEP:
            return Found(
                point=point + step, information=information, iterations=iteration, converged=True
            )
        if not problem.firth and not problem.ridge.any() and extreme.any():
            recession = _recession(problem, step, extreme)
            if recession is not None:
                return Found(
                    point=point, information=information, iterations=iteration,
                    converged=True, recession=recession,
                )  # fmt: skip
        point, height, rises = _step(problem, point, step, height)
        gradient, information, extreme = _slope(problem, point)
        if not rises:
            break
    # No step raises the log-likelihood any more: at its top as far as numbers carry.
    close = float(gradient @ np.linalg.solve(information, gradient)) < 1e-12
    return Found(point=point, information=information, iterations=iteration, converged=close)


def _level_start(problem: Problem) -> Floats:
    """Begin at one common probability, as near as the columns allow."""
    total = float(problem.weights.sum())
    share = (float(problem.weights @ problem.outcome) + 0.5) / (total + 1.0)
    common = math.log(share / (1.0 - share))
    if problem.link is Link.CLOGLOG:
        common = math.log(-math.log1p(-share))
    level = np.full(problem.outcome.size, common) - problem.offset
    return np.asarray(problem.columns.T @ (problem.weights * level) / total)


def _height(problem: Problem, point: Floats) -> float:
    eta = problem.columns @ point + problem.offset
    height = float(problem.weights @ loglik(eta, problem.outcome, problem.link))
    height -= 0.5 * float(point @ problem.ridge @ point)
    if problem.firth:
        weight = problem.weights * pieces(eta, problem.outcome, problem.link).weight
        height += 0.5 * float(np.linalg.slogdet(_cross(problem.columns, weight))[1])
    return height


def _cross(columns: Floats, weight: Floats) -> Floats:
    return np.asarray(columns.T @ (columns * weight[:, None]))


def _slope(problem: Problem, point: Floats) -> tuple[Floats, Floats, Flags]:
    """Return gradient, information and which rows are as good as certain."""
    columns = problem.columns
    here = pieces(columns @ point + problem.offset, problem.outcome, problem.link)
    weight = problem.weights * here.weight
    information = _cross(columns, weight)
    pull = problem.weights * here.residual
    if problem.firth:
        spread = np.linalg.solve(information, columns.T).T
        pull = pull + 0.5 * weight * np.einsum("ij,ij->i", columns, spread) * here.bend
    gradient = columns.T @ pull - problem.ridge @ point
    surprise = np.where(problem.outcome > 0.5, 1.0 - here.probability, here.probability)
    extreme = (surprise < _EXTREME) & (problem.weights > 0.0)
    return gradient, information + problem.ridge, extreme


def _step(
    problem: Problem, point: Floats, step: Floats, height: float
) -> tuple[Floats, float, bool]:
    """Take the step, or as much of it as raises the log-likelihood."""
    share = 1.0
    slack = 1e-13 * (1.0 + abs(height))
    for _ in range(_HALVINGS):
        there = point + share * step
        reached = _height(problem, there)
        if reached >= height - slack:
            return there, reached, True
        share /= 2.0
    return point, height, False


def moved(columns: Floats, direction: Floats) -> Flags:
    return np.abs(columns @ direction) > 1e-9 * float(np.abs(columns @ direction).max())


def _recession(problem: Problem, step: Floats, extreme: Flags) -> Floats | None:
    """Return a direction along which no row is predicted worse and some better, if there is one.

    The step points along it once all that can settle has settled; its part that leaves every row
    at rest which is not running away is the candidate, and its signs are the proof.
    """
    counted = problem.weights > 0.0
    shift = np.abs(problem.columns @ step)
    runs = extreme & (shift > _STILL * float(shift[counted].max()))
    if not runs.any():
        return None
    rest = problem.columns[counted & ~runs]
    values, vectors = np.linalg.eigh(rest.T @ rest / problem.outcome.size)
    free = vectors[:, values < 1e-12 * max(float(values.max()), 1e-300)]
    if rest.shape[0] == 0:
        free = np.eye(step.size)
    if free.shape[1] == 0:
        return None
    candidate = free @ (free.T @ step)
    towards = problem.columns[counted] @ candidate
    towards = np.where(problem.outcome[counted] > 0.5, towards, -towards)
    largest = float(np.abs(towards).max())
    if largest <= 1e-9 or float(towards.min()) < -1e-9 * largest:
        return None
    return np.asarray(candidate / largest)


def spanned(columns: Floats) -> Floats:
    """Return an orthonormal basis of what these rows can tell apart."""
    if columns.shape[0] == 0:
        return np.zeros((columns.shape[1], 0))
    values, vectors = np.linalg.eigh(columns.T @ columns / columns.shape[0])
    return np.asarray(vectors[:, values > 1e-10 * float(values.max())])


def reduced(problem: Problem, active: Flags, kept: Floats) -> Problem:
    return replace(
        problem,
        columns=problem.columns[active] @ kept,
        outcome=problem.outcome[active],
        weights=problem.weights[active],
        offset=problem.offset[active],
        ridge=kept.T @ problem.ridge @ kept,
    )
