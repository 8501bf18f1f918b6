"""Meta-analysis of 300 to 1,000,000 effects, beside the R packages' seconds and one bare pass.

Two levels and three by REML, CR2 errors; time and memory in step with the effects. A bare pass is
a weighted sum of squares within studies, the least that an evaluation of the likelihood must do.

Run: .venv/bin/python benchmarks/evidence.py [--largest 1000000]
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from openalliance.core.evidence.meta.robust import robust
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaData, meta_data
from openalliance.core.evidence.meta.without import By, leave_out, refit

PEERS = {
    ("two levels", 300): 0.12,
    ("two levels", 3_000): 74.0,
    ("three levels", 300): 0.46,
    ("three levels", 3_000): 11.1,
    ("CR2", 3_000): 0.61,
}
"""Seconds of metafor 5.1.12 (``rma``, sparse ``rma.mv``) and clubSandwich 0.6.0, taken on another
day on the same kind of machine with 2 cores; R is not run here."""
LEAST = {"two levels": 1_000, "three levels": 200, "CR2": 10}
"""How many times faster than those it has to be at 3,000 effects."""
LEAST_WITHOUT = {"two levels": 4, "three levels": 1.5}
"""How many times faster leaving out has to be than a fit of each rest."""
SIZES = (300, 3_000, 30_000, 100_000, 300_000, 1_000_000)


def made(k: int) -> MetaData:
    """Return effects in studies of about five, with a moderator."""
    rng = np.random.default_rng(k)
    studies = rng.integers(0, k // 5, k)
    v = rng.uniform(0.01, 0.1, k)
    x = np.column_stack([np.ones(k), rng.standard_normal(k)])
    y = 0.3 + rng.normal(0.0, 0.2, k // 5)[studies] + rng.normal(0.0, 0.15, k)
    return meta_data(y + np.sqrt(v) * rng.standard_normal(k), v, x=x, studies=studies)


def fastest(work: Callable[[], object], k: int) -> float:
    """Return the shortest of some runs: others share this machine."""
    times = []
    for _ in range(max(2, min(15, 300_000 // k))):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def bare_pass(data: MetaData) -> Callable[[], object]:
    """Return a weighted sum of squares within studies."""
    order = np.argsort(data.studies, kind="stable")
    starts = np.searchsorted(data.studies[order], np.arange(data.n_studies))
    y, v = data.y[order], data.v[order]
    return lambda: np.add.reduceat(y**2 / (v + 0.1), starts)


def peak(work: Callable[[], object]) -> int:
    """Return the most bytes that were held beyond what was there."""
    tracemalloc.start()
    work()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def without_each(k: int) -> list[str]:
    """Print how much faster all rests are found at once than each for itself; say what is slow."""
    slow = []
    data = made(k)
    for name, fit, by in (
        ("two levels", fit_random(data), By.EFFECT),
        ("three levels", fit_three_level(data), By.STUDY),
    ):
        groups = data.studies if by is By.STUDY else np.arange(k)
        codes = np.unique(groups)
        seconds = min(fastest(lambda fit=fit, by=by: leave_out(fit, by=by), 300_000) for _ in "ab")
        some = codes[:: max(1, codes.size // 60)]
        began = time.perf_counter()
        for code in some.tolist():
            refit(fit, data.rows(groups != code))
        each = (time.perf_counter() - began) / some.size * codes.size
        print(
            f"{k:>9,} effects, {name}, without each of {codes.size:,}: {seconds:.2f} s,"
            f" {each / seconds:.1f} x faster than fits of their own",
            flush=True,
        )
        if k == 3_000 and each / seconds < LEAST_WITHOUT[name]:
            slow.append(f"{name} without each: {each / seconds:.1f} x, not {LEAST_WITHOUT[name]} x")
    return slow


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="most effects")
    largest = parser.parse_args().largest
    broken = []
    per_effect: dict[str, list[float]] = {}
    for k in (size for size in SIZES if size <= largest):
        data = made(k)
        fit = fit_three_level(data)
        one = fastest(bare_pass(data), k)
        works = {
            "two levels": lambda data=data: fit_random(data),
            "three levels": lambda data=data: fit_three_level(data),
            "CR2": lambda fit=fit: robust(fit),
        }
        for name, work in works.items():
            seconds = fastest(work, k)
            per_effect.setdefault(name, []).append(seconds / k)
            line = f"{k:>9,} effects, {name:12}: {seconds:8.4f} s, {seconds / one:7.0f} bare passes"
            line += f", {peak(work) / k:6.0f} bytes an effect"
            peer = PEERS.get((name, k))
            if peer is not None:
                line += f", {peer / seconds:,.0f} x R"
                if k == 3_000 and peer / seconds < LEAST[name]:
                    broken.append(f"{name}: {peer / seconds:.0f} x, not {LEAST[name]} x")
            print(line, flush=True)
    for k in (size for size in (300, 3_000) if size <= largest):
        broken += without_each(k)
    for name, shares in per_effect.items():
        grown = shares[-1] / min(shares)
        print(f"{name}: time an effect at the largest over the least: {grown:.1f}")
    for line in broken:
        print(f"too slow: {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
