"""A stream that only the holder of one private key can read, and that shows any change.

A fresh X25519 key agrees with the recipient's public key on an AES-256 key (HKDF-SHA-256). The
content goes in pieces of a megabyte through AES-GCM. Each piece's nonce holds its number and
whether it is the last, so that pieces which were changed, exchanged, repeated or left out do not
open; the header is part of what is authenticated.

References
----------
Hoang, V. T., Reyhanitabar, R., Rogaway, P., & Vizár, D. (2015). Online authenticated-encryption and
its nonce-reuse misuse-resistance. *CRYPTO 2015*. (the STREAM construction)
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openalliance.core.errors import InputError

PUBLIC, PRIVATE = "openalliance-backup-public-", "openalliance-backup-private-"
_MAGIC = b"OpenAlliance backup 1\n"
_PIECE = 1024 * 1024
_TAG = 16
_HEADER_AT_MOST = 4096


def new_keys() -> tuple[str, str]:
    """Return a new pair of keys as text: public, private."""
    private = X25519PrivateKey.generate()
    return PUBLIC + _text(_raw(private.public_key())), PRIVATE + _text(
        private.private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
    )


class SealingWriter:
    """Writes what only the recipient can read. `close` ends it; without that it does not open.

    Parameters
    ----------
    recipient
        The public key.
    about
        What the header says besides: authenticated, but for everybody to read.
    """

    def __init__(
        self, target: BinaryIO, recipient: str, about: Mapping[str, str] | None = None
    ) -> None:
        public = X25519PublicKey.from_public_bytes(_bytes(recipient, PUBLIC))
        mine = X25519PrivateKey.generate()
        self._target, self._number, self._held = target, 0, bytearray()
        said = {"from": _text(_raw(mine.public_key())), "for": _text(_raw(public))}
        self._header = json.dumps({**(about or {}), **said}).encode()
        self._cipher = _cipher(mine.exchange(public), self._header)
        target.write(_MAGIC + self._header + b"\n")

    def write(self, content: bytes) -> int:
        self._held += content
        while len(self._held) > _PIECE:
            self._put(bytes(self._held[:_PIECE]), last=False)
            del self._held[:_PIECE]
        return len(content)

    def close(self) -> None:
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._target.write(self._cipher.encrypt(nonce, piece, self._header))
        self._number += 1


class OpeningReader:
    """Reads what `SealingWriter` wrote.

    Raises
    ------
    InputError
        It is no backup, was made for another key, or was changed or cut off.
    """

    def __init__(self, source: BinaryIO, private_key: str) -> None:
        key = X25519PrivateKey.from_private_bytes(_bytes(private_key, PRIVATE))
        self._header, said = _head(source)
        try:
            theirs, meant_for = (urlsafe_b64decode(said[name]) for name in ("from", "for"))
        except (ValueError, KeyError, TypeError):
            raise _altered() from None
        if meant_for != _raw(key.public_key()):
            raise InputError("was made for another key than the one given")
        try:
            shared = key.exchange(X25519PublicKey.from_public_bytes(theirs))
        except ValueError:
            raise _altered() from None
        self._source, self._number, self._ended = source, 0, False
        self._cipher, self._open = _cipher(shared, self._header), bytearray()
        self._ahead = source.read(_PIECE + _TAG)

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._open) < size):
            self._next()
        wanted = len(self._open) if size < 0 else size
        found = bytes(self._open[:wanted])
        del self._open[:wanted]
        return found

    def _next(self) -> None:
        piece, self._ahead = self._ahead, self._source.read(_PIECE + _TAG)
        last = not self._ahead
        try:
            opened = self._cipher.decrypt(_nonce(self._number, last=last), piece, self._header)
        except InvalidTag:
            raise _altered() from None
        self._open += opened
        self._number += 1
        self._ended = last


def header_of(source: BinaryIO) -> dict[str, Any]:
    """Return what the header of a backup says; whether it is true only shows when it is opened.

    Raises
    ------
    InputError
        It is no backup of this program.
    """
    return _head(source)[1]


def _head(source: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    if source.read(len(_MAGIC)) != _MAGIC:
        raise InputError("is not a backup of this program")
    line = source.readline(_HEADER_AT_MOST)
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise _altered() from None
    if not isinstance(said, dict):
        raise _altered()
    return line.removesuffix(b"\n"), said


def _cipher(shared: bytes, header: bytes) -> AESGCM:
    made = HKDF(algorithm=SHA256(), length=32, salt=header, info=b"openalliance backup")
    return AESGCM(made.derive(shared))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()


def _bytes(text: str, kind: str) -> bytes:
    words = text.strip()
    try:
        raw = urlsafe_b64decode(words.removeprefix(kind))
    except ValueError:
        raw = b""
    if not words.startswith(kind) or len(raw) != 32:
        raise InputError(f"is no key for backups; one begins with “{kind}”")
    return raw


def check_public(text: str, *, where: str) -> None:
    """Refuse what is no public key.

    Raises
    ------
    InputError
        It is something else; the private half is told apart.
    """
    if text.strip().startswith(PRIVATE):
        raise InputError(
            "this is the private half of the key, which opens backups: keep it elsewhere, and give"
            " the public half",
            where=where,
        )
    try:
        _bytes(text, PUBLIC)
    except InputError as fault:
        raise InputError(fault.what, where=where) from None


def check_private(text: str, *, where: str) -> None:
    """Refuse what is no private key.

    Raises
    ------
    InputError
        It is something else.
    """
    try:
        _bytes(text, PRIVATE)
    except InputError as fault:
        raise InputError(fault.what, where=where) from None


def _altered() -> InputError:
    return InputError("was changed, damaged or cut off; nothing of it is used")
