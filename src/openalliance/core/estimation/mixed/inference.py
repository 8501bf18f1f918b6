"""Standard errors, Satterthwaite degrees of freedom and p-values of the fixed part.

References
----------
Kuznetsova, A., Brockhoff, P. B., & Christensen, R. H. B. (2017). lmerTest package: tests in linear
mixed effects models. *Journal of Statistical Software, 82*(13).
https://doi.org/10.18637/jss.v082.i13
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openalliance.core.estimation.mixed.deviance import Evaluation
from openalliance.core.estimation.mixed.optimise import Minimum
from openalliance.core.estimation.mixed.products import Array
from openalliance.core.estimation.mixed.search import Problem, neighbours

UNDETERMINED = 1e-8
"""Eigenvalues of the Hessian at or below this are left out of its inverse, as lmerTest does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """The fixed part on the caller's scale. ``dropped``: a variance parameter is undetermined."""

    estimate: Array
    vcov: Array
    df: Array
    statistic: Array
    p: Array
    variance_gradient: Array
    variance_covariance: Array
    components: Array
    component_covariance: Array
    dropped: bool


def inference(problem: Problem, minimum: Minimum, found: Evaluation) -> Inference:
    """Everything about the fixed part, from the optimum."""
    from scipy.special import stdtr

    back = np.linalg.inv(problem.rows.triangle)
    vcov = back @ found.inverse @ back.T * found.variance
    estimate = problem.rows.least_squares + back @ found.beta
    covariance, dropped = _variance_covariance(problem, minimum, found)
    components, turned = _components(problem, minimum.at, float(np.sqrt(found.variance)))
    gradient = np.stack(
        [back @ slope @ back.T for slope in _variance_gradient(problem, minimum.at, found)]
    )
    slopes = np.diagonal(gradient, axis1=1, axis2=2)
    spread = np.einsum("ki,kl,li->i", slopes, covariance, slopes)
    with np.errstate(divide="ignore"):
        df = 2.0 * np.diag(vcov) ** 2 / spread
    statistic = estimate / np.sqrt(np.diag(vcov))
    return Inference(
        estimate=estimate,
        vcov=vcov,
        df=df,
        statistic=statistic,
        p=2.0 * stdtr(df, -np.abs(statistic)),
        variance_gradient=gradient,
        variance_covariance=covariance,
        components=components,
        component_covariance=turned @ covariance @ turned.T,
        dropped=dropped,
    )


def _free(problem: Problem) -> int:
    return problem.rows.n - problem.rows.fixed if problem.reml else problem.rows.n


def _variance_covariance(
    problem: Problem, minimum: Minimum, found: Evaluation
) -> tuple[Array, bool]:
    """Twice the inverse Hessian of the deviance in (searched vector, σ)."""
    sigma = np.sqrt(found.variance)
    k = minimum.at.size
    own = 4.0 * _free(problem) / found.variance
    mixed = -2.0 / sigma**3 * _residual_gradient(problem, minimum.at, found)
    hessian = np.empty((k + 1, k + 1))
    # The search profiles σ out; putting it back adds what profiling took away.
    hessian[:k, :k] = minimum.hessian + np.outer(mixed, mixed) / own
    hessian[:k, k] = hessian[k, :k] = mixed
    hessian[k, k] = own
    values, vectors = np.linalg.eigh(hessian)
    kept = values > UNDETERMINED
    inverse = vectors[:, kept] / values[kept] @ vectors[:, kept].T
    return 2.0 * inverse, not bool(kept.all())


def _residual_gradient(problem: Problem, at: Array, found: Evaluation) -> Array:
    """Derivative of r'Wr with respect to the searched vector."""
    gradient = np.empty(at.size)
    factors = problem.layout.factors(at)
    minus = tuple(-score for score in found.score)
    gradient[: problem.layout.count] = problem.layout.gradient(minus, factors)
    for j in range(problem.layout.count, at.size):
        ahead, back = neighbours(at, j)
        values = [problem.evaluation(there)[0].residual for there in (ahead, back)]
        gradient[j] = (values[0] - values[1]) / (ahead[j] - back[j])
    return gradient


def _variance_gradient(problem: Problem, at: Array, found: Evaluation) -> list[Array]:
    """Derivatives of σ²(X'WX)⁻¹ with respect to the searched vector and σ."""
    slopes = []
    for level, direction in problem.layout.directions(problem.layout.factors(at)):
        middle = np.einsum("ab,abij->ij", direction, found.fixed[level])
        slopes.append(found.variance * found.inverse @ middle @ found.inverse)
    for j in range(problem.layout.count, at.size):
        ahead, back = neighbours(at, j)
        values = [problem.evaluation(there)[0].inverse for there in (ahead, back)]
        slopes.append(found.variance * (values[0] - values[1]) / (ahead[j] - back[j]))
    slopes.append(2.0 * np.sqrt(found.variance) * found.inverse)
    return slopes


def _components(problem: Problem, at: Array, sigma: float) -> tuple[Array, Array]:
    """Components in the order of `component_names`, and their Jacobian in (searched vector, σ).

    Differences go forwards, because at a variance of 0 an SD has a kink.
    """
    point = np.append(at, sigma)
    here = _natural(problem, point)
    jacobian = np.empty((here.size, point.size))
    for j in range(point.size):
        moved = point.copy()
        width = 1e-6 * max(1.0, abs(point[j]))
        moved[j] += width
        jacobian[:, j] = (_natural(problem, moved) - here) / width
    return here, np.nan_to_num(jacobian, nan=0.0)


def _natural(problem: Problem, point: Array) -> Array:
    sigma = point[-1]
    found: list[float] = []
    scales = (problem.rows.scale, problem.rows.upper_scale)
    for level, factor in enumerate(problem.layout.factors(point[:-1])):
        scaled = factor / scales[level][:, None] * sigma
        sd = np.sqrt(np.sum(scaled**2, axis=1))
        found += sd.tolist()
        rows, columns = np.tril_indices(sd.size, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found += ((scaled @ scaled.T) / np.outer(sd, sd))[rows, columns].tolist()
    found.append(float(sigma))
    if problem.memory is not None:
        phi, share = problem.memory.parameters(point[problem.layout.count : -1])
        found += [phi, share] if problem.memory.with_error else [phi]
    return np.array(found)


def component_names(problem: Problem) -> tuple[str, ...]:
    """Names of the components: per level SDs, then correlations; residual SD; autocorrelation."""
    names: list[str] = []
    for prefix, size in zip(("group", "upper"), problem.layout.sizes, strict=False):
        names += [f"{prefix}_sd_{k}" for k in range(size)]
        pairs = zip(*np.tril_indices(size, -1), strict=True)
        names += [f"{prefix}_correlation_{row}_{column}" for row, column in pairs]
    names.append("residual_sd")
    if problem.memory is not None:
        names += ["phi", "error_share"][: problem.memory.count]
    return tuple(names)
