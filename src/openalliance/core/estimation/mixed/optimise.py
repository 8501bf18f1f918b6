"""Minimise the deviance over relative covariance factors, exactly enough to trust its optimum.

Quasi-Newton steps (BFGS) come close; Newton steps on a Hessian from the exact gradient finish. At a
boundary (a variance of 0, a correlation of ±1) the factor is singular and every derivative in it is
zero by construction; whether the point is an optimum is then decided by the gradient in Γ = ΛΛ',
which must be positive semidefinite (Karush–Kuhn–Tucker), and if not the search goes on from there.

References
----------
Nocedal, J., & Wright, S. J. (2006). *Numerical optimization* (2nd ed.), chapters 3, 6 and 12.
Springer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openalliance.core.estimation.mixed.products import Array

Objective = Callable[[Array], tuple[float, Array]]

CLOSE = 1e-5
"""Expected fall of the deviance below which Newton steps take over."""

DONE = 1e-11
"""Expected fall of the deviance, per unit of its size, at which one last step ends the search."""

STEP = 1e-4
MOST_STEPS = 200

MOST_NEWTON_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Where the search ended. ``expected_fall`` is the Newton decrement left there."""

    at: Array
    value: float
    hessian: Array
    expected_fall: float
    converged: bool


def minimise(objective: Objective, start: Array) -> Minimum:
    """Find the minimum of a smooth function with a gradient."""
    at, value, gradient = _quasi_newton(objective, start)
    for _ in range(MOST_NEWTON_STEPS):
        hessian = hessian_of(objective, at)
        step, fall = _newton_step(hessian, gradient)
        if fall <= DONE * max(1.0, abs(value)):
            # Here values differ by their rounding only; the last step goes by the gradient.
            at = at + step
            value, gradient = objective(at)
            # Degrees of freedom depend on it more than the estimates do.
            hessian = hessian_of(objective, at)
            break
        found = _line(objective, at, value, step, -2.0 * fall)
        if found is None:
            break
        at, value, gradient = found
    return Minimum(
        at=at,
        value=value,
        hessian=hessian,
        expected_fall=fall,
        converged=bool(fall <= 1e-8 * max(1.0, abs(value))),
    )


def hessian_of(objective: Objective, at: Array) -> Array:
    """Hessian by central differences of the gradient."""
    k = at.size
    hessian = np.empty((k, k))
    for j in range(k):
        width = STEP * max(1.0, abs(at[j]))
        ahead, back = at.copy(), at.copy()
        ahead[j] += width
        back[j] -= width
        hessian[j] = (objective(ahead)[1] - objective(back)[1]) / (ahead[j] - back[j])
    symmetric: Array = (hessian + hessian.T) / 2.0
    return symmetric


def _quasi_newton(objective: Objective, start: Array) -> tuple[Array, float, Array]:
    at = start
    value, gradient = objective(at)
    inverse = np.eye(at.size) / max(1.0, float(np.linalg.norm(gradient)))
    fresh = True
    for _ in range(MOST_STEPS):
        step = -inverse @ gradient
        slope = float(step @ gradient)
        if -slope < CLOSE:
            break
        found = _line(objective, at, value, step, slope)
        if found is None:
            break
        moved, turned = found[0] - at, found[2] - gradient
        at, value, gradient = found
        bend = float(moved @ turned)
        if bend <= 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(turned)):
            continue
        if fresh:
            inverse = np.eye(at.size) * bend / float(turned @ turned)
            fresh = False
        left = np.eye(at.size) - np.outer(moved, turned) / bend
        inverse = left @ inverse @ left.T + np.outer(moved, moved) / bend
    return at, value, gradient


def _newton_step(hessian: Array, gradient: Array) -> tuple[Array, float]:
    """Step along the bent directions; turned downhill where the surface is not convex."""
    values, vectors = np.linalg.eigh(hessian)
    least = 1e-9 * max(1.0, float(np.max(np.abs(values))))
    size = np.maximum(np.abs(values), least)
    along = vectors.T @ gradient
    step: Array = -vectors @ (along / size)
    return step, float(np.sum(along**2 / size)) / 2.0


def _line(
    objective: Objective, at: Array, value: float, step: Array, slope: float
) -> tuple[Array, float, Array] | None:
    """Halve the step until the function falls enough; ``None`` when it never does."""
    length = 1.0
    for _ in range(40):
        there = at + length * step
        reached, gradient = objective(there)
        if np.isfinite(reached) and reached <= value + 1e-4 * length * slope:
            return there, reached, gradient
        length *= 0.5 if length > 1e-3 else 0.1
    return None
