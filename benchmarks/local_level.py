"""Local level by maximum likelihood: each series its own error and drift, beside KFAS's seconds.

    python benchmarks/local_level.py

KFAS takes 2.7 s for 100 series on a machine of this kind. Its model is the same (exact diffuse
start), and the estimates agree (tests/reference/test_alliance_reference.py). The second ratio is to
a limit of the machine: one bare pass over the ratings in compiled code, for each look that a fit
takes at the likelihood.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.alliance_methods.gaussian import fit_each, fit_pooled
from openalliance.core.course.alliance_methods.series import RatingSeries, rating_series
from openalliance.core.estimation.kernels import compiled

KFAS_SECONDS, KFAS_SERIES = 2.7, 100
RATINGS = 30
LOOKS = 69
"""Looks at the likelihood per series: 29 on the grid, 36 around its best point, 4 at the ends."""


def simulated(count: int) -> RatingSeries:
    """Return series of 30 ratings with error 0.5 and drift 0.3."""
    rng = np.random.default_rng(1)
    shape = (count, RATINGS)
    level = 0.3 * rng.standard_normal(shape).cumsum(axis=1)
    ratings = level + 0.5 * rng.standard_normal(shape)
    sessions = np.tile(np.arange(float(RATINGS)), count)
    return rating_series(np.repeat(np.arange(count), RATINGS), sessions, ratings.ravel())


def _pass(ratings: NDArray[np.float64]) -> float:
    total, last = 0.0, 0.0
    for rating in ratings:
        # As one step of the filter does: a division that waits for the one before it.
        last = rating / (1.0 + math.fabs(last))
        total += last
    return total


_compiled_pass = compiled(_pass)


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """Return the least seconds of some runs, after one to warm up."""
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def main() -> None:
    """Print seconds and ratios."""
    print(f"{'series':>8} {'seconds':>10} {'KFAS / ours':>12} {'ours / bare passes':>19}")
    for count in (100, 1_000, 10_000, 100_000):
        series = simulated(count)
        ours = best_of(lambda series=series: fit_each(series), 3 if count > 1_000 else 10)
        bare = LOOKS * best_of(lambda series=series: _compiled_pass(series.ratings))
        peer = KFAS_SECONDS * count / KFAS_SERIES
        print(f"{count:8,} {ours:10.5f} {peer / ours:12,.0f} {ours / bare:19.2f}")
    series = simulated(100_000)
    pooled = best_of(lambda: fit_pooled(series), 3)
    print(f"pooled over 100,000 series (3,000,000 ratings): {pooled:.2f} s")


if __name__ == "__main__":
    main()
