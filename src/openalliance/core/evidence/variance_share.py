"""The share of variance between groups by its profiled restricted likelihood.

With one random intercept all variances follow from one number, the share ``ρ`` between groups:
``cov(y) = σ² (I + λ J)`` within a group, ``λ = ρ / (1 - ρ)``, and σ² and the fixed effects have
closed forms given ``ρ``. The likelihood is thus a curve. Its top is the REML estimate, its width
the profile interval, and the curve itself the weight with which estimates are averaged over what
``ρ`` may be.

References
----------
Bates, D., Mächler, M., Bolker, B., & Walker, S. (2015). Fitting linear mixed-effects models using
lme4. *Journal of Statistical Software, 67*(1), sections 3.4 and 5.1.

Self, S. G., & Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood estimators and
likelihood ratio tests under nonstandard conditions. *Journal of the American Statistical
Association, 82*(398), 605-610. (The test of a variance of 0.)

Robinson, G. K. (1991). That BLUP is a good thing: The estimation of random effects. *Statistical
Science, 6*(1), 15-32. (Prediction error variances.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_LARGEST = 0.999999
_GRID = 200
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Cross-products of ``(x, y)``: over all rows, and sums within groups."""

    n: int
    total: Array
    sums: Array
    counts: Array

    @property
    def terms(self) -> int:
        """Number of fixed columns."""
        return int(self.total.shape[0]) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """All that follows from one share ``ρ``."""

    deviance: float
    beta: Array
    variance: float
    beta_covariance: Array
    effects: Array
    error_variance: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The estimated share and what it implies; ``weights`` over ``grid`` are its likelihood.

    ``effects`` are the groups' BLUPs at the REML estimate, shape ``(g,)``.
    """

    icc: float
    low: float
    high: float
    p: float
    loglik: float
    boundary: bool
    between_variance: float
    client_variance: float
    beta: Array
    beta_se: Array
    effects: Array
    confidence: float
    grid: Array = field(repr=False)
    weights: Array = field(repr=False)
    products: Products = field(repr=False)

    def intervals(self) -> tuple[Array, Array]:
        """Bounds of the groups' effects, averaged over the likelihood of the share.

        Each bound is a quantile of the mixture of Gaussians, one for each share on the grid with
        its likelihood as weight (a flat prior on the share).
        """
        from scipy.special import ndtr

        points = [evaluate(self.products, float(rho)) for rho in self.grid]
        means = np.array([point.effects for point in points])
        sds = np.sqrt(np.maximum([point.error_variance for point in points], 1e-300))
        far = 12.0 * sds.max(axis=0) + np.abs(means).max(axis=0)
        tail = (1.0 - self.confidence) / 2.0

        def quantile(wanted: float) -> Array:
            low, high = -far, far.copy()
            for _ in range(80):
                middle = (low + high) / 2.0
                below = self.weights @ ndtr((middle - means) / sds) < wanted
                low, high = np.where(below, middle, low), np.where(below, high, middle)
            found: Array = (low + high) / 2.0
            return found

        return quantile(tail), quantile(1.0 - tail)


def share_between(y: Array, x: Array, groups: Index, *, confidence: float) -> Share:
    """Estimate the share of variance between groups by REML, with its profile interval.

    Parameters
    ----------
    y, x
        Response ``(n,)`` and fixed columns ``(n, p)``.
    groups
        Group of each row, codes 0 to g - 1, shape ``(n,)``.
    confidence
        Level of the intervals.

    Raises
    ------
    InputError
        If fixed columns are dependent or nothing varies within groups.
    """
    from scipy.optimize import brentq, minimize_scalar
    from scipy.special import chdtrc, chdtri

    # What the fixed columns explain is taken off first: a large mean would cost the cross-products
    # of what is left their last digits.
    start = np.linalg.lstsq(x, y, rcond=None)[0]
    products = _products(y - x @ start, x, groups)
    if _left_within(products) <= _TOLERANCE * float(y @ y):
        raise InputError("nothing varies within therapists; there is no error", where="outcome")

    def deviance(rho: float) -> float:
        return evaluate(products, rho).deviance

    grid = np.linspace(0.0, _LARGEST, _GRID)
    curve = np.array([deviance(float(rho)) for rho in grid])
    best = int(np.argmin(curve))
    around = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID - 1)]))
    found = minimize_scalar(
        deviance, bounds=around, method="bounded", options={"xatol": _TOLERANCE}
    )
    icc = float(found.x) if found.fun < deviance(0.0) - 1e-10 else 0.0
    at = evaluate(products, icc)
    boundary = icc == 0.0
    limit = at.deviance + float(chdtri(1, 1.0 - confidence))

    def excess(rho: float) -> float:
        return deviance(rho) - limit

    low = 0.0 if excess(0.0) <= 0.0 else float(brentq(excess, 0.0, icc, xtol=1e-10))
    high = _LARGEST if excess(_LARGEST) <= 0.0 else float(brentq(excess, icc, _LARGEST, xtol=1e-10))
    weights = np.exp(-(curve - curve.min()) / 2.0)
    ratio = max(deviance(0.0) - at.deviance, 0.0)
    within = at.variance
    return Share(
        icc=icc,
        low=low,
        high=high,
        p=1.0 if boundary else 0.5 * float(chdtrc(1, ratio)),
        loglik=-at.deviance / 2.0,
        boundary=boundary,
        between_variance=within * icc / (1.0 - icc),
        client_variance=within,
        beta=start + at.beta,
        beta_se=np.sqrt(np.diag(at.beta_covariance)),
        effects=at.effects,
        confidence=confidence,
        grid=grid,
        weights=weights / weights.sum(),
        products=products,
    )


def evaluate(products: Products, rho: float) -> Point:
    """Profile fixed effects and variance at one share; O(groups)."""
    ratio = rho / (1.0 - rho)
    counts, p = products.counts, products.terms
    inverse = ratio / (1.0 + ratio * counts)
    weighted = products.total - (products.sums * inverse[:, None]).T @ products.sums
    xx, xy, yy = weighted[:p, :p], weighted[:p, p], weighted[p, p]
    try:
        factor = np.linalg.cholesky(xx)
    except np.linalg.LinAlgError:
        raise InputError("fixed columns depend on each other; leave one out", where="x") from None
    solved = np.linalg.solve(factor, xy)
    beta = np.linalg.solve(factor.T, solved)
    residual = float(yy - solved @ solved)
    df = products.n - p
    variance = residual / df
    log_det = float(np.log1p(ratio * counts).sum()) + 2.0 * float(np.log(np.diag(factor)).sum())
    unscaled = np.linalg.inv(xx)
    means = (products.sums[:, p] - products.sums[:, :p] @ beta) / counts
    kept = ratio * counts / (1.0 + ratio * counts)
    # A group's prediction error: its own, and that of the fixed effects it is measured from.
    centres = products.sums[:, :p] / counts[:, None]
    from_fixed = kept**2 * np.einsum("gi,ij,gj->g", centres, unscaled, centres)
    return Point(
        deviance=df * (1.0 + math.log(2.0 * math.pi * variance)) + log_det,
        beta=beta,
        variance=variance,
        beta_covariance=np.asarray(variance * unscaled, dtype=np.float64),
        effects=kept * means,
        error_variance=variance * (ratio * (1.0 - kept) + from_fixed),
    )


def _left_within(products: Products) -> float:
    """Sum of squares within groups that the fixed columns leave."""
    within = products.total - (products.sums / products.counts[:, None]).T @ products.sums
    p = products.terms
    beta = np.linalg.lstsq(within[:p, :p], within[:p, p], rcond=1e-10)[0]
    return float(within[p, p] - within[:p, p] @ beta)


def _products(y: Array, x: Array, groups: Index) -> Products:
    rows = np.column_stack([x, y])
    counts = np.bincount(groups).astype(np.float64)
    sums = np.column_stack([np.bincount(groups, column).astype(np.float64) for column in rows.T])
    return Products(n=y.size, total=rows.T @ rows, sums=sums, counts=counts)
