"""Secrets of one installation: made once, kept in the data folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any, cast

from openalliance.core.errors import InputError

FILE = "secrets.json"
DATABASE_FILE = "practice.sqlite3"


def load_or_create(data_dir: Path) -> dict[str, Any]:
    """Return the installation's secrets; make them at the first start.

    The file holds Django's signing key and the keys that encrypt fields. Losing it makes every
    encrypted field unreadable for ever, so it must be backed up apart from the database.

    Raises
    ------
    InputError
        The secrets are missing while the folder holds a database: new ones could not open it.
    OSError
        The data folder cannot be written.
    """
    path = data_dir / FILE
    if not path.exists():
        database = data_dir / DATABASE_FILE
        if database.exists() and database.stat().st_size:
            raise InputError(
                "the keys are missing while the database exists; put secrets.json back from its"
                " backup: new keys could not open what is there",
                where=str(path),
            )
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = {
            "signing_key": secrets.token_urlsafe(50),
            "field_keys": {"current": "k1", "keys": {"k1": b64encode(os.urandom(32)).decode()}},
        }
        _write_once(path, json.dumps(fresh))
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def _write_once(path: Path, text: str) -> None:
    """Write ``text`` whole or not at all; when two processes start at once, the first one wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
