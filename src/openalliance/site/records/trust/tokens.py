"""Secrets handed to people: made here, kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Return a link's secret with 256 bits of chance."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return a short code of six digits for a person to type."""
    return f"{secrets.randbelow(1_000_000):06d}"


def digest(secret: str, *, salt: str = "") -> str:
    """Return the SHA-256 of a secret, in hex. Tokens have enough chance to need no stretching."""
    return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two digests without telling by time where they differ."""
    return secrets.compare_digest(one, other)
