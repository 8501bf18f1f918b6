"""Two-level models without each effect or study, all at once.

What is left out has weight 0 in a row of weights of its own, so that every sum is that of the rest
and nothing is subtracted. Variances are found by Newton's steps from that of all effects, between
points at which the derivative of the likelihood has been looked at for each rest. These points are
shared, so that looking costs a sum for all and a share for each.

Where the rest hangs on what is left out, or its likelihood has two maxima, it is not among what is
found here: fit it for itself.

References
----------
Viechtbauer, W., & Cheung, M. W.-L. (2010). Outlier and influence diagnostics for meta-analysis.
*Research Synthesis Methods, 1*(2), 112-125. https://doi.org/10.1002/jrsm.11
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from openalliance.core.evidence.meta.values import Array, Index, MetaData, MetaFit, Method, Model

_AT_ONCE = 250_000
"""Cells of weights that are worked on together."""
_GRID = 24
_DECIDES = 0.99
"""Leverage above which a rest hangs on what is left out."""
_STEPS = 100
_CLOSE = 1e-9
"""Share of a variance by which the last step moves it; Newton's steps square it."""
_ULP = 4e-16
_SCATTER = 1e-10
"""Share of the scatter of all effects below which that of a rest is rounding."""


@dataclass(frozen=True, slots=True)
class Rests:
    """What is left without each group; rows are those of ``codes``.

    ``rss`` and ``trace`` are at no variance between effects, ``scatter`` is the weighted sum of
    squares at ``tau2``, ``inverse`` the covariance of the coefficients before any scaling.
    """

    codes: Index
    tau2: Array
    estimate: Array
    inverse: Array
    scatter: Array
    rss: Array
    trace: Array


@dataclass(frozen=True, slots=True)
class _At:
    """Fits of the rests at one variance each: shapes ``(m, …)``."""

    inverse: Array
    shift: Array
    rss: Array
    squares: Array
    """r'W²r"""
    cubes: Array
    """y'PPPy"""
    weight: Array
    weight_squared: Array
    trace: Array
    trace_squared: Array

    def wanted(self, method: Method, left: Array) -> tuple[Array, Array]:
        """Return what is 0 at the estimate, falling where it is a maximum, and its slope."""
        if method is Method.PM:
            return self.rss - left, -self.squares
        if method is Method.REML:
            return self.squares - self.trace, self.trace_squared - 2.0 * self.cubes
        return self.squares - self.weight, self.weight_squared - 2.0 * self.cubes


def rests(fit: MetaFit, groups: Index) -> Rests:
    """Fit a two-level model without each group of effects, where that is safe in one go.

    Parameters
    ----------
    fit
        A fixed or random-effects fit.
    groups
        Group of each effect, 0 to m − 1.
    """
    leaving = _Leaving(fit.data, groups)
    safe = leaving.safe(1.0 / fit.data.v) & leaving.safe(np.ones(fit.data.k))
    codes = np.flatnonzero(safe & (leaving.left >= 1))
    if fit.model is Model.FIXED:
        tau2 = np.zeros(codes.size)
    elif fit.method in (Method.REML, Method.ML, Method.PM):
        codes, tau2 = leaving.roots(codes, fit.method, start=fit.tau2)
    else:
        codes, tau2 = leaving.moments(codes, fit.method)
    here, nothing = leaving.at(codes, tau2), leaving.at(codes, np.zeros(codes.size))
    back = np.linalg.inv(fit.data.triangle)
    return Rests(
        codes=codes,
        tau2=tau2,
        estimate=(leaving.centre + here.shift) @ back.T,
        inverse=back @ here.inverse @ back.T,
        scatter=here.rss,
        rss=nothing.rss,
        trace=nothing.trace,
    )


def covariances(data: MetaData, tau2: Array) -> Array:
    """Return the coefficients' covariance by all effects at each variance, ``(m, p, p)``."""
    found = np.empty((tau2.size, data.p, data.p))
    products = _products(data.basis)
    for part in _parts(tau2.size, data.k):
        weights = 1.0 / (data.v + tau2[part, None])
        found[part] = np.linalg.inv((weights @ products).reshape(-1, data.p, data.p))
    back = np.linalg.inv(data.triangle)
    whole: Array = back @ found @ back.T
    return whole


class _Leaving:
    """Effects, and the groups of them that are left out one by one."""

    def __init__(self, data: MetaData, groups: Index) -> None:
        self.data = data
        self.order: Index = np.argsort(groups, kind="stable")
        self.sizes: Index = np.bincount(groups)
        self.starts: Index = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.left: Array = (data.k - self.sizes - data.p).astype(np.float64)
        self.centre = data.basis.T @ data.y
        self.y = data.y - data.basis @ self.centre
        self.products = _products(data.basis)
        self.both = _products(np.column_stack([data.basis, self.y]))

    def safe(self, weights: Array) -> NDArray[np.bool_]:
        """Return which rests do not hang on what is left out."""
        p = self.data.p
        shares = self._sums(self.products * weights[:, None]).reshape(-1, p, p)
        root = np.linalg.inv(np.linalg.cholesky(shares.sum(axis=0)))
        found: NDArray[np.bool_] = np.linalg.eigvalsh(root @ shares @ root.T)[:, -1] <= _DECIDES
        return found

    def at(self, codes: Index, tau2: Array) -> _At:
        """Fit without each of some groups, each at a variance of its own."""
        parts = list(_parts(codes.size, self.data.k)) or [slice(0, 0)]
        found = [self._part(codes[part], tau2[part]) for part in parts]
        names = [each.name for each in fields(_At)]
        return _At(*(np.concatenate([getattr(one, name) for one in found]) for name in names))

    def moments(self, codes: Index, method: Method) -> tuple[Index, Array]:
        """Return rests whose variance is estimated in closed form, and the estimate."""
        if method is Method.SJ:
            y = self.data.y - self.data.y.mean()
            n = self.data.k - self.sizes
            sums = np.column_stack([y, y**2])
            sums = sums.sum(axis=0) - self._sums(sums)
            rough = sums[:, 1] / n - (sums[:, 0] / n) ** 2
            codes = codes[rough[codes] > _SCATTER * float(np.var(y))]
            scale = rough[codes]
            return codes, scale * self.at(codes, scale).rss / self.left[codes]
        nothing, left = self.at(codes, np.zeros(codes.size)), self.left[codes]
        if method is Method.DL:
            return codes, np.maximum(0.0, (nothing.rss - left) / nothing.trace)
        return codes, np.maximum(0.0, (nothing.rss - left - self.data.p) / nothing.weight)

    def roots(self, codes: Index, method: Method, *, start: float) -> tuple[Index, Array]:
        """Return rests with one place that may be the estimate, and where that is."""
        grid, looked = self._looked(method)
        looked = looked[codes]
        nothing, _ = self.at(codes, np.zeros(codes.size)).wanted(method, self.left[codes])
        values = np.column_stack([nothing, looked])
        falls = (values[:, :-1] > 0.0) & (values[:, 1:] <= 0.0)
        at_zero = nothing <= 0.0
        one = (falls.sum(axis=1) + at_zero == 1) & (values[:, -1] <= 0.0)
        codes, at_zero, falls = codes[one], at_zero[one], falls[one]
        points = np.concatenate([[0.0], grid])
        first = falls.argmax(axis=1)
        low, high = points[first], points[first + 1]
        found = np.where(
            at_zero, 0.0, np.where((low < start) & (start < high), start, (low + high) / 2.0)
        )
        moving = np.flatnonzero(~at_zero)
        for _ in range(_STEPS):
            if not moving.size:
                break
            here = found[moving]
            value, slope = self.at(codes[moving], here).wanted(method, self.left[codes[moving]])
            low[moving] = np.where(value > 0.0, here, low[moving])
            high[moving] = np.where(value > 0.0, high[moving], here)
            step = np.where(slope < 0.0, -value / np.where(slope < 0.0, slope, 1.0), np.inf)
            ended = (np.abs(step) <= _CLOSE * here) | (high[moving] - low[moving] <= _ULP * here)
            inside = (here + step > low[moving]) & (here + step < high[moving])
            middle = (low[moving] + high[moving]) / 2.0
            step = np.where(ended & ~np.isfinite(step), 0.0, step)
            found[moving] = np.where(ended | inside, here + step, middle)
            moving = moving[~ended]
        done = np.ones(codes.size, dtype=bool)
        done[moving] = False
        return codes[done], found[done]

    def _looked(self, method: Method) -> tuple[Array, Array]:
        """Return a grid of variances, and what is wanted to be 0 there for each rest."""
        spread = float(np.sum(self.y**2)) / max(float(self.left.min()), 1.0)
        lowest = float(self.data.v.min())
        highest = max(spread, lowest)
        for _ in range(_GRID):
            if not (self._wanted(highest, method) > 0.0).any():
                break
            highest *= 4.0
        grid = np.geomspace(min(lowest * 1e-3, highest / 2.0), highest, _GRID)
        return grid, np.column_stack([self._wanted(tau2, method) for tau2 in grid.tolist()])

    def _wanted(self, tau2: float, method: Method) -> Array:
        """Return what is 0 at the estimate: the sums of all less the share of each group."""
        p = self.data.p
        w = 1.0 / (self.data.v + tau2)
        first, second = (
            (each.sum(axis=0) - self._sums(each)).reshape(-1, p + 1, p + 1)
            for each in (self.both * w[:, None], self.both * (w * w)[:, None])
        )
        with np.errstate(all="ignore"):  # rests that hang on what is left out are not used
            inverse = np.linalg.pinv(first[:, :p, :p], hermitian=True)
        shift = np.einsum("mst,mt->ms", inverse, first[:, :p, p])
        if method is Method.PM:
            rss = first[:, p, p] - np.sum(first[:, :p, p] * shift, axis=1)
            return np.asarray(rss - self.left, dtype=np.float64)
        turned = np.column_stack([-shift, np.ones(len(shift))])
        squares = np.einsum("ms,mst,mt->m", turned, second, turned)
        fitted = w.sum() - self._sums(w)
        if method is Method.REML:
            fitted = fitted - np.einsum("mst,mts->m", inverse, second[:, :p, :p])
        return np.asarray(squares - fitted, dtype=np.float64)

    def _part(self, codes: Index, tau2: Array) -> _At:
        q, p = self.data.basis, self.data.p
        w = 1.0 / (self.data.v + tau2[:, None])
        sizes = self.sizes[codes]
        before = np.cumsum(sizes) - sizes
        gone = np.repeat(self.starts[codes] - before, sizes) + np.arange(int(sizes.sum()))
        w[np.repeat(np.arange(codes.size), sizes), self.order[gone]] = 0.0
        squared = w * w
        inverse: Array = np.linalg.inv((w @ self.products).reshape(-1, p, p)).astype(np.float64)
        shift = np.einsum("mst,mt->ms", inverse, (w * self.y) @ q)
        residual = self.y - shift @ q.T
        turned = (squared * residual) @ q
        residual *= residual
        second = inverse @ (squared @ self.products).reshape(-1, p, p)
        weight, weight_squared = w.sum(axis=1), np.einsum("mk->m", squared)
        rss, squares = np.einsum("mk,mk->m", w, residual), np.einsum("mk,mk->m", squared, residual)
        w *= squared
        cubes = np.einsum("mk,mk->m", w, residual)
        third = inverse @ (w @ self.products).reshape(-1, p, p)
        return _At(
            inverse=inverse,
            shift=shift,
            rss=rss,
            squares=squares,
            cubes=cubes - np.einsum("ms,mst,mt->m", turned, inverse, turned),
            weight=weight,
            trace=weight - np.einsum("mss->m", second),
            weight_squared=weight_squared,
            trace_squared=weight_squared
            - 2.0 * np.einsum("mss->m", third)
            + np.einsum("mst,mts->m", second, second),
        )

    def _sums(self, values: Array) -> Array:
        found: Array = np.add.reduceat(values[self.order], self.starts, axis=0)
        return found


def _products(columns: Array) -> Array:
    """Return all products of two columns, ``(k, columns²)``."""
    found = columns[:, :, None] * columns[:, None, :]
    return found.reshape(len(columns), -1)


def _parts(rows: int, k: int) -> Iterator[slice]:
    step = max(1, _AT_ONCE // k)
    return (slice(first, first + step) for first in range(0, rows, step))
