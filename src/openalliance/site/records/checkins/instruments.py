"""The instruments this installation can ask: the catalogue and what the practice added."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from openalliance.core.errors import InputError
from openalliance.core.instruments import Instrument, catalogue
from openalliance.files.instruments import installed


def known_instruments() -> Mapping[str, Instrument]:
    """Return every instrument by key. A file added while the site runs is seen at once."""
    folder = settings.DATA_DIR / "instruments"
    stamp = folder.stat().st_mtime_ns if folder.exists() else 0
    return _known(folder, stamp)


@lru_cache(maxsize=4)
def _known(folder: Path, stamp: int) -> Mapping[str, Instrument]:
    added = installed(folder) if stamp else {}
    return {**catalogue(), **added}


def instrument(key: str) -> Instrument:
    """Return one instrument.

    Raises
    ------
    InputError
        This installation does not know it.
    """
    try:
        return known_instruments()[key]
    except KeyError:
        raise InputError(
            "this installation does not know the instrument; add it with"
            " “openalliance instruments add”",
            where=key,
        ) from None
