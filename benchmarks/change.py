"""Change of a million clients from long rows, and slopes of ten thousand.

Run with ``.venv/bin/python benchmarks/change.py``. Scores go in as long arrays (client, time,
score), as the R package takes them; what is timed is the choice of each client's pre and post
score, the index, the cut-off, the category and the summary. Beside it stand the package's seconds
on this kind of machine and the time the machine needs to copy the same columns once.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from openalliance.core.course.change_methods import (
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    LongScores,
    PrePost,
    analyse_change,
    select,
)

PACKAGE_SECONDS = {100_000: 0.91, 1_000_000: 7.4}
"""clinicalsignificance 3.0.0, Jacobson-Truax, median."""

PACKAGE_SLOPES = (10_000, 7.5)
"""clinicalsignificance 3.0.0, hierarchical method: clients and seconds."""

ASKED = ChangeSettings(reliability=0.85, functional_mean=8.0, functional_sd=6.0)


def main() -> int:
    """Run the benchmark; exit 1 when a stated limit is broken."""
    kept = True
    print(f"{'':<48}{'seconds':>9}{'package':>9}{'ratio':>8}{'copies':>8}")
    for clients in (10_000, 100_000, 1_000_000):
        rows = cohort(clients, sessions=2)
        for name, columns in (("sorted", rows), ("shuffled", shuffled(rows))):
            seconds = median(lambda columns=columns: change(*columns))
            copy = median(lambda columns=columns: [column.copy() for column in columns])
            peer = PACKAGE_SECONDS.get(clients)
            ratio = None if peer is None else peer / seconds
            line(f"Jacobson-Truax, {clients:,} clients, rows {name}", seconds, peer, copy)
            kept &= ratio is None or clients < 1_000_000 or name == "shuffled" or ratio >= 100
    clients, peer = PACKAGE_SLOPES
    columns = cohort(clients, sessions=4)
    seconds = median(lambda: slopes(*columns))
    copy = median(lambda: [column.copy() for column in columns])
    line(f"hierarchical, {clients:,} clients × 4 scores", seconds, peer, copy)
    kept &= peer / seconds >= 50
    return 0 if kept else 1


def cohort(clients: int, *, sessions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Long rows, sorted by client and time, scores as whole numbers from 0 to 63."""
    rng = np.random.default_rng(7)
    codes = np.repeat(np.arange(clients), sessions)
    times = np.tile(np.arange(float(sessions)), clients)
    slope = rng.normal(-3.0, 2.0, clients)[codes]
    scores = 28.0 + rng.normal(0.0, 7.0, clients)[codes] + slope * times
    scores += rng.normal(0.0, 3.5, codes.size)
    return codes, times, np.clip(np.round(scores), 0.0, 63.0)


def shuffled(columns: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The same rows in any order."""
    order = np.random.default_rng(8).permutation(columns[0].size)
    return tuple(column[order] for column in columns)


def change(clients: np.ndarray, times: np.ndarray, scores: np.ndarray) -> None:
    """All that the command does between reading and writing."""
    found = analyse_change(select(clients, times, scores), ASKED)
    sum(share.n for share in found.summary)


def slopes(clients: np.ndarray, times: np.ndarray, scores: np.ndarray) -> None:
    """Fit, shrink and classify."""
    asked = ChangeSettings(method=ChangeMethod.HIERARCHICAL, approach=ChangeApproach.DISTRIBUTION)
    nothing = PrePost(pre=np.array([np.nan]), post=np.array([np.nan]))
    long = LongScores(clients=clients, times=times, scores=scores)
    sum(share.n for share in analyse_change(nothing, asked, long=long).summary)


def median(work: Callable[[], object], *, times: int = 5) -> float:
    """Median seconds of several runs, after one that warms up."""
    work()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def line(what: str, seconds: float, peer: float | None, copy: float) -> None:
    """Print one comparison."""
    theirs = f"{peer:9.2f}{peer / seconds:7.0f}×" if peer is not None else f"{'–':>9}{'–':>8}"
    print(f"{what:<48}{seconds:9.4f}{theirs}{seconds / copy:8.1f}")


if __name__ == "__main__":
    sys.exit(main())
