"""Secrets of one installation: made once, kept in the data folder, readable by its owner only.

The master keys may come from the environment instead, so that they lie on no disk of this machine.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from openalliance.core.errors import ConflictError, InputError

FILE = "secrets.json"
DATABASE_FILE = "practice.sqlite3"
VARIABLE = "OPENALLIANCE_MASTER_KEYS"
KEY_BYTES = 32

LOSING_THEM = (
    "Without the keys in {file}, nothing that clients write here can ever be read again, by"
    " anybody: no support, no court and no developer can open it. Print the recovery sheet now:"
    " openalliance keys sheet"
)
"""What is said before it happens."""

_ID = re.compile(r"k[1-9]\d{0,8}")


def load_or_create(data_dir: Path) -> dict[str, Any]:
    """Return the installation's secrets; make them at the first start.

    The file holds Django's signing key and the master keys, which open the key of every client.
    Losing it makes every encrypted field unreadable for ever, so it must be backed up apart from
    the database.

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
                " backup, or type in its recovery sheet with “openalliance keys restore”: new keys"
                " could not open what is there",
                where=str(path),
            )
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        given = bool(os.environ.get(VARIABLE))
        _write(path, new_secrets(masters={} if given else {"k1": new_key()}), only_new=True)
    return _read(path)


def new_secrets(*, masters: dict[str, bytes], signing_key: str | None = None) -> dict[str, Any]:
    """Return what `FILE` holds for these master keys, the newest last."""
    return {
        "signing_key": signing_key or secrets.token_urlsafe(50),
        "field_keys": {
            "current": next(reversed(masters), ""),
            "keys": {name: b64encode(secret).decode() for name, secret in masters.items()},
        },
    }


def new_key() -> bytes:
    """Return 256 bits of chance."""
    return os.urandom(KEY_BYTES)


def put_back(data_dir: Path, content: dict[str, Any]) -> Path:
    """Write the secrets file of a folder that has none.

    Raises
    ------
    ConflictError
        There is one.
    """
    path = data_dir / FILE
    if not _write(path, content, only_new=True):
        raise ConflictError(f"{path} is there already; it is not overwritten")
    return path


class MasterKeys:
    """The master keys at hand, from the environment and from the data folder.

    The file is read again when a key is asked for that is not known yet: while the site is in use,
    another process may have added one.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._given = from_environment()
        self._filed: dict[str, bytes] = {}
        self._newest = ""
        self._look()

    @property
    def newest(self) -> str:
        """Return the name of the key that new data are to be sealed under."""
        return next(iter(self._given), "") or self._newest

    @property
    def from_environment(self) -> bool:
        """Whether the environment gives the keys; then they are changed there, and not by us."""
        return bool(self._given)

    def ids(self) -> tuple[str, ...]:
        """Return the names of all keys at hand, as they are now."""
        self._look()
        return tuple(sorted({*self._filed, *self._given}, key=_number))

    def place(self, key_id: str) -> str:
        """Return where a key comes from, for people."""
        return VARIABLE if key_id in self._given else str(self._path)

    def secret(self, key_id: str) -> bytes | None:
        """Return a key, or nothing if it is not at hand."""
        if key_id not in self._given and key_id not in self._filed:
            self._look()
        return self._given.get(key_id) or self._filed.get(key_id)

    def signing_key(self) -> str:
        """Return the key of cookies, links and the access log's seals."""
        return str(_read(self._path)["signing_key"])

    def following(self, known: tuple[str, ...] = ()) -> str:
        """Return the name of the next key, after all at hand and those that were known before."""
        return name_after((*self.ids(), *known))

    def add(self, key_id: str) -> None:
        """Make a key and write it to the file, safely on disk before this returns."""
        if key_id in self.ids():
            raise ConflictError(f"there is a key {key_id} already")

        def more(content: dict[str, Any]) -> None:
            content["field_keys"]["keys"][key_id] = b64encode(new_key()).decode()

        self._change(more)

    def prefer(self, key_id: str) -> None:
        """Make a key of the file the newest one."""
        if key_id in self._filed and self._newest != key_id:
            self._change(lambda content: content["field_keys"].update(current=key_id))

    def remove(self, key_id: str) -> None:
        """Take a key out of the file."""
        self._change(lambda content: content["field_keys"]["keys"].pop(key_id, None))

    def _look(self) -> None:
        if self._path.exists():
            held = _read(self._path)["field_keys"]
            self._filed = {name: b64decode(text) for name, text in held["keys"].items()}
            self._newest = held["current"]

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        content = _read(self._path)
        change(content)
        _write(self._path, content)
        self._look()


def read(data_dir: Path) -> dict[str, Any]:
    """Return what the secrets file of a folder holds."""
    return _read(data_dir / FILE)


def name_after(key_ids: tuple[str, ...]) -> str:
    """Return the name of the key after these."""
    return f"k{max(map(_number, key_ids), default=0) + 1}"


def from_environment() -> dict[str, bytes]:
    """Return the keys that the environment gives, the newest first.

    Raises
    ------
    InputError
        They are mistyped.
    """
    return _from_environment(os.environ.get(VARIABLE, ""))


def _number(key_id: str) -> int:
    return int(key_id[1:]) if _ID.fullmatch(key_id) else 0


def _from_environment(text: str) -> dict[str, bytes]:
    """Read ``k2:BASE64,k1:BASE64``; the first is the newest."""
    found: dict[str, bytes] = {}
    for part in text.replace(",", " ").split():
        name, _, encoded = part.partition(":")
        try:
            secret = b64decode(encoded, validate=True)
        except ValueError:
            secret = b""
        if not _ID.fullmatch(name) or len(secret) != KEY_BYTES:
            raise InputError(
                "write k2:KEY,k1:KEY, each key being 32 bytes as base64, the newest first",
                where=VARIABLE,
            )
        found[name] = secret
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    except ValueError:
        raise InputError(
            "the keys cannot be read: the file is damaged; put it back from its backup, or move"
            " it away and type in its recovery sheet with “openalliance keys restore”",
            where=str(path),
        ) from None


def _write(path: Path, content: dict[str, Any], *, only_new: bool = False) -> bool:
    """Write the file whole or not at all; when two processes make it at once, the first wins."""
    with _draft(path, json.dumps(content)) as draft:
        if not only_new:
            draft.replace(path)
        else:
            try:
                os.link(draft, path)
            except FileExistsError:
                return False
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
