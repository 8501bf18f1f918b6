"""Authenticated encryption of single fields, bound to table, column and row.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce per write. The row's place is the
additional authenticated data, so a ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from openalliance.core.errors import OpenAllianceError

_NONCE_BYTES = 12


class UnreadableFieldError(OpenAllianceError):
    """A field cannot be opened: its key is missing, or it was altered or moved."""


@cache
def _opener(key_id: str) -> AESGCM:
    try:
        return AESGCM(b64decode(settings.FIELD_KEYS["keys"][key_id]))
    except KeyError:
        raise UnreadableFieldError(
            f"the key “{key_id}” is not in secrets.json; restore that file from its backup"
        ) from None


def encrypt(plain: str, *, place: str) -> str:
    """Return ``key-id.base64`` of ``plain`` sealed to ``place`` (``table.column.row``)."""
    key_id = settings.FIELD_KEYS["current"]
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _opener(key_id).encrypt(nonce, plain.encode(), place.encode())
    return f"{key_id}.{b64encode(nonce + sealed).decode()}"


def decrypt(sealed: str, *, place: str) -> str:
    """Open what `encrypt` made for the same ``place``.

    Raises
    ------
    UnreadableFieldError
        The key is missing or the text was altered or moved.
    """
    key_id, _, body = sealed.partition(".")
    raw = b64decode(body)
    try:
        opened = _opener(key_id).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
    except InvalidTag:
        column = place.rpartition(".")[0]
        raise UnreadableFieldError(f"a field of {column} was altered or moved") from None
    return opened.decode()
