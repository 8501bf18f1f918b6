"""Which effects or studies the result hangs on, and which do not fit the others.

References
----------
Belsley, D. A., Kuh, E., & Welsch, R. E. (1980). *Regression diagnostics*. Wiley.

Cook, R. D., & Weisberg, S. (1982). *Residuals and influence in regression*. Chapman and Hall.

Viechtbauer, W., & Cheung, M. W.-L. (2010). Outlier and influence diagnostics for meta-analysis.
*Research Synthesis Methods, 1*(2), 112-125. https://doi.org/10.1002/jrsm.11
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.evidence.meta.blocks import Blocks
from openalliance.core.evidence.meta.left_out import covariances
from openalliance.core.evidence.meta.three_level import working_model
from openalliance.core.evidence.meta.values import Array, Index, MetaFit, Model
from openalliance.core.evidence.meta.without import By, Refits, leave_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What leaving out each effect or study does; ``nan`` where the rest cannot be fitted.

    Parameters
    ----------
    refits
        The fits without each, whose estimates, variances and heterogeneity it holds.
    cook
        Cook's distance: how far all coefficients move together, shape ``(m,)``. Set against the
        χ² distribution with as many degrees of freedom as coefficients.
    dfbetas
        How far each coefficient moves, in its standard errors, shape ``(m, p)``.
    dffits
        How far the expected effect moves, in its standard errors; by effects only, else empty.
    covariance_ratio
        Determinant of the coefficients' covariance without it over that with it: below 1, leaving
        it out makes the result more precise.
    studentised
        Externally studentised residual of each effect, from the fit without it or its study,
        shape ``(k,)``.
    hat
        Leverage of each effect, shape ``(k,)``.
    """

    refits: Refits
    cook: Array
    dfbetas: Array
    dffits: Array
    covariance_ratio: Array
    studentised: Array
    hat: Array


def influence(fit: MetaFit, *, by: By = By.EFFECT) -> Influence:
    """Fit again without each effect or study and say what that changes."""
    refits = leave_out(fit, by=by)
    data, hat = fit.data, leverages(fit)
    m, p = refits.codes.size, data.p
    cook, ratio = np.full(m, math.nan), np.full(m, math.nan)
    dfbetas, studentised = np.full((m, p), math.nan), np.full(data.k, math.nan)
    dffits = np.full(m if by is By.EFFECT else 0, math.nan)
    inverse = np.linalg.inv(fit.vcov)
    size = np.linalg.slogdet(fit.vcov)[1]
    members = _members(fit, by)
    scaled = _scaled(fit, refits)
    for at, other in enumerate(refits.fits):
        if other is None:
            continue
        moved = fit.estimate - other.estimate
        cook[at] = moved @ inverse @ moved
        ratio[at] = math.exp(np.linalg.slogdet(other.vcov)[1] - size)
        dfbetas[at] = moved / np.sqrt(np.diag(scaled[at]))
        rows = members[at]
        x = data.x[rows]
        variance = data.v[rows] + other.between_effects
        known = np.einsum("is,st,it->i", x, other.vcov, x)
        studentised[rows] = (data.y[rows] - x @ other.estimate) / np.sqrt(variance + known)
        if by is By.EFFECT:
            dffits[at] = (x[0] @ moved) / math.sqrt(hat[at] * variance[0])
    return Influence(
        refits=refits,
        cook=cook,
        dfbetas=dfbetas,
        dffits=dffits,
        covariance_ratio=ratio,
        studentised=studentised,
        hat=hat,
    )


def leverages(fit: MetaFit) -> Array:
    """Return the hat value of each effect; they add up to the number of coefficients."""
    working = working_model(fit)
    blocks = working.blocks
    found = np.empty(fit.data.k)
    found[blocks.order] = np.sum((blocks.q @ working.inverse) * working.solve(blocks.q), axis=1)
    return found


def standardised(fit: MetaFit) -> Array:
    """Return each effect's residual over its standard error (internally standardised)."""
    working = working_model(fit)
    blocks = working.blocks
    variance = blocks.v + fit.between_effects
    variance = variance - np.einsum("is,st,it->i", blocks.q, working.inverse, blocks.q)
    found = np.empty(fit.data.k)
    found[blocks.order] = working.residual() / np.sqrt(variance)
    return found


def _scaled(fit: MetaFit, refits: Refits) -> Array:
    """Return the coefficients' covariance by all data at the variances of each other fit."""
    if fit.model is not Model.THREE_LEVEL:
        tau2 = refits.values("between_effects")
        return covariances(fit.data, np.where(np.isnan(tau2), 0.0, tau2))
    blocks = Blocks(fit.data, rho=fit.rho)
    found = np.full((len(refits.fits), fit.data.p, fit.data.p), math.nan)
    for at, other in enumerate(refits.fits):
        if other is not None:
            found[at] = blocks.at(float(other.sigma2[0]), float(other.sigma2[1])).vcov
    return found


def _members(fit: MetaFit, by: By) -> list[Index]:
    data = fit.data
    if by is By.EFFECT:
        return [np.array([at]) for at in range(data.k)]
    blocks = Blocks(data, rho=0.0)
    return np.split(blocks.order, blocks.starts[1:])
