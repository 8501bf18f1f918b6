"""The search for the optimum over covariance factors and, if asked for, autocorrelation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed.autocorrelation import gaps_of, whiten
from openalliance.core.estimation.mixed.deviance import Evaluation, evaluate
from openalliance.core.estimation.mixed.factors import (
    SINGULAR,
    Layout,
    away_from_boundary,
    factor_of,
    rising,
)
from openalliance.core.estimation.mixed.optimise import Minimum, minimise
from openalliance.core.estimation.mixed.products import Array, Products, Rows, cross_products

EXACT = "the model fits every score exactly; there is no error to estimate"

START_GRID = (0.1, 0.5, 1.0, 3.0)
"""Relative SDs of the (scaled) random effects that a search may start from."""

MEMORY_GRID = (0.3, 1.0, 3.0, 10.0)
"""Decay times, in typical gaps between rows, that a search for autocorrelation may start from."""

SHARE_GRID = (-1.5, 1.0)
"""Logit error shares that a search may start from."""

FEW_ROWS = 20_000
"""Up to this many rows further starts guard against a second optimum; they cost little."""

STARTS = 3

SHORT_ROW = 0.1
"""Relative SDs below this may be on their way to 0, where the factor's other entries turn freely
and a search goes in circles; the boundary itself is then tried as well."""

FLAT = 12.0
"""Logit share beyond which the likelihood no longer changes."""

FLAT_DECAY = 8.0
"""Log decay time, in typical gaps, beyond which residuals are as good as constant or independent;
further out the arithmetic loses its digits."""

DIFFERENCE = 1e-4

KEPT = 8
"""Autocorrelations whose cross-products are kept: a point and its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the autocorrelation is searched over: log decay time and, maybe, logit error share."""

    gaps: Array
    unit: float
    with_error: bool

    @property
    def count(self) -> int:
        return 2 if self.with_error else 1

    def parameters(self, searched: Array) -> tuple[float, float]:
        """φ over one unit of time, and the share of independent error."""
        phi = math.exp(-math.exp(-float(np.clip(searched[0], -FLAT_DECAY, FLAT_DECAY))) / self.unit)
        if not self.with_error:
            return phi, 0.0
        return phi, 1.0 / (1.0 + math.exp(-float(np.clip(searched[1], -FLAT, FLAT))))

    def typical(self, searched: Array) -> float:
        """Correlation over the typical gap between rows, error left out."""
        return float(self.parameters(searched)[0] ** self.unit)


def memory_of(rows: Rows, times: Array, *, with_error: bool) -> Memory:
    """Prepare the search for autocorrelation over sorted times."""
    gaps = gaps_of(times[rows.order], rows.starts, ties=with_error)
    inside = gaps[np.isfinite(gaps) & (gaps > 0.0)]
    if not inside.size:
        raise InputError("no client has rows at two times", where="times")
    return Memory(gaps=gaps, unit=float(np.median(inside)), with_error=with_error)


class Problem:
    """The deviance of one model on one set of rows, as a function of the searched vector."""

    def __init__(self, rows: Rows, layout: Layout, memory: Memory | None, *, reml: bool) -> None:
        self.rows = rows
        self.layout = layout
        self.memory = memory
        self.reml = reml
        self._kept: dict[bytes, Products] = {}
        if memory is None:
            self._kept[b""] = cross_products(rows)

    @property
    def diagonal(self) -> bool:
        return any(
            e[0].size < s * (s + 1) // 2
            for e, s in zip(self.layout.entries, self.layout.sizes, strict=True)
        )

    def products(self, searched: Array) -> Products:
        """Cross-products at the searched autocorrelation."""
        tail = searched[self.layout.count :]
        key = tail.tobytes()
        if key not in self._kept:
            if self.memory is None:
                raise AssertionError("cross-products without memory are computed once")
            phi, share = self.memory.parameters(tail)
            white, log_det = whiten(self.rows.columns, self.memory.gaps, phi, share)
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = cross_products(self.rows, white, log_det)
        return self._kept[key]

    def evaluation(self, searched: Array) -> tuple[Evaluation, tuple[Array, ...]]:
        factors = self.layout.factors(searched)
        return evaluate(self.products(searched), factors, reml=self.reml), factors

    def deviance(self, searched: Array) -> float:
        """Deviance alone, as in a call."""
        try:
            return self.evaluation(searched)[0].deviance
        except np.linalg.LinAlgError:
            return math.inf

    def __call__(self, searched: Array) -> tuple[float, Array]:
        """Deviance and gradient; that of the autocorrelation by central differences.

        Where rounding leaves nothing of the rows the deviance is infinite.
        """
        try:
            return self._value(searched)
        except np.linalg.LinAlgError:
            return math.inf, np.zeros(searched.size)

    def _value(self, searched: Array) -> tuple[float, Array]:
        gradient = np.empty(searched.size)
        for j in range(self.layout.count, searched.size):
            ahead, back = neighbours(searched, j)
            values = [self.evaluation(there)[0].deviance for there in (ahead, back)]
            gradient[j] = (values[0] - values[1]) / (ahead[j] - back[j])
        found, factors = self.evaluation(searched)
        slopes = tuple(found.gradient(level) for level in range(len(factors)))
        gradient[: self.layout.count] = self.layout.gradient(slopes, factors)
        return found.deviance, gradient


def neighbours(searched: Array, j: int) -> tuple[Array, Array]:
    """Points a small difference ahead and back in one coordinate."""
    ahead, back = searched.copy(), searched.copy()
    ahead[j] += DIFFERENCE
    back[j] -= DIFFERENCE
    return ahead, back


def search(problem: Problem) -> Minimum:
    """Minimise from the best of several starts; leave boundaries that are no optimum."""
    tried = _starts(problem)[: STARTS if problem.rows.n <= FEW_ROWS else 1]
    best = min((_settled(problem, start) for start in tried), key=lambda found: found.value)
    if not math.isfinite(best.value):
        raise InputError(EXACT, where="y")
    for _ in range(4):
        found, factors = problem.evaluation(best.at)
        inside = away_from_boundary(found, factors, diagonal=problem.diagonal)
        if inside is None:
            break
        moved = np.concatenate([problem.layout.vector(inside), best.at[problem.layout.count :]])
        again = _settled(problem, moved)
        if again.value >= best.value:
            break
        best = again
    return best


def is_optimum(problem: Problem, found: Minimum) -> bool:
    """Whether neither a step nor leaving a boundary would lower the deviance."""
    evaluation, factors = problem.evaluation(found.at)
    return found.converged and rising(evaluation, factors, diagonal=problem.diagonal)


def _starts(problem: Problem) -> list[Array]:
    """Points to start from, best first: for each autocorrelation, or each upper SD, its best."""
    sizes = problem.layout.sizes
    groups = [(own, *above) for own in START_GRID for above in _upper_grid(len(sizes))]
    thetas = [
        problem.layout.vector(tuple(np.eye(size) * sd for size, sd in zip(sizes, sds, strict=True)))
        for sds in groups
    ]
    tails: list[Array] = [np.empty(0)]
    if problem.memory is not None:
        shares = [[share] for share in SHARE_GRID] if problem.memory.with_error else [[]]
        tails = [np.array([math.log(decay), *share]) for decay in MEMORY_GRID for share in shares]
    ranked: list[tuple[float, Array]] = []
    for tail in tails:
        starts = [np.concatenate([theta, tail]) for theta in thetas]
        values = [problem.deviance(start) for start in starts]
        order = np.argsort(values, kind="stable")[: STARTS if problem.memory is None else 1]
        ranked += [(values[i], starts[i]) for i in order]
    # Second optima lie at quick decay and at slow decay; the first and last tails lead there.
    ends = [] if problem.memory is None else [ranked[0], ranked[-1]]
    ranked.sort(key=lambda one: one[0])
    return [start for _, start in [ranked[0], *ends, *ranked[1:]]]


def _upper_grid(levels: int) -> list[tuple[float, ...]]:
    return [()] if levels == 1 else [(0.1,), (0.5,), (2.0,)]


def _settled(problem: Problem, start: Array) -> Minimum:
    """Minimise, then write the factors the one way that is usual, with zeros where they belong."""
    found = minimise(problem, start)
    tail = found.at[problem.layout.count :]
    for short in (SHORT_ROW, 1e-3 * SINGULAR):
        at = np.concatenate([_usual(problem, found.at, short), tail])
        if np.array_equal(at, found.at):
            continue
        polished = minimise(problem, at)
        if polished.value <= found.value + 1e-9 * max(1.0, abs(found.value)):
            found, tail = polished, polished.at[problem.layout.count :]
    return found


def _usual(problem: Problem, searched: Array, short: float) -> Array:
    """The factors with diagonals of at least 0, and rows shorter than ``short`` set to 0."""
    factors = problem.layout.factors(searched)
    if problem.diagonal:
        tidy = tuple(np.abs(factor) for factor in factors)
    else:
        tidy = tuple(factor_of(_without_short(factor @ factor.T, short)) for factor in factors)
    return problem.layout.vector(tuple(_snapped(factor, short) for factor in tidy))


def _without_short(covariance: Array, short: float) -> Array:
    kept = np.sqrt(np.diag(covariance)) >= short
    return covariance * np.outer(kept, kept)


def _snapped(factor: Array, short: float) -> Array:
    """Zeros for rows shorter than ``short``, and for diagonals far below their row."""
    cut = factor.copy()
    lengths = np.sqrt(np.sum(cut**2, axis=1))
    cut[lengths < short] = 0.0
    diagonal = np.arange(cut.shape[0])
    small = 1e-3 * SINGULAR * lengths
    cut[diagonal, diagonal] = np.where(np.diag(cut) <= small, 0.0, np.diag(cut))
    return cut
