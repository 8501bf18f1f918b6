"""Words in FHIR: one text with its translations ↔ texts by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import Texts
from openalliance.fhir import codes

DEFAULT_LANGUAGE = "en"
"""What a questionnaire without ``language`` is taken to be written in."""


def extensions(holder: Any, url: str) -> list[Mapping[str, Any]]:
    """Return the extensions of ``holder`` with that address, in order."""
    if not isinstance(holder, Mapping):
        return []
    found = holder.get("extension", [])
    return [entry for entry in found if isinstance(entry, Mapping) and entry.get("url") == url]


def read_texts(holder: Mapping[str, Any], field: str, language: str, path: str) -> Texts:
    """Return the text in ``field`` and its translations; empty when there is none.

    Raises
    ------
    InstrumentError
        A text is blank or a translation lacks language or content.
    """
    if holder.get(field) is None:
        return Texts({})
    found = {language: holder[field]}
    companion = f"_{field}"
    for position, entry in enumerate(extensions(holder.get(companion), codes.TRANSLATION)):
        parts = {
            part.get("url"): part.get("valueCode") or part.get("valueString")
            for part in entry.get("extension", [])
        }
        if not parts.get("lang") or not parts.get("content"):
            raise InstrumentError(
                "a translation needs “lang” and “content”",
                path=f"{path}.{companion}.extension[{position}]",
            )
        found[parts["lang"]] = parts["content"]
    try:
        return Texts(found)
    except InstrumentError as error:
        raise InstrumentError(error.reason, path=f"{path}.{field}") from None


def write_texts(holder: dict[str, Any], field: str, texts: Mapping[str, str], first: str) -> None:
    """Set ``field`` to the text in language ``first``, the others as translations."""
    if not texts:
        return
    holder[field] = texts[first]
    others = [
        {
            "url": codes.TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": language},
                {"url": "content", "valueString": text},
            ],
        }
        for language, text in texts.items()
        if language != first
    ]
    if others:
        holder[f"_{field}"] = {"extension": others}
