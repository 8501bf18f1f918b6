"""Bringing a backup back: opened, proven in a place of its own, and only then swapped in."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.backups import postgresql, swapping
from openalliance.site.config.backups.making import (
    CHECKSUM,
    DATABASE,
    INSTRUMENTS,
    MANIFEST,
    sha256_of,
)
from openalliance.site.config.backups.sealing import OpeningReader
from openalliance.site.config.erasures import FILE as ERASURES
from openalliance.site.config.secrets import DATABASE_FILE
from openalliance.site.config.secrets import FILE as SECRETS_FILE
from openalliance.site.config.serving import alone

_EXPECTED = re.compile(
    rf"{re.escape(MANIFEST)}|{DATABASE}|{re.escape(SECRETS_FILE)}|{INSTRUMENTS}/[\w-][\w.-]*",
    re.ASCII,
)
_SCRATCH = ".restore-"
_LETTERS = 30
"""Of a database's name, in those made from it: PostgreSQL's names end at 63."""

Opened = Path | postgresql.Parameters
"""Where the restored database is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and where what it replaced lies now.

    Parameters
    ----------
    migrated
        Whether it was of an older version and has been brought up to date.
    erased
        How many records were erased since the backup was made, and were erased again.
    faults
        What is not whole and was accepted by ``force``.
    replaced
        Where what was there before is kept.
    """

    made_at: datetime
    rows: int
    migrated: bool
    erased: int
    faults: tuple[str, ...]
    replaced: tuple[str, ...]


def restore(
    source: Path,
    data_dir: Path,
    *,
    private_key: str,
    now: datetime,
    force: bool = False,
    only_try: bool = False,
) -> Restored:
    """Bring a backup back into ``data_dir`` (and into ``DATABASE_URL``, if it is set).

    Parameters
    ----------
    force
        Even while the practice is being served, or although not everything in it is whole.
    only_try
        Prove it, and change nothing.

    Raises
    ------
    InputError
        It is no backup, is damaged, was made for another key or for another database engine, or
        the keys of its fields are missing.
    ConflictError
        The practice is being served, the backup is of a newer version, or something in it is not
        whole. What was there stays as it is.
    """
    data_dir = data_dir.expanduser().resolve()
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    with _scratch(data_dir, source, only_try=only_try, force=force) as scratch:
        about = _unpacked(source, scratch, private_key)
        live = _live(about, data_dir, only_try=only_try or force)
        _keys(scratch, data_dir)
        if (data_dir / ERASURES).exists():
            shutil.copy2(data_dir / ERASURES, scratch / ERASURES)
        with _opened(scratch, live, stamp) as opened:
            found = _proven(scratch, opened, force=force)
            replaced = []
            if not only_try:
                replaced = _swapped(scratch, data_dir, opened, live, stamp, force=force)
    return Restored(
        made_at=datetime.fromisoformat(about["made_at"]),
        rows=sum(about["rows"].values()),
        migrated=found["migrated"],
        erased=found["erased"],
        faults=tuple(found["faults"]),
        replaced=tuple(replaced),
    )


@contextmanager
def _scratch(data_dir: Path, source: Path, *, only_try: bool, force: bool) -> Iterator[Path]:
    """Have the data folder to oneself, and a folder in it to try things in."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as stack:
            if not only_try and stack.enter_context(alone(data_dir, "restored", force=force)):
                for left in data_dir.glob(f"{_SCRATCH}*"):  # by a program that was killed
                    shutil.rmtree(left)
            folder = tempfile.TemporaryDirectory(dir=data_dir, prefix=_SCRATCH)
            yield Path(stack.enter_context(folder))
    except OSError as fault:
        raise InputError(f"cannot be restored: {fault.strerror}", where=str(source)) from None


def _unpacked(source: Path, scratch: Path, private_key: str) -> dict[str, Any]:
    checksum = source.with_name(source.name + CHECKSUM)
    try:
        noted = checksum.read_bytes().split()[:1] if checksum.exists() else None
        if noted is not None and noted != [sha256_of(source).encode()]:
            raise InputError("does not have the checksum that lies beside it")
        with source.open("rb") as file:
            opened = OpeningReader(file, private_key)
            _unpack(opened, scratch)
            while opened.read(1 << 20):  # to the last piece: only then is it proven whole
                pass
    except InputError as fault:
        raise InputError(fault.what, where=str(source)) from None
    except (gzip.BadGzipFile, tarfile.TarError, EOFError, zlib.error):
        raise InputError("is damaged inside", where=str(source)) from None
    if not (scratch / MANIFEST).exists() or not (scratch / DATABASE).exists():
        raise InputError("lacks a part; it is damaged", where=str(source))
    about = _manifest(scratch / MANIFEST, source)
    if sha256_of(scratch / DATABASE) != about["sha256"]:
        raise InputError("holds another database than it says", where=str(source))
    return about


def _manifest(path: Path, source: Path) -> dict[str, Any]:
    """Return what a backup says of itself, if it has all that is needed until the end."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        datetime.fromisoformat(about["made_at"])
        counted = all(type(rows) is int for rows in about["rows"].values())
        heads = all(UUID(head[0]) and type(head[1]) is int for head in about["access_log"])
        texts = all(isinstance(about[name], str) for name in ("engine", "sha256"))
    except (ValueError, RecursionError, LookupError, AttributeError, TypeError):
        counted = heads = texts = False
    if not (counted and heads and texts):
        raise InputError("says of itself what cannot be; it is damaged", where=str(source))
    found: dict[str, Any] = about
    return found


def _unpack(opened: Any, scratch: Path) -> None:
    with tarfile.open(fileobj=opened, mode="r|gz") as pack:
        for entry in pack:
            if not _EXPECTED.fullmatch(entry.name) or not entry.isfile():
                raise InputError("holds something that does not belong there")
            content = pack.extractfile(entry)
            path = scratch / entry.name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with path.open("xb") as target:
                os.fchmod(target.fileno(), 0o600)
                while content is not None and (chunk := content.read(1 << 20)):
                    target.write(chunk)


def _live(about: dict[str, Any], data_dir: Path, *, only_try: bool) -> postgresql.Parameters | None:
    """Return the PostgreSQL database that is to be replaced; none where it is a file."""
    here = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"
    if about["engine"] != here:
        raise InputError(
            f"the backup is of a practice on {about['engine']}; "
            + ("unset DATABASE_URL" if here == "postgresql" else "set DATABASE_URL")
            + " and try again"
        )
    if here == "sqlite":
        if not only_try:
            swapping.refuse_if_used(data_dir / DATABASE_FILE)
        return None
    where = postgresql.from_environment()
    if not only_try and postgresql.others(where):
        raise ConflictError(f"others use the database {where['dbname']}; stop them first")
    return where


def _keys(scratch: Path, data_dir: Path) -> None:
    """Choose keys: the folder's own if the backup's are among them, otherwise the backup's."""
    own, theirs = data_dir / SECRETS_FILE, scratch / SECRETS_FILE
    if own.exists() and (not theirs.exists() or _among(_read(theirs), _read(own))):
        theirs.write_bytes(own.read_bytes())
        theirs.chmod(0o600)
    elif not theirs.exists():
        raise InputError(
            "the keys are missing: put secrets.json into the data folder first; without it what"
            " clients said cannot be opened",
            where=str(data_dir),
        )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError("is damaged; put it back from its backup", where=str(path)) from None


def _among(part: Any, whole: Any) -> bool:
    """Whether all keys of ``part`` are in ``whole``; which one is the current may differ."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(
            name == "current" or (name in whole and _among(one, whole[name]))
            for name, one in part.items()
        )
    return bool(part == whole)


@contextmanager
def _opened(scratch: Path, live: postgresql.Parameters | None, stamp: str) -> Iterator[Opened]:
    """Make a database of what was unpacked, in a place of its own."""
    if live is None:
        database = scratch / DATABASE_FILE
        (scratch / DATABASE).rename(database)
        yield database
        return
    name = f"{live['dbname'][:_LETTERS]}_restored_{stamp.lower()}"
    with postgresql.scratch_database(live, scratch / DATABASE, name) as there:
        yield there


def _proven(scratch: Path, opened: Opened, *, force: bool) -> dict[str, Any]:
    """Bring the restored database up to date and verify it, in a process of its own."""
    environment = {
        **os.environ,
        "OPENALLIANCE_DATA_DIR": str(scratch),
        "DJANGO_SETTINGS_MODULE": "openalliance.site.config.settings",
    }
    environment.pop("OPENALLIANCE_DEMONSTRATION", None)
    if not isinstance(opened, Path):
        environment["DATABASE_URL"] = postgresql.url_for(opened["dbname"])
    done = subprocess.run(  # our own module  # nosec B603
        [sys.executable, "-m", "openalliance.site.config.backups.proof"], env=environment,
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ConflictError(
            f"the backup could not be proven, and is not used (exit status {done.returncode})"
        ) from None
    if found["refused"]:
        raise ConflictError(f"the backup is not used: {found['refused']}")
    if found["faults"] and not force:
        more = f" (and {len(found['faults']) - 3} more)" if len(found["faults"]) > 3 else ""
        raise ConflictError(
            f"the backup does not verify, and is not used: {'; '.join(found['faults'][:3])}{more}."
            " With --force it is taken as it is"
        )
    return found


def _swapped(
    scratch: Path,
    data_dir: Path,
    opened: Opened,
    live: postgresql.Parameters | None,
    stamp: str,
    *,
    force: bool,
) -> list[str]:
    """Put everything in its place, and return where what was there is kept.

    The database changes at one moment. Keys that are missing come before it, as it does not open
    without them; others after it.
    """
    keys, own = scratch / SECRETS_FILE, data_dir / SECRETS_FILE
    replaced = [] if own.exists() else [swapping.put(keys, own, stamp)]
    if isinstance(opened, Path):
        replaced.append(swapping.put_database(opened, data_dir / DATABASE_FILE, stamp, force=force))
    elif live is not None:
        aside = f"{live['dbname'][:_LETTERS]}_before_{stamp.lower()}"
        had_one = postgresql.swap(opened["dbname"], live, aside, force=force)
        replaced.append(f"database {aside}" if had_one else "")
    replaced += [
        swapping.put(scratch / name, data_dir / name, stamp)
        for name in (SECRETS_FILE, INSTRUMENTS)
        if (scratch / name).exists()
    ]
    return [name for name in replaced if name]
