"""Conditional means and covariances of the random effects, on the scale of the caller's columns."""

from __future__ import annotations

import numpy as np

from openalliance.core.estimation.mixed.deviance import (
    Eliminated,
    Evaluation,
    backward,
    eliminate,
    sum_products,
)
from openalliance.core.estimation.mixed.products import Array, Products, Rows


def random_effects(
    rows: Rows, products: Products, factors: tuple[Array, ...], found: Evaluation
) -> list[tuple[Array, Array]]:
    """Effects ``(g, q)`` and their covariances ``(g, q, q)`` per level, group first.

    The covariance of a group's effects counts that those of its upper group are estimated too.
    """
    q, u = rows.scale.size, rows.upper_scale.size
    contrast = np.concatenate([-found.beta, [1.0]])
    group = eliminate(products.group, factors[0])
    pull = np.tensordot(contrast, group.reduced[:, q + u :], axes=(0, 1))
    levels: list[tuple[Array, Array]] = []
    spread = _inverse(group, factors[0])
    if products.upper is not None:
        above = products.upper - sum_products(group.reduced[:, q:], u, products.upper_starts)
        upper = eliminate(above, factors[1])
        pull_above = np.tensordot(contrast, upper.reduced[:, u:], axes=(0, 1))
        effects_above = _solve(upper, factors[1], pull_above[:, None])[:, 0]
        spread_above = _inverse(upper, factors[1])
        between = group.reduced[:, q : q + u]
        pull = pull - np.sum(between * effects_above[None, :, products.upper_of], axis=1)
        through = _solve(group, factors[0], between)
        spread = spread + np.einsum(
            "iag,abg,jbg->ijg", through, spread_above[:, :, products.upper_of], through
        )
        levels.append(_scaled(effects_above, spread_above * found.variance, rows.upper_scale))
    effects = _solve(group, factors[0], pull[:, None])[:, 0]
    return [_scaled(effects, spread * found.variance, rows.scale), *levels]


def _solve(level: Eliminated, factor: Array, right: Array) -> Array:
    """Λ L'⁻¹ right, for right of shape ``(q, m, g)``."""
    solved = right.copy()
    backward(level.triangle, solved)
    turned: Array = (factor @ solved.reshape(solved.shape[0], -1)).reshape(solved.shape)
    return turned


def _inverse(level: Eliminated, factor: Array) -> Array:
    """Λ (LL')⁻¹ Λ' per group, shape ``(q, q, g)``."""
    q, _, g = level.triangle.shape
    identity = np.zeros((q, q, g))
    identity[np.arange(q), np.arange(q)] = 1.0
    half = _solve(level, factor, identity)
    inverse: Array = np.einsum("iag,jag->ijg", half, half)
    return inverse


def _scaled(effects: Array, covariance: Array, scale: Array) -> tuple[Array, Array]:
    divided = covariance / scale[:, None, None] / scale[None, :, None]
    return (effects / scale[:, None]).T, np.moveaxis(divided, 2, 0)
