"""The recovery sheet: the master keys on paper, to be typed in when every disk is gone.

A key is written in Crockford's base 32, which has no letters that look like digits, in lines of
twenty characters. Each line ends with two characters that depend on the rest of it and on its
place, so that a slip of the pen is found in the line where it is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from openalliance.core.errors import InputError
from openalliance.site.config.secrets import KEY_BYTES, new_secrets

SIGNING = "seal"
"""What the signing key is called on the sheet: the access log's seals depend on it."""

_RFC, _CROCKFORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_PAPER = str.maketrans(_RFC, _CROCKFORD)
_FROM_PAPER = str.maketrans(_CROCKFORD, _RFC)
_LOOK_ALIKE = str.maketrans("OIL", "011")
_LINE, _GROUP = 20, 4
_NAMED = re.compile(rf"(k[1-9]\d{{0,8}}|{SIGNING})-(\d+)/(\d+)", re.IGNORECASE)


def sheet_lines(content: dict[str, Any]) -> list[str]:
    """Return the lines of a sheet for what the secrets file holds."""
    keys = {name: b64decode(text) for name, text in content["field_keys"]["keys"].items()}
    secrets = {**keys, SIGNING: content["signing_key"].encode()}
    return [line for name, secret in secrets.items() for line in _lines_of(name, secret)]


def sheet_text(content: dict[str, Any], *, made_at: datetime) -> str:
    """Return a sheet to be printed, with words that say what it is for."""
    return "\n".join(
        (
            "OpenAlliance · recovery sheet",
            f"made {made_at:%Y-%m-%d %H:%M} UTC · newest key {content['field_keys']['current']}",
            "",
            "Whoever has this sheet and a copy of the database can read everything in it.",
            "Whoever has neither this sheet nor secrets.json can read nothing, for ever.",
            "Print it, put it into a sealed envelope away from the machine, and delete the file.",
            "To use it: type the lines below into a file, and run",
            "    openalliance keys restore FILE --data-dir FOLDER",
            "",
            *sheet_lines(content),
            "",
        )
    )


def read_sheet(text: str, *, where: str) -> dict[str, Any]:
    """Return what the secrets file is to hold, from the lines of a sheet.

    Lines that do not begin with a key's name are passed over; small letters, and O, I and L for 0
    and 1, are understood.

    Raises
    ------
    InputError
        A line is mistyped, missing or there twice; which one is said.
    """
    found: dict[tuple[str, int], dict[int, str]] = {}
    for at, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        named = _NAMED.fullmatch(words[0]) if words else None
        if named is None:
            continue
        name, number, of = named[1].lower(), int(named[2]), int(named[3])
        typed = "".join(words[1:]).upper().translate(_LOOK_ALIKE)
        body, check = typed[:-2], typed[-2:]
        about = f"{where}, line {at} ({name}-{number}/{of})"
        if not body or check != _check(name, number, of, body):
            raise InputError(
                "is not as it stands on the sheet; compare it letter by letter", where=about
            )
        lines = found.setdefault((name, of), {})
        if number in lines:
            raise InputError("is there twice", where=about)
        lines[number] = body
    secrets = {name: _joined(name, of, lines, where) for (name, of), lines in found.items()}
    if SIGNING not in secrets or len(secrets) < 2:
        raise InputError(
            f"is not a whole sheet: the lines of at least one key (k1-1/3 …) and of “{SIGNING}” are"
            " needed",
            where=where,
        )
    signing = _signing(secrets.pop(SIGNING), where)
    masters = dict(sorted(secrets.items(), key=lambda one: int(one[0][1:])))
    return new_secrets(masters=masters, signing_key=signing)


def _lines_of(name: str, secret: bytes) -> Iterable[str]:
    letters = base64.b32encode(secret).decode().rstrip("=").translate(_TO_PAPER)
    total = -(-len(letters) // _LINE)
    for number in range(1, total + 1):
        body = letters[(number - 1) * _LINE : number * _LINE]
        groups = " ".join(body[at : at + _GROUP] for at in range(0, len(body), _GROUP))
        place = f"{name}-{number}/{total}"
        yield f"{place:<9} {groups:<24} {_check(name, number, total, body)}"


def _check(name: str, number: int, of: int, body: str) -> str:
    digest = hashlib.sha256(f"{name}-{number}/{of} {body}".encode()).digest()
    return _CROCKFORD[digest[0] % 32] + _CROCKFORD[digest[1] % 32]


def _joined(name: str, of: int, lines: dict[int, str], where: str) -> bytes:
    missing = [number for number in range(1, of + 1) if number not in lines]
    if missing:
        raise InputError(f"line {name}-{missing[0]}/{of} is missing", where=where)
    letters = "".join(lines[number] for number in sorted(lines)).translate(_FROM_PAPER)
    try:
        secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        secret = b""
    if not secret or (name != SIGNING and len(secret) != KEY_BYTES):
        raise InputError(f"the lines of {name} do not make a key", where=where)
    return secret


def _signing(secret: bytes, where: str) -> str:
    try:
        return secret.decode()
    except UnicodeDecodeError:
        # A slip that the two last characters of a line do not catch, which one in 1,024 does not.
        raise InputError(f"the lines of {SIGNING} do not make a key", where=where) from None
