"""Ten million session rows: time against reading them, memory, and a live update.

Run alone: ``.venv/bin/python benchmarks/course_engine.py [--rows 100000 1000000 10000000]``.
Files go to a temporary folder and are removed. Reading and computing take turns, and of each the
fastest run counts, so that another program's noise falls on both. Exits with 1 when a limit is
broken.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from openalliance.core.course import CourseSettings, Observation, ObservationKind, start, update
from openalliance.core.course.batch import (
    alliance_courses,
    client_offsets,
    first_out_of_order,
    outcome_courses,
)
from openalliance.core.instruments import Rater
from openalliance.core.simulation import SimulationSettings
from openalliance.core.simulation.large import session_blocks
from openalliance.files.streams import open_stream

COLUMNS = ["client", "session", "day", "outcome", "alliance_client"]
SIZES = [100_000, 1_000_000, 10_000_000]
TIME_LIMIT, MEMORY_LIMIT, LIVE_LIMIT_MS = 3.0, 3.0, 1.0
RULES = CourseSettings()


def make_file(rows: int, path: Path) -> None:
    """Write about so many rows: a simulated cohort, repeated with new clients."""
    clients = 20_000
    blocks = session_blocks(
        SimulationSettings(clients=clients, sessions=27, therapists=50), np.random.default_rng(1)
    )
    base = pl.concat([pl.DataFrame(block).select(COLUMNS) for block in blocks])
    copies = -(-rows // base.height)
    shift = pl.col("client") + pl.lit(clients, pl.Int32)
    parts = [base]
    for _ in range(copies - 1):
        parts.append(parts[-1].with_columns(shift))
    pl.concat(parts).head(rows).write_parquet(path)


def read(path: Path) -> list[np.ndarray[Any, Any]]:
    frame = pl.read_parquet(path, columns=COLUMNS)
    return [frame[column].to_numpy() for column in COLUMNS]


def compute(columns: list[np.ndarray[Any, Any]]) -> int:
    client, session, day, outcome, alliance = columns
    offsets = client_offsets(client)
    if first_out_of_order(offsets, day) is not None:
        raise SystemExit("the rows are out of order")
    return fold(offsets, session, day, outcome, alliance)


def fold(offsets: Any, session: Any, day: Any, outcome: Any, alliance: Any) -> int:
    changed = outcome_courses(
        offsets, day, outcome,
        measure=RULES.outcome, trajectory=RULES.trajectory, units_per_week=7.0,
    )  # fmt: skip
    rated = alliance_courses(
        offsets, alliance,
        sessions=session, measure=RULES.alliance[Rater.CLIENT], rules=RULES.rupture,
    )  # fmt: skip
    return int(changed.off_track.sum() + rated.ruptures.sum())


def stream(path: Path) -> int:
    """Read and compute in pieces, as the command line does."""
    found = 0
    for piece in open_stream(path, client="client", columns=COLUMNS[1:]).pieces():
        found += fold(
            piece.offsets, piece.sessions("session"), piece.times("day")[0],
            piece.scores("outcome"), piece.scores("alliance_client"),
        )  # fmt: skip
    return found


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_bytes(work: Callable[[Path], Any], path: Path) -> float:
    """Memory that the work needs at its most, beyond the program with everything loaded."""
    with tempfile.TemporaryDirectory() as folder:
        little = Path(folder) / "little.parquet"
        pl.read_parquet(path, n_rows=30_000).write_parquet(little)
        compute(read(little))
        stream(little)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    work(path)
    return float(_status("VmHWM") - before)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def rows_of(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def measure(path: Path, runs: int) -> dict[str, float]:
    """Time one size; short work is repeated more often, as noise falls on it harder."""
    best = {"read": np.inf, "compute": np.inf, "stream": np.inf}
    columns: list[np.ndarray[Any, Any]] = []
    compute(read(path))
    for _ in range(runs * max(1, min(20, 2_000_000 // rows_of(path)))):
        columns.clear()
        best["read"] = min(best["read"], seconds(lambda: columns.extend(read(path))))
        best["compute"] = min(best["compute"], seconds(lambda: compute(columns)))
        best["stream"] = min(best["stream"], seconds(lambda: stream(path)))
    size = sum(column.nbytes for column in columns)
    clients = float(client_offsets(columns[0]).size - 1)
    return best | {"rows": float(columns[0].size), "clients": clients, "columns": float(size)}


WORK: dict[str, Callable[[Path, int], Any]] = {
    "measure": measure,
    "whole-peak": lambda path, _runs: peak_bytes(lambda there: compute(read(there)), path),
    "stream-peak": lambda path, _runs: peak_bytes(stream, path),
    "first": lambda path, _runs: seconds(lambda: compute(read(path))),
}
"""What is done in a process of its own, so that memory and compiling are its alone."""


def alone(what: str, path: Path, runs: int = 1, **surroundings: str) -> Any:
    asked = [sys.executable, __file__, "--alone", what, "--file", str(path), "--runs", str(runs)]
    run = subprocess.run(
        asked, stdout=subprocess.PIPE, check=True, text=True, env={**os.environ, **surroundings}
    )
    return json.loads(run.stdout)


def compile_seconds() -> tuple[float, float]:
    """Seconds of the very first batch on a machine, and of the first in a later process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        make_file(30_000, path)
        first, later = (alone("first", path, NUMBA_CACHE_DIR=folder) for _ in range(2))
    return first, later


def live_microseconds(history: int) -> float:
    """Median time of one live alliance rating and one outcome after so many of each."""
    rng = np.random.default_rng(2)
    state = start()
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    took = []
    for turn in range(history + 400):
        at = begin + timedelta(hours=turn)
        kinds = (ObservationKind.OUTCOME, ObservationKind.ALLIANCE)
        for kind in kinds:
            value = float(np.clip(6.0 + rng.standard_normal(), 0.0, 10.0))
            seen = Observation(at=at, session=turn + 1, kind=kind, value=value)
            began = time.perf_counter()
            state = update(state, seen, RULES).state
            if turn >= history:
                took.append(time.perf_counter() - began)
    return 1e6 * float(np.median(took))


@contextmanager
def files(sizes: list[int]) -> Iterator[list[Path]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{rows}.parquet" for rows in sizes]
        for rows, path in zip(sizes, paths, strict=True):
            make_file(rows, path)
        yield paths


def report(sizes: list[int], runs: int) -> bool:
    first, later = compile_seconds()
    print(f"Compiling, once per machine: {first:.1f} s; first batch of a process: {later:.2f} s")
    print(
        f"{'rows':>11} {'clients':>8} {'read s':>7} {'compute s':>9} {'ratio':>6} {'Mrows/s':>8} "
        f"{'memory':>7} | {'read and compute in streams s':>29} {'ratio':>6} {'memory':>7}"
    )
    sound, speeds = True, []
    with files(sizes) as paths:
        for path in paths:
            found = alone("measure", path, runs)
            whole, pieces = alone("whole-peak", path), alone("stream-peak", path)
            ratio, memory = found["compute"] / found["read"], whole / found["columns"]
            speeds.append(found["rows"] / found["compute"] / 1e6)
            print(
                f"{found['rows']:>11,.0f} {found['clients']:>8,.0f} {found['read']:>7.3f} "
                f"{found['compute']:>9.3f} {ratio:>6.2f} {speeds[-1]:>8.1f} {memory:>7.2f} | "
                f"{found['stream']:>29.3f} {found['stream'] / found['read']:>6.2f} "
                f"{pieces / found['columns']:>7.2f}"
            )
            if found["rows"] >= 10_000_000:
                sound &= ratio <= TIME_LIMIT and memory <= MEMORY_LIMIT
    spread = (max(speeds) - min(speeds)) / (max(speeds) + min(speeds))
    print("Ratio: to the time of reading the columns. Memory: at most, in sizes of the columns.")
    print(f"Rows per second differ by ±{spread:.0%} over the sizes.")
    short, long = live_microseconds(10), live_microseconds(10_000)
    print(f"Live update: {short:.0f} µs after 10 answers, {long:.0f} µs after 10,000")
    return sound and max(short, long) < LIVE_LIMIT_MS * 1e3


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, nargs="+", default=SIZES)
    asked.add_argument("--runs", type=int, default=9)
    asked.add_argument("--alone", choices=sorted(WORK), help=argparse.SUPPRESS)
    asked.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.alone:
        print(json.dumps(WORK[given.alone](given.file, given.runs)))
        return 0
    return 0 if report(given.rows, given.runs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
