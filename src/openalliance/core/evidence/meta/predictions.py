"""True effects of the studies at hand: pulled to the average as far as sampling error asks.

Best linear unbiased predictions given the variances. What remains of each effect after sampling
error is y − ΣM⁻¹(y − Xβ), Σ being the covariance of sampling errors.

References
----------
Raudenbush, S. W., & Bryk, A. S. (1985). Empirical Bayes meta-analysis. *Journal of Educational
Statistics, 10*(2), 75-98. https://doi.org/10.3102/10769986010002075

Robinson, G. K. (1991). That BLUP is a good thing: The estimation of random effects. *Statistical
Science, 6*(1), 15-32. https://doi.org/10.1214/ss/1177011926
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Working
from openalliance.core.evidence.meta.inference import quantile
from openalliance.core.evidence.meta.three_level import working_model
from openalliance.core.evidence.meta.values import Array, Index, MetaFit, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Predictions with their standard errors and intervals, shape ``(n,)`` each.

    Errors allow for the coefficients being estimated, not for the variances being so.
    """

    estimate: Array
    se: Array
    low: Array
    high: Array


def true_effects(fit: MetaFit) -> Predicted:
    """Predict the true effect behind each effect, in the order of the data.

    In a model of equal true effects they are the expected effects.
    """
    working = working_model(fit)
    blocks = working.blocks
    pulled = _errors(working, working.solve(working.residual())[:, None])[:, 0]
    n = _errors(working, working.solve(blocks.q))
    left = blocks.v - _explained(working) + np.einsum("is,st,it->i", n, _fixed(fit), n)
    values = blocks.y + blocks.q @ blocks.centre - pulled
    return _predicted(fit, _in_order(blocks.order, values), _in_order(blocks.order, left))


def study_deviations(fit: MetaFit) -> Predicted:
    """Predict how far each study's average true effect lies from what is expected of it.

    Studies are in the order of their codes.

    Raises
    ------
    InputError
        The model has not three levels.
    """
    working = _of_three_levels(fit)
    blocks, between = working.blocks, working.between
    solved = working.solve(np.column_stack([blocks.q, np.ones(blocks.v.size)]))
    f, whole = blocks.sums(solved[:, :-1]), blocks.sums(solved[:, -1])
    known = whole - np.einsum("js,st,jt->j", f, _fixed(fit), f)
    estimate = between * blocks.sums(working.solve(working.residual()))
    return _predicted(fit, estimate, between - between**2 * known)


def effect_deviations(fit: MetaFit) -> Predicted:
    """Predict how far each true effect lies from its study's average, in the order of the data.

    Raises
    ------
    InputError
        The model has not three levels.
    """
    working = _of_three_levels(fit)
    blocks, within = working.blocks, working.within
    n = working.solve(blocks.q)
    known = working.diagonal_inverse() - np.einsum("is,st,it->i", n, _fixed(fit), n)
    estimate = within * working.solve(working.residual())
    return _predicted(
        fit,
        _in_order(blocks.order, estimate),
        _in_order(blocks.order, within - within**2 * known),
    )


def _errors(working: Working, columns: Array) -> Array:
    """Return ΣB, Σ the covariance of sampling errors."""
    blocks, rho = working.blocks, working.blocks.rho
    found: Array = (1.0 - rho) * blocks.v[:, None] * columns
    if rho > 0.0:
        size = np.sqrt(blocks.v)[:, None]
        found += rho * size * blocks.sums(size * columns)[blocks.studies]
    return found


def _explained(working: Working) -> Array:
    """Return the diagonal of ΣM⁻¹Σ."""
    blocks, rho = working.blocks, working.blocks.rho
    own = (1.0 - rho) * blocks.v
    found: Array = own**2 * working.diagonal_inverse()
    if rho > 0.0:
        size = np.sqrt(blocks.v)
        solved = working.solve(size)
        whole = blocks.sums(size * solved)[blocks.studies]
        found += 2.0 * own * rho * size * solved + (rho * size) ** 2 * whole
    return found


def _fixed(fit: MetaFit) -> Array:
    """Return the coefficients' covariance in the orthonormal columns."""
    triangle = fit.data.triangle
    found: Array = triangle @ fit.vcov @ triangle.T
    return found


def _of_three_levels(fit: MetaFit) -> Working:
    if fit.model is not Model.THREE_LEVEL:
        raise InputError("needs a three-level model", where="model")
    return working_model(fit)


def _in_order(order: Index, values: Array) -> Array:
    found = np.empty_like(values)
    found[order] = values
    return found


def _predicted(fit: MetaFit, estimate: Array, variance: Array) -> Predicted:
    se = np.sqrt(np.maximum(variance, 0.0))
    reach = quantile(fit.level, np.full(estimate.size, np.min(fit.df))) * se
    return Predicted(estimate=estimate, se=se, low=estimate - reach, high=estimate + reach)
