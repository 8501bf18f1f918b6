"""Sudden gains of ten thousand clients, beside suddengains' seconds and one pass over the memory.

Run: .venv/bin/python benchmarks/sudden_gains.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from openalliance.core.course.gains import GainRules, sudden_gains

PEER_SECONDS_PER_CLIENT = 21.5 / 1_000
"""suddengains 0.7.2, 12 sessions, the same kind of machine."""

SESSIONS = 12
RUNS = 9


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    rng = np.random.default_rng(1)
    rules = GainRules(cutoff=7.0)
    print("clients   seconds   x suddengains   x one copy of the scores   clients/s")
    for clients in (1_000, 10_000, 100_000, 1_000_000):
        scores = rng.normal(20.0, 6.0, (clients, SESSIONS)).round()
        scores[rng.random(scores.shape) < 0.1] = np.nan
        seconds = _fastest(lambda table=scores: sudden_gains(table, rules))
        copy = _fastest(lambda table=scores: table.copy())
        peer = PEER_SECONDS_PER_CLIENT * clients / seconds
        print(
            f"{clients:>8,}  {seconds:8.4f}  {peer:13,.0f}  {seconds / copy:25.1f}"
            f"  {clients / seconds:12,.0f}"
        )


if __name__ == "__main__":
    main()
