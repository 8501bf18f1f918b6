"""The likelihood of effects in studies, in time and memory linear in the effects.

Effects of a study share the study's deviation, and their sampling errors correlate by ρ, so their
covariance is a diagonal plus rank two,

    M = diag((1 − ρ) v + within) + U U',  U = [√between · 1, √ρ · √v],

and Woodbury's identity leaves a 2 × 2 matrix for each study. Derivatives with respect to the two
variances come from the same pieces (P = M⁻¹ − M⁻¹ Q (Q'M⁻¹Q)⁻¹ Q'M⁻¹).

References
----------
Gilmour, A. R., Thompson, R., & Cullis, B. R. (1995). Average information REML. *Biometrics, 51*(4),
1440-1450. https://doi.org/10.2307/2533274

Pustejovsky, J. E., & Tipton, E. (2022). Meta-analysis with robust variance estimation: Expanding
the range of working models. *Prevention Science, 23*, 425-438.
https://doi.org/10.1007/s11121-021-01246-3
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.evidence.meta.values import Array, Index, MetaData


class Blocks:
    """Effects sorted by study.

    Parameters
    ----------
    data
        The effects.
    rho
        Correlation of sampling errors within a study, from 0 to below 1.
    """

    def __init__(self, data: MetaData, *, rho: float) -> None:
        self.data = data
        self.rho = rho
        self.order: Index = np.argsort(data.studies, kind="stable")
        self.studies: Index = data.studies[self.order]
        self.sizes: Index = np.bincount(self.studies)
        self.starts: Index = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.v = data.v[self.order]
        self.q = np.ascontiguousarray(data.basis[self.order])
        self.centre = data.basis.T @ data.y
        self.y = data.y[self.order] - self.q @ self.centre
        self.both = np.column_stack([self.q, self.y])

    def at(self, between: float, within: float) -> Working:
        """Return the working model with these variances."""
        return Working(self, between, within)

    def sums(self, values: Array) -> Array:
        """Add up within studies, along the first axis."""
        found: Array = np.add.reduceat(values, self.starts, axis=0)
        return found


class Working:
    """Effects in studies at given variances: products with M⁻¹, and the fixed part by them."""

    def __init__(self, blocks: Blocks, between: float, within: float) -> None:
        self.blocks = blocks
        self.between = between
        self.within = within
        rho, v = blocks.rho, blocks.v
        self.w = 1.0 / ((1.0 - rho) * v + within)
        self.columns = [np.full(v.size, math.sqrt(between))] if between > 0.0 else []
        if rho > 0.0:
            self.columns.append(np.sqrt(rho * v))
        self.weighted = [self.w * column for column in self.columns]
        self.gram = self._gram(1)
        self.kernel, logdet = _inverse_of_one_plus(self.gram)
        self.logdets = logdet - blocks.sums(np.log(self.w))
        self.logdet_m = float(self.logdets.sum())
        both = self.product(blocks.both)
        root = np.linalg.cholesky(both[:-1, :-1])
        inverse = np.linalg.inv(root)
        self.inverse = inverse.T @ inverse
        self.logdet_q = 2.0 * float(np.log(np.diag(root)).sum())
        self.shift = self.inverse @ both[:-1, -1]
        self.rss = float(both[-1, -1] - both[:-1, -1] @ self.shift)

    def loglik(self, *, restricted: bool) -> float:
        """Return the (restricted) log-likelihood, all constants included."""
        data = self.blocks.data
        rows = data.k - data.p if restricted else data.k
        found = -0.5 * (rows * math.log(2.0 * math.pi) + self.logdet_m + self.rss)
        return found - 0.5 * self.logdet_q if restricted else found

    def logliks_without(self, *, restricted: bool) -> Array:
        """Return the log-likelihood of all without each study, up to a constant of each.

        ``nan`` where the rest cannot be fitted.
        """
        p = self.blocks.data.p
        both = self.blocks.both
        shares = self.blocks.sums((both * self.w[:, None])[:, :, None] * both[:, None, :])
        sums = self._sums(both)
        for a in range(len(sums)):
            for b in range(len(sums)):
                kernel = self.kernel[:, a, b, None, None]
                shares -= sums[a][:, :, None] * kernel * sums[b][:, None, :]
        left = shares.sum(axis=0) - shares
        inverse = np.linalg.pinv(left[:, :p, :p], hermitian=True)
        across = left[:, :p, p]
        rss = left[:, p, p] - np.einsum("ms,mst,mt->m", across, inverse, across)
        found = -0.5 * (self.logdet_m - self.logdets + rss)
        sign, size = np.linalg.slogdet(left[:, :p, :p])
        whole: Array = np.where(sign > 0.0, found - 0.5 * size if restricted else found, math.nan)
        return whole

    @property
    def estimate(self) -> Array:
        """Coefficients of the caller's columns."""
        data = self.blocks.data
        found = np.linalg.solve(data.triangle, self.blocks.centre + self.shift)
        return np.asarray(found, dtype=np.float64)

    @property
    def vcov(self) -> Array:
        """Their covariance."""
        back = np.linalg.inv(self.blocks.data.triangle)
        found: Array = back @ self.inverse @ back.T
        return found

    def product(self, values: Array) -> Array:
        """Return B'M⁻¹B for columns B."""
        found: Array = values.T @ (values * self.w[:, None])
        sums = self._sums(values)
        for a in range(len(sums)):
            for b in range(len(sums)):
                found -= sums[a].T @ (sums[b] * self.kernel[:, a, b, None])
        return found

    def solve(self, values: Array) -> Array:
        """Return M⁻¹B for columns B, or M⁻¹b."""
        columns = values if values.ndim == 2 else values[:, None]
        found = columns * self.w[:, None]
        sums = self._sums(columns)
        for a, weighted in enumerate(self.weighted):
            taken = sum(self.kernel[:, a, b, None] * sums[b] for b in range(len(sums)))
            found -= weighted[:, None] * np.asarray(taken)[self.blocks.studies]
        return found if values.ndim == 2 else found[:, 0]

    def diagonal_inverse(self) -> Array:
        """Return the diagonal of M⁻¹."""
        found = self.w.copy()
        for a, one in enumerate(self.weighted):
            for b, other in enumerate(self.weighted):
                found -= one * other * self.kernel[self.blocks.studies, a, b]
        return found

    def trace_inverse(self) -> float:
        """Return tr M⁻¹."""
        return float(self.w.sum() - np.einsum("jab,jba->", self.kernel, self._gram(2)))

    def trace_inverse_squared(self) -> float:
        """Return tr M⁻²."""
        second = self.kernel @ self._gram(2)
        return float(
            np.sum(self.w**2)
            - 2.0 * np.einsum("jab,jba->", self.kernel, self._gram(3))
            + np.einsum("jab,jba->", second, second)
        )

    def residual(self) -> Array:
        """Return what the fixed part leaves, in the order of the blocks."""
        found: Array = self.blocks.y - self.blocks.q @ self.shift
        return found

    def _sums(self, values: Array) -> list[Array]:
        return [self.blocks.sums(values * column[:, None]) for column in self.weighted]

    def _gram(self, power: int) -> Array:
        """Return U'WᵖU of each study, shape ``(studies, columns, columns)``."""
        n = len(self.columns)
        found = np.empty((self.blocks.sizes.size, n, n))
        weights = self.w**power
        for a in range(n):
            for b in range(a, n):
                found[:, a, b] = self.blocks.sums(weights * self.columns[a] * self.columns[b])
                found[:, b, a] = found[:, a, b]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """The log-likelihood's derivatives with respect to (between, within).

    ``gradient`` has shape ``(2,)``; ``curvature`` is the negative matrix of second derivatives,
    ``expected`` its expectation, shape ``(2, 2)`` each.
    """

    gradient: Array
    curvature: Array
    expected: Array


def slopes(at: Working, *, restricted: bool) -> Slopes:
    """Return first and second derivatives of the log-likelihood."""
    blocks, a = at.blocks, at.inverse
    solved = at.solve(np.column_stack([blocks.q, at.residual(), np.ones(blocks.v.size)]))
    n, r, c = solved[:, :-2], solved[:, -2], solved[:, -1]
    again = at.solve(np.column_stack([n, r]))
    f, r_sum = blocks.sums(n), blocks.sums(r)
    m = blocks.sums(c)
    spread = r_sum[blocks.studies]
    fixed = [f.T @ f, n.T @ n]
    plain = np.array(
        [
            [np.sum(m**2), np.sum(c**2)],
            [np.sum(c**2), at.trace_inverse_squared()],
        ]
    )
    first = np.array([np.sum(m), at.trace_inverse()])
    second = plain.copy()
    if restricted:
        cross = f.T @ blocks.sums(n * c[:, None])
        mixed = [[f.T @ (f * m[:, None]), cross], [cross, n.T @ again[:, :-1]]]
        for one in range(2):
            first[one] -= np.sum(a * fixed[one])
            for other in range(2):
                second[one, other] += np.sum((a @ fixed[one]) * (a @ fixed[other]).T)
                second[one, other] -= 2.0 * np.sum(a * mixed[one][other].T)
    squares = np.array([np.sum(r_sum**2), np.sum(r**2)])
    turned = [f.T @ r_sum, n.T @ r]
    quadratic = np.array(
        [
            [np.sum(r_sum**2 * m), np.sum(spread * again[:, -1])],
            [0.0, np.sum(r * again[:, -1])],
        ]
    )
    quadratic[1, 0] = quadratic[0, 1]
    for one in range(2):
        for other in range(2):
            quadratic[one, other] -= turned[one] @ a @ turned[other]
    return Slopes(
        gradient=0.5 * (squares - first),
        curvature=quadratic - 0.5 * second,
        expected=0.5 * second,
    )


def _inverse_of_one_plus(gram: Array) -> tuple[Array, Array]:
    """Return (I + G)⁻¹ of each study and the logarithm of its determinant."""
    n = gram.shape[1]
    if n == 0:
        return gram, np.zeros(gram.shape[0])
    if n == 1:
        whole = 1.0 + gram[:, 0, 0]
        return (1.0 / whole)[:, None, None], np.log(whole)
    one, two, across = 1.0 + gram[:, 0, 0], 1.0 + gram[:, 1, 1], gram[:, 0, 1]
    determinant = one * two - across**2
    found = np.empty_like(gram)
    found[:, 0, 0], found[:, 1, 1] = two / determinant, one / determinant
    found[:, 0, 1] = found[:, 1, 0] = -across / determinant
    return found, np.log(determinant)
