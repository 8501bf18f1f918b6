"""A consistent copy of the database, made while others go on writing, and what it holds."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from openalliance.core.errors import InputError
from openalliance.site.config.backups import postgresql

Advance = Callable[[int, int], None]
"""Is told how much is done, of how much."""

Ask = Callable[[str], list[tuple[Any, ...]]]

_LOOK_EVERY = 20_000
"""Steps of SQLite's machine between two looks at how far it is."""

_DAMAGED = "the database itself is damaged; “openalliance verify” says where"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a copy holds.

    Parameters
    ----------
    rows
        Rows of each table.
    migrations
        (app, name) of each migration that was applied.
    access_log
        (practice, entries, seal): the head of each practice's chain.
    installation
        Tells one installation's backups from another's, and nothing else.
    faults
        What was not whole in the database already.
    """

    rows: dict[str, int]
    migrations: list[list[str]]
    access_log: list[list[Any]]
    installation: str
    faults: tuple[str, ...] = ()


def take(target: Path, advance: Advance = lambda _done, _all: None) -> Facts:
    """Write a copy of the database to ``target`` and return what it holds.

    The database may be of any version: it is only read, and as it is.

    Raises
    ------
    InputError
        The database is damaged, or cannot be read.
    ConflictError
        PostgreSQL's program for it is missing or failed.
    OSError
        There is no room.
    """
    from django.db import connection

    if connection.vendor == "sqlite":
        return _sqlite(Path(connection.settings_dict["NAME"]), target, advance)
    return _postgresql(target)


def _sqlite(source: Path, target: Path, advance: Advance) -> Facts:
    total = source.stat().st_size

    def look() -> int:
        advance(min(total, target.stat().st_size if target.exists() else 0), total)
        return 0

    with _opened(source) as live:
        live.set_progress_handler(look, _LOOK_EVERY)
        # One reading transaction. The copy in steps would begin again at every write of another
        # process, and never end on a busy site.
        live.execute("VACUUM INTO ?", (str(target),))
    advance(total, total)
    with _opened(target) as copy:

        def ask(question: str) -> list[tuple[Any, ...]]:
            return copy.execute(question).fetchall()

        if ask("PRAGMA integrity_check(1)") != [("ok",)]:
            raise InputError(_DAMAGED, where=str(source))
        broken = ask("PRAGMA foreign_key_check")
        return _facts(
            ask,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            faults=tuple(f"{row[0]}: a row refers to what is not there" for row in broken[:5]),
        )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as found:
            yield found
    except sqlite3.OperationalError as fault:
        name = fault.sqlite_errorname
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            number = errno.ENOSPC if name == "SQLITE_FULL" else errno.EIO
            raise OSError(number, os.strerror(number)) from None
        raise InputError(
            f"the database cannot be read or copied ({name}); try again", where=str(path)
        ) from None
    except sqlite3.DatabaseError:
        raise InputError(_DAMAGED, where=str(path)) from None


def _postgresql(target: Path) -> Facts:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:

        def ask(question: str) -> list[tuple[Any, ...]]:
            cursor.execute(question)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        moment = ask("SELECT pg_export_snapshot()")[0][0]
        postgresql.run(
            "pg_dump", postgresql.parameters_of(connection.settings_dict),
            # Packing is left to the backup.
            ["--format=custom", "--compress=0", "--no-owner", "--no-privileges",
             f"--snapshot={moment}", f"--file={target}"],
            "the database could not be copied",
        )  # fmt: skip
        return _facts(ask, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")


def _facts(ask: Ask, tables_by: str, *, faults: tuple[str, ...] = ()) -> Facts:
    tables = sorted(row[0] for row in ask(tables_by))

    def ask_if(table: str, question: str) -> list[tuple[Any, ...]]:
        return ask(question) if table in tables else []

    applied = ask_if("django_migrations", "SELECT app, name FROM django_migrations")
    heads = ask_if("trust_chainhead", "SELECT practice_id, seq, seal FROM trust_chainhead")
    first = ask_if(
        "practice_practice", "SELECT id FROM practice_practice ORDER BY created_at, id LIMIT 1"
    )
    named = f"openalliance backup of {UUID(str(first[0][0]))}" if first else ""
    return Facts(
        rows={table: ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables},  # noqa: S608 - our own tables  # nosec B608
        migrations=sorted([app, name] for app, name in applied),
        access_log=sorted([str(UUID(str(row[0]))), row[1], row[2]] for row in heads),
        installation=hashlib.sha256(named.encode()).hexdigest()[:16] if named else "",
        faults=faults,
    )
