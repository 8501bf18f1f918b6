"""The instruments that come with the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from openalliance.core.instruments.document import parse
from openalliance.core.instruments.instrument import Instrument


@cache
def catalogue() -> Mapping[str, Instrument]:
    """Return every instrument of the catalogue by key: our own forms, methods and skeletons.

    Examples
    --------
    >>> catalogue()["oa-check-in"].main_scale.key
    'life'
    >>> catalogue()["wai-sr"].text_required
    True
    """
    folder = files("openalliance.core.instruments").joinpath("catalogue")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            instrument = parse(json.loads(entry.read_text(encoding="utf-8")))
            found[instrument.key] = instrument
    return MappingProxyType(found)
