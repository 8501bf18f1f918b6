"""A consistent copy of the database at one moment, while others go on writing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from openalliance.core.errors import ConflictError, InputError

Counts = dict[str, int]
Advance = Callable[[int, int], None]
"""Is told how much is done, of how much."""

_PAGES = 2000


def take(target: Path, advance: Advance = lambda _done, _all: None) -> Counts:
    """Write a copy of the database to ``target`` and return its rows by table.

    Raises
    ------
    ConflictError
        PostgreSQL's program for it is missing or failed.
    OSError
        There is no room.
    """
    from django.db import connection

    if connection.vendor == "sqlite":
        return _sqlite(Path(connection.settings_dict["NAME"]), target, advance)
    return _postgresql(target)


def counts_of(path: Path) -> Counts:
    """Return the rows of each table of a SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [
            row[0]
            for row in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {
            table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
            for table in sorted(tables)
        }


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs.

    Raises
    ------
    ConflictError
        It is not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name) or next(
        (str(folder / name) for folder in folders if (folder / name).exists()), None
    )
    if found is None:
        raise ConflictError(
            f"PostgreSQL’s program {name} is missing: sudo apt-get install postgresql-client"
        )
    return found


def run(command: list[str], failing: str) -> None:
    """Run one of PostgreSQL's programs; what it says is not repeated, as it may hold records.

    Raises
    ------
    ConflictError
        It failed.
    """
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        command, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise ConflictError(f"{failing} (exit status {done.returncode})")


def _sqlite(source: Path, target: Path, advance: Advance) -> Counts:
    def told(_status: int, left: int, total: int) -> None:
        advance(total - left, total)

    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        try:
            live.backup(copy, pages=_PAGES, progress=told, sleep=0.001)
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as fault:
            if "full" in str(fault) or "I/O" in str(fault):
                raise OSError(28, os.strerror(28)) from None
            raise InputError("the database is busy; try again", where=str(source)) from None
    return counts_of(target)


def _postgresql(target: Path) -> Counts:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        run(
            [
                program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={target}",
                f"--dbname={os.environ['DATABASE_URL']}",
            ],
            "the database could not be copied",
        )  # fmt: skip
        counts = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts
