"""Putting what was restored in its place; what was there is kept beside it."""

from __future__ import annotations

import filecmp
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from openalliance.core.errors import ConflictError

_LOGS = ("-wal", "-shm")


def refuse_if_used(live: Path) -> None:
    """Refuse early what `put_database` would refuse in the end.

    Raises
    ------
    ConflictError
        Another program has the database open.
    """
    if live.exists() and not _settle(live):
        raise ConflictError(f"another program uses {live}; stop it first")


def put_database(new: Path, live: Path, stamp: str, *, force: bool) -> str:
    """Put a SQLite file in the place of another, at one moment; return where that is kept.

    Raises
    ------
    ConflictError
        Another program has the old one open.
    """
    _settle(new)
    new.chmod(0o600)
    _sync(new)
    aside = _aside(live, stamp)
    if not live.exists():
        new.replace(live)
        _sync(live.parent)
        return ""
    if force:
        _settle(live)
    else:
        refuse_if_used(live)
    _keep(live, aside)
    for log in _LOGS:  # else it would be taken for the new database's own
        with suppress(FileNotFoundError):
            live.with_name(live.name + log).rename(aside.with_name(aside.name + log))
    new.replace(live)
    _sync(live.parent)
    return str(aside)


def put(new: Path, live: Path, stamp: str) -> str:
    """Put a file or a folder in the place of another; return where that is kept, if it differs."""
    if live.exists():
        if _same(new, live):
            return ""
        aside = _aside(live, stamp)
        live.rename(aside)
        new.rename(live)
        _sync(live.parent)
        return str(aside)
    new.rename(live)
    _sync(live.parent)
    return ""


def _aside(live: Path, stamp: str) -> Path:
    return live.with_name(f"{live.name}.before-{stamp}")


def _settle(path: Path) -> bool:
    """Bring the write-ahead log into its file; return whether nobody else has that open.

    A file that is damaged is left as it is.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as fault:
        return not fault.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return True


def _keep(live: Path, aside: Path) -> None:
    """Give a file a second name, so that the first can be given to another at one moment."""
    try:
        os.link(live, aside)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        live.rename(aside)


def _same(one: Path, other: Path) -> bool:
    if not one.is_dir():
        return filecmp.cmp(one, other, shallow=False)
    names = [sorted(path.name for path in folder.iterdir()) for folder in (one, other)]
    return names[0] == names[1] and not any(
        filecmp.cmpfiles(one, other, names[0], shallow=False)[1:]
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
