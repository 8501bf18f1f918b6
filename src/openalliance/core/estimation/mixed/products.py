"""Rows of a mixed model, and the per-group cross-products that stand for them.

A linear mixed model with nested groups needs of the rows only, per group, the products of the
random columns with all columns, and in total those of the fixed columns and the response. They are
computed once; every evaluation of the likelihood then costs time in the number of groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SMALLEST_PIVOT = 1e-7
"""Share of a fixed column's length that must be left after the columns before it are taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Sorted, scaled rows. ``m = q + u + p + 1`` columns: group, upper group, fixed, response.

    Parameters
    ----------
    columns
        Shape ``(m, n)``. Random columns are divided by ``scale``; the fixed columns are orthonormal
        (times √n) and the response is without its least-squares fit.
    starts, upper_starts
        First row of each group, shape ``(g,)``, and of each upper group, shape ``(t,)`` or empty.
    upper_of
        Upper group of each group, ascending, shape ``(g,)`` or empty.
    scale, upper_scale
        Divisors of the random columns, shapes ``(q,)`` and ``(u,)``.
    triangle
        Upper triangular ``R`` with fixed columns = orthonormal columns · R, shape ``(p, p)``.
    least_squares
        Ordinary coefficients that were taken out of the response, shape ``(p,)``.
    order
        Where each sorted row stood, shape ``(n,)``.
    codes, upper_codes
        The callers' codes of the sorted groups.
    """

    columns: Array
    starts: Index
    upper_starts: Index
    upper_of: Index
    scale: Array
    upper_scale: Array
    triangle: Array
    least_squares: Array
    order: Index
    codes: Index
    upper_codes: Index

    @property
    def n(self) -> int:
        return int(self.columns.shape[1])

    @property
    def fixed(self) -> int:
        return int(self.least_squares.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Cross-products of `Rows`.

    Parameters
    ----------
    group
        Shape ``(q, m, g)``: random columns with all columns, per group.
    upper
        Shape ``(u, u + p + 1, t)``, or ``None``.
    total
        Shape ``(p + 1, p + 1)``: fixed columns and response.
    upper_starts, upper_of
        First group of each upper group and upper group of each group.
    n
        Rows.
    log_scale
        log|R'R| of the fixed columns plus log|correlation| of the residuals, apart as a pair.
    """

    group: Array
    upper: Array | None
    total: Array
    upper_starts: Index
    upper_of: Index
    n: int
    log_scale: tuple[float, float]


def arrange(
    y: Array,
    x: Array,
    z: Array,
    groups: Index,
    *,
    upper: tuple[Index, Array] | None = None,
    times: Array | None = None,
    terms: tuple[str, ...] = (),
) -> Rows:
    """Sort rows by upper group, group and time, and bring the columns to good condition.

    Raises
    ------
    InputError
        If a group belongs to two upper groups, or a fixed column follows from those before it.
    """
    order, starts, upper_starts, upper_of = _sorted(groups, upper, times)
    xs, zs, ys = x[order], z[order], y[order]
    q_columns, triangle = _orthonormal(xs, terms)
    start = q_columns.T @ ys / ys.size
    rest = ys - q_columns @ start
    again = q_columns.T @ rest / ys.size
    rest -= q_columns @ again
    scale = _lengths(zs)
    blocks = [zs.T / scale[:, None]]
    upper_scale = np.empty(0)
    if upper is not None:
        us = upper[1][order]
        upper_scale = _lengths(us)
        blocks.append(us.T / upper_scale[:, None])
    return Rows(
        columns=np.ascontiguousarray(np.vstack([*blocks, q_columns.T, rest[None]])),
        starts=starts,
        upper_starts=upper_starts,
        upper_of=upper_of,
        scale=scale,
        upper_scale=upper_scale,
        triangle=triangle,
        least_squares=np.asarray(np.linalg.solve(triangle, start + again), dtype=np.float64),
        order=order,
        codes=groups[order[starts]],
        upper_codes=(np.empty(0, np.int64) if upper is None else upper[0][order[upper_starts]]),
    )


def _sorted(
    groups: Index, upper: tuple[Index, Array] | None, times: Array | None
) -> tuple[Index, Index, Index, Index]:
    keys = [groups] if times is None else [times, groups]
    order = np.lexsort(keys if upper is None else [*keys, upper[0]])
    sorted_groups = groups[order]
    changes = np.flatnonzero(np.diff(sorted_groups)) + 1
    if upper is not None:
        above = upper[0][order]
        changes = np.union1d(changes, np.flatnonzero(np.diff(above)) + 1)
    starts = np.concatenate(([0], changes)).astype(np.int64)
    none = np.empty(0, np.int64)
    if upper is None:
        return order, starts, none, none
    if np.unique(groups).size != starts.size:
        raise InputError(
            "a group belongs to more than one upper group; give each part a code of its own",
            where="groups",
        )
    group_above = above[starts]
    new = np.concatenate(([True], np.diff(group_above) != 0))
    return order, starts, starts[new], np.cumsum(new, dtype=np.int64) - 1


def _lengths(columns: Array) -> Array:
    lengths: Array = np.sqrt(np.mean(columns**2, axis=0))
    if not np.all(lengths > 0.0):
        raise InputError("a random term is zero in every row; leave it out", where="random terms")
    return lengths


def _orthonormal(x: Array, terms: tuple[str, ...]) -> tuple[Array, Array]:
    """Columns with x'x/n = 1, and the triangle that gives ``x`` back."""
    root_n = np.sqrt(x.shape[0])
    lengths = np.sqrt(np.sum(x**2, axis=0))
    q_columns, triangle = np.linalg.qr(x)
    sign = np.where(np.diag(triangle) < 0.0, -1.0, 1.0)
    triangle = triangle * sign[:, None]
    for column in np.flatnonzero(~(np.diag(triangle) > SMALLEST_PIVOT * lengths)):
        name = f"“{terms[column]}”" if terms else f"number {column + 1}"
        raise InputError(
            f"the fixed term {name} is constant or follows from the terms before it; leave it out",
            where="fixed terms",
        )
    return q_columns * (sign * root_n), triangle / root_n


def cross_products(rows: Rows, columns: Array | None = None, log_det: float = 0.0) -> Products:
    """Sum products over groups; ``columns`` replaces those of ``rows`` when they were whitened."""
    data = rows.columns if columns is None else columns
    q, u = rows.scale.size, rows.upper_scale.size
    last = data[q + u :]
    group = np.empty((q, data.shape[0], rows.starts.size))
    for a in range(q):
        for b in range(data.shape[0]):
            if b < a:
                group[a, b] = group[b, a]
            else:
                group[a, b] = np.add.reduceat(data[a] * data[b], rows.starts)
    upper = None
    if u:
        above = data[q:]
        upper = np.empty((u, above.shape[0], rows.upper_starts.size))
        for a in range(u):
            for b in range(above.shape[0]):
                upper[a, b] = np.add.reduceat(above[a] * above[b], rows.upper_starts)
    determinant = 2.0 * float(np.sum(np.log(np.diag(rows.triangle))))
    return Products(
        group=group,
        upper=upper,
        total=last @ last.T,
        upper_starts=np.searchsorted(rows.upper_of, np.arange(rows.upper_starts.size)),
        upper_of=rows.upper_of,
        n=rows.n,
        log_scale=(determinant, log_det),
    )
