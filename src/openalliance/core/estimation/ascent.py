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

from openalliance.core.estimation.links import Link, bend, pieces

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = 1e-20  # squared size of the last step, in standard errors
_MOST_STEPS = 200
_CLOSE = 1e-12  # the same where no step raises the log-likelihood any more
_HALVINGS = 30
_EXTREME = 1e-5  # a fitted probability this near 0 or 1 raises the question of separation
_BLOCK = 8_192  # rows walked over at a time
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
    here = _stand(problem, _level_start(problem) if start is None else start)
    open_ended = not problem.firth and not problem.ridge.any()
    curvature = here.information
    for iteration in range(1, _MOST_STEPS + 1):
        step = _solved(curvature, here.gradient)
        if step is None:
            break
        if float(step @ here.gradient) < _STEP:
            return _found(here, iteration, step=step)
        if open_ended:
            recession = _recession(problem, step, here.extreme)
            if recession is not None:
                return _found(here, iteration, recession=recession)
        there = _climbed(problem, here, step)
        if there is None:
            break
        curvature = _learnt(curvature, here, there) if problem.firth else there.information
        here = there
    # No step raises the log-likelihood any more: at its top as far as numbers carry, or so far out
    # that the rows left tell nothing.
    step = _solved(here.information, here.gradient)
    if step is not None and float(here.gradient @ step) < _CLOSE:
        return _found(here, iteration)
    recession = _recession_by_program(problem) if open_ended else None
    return _found(here, iteration, recession=recession, converged=recession is not None)


def _learnt(curvature: Floats, here: _Place, there: _Place) -> Floats:
    """Correct the curvature by what the last step taught (BFGS).

    The information is not the curvature of a likelihood with Jeffreys' prior; steps by it alone may
    swing from one side of the top to the other for ever.
    """
    step, bent = there.point - here.point, here.gradient - there.gradient
    along = float(step @ bent)
    pulled = curvature @ step
    if along <= 1e-8 * float(step @ pulled):
        return there.information
    return np.asarray(
        curvature - np.outer(pulled, pulled) / float(step @ pulled) + np.outer(bent, bent) / along
    )


def _solved(curvature: Floats, gradient: Floats) -> Floats | None:
    try:
        step = np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def _found(
    here: _Place,
    iterations: int,
    *,
    step: Floats | None = None,
    recession: Floats | None = None,
    converged: bool = True,
) -> Found:
    return Found(
        point=here.point if step is None else here.point + step,
        information=here.information,
        iterations=iterations,
        converged=converged,
        recession=recession,
    )


def _level_start(problem: Problem) -> Floats:
    """Begin at one common probability, as near as the columns allow."""
    total = float(problem.weights.sum())
    share = (float(problem.weights @ problem.outcome) + 0.5) / (total + 1.0)
    common = math.log(share / (1.0 - share))
    if problem.link is Link.CLOGLOG:
        common = math.log(-math.log1p(-share))
    level = np.full(problem.outcome.size, common) - problem.offset
    return np.asarray(problem.columns.T @ (problem.weights * level) / total)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A point with its height and all that the next step needs; ``extreme`` marks rows."""

    point: Floats
    height: float
    gradient: Floats
    information: Floats
    extreme: Flags


def _stand(problem: Problem, point: Floats) -> _Place:
    """Walk over the rows once, in blocks that stay in the processor's memory."""
    n, size = problem.columns.shape
    height, gradient, information = 0.0, np.zeros(size), np.zeros((size, size))
    extreme = np.zeros(n, dtype=np.bool_)
    for first in range(0, n, _BLOCK):
        rows = slice(first, first + _BLOCK)
        columns, weights = problem.columns[rows], problem.weights[rows]
        outcome = problem.outcome[rows]
        here = pieces(columns @ point + problem.offset[rows], outcome, problem.link)
        height += float(weights @ here.loglik)
        gradient += columns.T @ (weights * here.residual)
        information += columns.T @ (columns * (weights * here.weight)[:, None])
        extreme[rows] = (np.abs(outcome - here.probability) < _EXTREME) & (weights > 0.0)
    height -= 0.5 * float(point @ problem.ridge @ point)
    gradient -= problem.ridge @ point
    if problem.firth:
        sign, logarithm = np.linalg.slogdet(information)
        height += 0.5 * float(logarithm) if sign > 0.0 else -math.inf
        if math.isfinite(height):
            gradient += _jeffreys(problem, point, information)
    return _Place(
        point=point, height=height, gradient=gradient, information=information + problem.ridge,
        extreme=extreme,
    )  # fmt: skip


def _jeffreys(problem: Problem, point: Floats, information: Floats) -> Floats:
    """Return the derivative of half the log determinant of the information."""
    columns = problem.columns
    eta = columns @ point + problem.offset
    weight = problem.weights * pieces(eta, problem.outcome, problem.link).weight
    spread = np.linalg.solve(information, columns.T).T
    leverage = weight * np.einsum("ij,ij->i", columns, spread)
    return np.asarray(0.5 * columns.T @ (leverage * bend(eta, problem.link)))


def _climbed(problem: Problem, here: _Place, step: Floats) -> _Place | None:
    """Take the step, or as much of it as does not lower the log-likelihood."""
    share = 1.0
    slack = 1e-13 * (1.0 + abs(here.height))
    for _ in range(_HALVINGS):
        there = _stand(problem, here.point + share * step)
        if there.height >= here.height - slack:
            return there
        share /= 2.0
    return None


def moved(columns: Floats, direction: Floats) -> Flags:
    return np.abs(columns @ direction) > 1e-9 * float(np.abs(columns @ direction).max())


def _recession(problem: Problem, step: Floats, extreme: Flags) -> Floats | None:
    """Return a direction along which no row is predicted worse and some better, if there is one.

    The step points along it once all that can settle has settled; its part that leaves every row
    at rest which is not running away is the candidate, and its signs are the proof.
    """
    if not extreme.any():
        return None
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


def _recession_by_program(problem: Problem) -> Floats | None:
    """Find a direction of recession by linear programming; the large library only when needed."""
    from scipy.optimize import linprog

    counted = problem.weights > 0.0
    sign = np.where(problem.outcome[counted] > 0.5, 1.0, -1.0)
    towards = problem.columns[counted] * sign[:, None]
    size = towards.shape[1]
    best = linprog(
        -towards.sum(axis=0),
        A_ub=-towards,
        b_ub=np.zeros(towards.shape[0]),
        bounds=[(-1, 1)] * size,
    )
    if best.x is None:
        return None
    gained = towards @ best.x
    largest = float(gained.max())
    if largest <= 1e-9 or float(gained.min()) < -1e-9 * largest:
        return None
    return np.asarray(best.x / largest)


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
