"""Reliability of 100,000 forms with ten items, beside psych's seconds and one reading of the forms.

Run: .venv/bin/python benchmarks/reliability.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from openalliance.core.evidence.reliability import reliability

PEER_SECONDS = 2.5
"""psych 2.2.9, alpha with items dropped, the same kind of machine."""

FORMS, ITEMS, RUNS = 100_000, 10, 9


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    rng = np.random.default_rng(1)
    names = [f"q{i + 1}" for i in range(ITEMS)]
    table = rng.normal(size=(FORMS, ITEMS)) + rng.normal(size=(FORMS, 1))
    seconds = _fastest(lambda: reliability(table, items=names))
    reading = _fastest(table.sum)
    print(
        f"{FORMS:,} forms: {seconds:.4f} s, {PEER_SECONDS / seconds:.0f} x psych, "
        f"{seconds / reading:.1f} readings of the forms"
    )


if __name__ == "__main__":
    main()
