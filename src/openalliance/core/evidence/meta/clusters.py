"""Effects sorted by the clusters of a robust test: studies, or what holds several studies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Working
from openalliance.core.evidence.meta.values import Array, Index

_AT_ONCE = 2_000_000
"""Cells of covariance matrices that are worked on together."""


class Clusters:
    """What robust tests need of a working model, sorted by cluster.

    Parameters
    ----------
    working
        The working model, in which studies are independent of each other.
    codes
        Integer code of each effect's cluster, in the order of the data; default: the study.
    nested
        Whether effects of a study depend on each other by the model: a cluster holds whole studies.

    Raises
    ------
    InputError
        Codes have another shape, or a study lies in several clusters and must not.
    """

    def __init__(
        self, working: Working, codes: ArrayLike | None = None, *, nested: bool = False
    ) -> None:
        blocks = working.blocks
        given = blocks.data.studies if codes is None else np.asarray(codes)
        if given.shape != (blocks.data.k,) or not np.issubdtype(given.dtype, np.integer):
            raise InputError("one integer code of a cluster per effect", where="clusters")
        there = np.unique(given, return_inverse=True)[1][blocks.order]
        if nested and (there != there[blocks.starts][blocks.studies]).any():
            raise InputError(
                "effects of one study lie in several clusters; a cluster holds whole studies",
                where="clusters",
            )
        order = np.argsort(there, kind="stable")
        self.sizes: Index = np.bincount(there)
        self.starts: Index = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.q = blocks.q[order]
        self.solved = working.solve(blocks.q)[order]
        self.residual = working.residual()[order]
        self._w = working.w[order]
        self._columns = [column[order] for column in working.columns]
        self._studies = blocks.studies[order]

    def alike(self) -> Iterator[tuple[Index, Index]]:
        """Yield clusters with equally many effects, and the rows of each, some at a time."""
        for size in np.unique(self.sizes).tolist():
            there = np.flatnonzero(self.sizes == size)
            step = max(1, _AT_ONCE // size**2)
            for first in range(0, there.size, step):
                chosen = there[first : first + step]
                yield chosen, self.starts[chosen][:, None] + np.arange(size)

    def covariance(self, rows: Index) -> Array:
        """Return the working covariance of some clusters, shape ``(clusters, n, n)``."""
        size = rows.shape[1]
        found = np.zeros((*rows.shape, size))
        for column in self._columns:
            found += column[rows][:, :, None] * column[rows][:, None, :]
        if self._columns:
            found *= self._studies[rows][:, :, None] == self._studies[rows][:, None, :]
        found[:, np.arange(size), np.arange(size)] += 1.0 / self._w[rows]
        return found

    def sums(self, values: Array) -> Array:
        """Add up within clusters."""
        found: Array = np.add.reduceat(values, self.starts, axis=0)
        return found
