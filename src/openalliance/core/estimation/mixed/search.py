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

START_GRID = (0.1, 0.5, 1.0, 3.0)
"""Relative SDs of the (scaled) random effects that a search may start from."""

MEMORY_GRID = (0.3, 1.0, 3.0)
"""Decay times, in typical gaps between rows, that a search for autocorrelation may start from."""

FEW_ROWS = 20_000
"""Up to this many rows a second start guards against a second optimum; it costs little."""

FLAT = 12.0
"""Log decay time or logit share beyond which the likelihood no longer changes."""

DIFFERENCE = 1e-4


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
        phi = math.exp(-math.exp(-float(np.clip(searched[0], -FLAT, FLAT))) / self.unit)
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
        self._kept: tuple[bytes, Products] | None = None
        if memory is None:
            self._kept = (b"", cross_products(rows))

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
        if self._kept is None or self._kept[0] != key:
            if self.memory is None:
                raise AssertionError("cross-products without memory are computed once")
            phi, share = self.memory.parameters(tail)
            white, log_det = whiten(self.rows.columns, self.memory.gaps, phi, share)
            self._kept = (key, cross_products(self.rows, white, log_det))
        return self._kept[1]

    def evaluation(self, searched: Array) -> tuple[Evaluation, tuple[Array, ...]]:
        factors = self.layout.factors(searched)
        return evaluate(self.products(searched), factors, reml=self.reml), factors

    def __call__(self, searched: Array) -> tuple[float, Array]:
        """Deviance and gradient; that of the autocorrelation by central differences."""
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
    starts = _starts(problem)
    tried = starts[:2] if problem.rows.n <= FEW_ROWS and problem.memory is None else starts[:1]
    best = min((_settled(problem, start) for start in tried), key=lambda found: found.value)
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
    identity = tuple(np.eye(size) for size in problem.layout.sizes)
    unit = problem.layout.vector(identity)
    tails: list[Array] = [np.empty(0)]
    if problem.memory is not None:
        error = [0.0] if problem.memory.with_error else []
        tails = [np.array([math.log(decay), *error]) for decay in MEMORY_GRID]
    starts = [np.concatenate([unit * size, tail]) for tail in tails for size in START_GRID]
    values = [problem.evaluation(start)[0].deviance for start in starts]
    return [starts[i] for i in np.argsort(values, kind="stable")]


def _settled(problem: Problem, start: Array) -> Minimum:
    """Minimise, then write the factors the one way that is usual, with zeros where they belong."""
    found = minimise(problem, start)
    at = np.concatenate([_usual(problem, found.at), found.at[problem.layout.count :]])
    if np.array_equal(at, found.at):
        return found
    value = problem.evaluation(at)[0].deviance
    if value > found.value + 1e-9 * max(1.0, abs(found.value)):
        return found
    polished = minimise(problem, at)
    return polished if polished.value <= found.value else found


def _usual(problem: Problem, searched: Array) -> Array:
    factors = problem.layout.factors(searched)
    if problem.diagonal:
        tidy = tuple(np.abs(factor) for factor in factors)
    else:
        tidy = tuple(factor_of(factor @ factor.T) for factor in factors)
    snapped = [_snapped(factor) for factor in tidy]
    return problem.layout.vector(tuple(snapped))


def _snapped(factor: Array) -> Array:
    """Zeros for diagonal entries, and whole rows, that are indistinguishable from a boundary."""
    cut = factor.copy()
    small = 1e-3 * SINGULAR
    lengths = np.sqrt(np.sum(cut**2, axis=1))
    cut[lengths < small] = 0.0
    diagonal = np.arange(cut.shape[0])
    cut[diagonal, diagonal] = np.where(
        np.diag(cut) < small * np.maximum(lengths, small), 0.0, np.diag(cut)
    )
    return cut
