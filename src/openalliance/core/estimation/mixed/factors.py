"""Between the vector that is searched over and the covariance factors of the levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openalliance.core.estimation.mixed.deviance import Evaluation
from openalliance.core.estimation.mixed.products import Array, Index

SINGULAR = 1e-4
"""Relative covariance factors below this count as a boundary, as in lme4's ``isSingular``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which entries of the lower triangular factors are free: per level, row and column indices."""

    sizes: tuple[int, ...]
    entries: tuple[tuple[Index, Index], ...]

    @property
    def count(self) -> int:
        """Number of free entries."""
        return sum(rows.size for rows, _ in self.entries)

    def factors(self, theta: Array) -> tuple[Array, ...]:
        """Lower triangular factors Λ of each level."""
        found, at = [], 0
        for size, (rows, columns) in zip(self.sizes, self.entries, strict=True):
            factor = np.zeros((size, size))
            factor[rows, columns] = theta[at : at + rows.size]
            at += rows.size
            found.append(factor)
        return tuple(found)

    def vector(self, factors: tuple[Array, ...]) -> Array:
        """The free entries of the factors."""
        pairs = zip(factors, self.entries, strict=True)
        return np.concatenate([factor[rows, columns] for factor, (rows, columns) in pairs])

    def gradient(self, slopes: tuple[Array, ...], factors: tuple[Array, ...]) -> Array:
        """Derivative with respect to the free entries from those with respect to ΛΛ'."""
        full = tuple(2.0 * slope @ factor for slope, factor in zip(slopes, factors, strict=True))
        return self.vector(full)

    def directions(self, factors: tuple[Array, ...]) -> list[tuple[int, Array]]:
        """Level and derivative of ΛΛ' for each free entry."""
        found = []
        for level, (rows, columns) in enumerate(self.entries):
            for row, column in zip(rows, columns, strict=True):
                turned = np.zeros((self.sizes[level],) * 2)
                turned[row] = factors[level][:, column]
                found.append((level, turned + turned.T))
        return found


def layout(q: int, u: int, *, diagonal: bool) -> Layout:
    """Full lower triangles, or only the diagonals, column by column."""
    sizes = (q, u) if u else (q,)
    entries = []
    for size in sizes:
        if diagonal:
            rows = columns = np.arange(size)
        else:
            columns, rows = np.triu_indices(size)
        entries.append((rows.astype(np.int64), columns.astype(np.int64)))
    return Layout(sizes=sizes, entries=tuple(entries))


def factor_of(covariance: Array) -> Array:
    """Lower triangular factor of a covariance that may be singular; its diagonal is at least 0."""
    size = covariance.shape[0]
    left = covariance.copy()
    factor = np.zeros_like(covariance)
    tolerance = 1e-14 * max(float(np.max(np.diag(covariance))), 1e-300)
    for j in range(size):
        if left[j, j] <= tolerance:
            continue
        factor[j:, j] = left[j:, j] / np.sqrt(left[j, j])
        left[j:, j:] -= np.outer(factor[j:, j], factor[j:, j])
    return factor


def rising(evaluation: Evaluation, factors: tuple[Array, ...], *, diagonal: bool) -> bool:
    """Whether the deviance rises in every direction that leaves the boundary."""
    return _way_out(evaluation, factors, diagonal=diagonal) is None


def away_from_boundary(
    evaluation: Evaluation, factors: tuple[Array, ...], *, diagonal: bool
) -> tuple[Array, ...] | None:
    """Factors a little inside the boundary where the deviance falls; ``None`` if it rises."""
    found = _way_out(evaluation, factors, diagonal=diagonal)
    if found is None:
        return None
    level, direction = found
    moved = list(factors)
    covariance = factors[level] @ factors[level].T
    moved[level] = factor_of(covariance + 0.01 * np.outer(direction, direction))
    return tuple(moved)


def _way_out(
    evaluation: Evaluation, factors: tuple[Array, ...], *, diagonal: bool
) -> tuple[int, Array] | None:
    for level, factor in enumerate(factors):
        values, vectors = np.linalg.eigh(factor @ factor.T)
        null = vectors[:, values < SINGULAR**2 * max(1.0, float(values[-1]))]
        if not null.shape[1]:
            continue
        slope = evaluation.gradient(level)
        if diagonal:
            slope = np.diag(np.diag(slope))
        slopes, inside = np.linalg.eigh(null.T @ slope @ null)
        if slopes[0] < -1e-6 * max(1.0, float(np.abs(evaluation.curvature[level]).max())):
            return level, null @ inside[:, 0]
    return None
