"""The highest likelihood over two variances that cannot be below 0.

A grid says where maxima may be; Newton steps with exact second derivatives climb from the best of
them, along the boundary where the way leads there. Nothing random: the same data give the same
answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.evidence.meta.blocks import Blocks, Working, slopes
from openalliance.core.evidence.meta.values import Array

Held = tuple[float | None, float | None]
"""Variances (between, within) that are given rather than estimated."""

_SHARES = (0.0, 0.1, 0.5, 1.5)
_STEPS = 100
_STARTS = 3
_DONE = 1e-13
"""Gain in likelihood that a step promises, per unit of likelihood, below which it is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """Where the search ended.

    ``at_zero`` says which variances are 0 without being held there.
    """

    sigma2: Array
    working: Working
    loglik: float
    at_zero: tuple[bool, bool]
    converged: bool


def highest(
    blocks: Blocks,
    *,
    restricted: bool,
    held: Held = (None, None),
    start: tuple[float, float] | None = None,
) -> Optimum:
    """Find the maximum of the log-likelihood over the variances that are not held.

    From ``start``, if it is given and leads to one: it is for likelihoods with one peak.
    """
    if start is not None:
        found_there = climb(blocks, start, restricted=restricted, held=held)
        if found_there.converged:
            return found_there
    scale = _scale(blocks)
    grids = [
        [value] if value is not None else [share * scale for share in _SHARES] for value in held
    ]
    looked = {
        (one, other): blocks.at(grids[0][one], grids[1][other]).loglik(restricted=restricted)
        for one in range(len(grids[0]))
        for other in range(len(grids[1]))
    }
    peaks = sorted(_peaks(looked), key=lambda here: -looked[here])
    found = [
        climb(blocks, (grids[0][one], grids[1][other]), restricted=restricted, held=held)
        for one, other in peaks[:_STARTS]
    ]
    return max(found, key=lambda optimum: optimum.loglik)


def one_peak(blocks: Blocks, *, restricted: bool) -> NDArray[np.bool_]:
    """Return without which studies the likelihood has one peak on the grid."""
    scale = _scale(blocks)
    steps = range(len(_SHARES))
    looked = {
        (one, other): blocks.at(_SHARES[one] * scale, _SHARES[other] * scale).logliks_without(
            restricted=restricted
        )
        for one in steps
        for other in steps
    }
    return np.array(
        [
            len(_peaks({here: float(values[at]) for here, values in looked.items()})) == 1
            for at in range(blocks.sizes.size)
        ]
    )


def climb(
    blocks: Blocks, start: tuple[float, float], *, restricted: bool, held: Held = (None, None)
) -> Optimum:
    """Climb from a start by Newton steps within variances of at least 0."""
    theta = np.array(start)
    free = np.array([value is None for value in held])
    working = blocks.at(*theta)
    value = working.loglik(restricted=restricted)
    converged = not free.any()
    for _ in range(_STEPS if free.any() else 0):
        found = slopes(working, restricted=restricted)
        moving = free & ((theta > 0.0) | (found.gradient > 0.0))
        if not moving.any():
            converged = True
            break
        step = _step(found.gradient, found.curvature, found.expected, moving)
        promised = float(found.gradient @ step)
        if promised < _DONE * (1.0 + abs(value)):
            converged = True
            theta, working, value = _settled(blocks, theta, step, working, value, restricted)
            break
        moved = _line(blocks, theta, step, value, promised, restricted)
        if moved is None:
            converged = promised < 1e-8 * (1.0 + abs(value))
            break
        theta, working, value = moved
    return Optimum(
        sigma2=theta,
        working=working,
        loglik=value,
        at_zero=(bool(free[0] and theta[0] == 0.0), bool(free[1] and theta[1] == 0.0)),
        converged=converged,
    )


def _step(gradient: Array, curvature: Array, expected: Array, moving: NDArray[np.bool_]) -> Array:
    """Return Newton's step among the moving variances; by the expectation where it bends wrong."""
    step = np.zeros(2)
    inside = np.ix_(moving, moving)
    for bend in (curvature[inside], expected[inside]):
        if np.linalg.eigvalsh(bend).min() > 1e-12 * max(np.abs(bend).max(), 1e-300):
            step[moving] = np.linalg.solve(bend, gradient[moving])
            return step
    step[moving] = gradient[moving] / max(np.abs(np.diag(expected)).max(), 1e-300)
    return step


def _line(
    blocks: Blocks, theta: Array, step: Array, value: float, promised: float, restricted: bool
) -> tuple[Array, Working, float] | None:
    """Go along a step, cut off at 0, as far as the likelihood rises."""
    length = 1.0
    for _ in range(40):
        reached = np.maximum(theta + length * step, 0.0)
        if np.array_equal(reached, theta):
            return None
        working = blocks.at(*reached)
        risen = working.loglik(restricted=restricted)
        if risen > value + 1e-4 * min(length * promised, 1e-3 * promised) or (
            risen >= value and length < 1e-3
        ):
            return reached, working, risen
        length /= 2.0 if length > 0.1 else 5.0
    return None


def _settled(
    blocks: Blocks, theta: Array, step: Array, working: Working, value: float, restricted: bool
) -> tuple[Array, Working, float]:
    """Take the last, tiny step if it does no harm beyond rounding."""
    reached = np.maximum(theta + step, 0.0)
    last = blocks.at(*reached)
    ended = last.loglik(restricted=restricted)
    if ended >= value - 1e-12 * (1.0 + abs(value)):
        return reached, last, ended
    return theta, working, value


def _scale(blocks: Blocks) -> float:
    """Return a variance of the size that effects have beyond the fixed part."""
    left = max(blocks.data.k - blocks.data.p, 1)
    return max(float(blocks.y @ blocks.y) / left, float(np.median(blocks.v)) * 1e-3, 1e-300)


def _peaks(looked: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    return [
        here for here in looked if looked[here] >= max(looked[by] for by in _near(here, looked))
    ]


def _near(here: tuple[int, int], looked: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    one, other = here
    around = [(one - 1, other), (one + 1, other), (one, other - 1), (one, other + 1)]
    return [by for by in around if by in looked] or [here]


def curved_at(working: Working, *, restricted: bool) -> Array:
    """Return the covariance of the variances by the curvature; ``nan`` where it is none."""
    bend = slopes(working, restricted=restricted).curvature
    if not np.isfinite(bend).all() or np.linalg.eigvalsh(bend).min() <= 0.0:
        return np.full((2, 2), math.nan)
    return np.asarray(np.linalg.inv(bend), dtype=np.float64)
