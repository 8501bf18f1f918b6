"""Making a backup: a snapshot, what it holds, packed and sealed, and then old ones removed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from openalliance.core.errors import InputError
from openalliance.site.config.backups import snapshot
from openalliance.site.config.backups.sealing import SealingWriter
from openalliance.site.config.secrets import FILE as SECRETS_FILE

MANIFEST, DATABASE = "manifest.json", "database"
PUBLIC_KEY_FILE = "backup-key.txt"
LAST_FILE = "last-backup.json"
_NAME = re.compile(r"openalliance-(\d{8}T\d{6}Z)\.backup")
_STAMP = "%Y%m%dT%H%M%SZ"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made: where, how large, its checksum, what it holds."""

    path: Path
    size: int
    sha256: str
    rows: int
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
    """Make a backup of the installation that is open; ``target`` is a folder or a new file.

    Raises
    ------
    InputError
        The target cannot be written or exists, or the key is none.
    ConflictError
        The database could not be copied.
    """
    folder = target if target.is_dir() else target.parent
    path = folder / f"openalliance-{now.astimezone(UTC):{_STAMP}}.backup"
    path = path if target.is_dir() else target
    if path.exists():
        raise InputError("is there already; it is not overwritten", where=str(path))
    with _refusing(path), tempfile.TemporaryDirectory(dir=data_dir, prefix=".backup-") as scratch:
        copy = Path(scratch) / DATABASE
        counts = snapshot.take(copy, advance)
        about = _manifest(copy, counts, now)
        size, sha256 = _written(path, copy, about, recipient, data_dir if with_keys else None)
    path.with_name(path.name + ".sha256").write_text(f"{sha256}  {path.name}\n", encoding="utf-8")
    note = {"at": now.astimezone(UTC).isoformat(), "file": str(path), "sha256": sha256}
    (data_dir / LAST_FILE).write_text(json.dumps(note), encoding="utf-8")
    removed = _retire(folder, keep, now) if keep else ()
    return Made(path=path, size=size, sha256=sha256, rows=sum(counts.values()), removed=removed)


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


def _manifest(copy: Path, counts: snapshot.Counts, now: datetime) -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from openalliance.site.records.trust.chain import heads

    applied = sorted(MigrationRecorder(connection).applied_migrations())
    return {
        "version": metadata.version("openalliance"),
        "made_at": now.astimezone(UTC).isoformat(),
        "engine": connection.vendor,
        "sha256": sha256_of(copy),
        "rows": counts,
        "migrations": [list(one) for one in applied],
        "access_log": [[str(one.practice_id), one.seq, one.seal] for one in heads()],
    }


def _written(
    path: Path, copy: Path, about: dict[str, Any], recipient: str, keys_of: Path | None
) -> tuple[int, str]:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            sealed: Any = SealingWriter(file, recipient)
            with (
                gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=6, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as pack,
            ):
                _add(pack, MANIFEST, json.dumps(about).encode())
                if keys_of is not None:
                    _add(pack, SECRETS_FILE, (keys_of / SECRETS_FILE).read_bytes())
                pack.add(copy, DATABASE)
            sealed.close()
            file.flush()
            os.fsync(file.fileno())
        found = part.stat().st_size, sha256_of(part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return found


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


def _retire(folder: Path, keep: Mapping[str, int], now: datetime) -> tuple[Path, ...]:
    stamps = {}
    for path in folder.iterdir():
        if found := _NAME.fullmatch(path.name):
            at = datetime.strptime(found.group(1), _STAMP).replace(tzinfo=UTC)
            if at <= now + timedelta(minutes=1):
                stamps[path] = at
    gone = sorted(retired(stamps, keep))
    for path in gone:
        path.unlink()
        path.with_name(path.name + ".sha256").unlink(missing_ok=True)
    return tuple(gone)
