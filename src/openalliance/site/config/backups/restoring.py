"""Bringing a backup back: opened, proven in a place of its own, and only then swapped in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.backups import snapshot
from openalliance.site.config.backups.making import DATABASE, MANIFEST, sha256_of
from openalliance.site.config.backups.sealing import OpeningReader
from openalliance.site.config.secrets import DATABASE_FILE
from openalliance.site.config.secrets import FILE as SECRETS_FILE
from openalliance.site.config.serving import alone

_EXPECTED = {MANIFEST, DATABASE, SECRETS_FILE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and where what it replaced lies now."""

    made_at: datetime
    rows: int
    replaced: str


def restore(source: Path, data_dir: Path, *, private_key: str, now: datetime) -> Restored:
    """Bring a backup back into ``data_dir`` (and into ``DATABASE_URL``, if it is set).

    Raises
    ------
    InputError
        It is no backup, is damaged, was made for another key or for another database engine, or
        does not open with the keys at hand.
    ConflictError
        The practice is being served, the backup is of a newer version, or something in it is not
        whole. What was there stays as it is.
    """
    data_dir = data_dir.expanduser().resolve()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        alone(data_dir, "restored"),
        tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder,
    ):
        scratch = Path(folder)
        about = _unpacked(source, scratch, private_key)
        _right_engine(about)
        _keys(scratch, data_dir)
        if about["engine"] == "sqlite":
            replaced = _sqlite(scratch, data_dir, about, now)
        else:
            replaced = _postgresql(scratch, about, now)
        if not (data_dir / SECRETS_FILE).exists():
            (scratch / SECRETS_FILE).rename(data_dir / SECRETS_FILE)
    return Restored(
        made_at=datetime.fromisoformat(about["made_at"]),
        rows=sum(about["rows"].values()),
        replaced=replaced,
    )


def _unpacked(source: Path, scratch: Path, private_key: str) -> dict[str, Any]:
    checksum = source.with_name(source.name + ".sha256")
    try:
        if checksum.exists() and checksum.read_text("utf-8").split()[:1] != [sha256_of(source)]:
            raise InputError("does not have the checksum that lies beside it", where=str(source))
        with source.open("rb") as file:
            try:
                opened = OpeningReader(file, private_key)
                _unpack(opened, scratch)
                while opened.read(1 << 20):  # to the last piece: only then is it proven whole
                    pass
            except InputError as fault:
                raise InputError(fault.what, where=str(source)) from None
    except (OSError, tarfile.TarError, EOFError) as fault:
        said = (fault.strerror if isinstance(fault, OSError) else None) or "it is damaged"
        raise InputError(f"cannot be read: {said}", where=str(source)) from None
    if not (scratch / MANIFEST).exists() or not (scratch / DATABASE).exists():
        raise InputError("lacks a part; it is damaged", where=str(source))
    about: dict[str, Any] = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
    if sha256_of(scratch / DATABASE) != about["sha256"]:
        raise InputError("holds another database than it says", where=str(source))
    return about


def _unpack(opened: Any, scratch: Path) -> None:
    with tarfile.open(fileobj=opened, mode="r|gz") as pack:
        for entry in pack:
            if entry.name not in _EXPECTED or not entry.isfile():
                raise InputError("holds something that does not belong there")
            content = pack.extractfile(entry)
            with (scratch / entry.name).open("xb") as target:
                os.fchmod(target.fileno(), 0o600)
                while content is not None and (chunk := content.read(1 << 20)):
                    target.write(chunk)


def _right_engine(about: dict[str, Any]) -> None:
    here = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"
    if about["engine"] != here:
        raise InputError(
            f"is of a practice on {about['engine']}; "
            + ("unset DATABASE_URL" if here == "postgresql" else "set DATABASE_URL")
            + " and try again"
        )


def _keys(scratch: Path, data_dir: Path) -> None:
    """Use the folder's own keys to prove that the backup opens; those in the backup otherwise."""
    own = data_dir / SECRETS_FILE
    if own.exists():
        (scratch / SECRETS_FILE).write_bytes(own.read_bytes())
    elif not (scratch / SECRETS_FILE).exists():
        raise InputError(
            "the keys are missing: put secrets.json into the data folder first; without it what"
            " clients said cannot be opened",
            where=str(data_dir),
        )


def _sqlite(scratch: Path, data_dir: Path, about: dict[str, Any], now: datetime) -> str:
    database = scratch / DATABASE_FILE
    (scratch / DATABASE).rename(database)
    if snapshot.counts_of(database) != about["rows"]:
        raise ConflictError("the backup does not hold the rows it says")
    _prove(scratch, os.environ.get("DATABASE_URL"))
    live = data_dir / DATABASE_FILE
    aside = live.with_name(f"{DATABASE_FILE}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    had_one = live.exists()
    if had_one:
        _merged(live)
        live.rename(aside)
    database.replace(live)
    return str(aside) if had_one else ""


def _merged(live: Path) -> None:
    """Bring what is still in the write-ahead log into the file that is put aside."""
    import sqlite3
    from contextlib import closing, suppress

    # A file that is damaged is put aside as it is.
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(live)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm"):
        live.with_name(live.name + ending).unlink(missing_ok=True)


def _postgresql(scratch: Path, about: dict[str, Any], now: datetime) -> str:
    from urllib.parse import urlsplit, urlunsplit

    url = os.environ["DATABASE_URL"]
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}".lower()
    new, aside = f"{name}_restored_{stamp}", f"{name}_before_{stamp}"
    elsewhere = urlunsplit(parts._replace(path="/template1"))
    with _server(elsewhere) as execute:
        execute(f'CREATE DATABASE "{new}" TEMPLATE template0')
        try:
            there = urlunsplit(parts._replace(path=f"/{new}"))
            snapshot.run(
                [
                    snapshot.program("pg_restore"), "--no-owner", "--no-privileges",
                    "--exit-on-error", "--single-transaction", f"--dbname={there}",
                    str(scratch / DATABASE),
                ],
                "the database in the backup could not be restored",
            )  # fmt: skip
            _same_rows(there, about)
            _prove(scratch, there)
        except BaseException:
            execute(f'DROP DATABASE IF EXISTS "{new}" WITH (FORCE)')
            raise
        execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
        )
        execute(f'ALTER DATABASE "{name}" RENAME TO "{aside}"')
        execute(f'ALTER DATABASE "{new}" RENAME TO "{name}"')
    return f"database {aside}"


@contextmanager
def _server(url: str) -> Iterator[Any]:
    import psycopg

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            yield lambda statement: connection.execute(statement)
    except psycopg.Error as fault:
        raise ConflictError(
            f"PostgreSQL refused ({type(fault).__name__}); the database’s owner needs the right to"
            " create databases, and nobody else may be using this one"
        ) from None


def _same_rows(url: str, about: dict[str, Any]) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        for table, count in about["rows"].items():
            found = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
            if found is None or found[0] != count:
                raise ConflictError("the backup does not hold the rows it says")


def _prove(scratch: Path, url: str | None) -> None:
    """Bring the restored database up to date and verify it, in a process of its own."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "OPENALLIANCE_DATA_DIR", "DJANGO_SETTINGS_MODULE"}
    }
    if url:
        environment["DATABASE_URL"] = url
    ready = "from pathlib import Path; from openalliance.site.config.preparation import prepare; "
    steps = (
        [sys.executable, "-c", f"{ready}prepare(Path({str(scratch)!r}))"],
        [sys.executable, "-m", "openalliance", "verify", "--data-dir", str(scratch)],
    )
    for step in steps:
        done = subprocess.run(  # noqa: S603 - our own program
            step, env=environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            said = [line for line in done.stdout.splitlines() if not line.startswith("[ ok ]")]
            last = done.stderr.strip().splitlines()[-1:] if not said else []
            words = " ".join(" ".join(said + last).split())
            raise ConflictError(f"the backup does not verify, and is not used: {words[:600]}")
