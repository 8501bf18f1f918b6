"""The profiled deviance of a nested linear mixed model and its exact gradient.

With relative covariance factors Λ (group) and Λ₂ (upper group), residual variance σ² and
W = (I + ZΛΛ'Z' + Z₂Λ₂Λ₂'Z₂')⁻¹, fixed effects and σ² follow in closed form. The deviance is that
of Bates et al. (2015), equations 30 to 34 (ML) and 39 to 42 (REML); its gradient with respect to
Γ = ΛΛ' is the sum over groups of Z'WZ - Z'WX(X'WX)⁻¹X'WZ - Z'Wr r'WZ/σ².

Arrays run over groups in their last axis, so that each elementary step is one vector operation.

References
----------
Bates, D., Mächler, M., Bolker, B., & Walker, S. (2015). Fitting linear mixed-effects models using
lme4. *Journal of Statistical Software, 67*(1). https://doi.org/10.18637/jss.v067.i01
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.estimation.mixed.products import Array, Index, Products

LOG_TWO_PI = math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything known at one value of the covariance factors.

    Parameters
    ----------
    deviance
        -2 log-likelihood, profiled over fixed effects and σ².
    variance
        σ² that maximises the (restricted) likelihood.
    residual
        r'Wr.
    beta, inverse
        Fixed effects of the scaled columns, shape ``(p,)``, and (X'WX)⁻¹, shape ``(p, p)``.
    curvature
        Per level: sum of Z'WZ - Z'WX(X'WX)⁻¹X'WZ (REML) or Z'WZ (ML), shape ``(q, q)``.
    score
        Per level: sum of Z'Wr r'WZ, shape ``(q, q)``.
    fixed
        Per level: sum over groups of Z'WX products, shape ``(q, q, p, p)``.
    """

    deviance: float
    variance: float
    residual: float
    beta: Array
    inverse: Array
    curvature: tuple[Array, ...]
    score: tuple[Array, ...]
    fixed: tuple[Array, ...]

    def gradient(self, level: int) -> Array:
        """Derivative of the deviance with respect to Γ of a level."""
        slope: Array = self.curvature[level] - self.score[level] / self.variance
        return slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Eliminated:
    """Groups after their random effects are taken out.

    ``triangle`` is the Cholesky factor of I + Λ'Z'ZΛ, shape ``(q, q, g)``; ``reduced`` is
    L⁻¹Λ'Z'[Z …], shape ``(q, m, g)``; ``log_det`` is the sum of log|L|².
    """

    triangle: Array
    reduced: Array
    log_det: float


def eliminate(products: Array, factor: Array) -> Eliminated:
    """Take the random effects out of ``products`` (q, m, g), whose first q columns are Z'Z."""
    q, m, g = products.shape
    rotated = (factor.T @ products.reshape(q, m * g)).reshape(q, m, g)
    triangle = factor.T @ rotated[:, :q]
    triangle[np.arange(q), np.arange(q)] += 1.0
    cholesky(triangle)
    forward(triangle, rotated)
    diagonal = triangle[np.arange(q), np.arange(q)]
    return Eliminated(
        triangle=triangle, reduced=rotated, log_det=2.0 * float(np.sum(np.log(diagonal)))
    )


def cholesky(matrices: Array) -> None:
    """Overwrite the lower triangle of ``(q, q, g)`` with its Cholesky factor."""
    for j in range(matrices.shape[0]):
        for k in range(j):
            matrices[j:, j] -= matrices[j, k] * matrices[j:, k]
        np.sqrt(matrices[j, j], out=matrices[j, j])
        matrices[j + 1 :, j] /= matrices[j, j]


def forward(triangle: Array, right: Array) -> None:
    """Overwrite ``right`` (q, m, g) with L⁻¹ right."""
    for i in range(triangle.shape[0]):
        for k in range(i):
            right[i] -= triangle[i, k] * right[k]
        right[i] /= triangle[i, i]


def backward(triangle: Array, right: Array) -> None:
    """Overwrite ``right`` (q, m, g) with L'⁻¹ right."""
    for i in range(triangle.shape[0] - 1, -1, -1):
        for k in range(i + 1, triangle.shape[0]):
            right[i] -= triangle[k, i] * right[k]
        right[i] /= triangle[i, i]


def evaluate(products: Products, factors: tuple[Array, ...], *, reml: bool) -> Evaluation:
    """Deviance, estimates and gradient at the given relative covariance factors."""
    q = factors[0].shape[0]
    group = eliminate(products.group, factors[0])
    weighted = _without(products.group, group.reduced)
    u = 0
    last = group.reduced[:, q:]
    log_det = group.log_det
    total = products.total.copy()
    upper = None
    if products.upper is not None:
        u = factors[1].shape[0]
        above = products.upper - sum_products(last, u, products.upper_starts)
        upper = eliminate(above, factors[1])
        log_det += upper.log_det
        for reduced in upper.reduced[:, u:]:
            total -= reduced @ reduced.T
        weighted = _through(weighted, upper, factors[1], (q, u), products.upper_of)
    for reduced in last[:, u:]:
        total -= reduced @ reduced.T
    p = total.shape[0] - 1
    root = np.linalg.cholesky(total[:p, :p])
    inverse: Array = np.asarray(np.linalg.inv(total[:p, :p]), dtype=np.float64)
    beta = inverse @ total[:p, p]
    residual = float(total[p, p] - total[p, :p] @ beta)
    if not residual > 0.0:
        raise np.linalg.LinAlgError("nothing is left of the residuals")
    free = products.n - p if reml else products.n
    deviance = log_det + products.log_scale[1] + free * (1 + LOG_TWO_PI + math.log(residual / free))
    if reml:
        deviance += products.log_scale[0] + 2.0 * float(np.sum(np.log(np.diag(root))))
    levels = [_level(weighted, q, beta, inverse, reml=reml)]
    if upper is not None:
        levels.append(_level(_without(above, upper.reduced), u, beta, inverse, reml=reml))
    return Evaluation(
        deviance=deviance,
        variance=residual / free,
        residual=residual,
        beta=beta,
        inverse=inverse,
        curvature=tuple(level[0] for level in levels),
        score=tuple(level[1] for level in levels),
        fixed=tuple(level[2] for level in levels),
    )


def _without(products: Array, reduced: Array) -> Array:
    """Z'W[Z …] from Z'[Z …] and L⁻¹Λ'Z'[Z …]."""
    left = products.copy()
    q = products.shape[0]
    for a in range(q):
        for k in range(q):
            left[a] -= reduced[k, a] * reduced[k]
    return left


def sum_products(reduced: Array, u: int, starts: Index) -> Array:
    """Sum over the groups of each upper group of Z₂-columns with all columns, after Z."""
    m = reduced.shape[1]
    summed = np.empty((u, m, starts.size))
    for a in range(u):
        for b in range(m):
            terms = np.sum(reduced[:, a] * reduced[:, b], axis=0)
            summed[a, b] = np.add.reduceat(terms, starts)
    return summed


def _through(
    weighted: Array, upper: Eliminated, factor: Array, sizes: tuple[int, int], upper_of: Index
) -> Array:
    """Group products Z'W₁[Z Z₂ X y] to Z'W[Z X y]: the upper effects taken out as well."""
    q, u = sizes
    between = weighted[:, q : q + u].transpose(1, 0, 2)
    crossed = (factor.T @ between.reshape(u, -1)).reshape(between.shape)
    forward(upper.triangle[:, :, upper_of], crossed)
    left = np.concatenate([weighted[:, :q], weighted[:, q + u :]], axis=1)
    right = upper.reduced[:, u:][:, :, upper_of]
    for a in range(q):
        for k in range(u):
            left[a, :q] -= crossed[k, a] * crossed[k]
            left[a, q:] -= crossed[k, a] * right[k]
    return left


def _level(
    weighted: Array, q: int, beta: Array, inverse: Array, *, reml: bool
) -> tuple[Array, Array, Array]:
    """Curvature, score and fixed products of a level from its Z'W[Z X y]."""
    p = beta.size
    right = weighted[:, q : q + p]
    error = weighted[:, q + p] - np.matmul(beta, right)
    flat = np.ascontiguousarray(right).reshape(q * p, -1)
    fixed = (flat @ flat.T).reshape(q, p, q, p).transpose(0, 2, 1, 3)
    curvature = weighted[:, :q].sum(axis=2)
    if reml:
        curvature = curvature - np.einsum("abij,ij->ab", fixed, inverse)
    return curvature, error @ error.T, fixed
