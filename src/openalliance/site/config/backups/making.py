"""Making a backup: a snapshot, what it holds, packed and sealed, and then old ones removed."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.backups import snapshot
from openalliance.site.config.backups.sealing import SealingWriter, header_of
from openalliance.site.config.secrets import FILE as SECRETS_FILE

MANIFEST, DATABASE, INSTRUMENTS = "manifest.json", "database", "instruments"
PUBLIC_KEY_FILE = "backup-key.txt"
LAST_FILE = "last-backup.json"
CHECKSUM = ".sha256"
_NAME = re.compile(r"openalliance-(\d{8}T\d{6}Z)\.backup")
_STAMP = "%Y%m%dT%H%M%SZ"
_SCRATCH = ".backup-"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made: where, how large, its checksum, what it holds.

    Parameters
    ----------
    faults
        What is not whole in the database itself. Such a backup does not count as a good one.
    removed
        Older backups that need not be kept any more.
    """

    path: Path
    size: int
    sha256: str
    rows: int
    faults: tuple[str, ...]
    removed: tuple[Path, ...]


def make(
    data_dir: Path,
    target: Path,
    *,
    recipient: str,
    now: datetime,
    keep: Mapping[str, int] | None = None,
    with_keys: bool = False,
    advance: snapshot.Advance = lambda _done, _all: None,
) -> Made:
    """Make a backup of the installation that Django is set up on, whatever its version.

    ``target`` is a folder or a new file.

    Raises
    ------
    InputError
        The target cannot be written or exists, the key is none, or the database is damaged.
    ConflictError
        The database could not be copied, or another backup is being made.
    """
    folder = target if target.is_dir() else target.parent
    path = folder / f"openalliance-{now.astimezone(UTC):{_STAMP}}.backup"
    path = path if target.is_dir() else target
    if path.exists():
        raise InputError("is there already; it is not overwritten", where=str(path))
    with _refusing(path), _scratch(data_dir) as scratch:
        copy = scratch / DATABASE
        facts = snapshot.take(copy, advance)
        about = _manifest(copy, facts, now)
        files = [(MANIFEST, json.dumps(about).encode()), *_around(data_dir, with_keys=with_keys)]
        head = {"made_at": about["made_at"], "of": facts.installation}
        size, sha256 = _written(path, copy, files, recipient, head)
    removed: tuple[Path, ...] = ()
    if not facts.faults:
        note = {"at": about["made_at"], "file": str(path.absolute()), "sha256": sha256}
        with _whole(data_dir / LAST_FILE) as file:
            file.write(json.dumps(note).encode())
        if keep and facts.installation:
            removed = _retire(folder, keep, facts.installation, now)
    return Made(
        path=path, size=size, sha256=sha256, rows=sum(facts.rows.values()), faults=facts.faults,
        removed=removed,
    )  # fmt: skip


def last_made(data_dir: Path) -> datetime | None:
    """Return when the newest backup of this installation was made, if there was any."""
    try:
        return datetime.fromisoformat(json.loads((data_dir / LAST_FILE).read_text())["at"])
    except (OSError, ValueError, KeyError):
        return None


def sha256_of(path: Path) -> str:
    """Return the checksum of a file, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def retired(stamps: Mapping[Path, datetime], keep: Mapping[str, int]) -> set[Path]:
    """Return which backups need not be kept: none is the newest of a day, week or month asked for.

    ``keep`` says for how many days, weeks and months (keys ``daily``, ``weekly``, ``monthly``) that
    hold a backup the newest stays. The newest of all always stays.
    """
    newest_first = sorted(stamps, key=lambda path: stamps[path], reverse=True)
    kept = set(newest_first[:1])
    for period, form in (("daily", "%Y-%j"), ("weekly", "%G-%V"), ("monthly", "%Y-%m")):
        seen: dict[str, Path] = {}
        for path in newest_first:
            seen.setdefault(stamps[path].strftime(form), path)
        kept |= set(list(seen.values())[: keep.get(period, 0)])
    return set(stamps) - kept


def _manifest(copy: Path, facts: snapshot.Facts, now: datetime) -> dict[str, Any]:
    from django.db import connection

    return {
        "version": metadata.version("openalliance"),
        "made_at": now.astimezone(UTC).isoformat(),
        "engine": connection.vendor,
        "sha256": sha256_of(copy),
        "rows": facts.rows,
        "migrations": facts.migrations,
        "access_log": facts.access_log,
    }


def _around(data_dir: Path, *, with_keys: bool) -> list[tuple[str, bytes]]:
    """Return what belongs to the records without lying in the database."""
    found = [
        (f"{INSTRUMENTS}/{path.name}", path.read_bytes())
        for path in sorted((data_dir / INSTRUMENTS).glob("[!.]*.json"))
    ]
    if with_keys:
        found.append((SECRETS_FILE, (data_dir / SECRETS_FILE).read_bytes()))
    return found


def _written(
    path: Path, copy: Path, files: list[tuple[str, bytes]], recipient: str, head: dict[str, str]
) -> tuple[int, str]:
    with _whole(path.with_name(path.name + CHECKSUM)) as checksum, _whole(path) as file:
        sealed: Any = SealingWriter(file, recipient, head)
        with (
            gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=6, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|") as pack,
        ):
            for name, content in files:
                _add(pack, name, content)
            pack.add(copy, DATABASE)
        sealed.close()
        _on_disk(file)
        found = sha256_of(Path(file.name))
        checksum.write(f"{found}  {path.name}\n".encode())
        _on_disk(checksum)  # so that from here on both only have to be given their names
    return path.stat().st_size, found


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Write a file, for its owner's eyes, that takes its place when all of it is on the disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            yield file
            _on_disk(file)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _on_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _add(pack: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    pack.addfile(entry, io.BytesIO(content))


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise InputError(
            f"the backup could not be written: {fault.strerror}; nothing was left behind",
            where=str(path),
        ) from None


@contextmanager
def _scratch(data_dir: Path) -> Iterator[Path]:
    """Have a folder for the copy, and make backups alone."""
    with (data_dir / ".backing-up").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("another backup is being made; wait until that is done") from None
        for left in data_dir.glob(f"{_SCRATCH}*"):  # by a program that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=_SCRATCH) as scratch:
            yield Path(scratch)


def _retire(
    folder: Path, keep: Mapping[str, int], installation: str, now: datetime
) -> tuple[Path, ...]:
    """Remove what need not be kept of one installation's backups; whatever else is there stays."""
    stamps = {}
    for path in folder.iterdir():
        found = _NAME.fullmatch(path.name)
        if found and _is_of(path, installation):
            at = datetime.strptime(found.group(1), _STAMP).replace(tzinfo=UTC)
            if at <= now + timedelta(minutes=1):
                stamps[path] = at
    gone = sorted(retired(stamps, keep))
    for path in gone:
        path.unlink()
        path.with_name(path.name + CHECKSUM).unlink(missing_ok=True)
    return tuple(gone)


def _is_of(path: Path, installation: str) -> bool:
    try:
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            return bool(header_of(file).get("of") == installation)
    except (OSError, InputError):
        return False
