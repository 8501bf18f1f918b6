"""The file that marks a folder as a demonstration and holds its clients' ways in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.secrets import DATABASE_FILE
from openalliance.site.config.secrets import FILE as SECRETS_FILE

FILE = "demonstration.json"
_MARK = "openalliance-demonstration/1"
_OURS = (
    DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", f"{DATABASE_FILE}-journal",
    SECRETS_FILE, "prepared.json", "set-up-code", "instruments", "generated", "static",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyClient:
    """A client whose place anybody may take."""

    name: str
    token: str
    code: str
    story: str


def claim(data_dir: Path) -> None:
    """Mark a new or empty folder, so that what is left by an interrupted start can be removed."""
    if data_dir.exists() and any(data_dir.iterdir()):
        return
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _put(data_dir, {"format": _MARK, "clients": []})
    except OSError as fault:
        raise InputError(
            f"cannot be written: {fault.strerror}; choose another --data-dir", where=str(data_dir)
        ) from None


def write(data_dir: Path, clients: Iterable[ReadyClient], *, now: datetime) -> None:
    """Mark ``data_dir`` as a demonstration made at ``now``."""
    document = {
        "format": _MARK,
        "made_at": now.isoformat(),
        "clients": [
            {"name": one.name, "token": one.token, "code": one.code, "story": one.story}
            for one in clients
        ],
    }
    _put(data_dir, document)


def sign_ins(data_dir: Path) -> tuple[ReadyClient, ...]:
    """Return the clients' ways in of a demonstration; none where there is none."""
    return tuple(ReadyClient(**one) for one in _read(data_dir).get("clients", ()))


def is_demonstration(data_dir: Path) -> bool:
    """Whether a demonstration was made in this folder."""
    return _read(data_dir).get("format") == _MARK


def remove(data_dir: Path) -> None:
    """Remove a demonstration; what else lies in its folder stays.

    Raises
    ------
    ConflictError
        The folder holds something, and no demonstration was made there.
    """
    if not data_dir.exists() or not any(data_dir.iterdir()):
        return
    if not is_demonstration(data_dir):
        raise ConflictError(
            f"{data_dir} is not a demonstration and is left alone; choose another --data-dir"
        )
    for name in _OURS:
        path = data_dir / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (data_dir / FILE).unlink()


def _put(data_dir: Path, document: dict[str, Any]) -> None:
    path = data_dir / FILE
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o600)


def _read(data_dir: Path) -> dict[str, Any]:
    try:
        found = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
