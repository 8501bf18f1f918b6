"""How fast a backup is made and proven, beside a plain copy of the same file.

Run with ``.venv/bin/python benchmarks/backup.py [--megabytes 200] [--rate 50]``. A practice's
database is filled with entries of the access log and sealed text; while the backup is made, another
process commits durably ``--rate`` times a second, and the longest wait of one commit is told.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_WRITER = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
database.execute("PRAGMA synchronous = FULL")
wait, longest, writes = 1 / float(sys.argv[2]), 0.0, 0
print("ready", flush=True)
import select
while not select.select([sys.stdin], [], [], wait)[0]:
    began = time.perf_counter()
    database.execute("INSERT INTO ballast (content) VALUES ('one more')")
    longest, writes = max(longest, time.perf_counter() - began), writes + 1
print(writes, longest)
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50.0, help="commits a second meanwhile")
    options = parser.parse_args()
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as folder:
        home, key = Path(folder) / "data", Path(folder) / "private.txt"
        database = _filled(home, options.megabytes)
        size = database.stat().st_size / 1e6
        _run("backup", "--new-key", key, "--data-dir", home)
        copied = _plain_copy(database, Path(folder) / "copy")
        idle, _ = _timed("--help")
        with _written_to(database, options.rate) as told:
            backup, made = _timed("backup", folder, "--data-dir", home, "--json")
        file = Path(json.loads(made)["file"])
        restore, _ = _timed("restore", file, "--key", key, "--data-dir", home, "--try")
        packed = file.stat().st_size / 1e6
    print(f"database {size:,.0f} MB, backup {packed:,.0f} MB; starting the program {idle:.2f} s")
    for what, took in (("plain copy", copied), ("backup", backup), ("restore --try", restore)):
        print(f"{what:<14} {took:6.2f} s  {size / took:7.0f} MB/s  {took / copied:6.1f} × the copy")
    print(f"meanwhile {told['writes']} commits, the longest took {told['longest'] * 1e3:.0f} ms")
    return 0


def _filled(home: Path, megabytes: int) -> Path:
    ready = "from pathlib import Path; from openalliance.site.config.preparation import prepare; "
    subprocess.run([sys.executable, "-c", f"{ready}prepare(Path({str(home)!r}))"], check=True)
    database = home / "practice.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE ballast (id INTEGER PRIMARY KEY, content TEXT)")
        connection.executemany(
            "INSERT INTO ballast (content) VALUES (?)",
            (
                (f"k1.{b64encode(os.urandom(180)).decode()}|2026-03-02 09:30|client|read|course",)
                for _ in range(megabytes * 1_000_000 // 300)
            ),
        )
    return database


def _plain_copy(source: Path, target: Path) -> float:
    began = time.perf_counter()
    with source.open("rb") as read, target.open("wb") as write:
        while piece := read.read(1 << 20):
            write.write(piece)
        write.flush()
        os.fsync(write.fileno())
    return time.perf_counter() - began


@contextmanager
def _written_to(database: Path, rate: float) -> Iterator[dict[str, float]]:
    told: dict[str, float] = {}
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(database), str(rate)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        yield told
    finally:
        said, _ = writer.communicate("stop\n")
        told["writes"], told["longest"] = int(said.split()[0]), float(said.split()[1])


def _timed(*arguments: str | Path) -> tuple[float, str]:
    began = time.perf_counter()
    said = _run(*arguments)
    return time.perf_counter() - began, said


def _run(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "openalliance", *map(str, arguments)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
