"""Authenticated encryption of single fields, bound to table, column and row.

AES-256-GCM with the data key of whom the field is about (see `keys`). The row's place is
authenticated too, so a ciphertext moved elsewhere does not open.

How a ciphertext is written
---------------------------
``2.<data key>.<base64>``
    the present format: nonce and box under a data key, which is named by 32 hexadecimal digits
``k1.<base64>``
    the first format: directly under a master key; still opened, never written any more
``0.``
    nothing: what stood here was erased
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from openalliance.site.records.trust import keys
from openalliance.site.records.trust.keys_boxes import (
    BoxError,
    ErasedFieldError,
    ErasedRecordError,
    UnreadableFieldError,
    seal,
    unseal,
)
from openalliance.site.records.trust.keys_masters import master

__all__ = [
    "ERASED", "ErasedFieldError", "ErasedRecordError", "Format", "Head", "UnreadableFieldError",
    "decrypt", "encrypt", "head_of", "is_stale",
]  # fmt: skip

ERASED = "0."
_HEAD = re.compile(r"(?:2\.([0-9a-f]{32})|(k\d{1,9})|0)\.")


class Format(StrEnum):
    """How a ciphertext is written."""

    DATA_KEY = "2"
    MASTER_KEY = "1"
    ERASED = "0"


class Head(NamedTuple):
    """What stands before a ciphertext's box: its format and the key that opens it."""

    format: Format
    key_id: str
    length: int


def head_of(sealed: str) -> Head:
    """Return the format and key of a ciphertext.

    Raises
    ------
    UnreadableFieldError
        It is no ciphertext.
    """
    found = _HEAD.match(sealed)
    if found is None:
        raise UnreadableFieldError("a field holds something that was never sealed here")
    if found[1]:
        return Head(Format.DATA_KEY, found[1], found.end())
    if found[2]:
        return Head(Format.MASTER_KEY, found[2], found.end())
    return Head(Format.ERASED, "", found.end())


def encrypt(plain: str, *, place: str, owner: keys.Owner = keys.INSTALLATION) -> str:
    """Return ``plain`` sealed to ``place`` (``table.column.row``) with the owner's key.

    Raises
    ------
    ErasedRecordError
        The owner's record was erased.
    """
    key = keys.sealing_key(owner)
    return f"2.{key.id}.{seal(key.box, plain.encode(), about=f'2.{key.id}.{place}')}"


def decrypt(sealed: str, *, place: str) -> str:
    """Open what `encrypt` made for the same ``place``.

    Raises
    ------
    ErasedFieldError
        It was erased, or the key was destroyed.
    UnreadableFieldError
        The key is missing or the text was altered or moved.
    """
    head = head_of(sealed)
    if head.format is Format.ERASED:
        raise ErasedFieldError("this was erased")
    if head.format is Format.MASTER_KEY:
        box, about = master(head.key_id), place
    else:
        box, about = keys.opening_key(head.key_id).box, f"2.{head.key_id}.{place}"
    try:
        return unseal(box, sealed[head.length :], about=about).decode()
    except BoxError:
        column = place.rpartition(".")[0]
        raise UnreadableFieldError(f"a field of {column} was altered or moved") from None


def is_stale(sealed: str) -> bool:
    """Whether a ciphertext is of an old format, or its data key was replaced by a newer one."""
    head = head_of(sealed)
    if head.format is not Format.DATA_KEY:
        return head.format is Format.MASTER_KEY
    try:
        return not keys.opening_key(head.key_id).is_current
    except ErasedFieldError:
        return False
