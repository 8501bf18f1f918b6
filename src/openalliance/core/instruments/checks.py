"""Checks that every value of an instrument shares. Each raises with the JSON path of the fault."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments.words import Texts

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def within(error: InstrumentError, place: str) -> InstrumentError:
    """Return ``error`` as seen from one level further out; ``place`` is ``.items[2]`` or alike."""
    return InstrumentError(error.reason, path="$" + place + error.path[1:])


def identifier(value: object, field: str) -> None:
    """Refuse what cannot be the key of an instrument, a scale or an item."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise InstrumentError(
            "must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores,"
            " beginning with a letter or digit",
            path=f"$.{field}",
        )


def filled(value: object, field: str) -> None:
    """Refuse blank text."""
    if not isinstance(value, str) or not value.strip():
        raise InstrumentError("must be text that is not blank", path=f"$.{field}")


def is_finite(value: Any) -> bool:
    """Whether a number is finite and has a double nearest to it; whole numbers may be too large."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def finite(value: float, field: str) -> None:
    """Refuse infinity and not-a-number."""
    if not is_finite(value):
        raise InstrumentError("must be a finite number", path=f"$.{field}")


def unique(values: Iterable[object], field: str, member: str = "") -> None:
    """Refuse a second occurrence; ``member`` is the part of each element that is compared."""
    seen: set[object] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise InstrumentError("is there twice", path=f"$.{field}[{position}]{member}")
        seen.add(value)


def texts(value: Mapping[str, str], field: str) -> Texts:
    """Return ``value`` as immutable texts."""
    if isinstance(value, Texts):
        return value
    try:
        return Texts(value)
    except InstrumentError as error:
        raise within(error, f".{field}") from None
