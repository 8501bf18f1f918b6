"""AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce for every box, and the errors of opening.

What a box is about (its place, its key's name) is authenticated with it: a box that was put
somewhere else does not open.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openalliance.core.errors import ConflictError, OpenAllianceError

KEY_BYTES = 32
_NONCE_BYTES = 12


class UnreadableFieldError(OpenAllianceError):
    """A field cannot be opened: its key is missing, or it was altered or moved."""


class ErasedFieldError(UnreadableFieldError):
    """A field cannot be opened because its key was destroyed on purpose: it was erased."""


class ErasedRecordError(ConflictError):
    """Something was to be written about somebody whose record was erased."""


class BoxError(Exception):
    """A box does not open: another key, another place, or it was altered."""


def seal(key: AESGCM, content: bytes, *, about: str) -> str:
    """Return a box as base64."""
    nonce = os.urandom(_NONCE_BYTES)
    return b64encode(nonce + key.encrypt(nonce, content, about.encode())).decode()


def unseal(key: AESGCM, box: str, *, about: str) -> bytes:
    """Open what `seal` made for the same key and ``about``.

    Raises
    ------
    BoxError
        It does not open.
    """
    try:
        raw = b64decode(box, validate=True)
        return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError):
        raise BoxError from None


def new_key() -> bytes:
    """Return a key of 256 bits."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)
