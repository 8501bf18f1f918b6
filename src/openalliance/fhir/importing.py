"""A questionnaire nobody here knows: its items become an instrument without a score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import (
    Code,
    Instrument,
    Item,
    ItemKind,
    ItemPurpose,
    Moment,
    Rater,
    Texts,
)
from openalliance.fhir import codes, validity
from openalliance.fhir.options import read_options
from openalliance.fhir.wording import extensions, read_texts

_NO_LICENCE = "The file names no licence; the practice must hold the right to use it."
_FOREIGN = re.compile(r"[^a-z0-9._-]+")


def imported(document: Mapping[str, Any], language: str) -> Instrument:
    """Return the instrument, without scales: direction and missing-answer rule are not in FHIR.

    Raises
    ------
    InstrumentError
        An option does not say what it counts as, a number has no range, or an item asks for
        something that is neither a choice nor a number.
    """
    items = tuple(
        _item(entry, path, language)
        for path, entry in validity.items(document)
        if entry["type"] not in {"group", "display"} and not entry.get("readOnly")
    )
    if not items:
        raise InstrumentError("there is nothing to answer", path="$.item")
    name = document.get("name") or document.get("id") or document.get("title") or ""
    title = read_texts(document, "title", language, "$")
    return Instrument(
        key=_key(name, "$.name"),
        version=document.get("version") or "1",
        title=title or Texts({language: name}),
        moment=Moment.OTHER,
        raters=(Rater.CLIENT,),
        languages=(language,),
        items=items,
        scales=(),
        licence=document.get("copyright") or _NO_LICENCE,
        source=document.get("url") or document.get("publisher") or "FHIR Questionnaire",
        validated=False,
        text_required=False,
    )


def _key(name: str, path: str) -> str:
    key = _FOREIGN.sub("-", name.lower().replace("_", "-")).strip("-._")[:64]
    if not key:
        raise InstrumentError("has no letter or digit to name it by", path=path)
    return key


def _item(entry: Mapping[str, Any], path: str, language: str) -> Item:
    text = read_texts(entry, "text", language, path)
    if not text:
        raise InstrumentError("is missing", path=f"{path}.text")
    common: dict[str, Any] = {
        "id": _key(entry["linkId"], f"{path}.linkId"),
        "text": text,
        "required": bool(entry.get("required", False)),
        "purpose": ItemPurpose.OTHER,
        "codes": tuple(
            Code(system=coding["system"], code=coding["code"])
            for coding in entry.get("code", [])
            if coding.get("system") and coding.get("code")
        ),
    }
    if entry["type"] == "choice":
        return _choice(entry, path, language, common)
    if entry["type"] in {"integer", "decimal"}:
        return _number(entry, path, common)
    raise InstrumentError(
        "only choices and numbers can be asked; remove the item or load the rest without it",
        path=f"{path}.type",
    )


def _choice(entry: Mapping[str, Any], path: str, language: str, common: dict[str, Any]) -> Item:
    found = read_options(entry, language, path)
    for place, option in found:
        if not option.label:
            raise InstrumentError("has no words", path=place)
    values = [option.value for _, option in found]
    try:
        return Item(
            kind=ItemKind.CHOICE,
            minimum=min(values),
            maximum=max(values),
            options=tuple(option for _, option in found),
            **common,
        )
    except InstrumentError as error:
        raise InstrumentError(error.reason, path=f"{path}.answerOption") from None


def _number(entry: Mapping[str, Any], path: str, common: dict[str, Any]) -> Item:
    ends = []
    for url in (codes.MINIMUM, codes.MAXIMUM):
        stated = extensions(entry, url)
        value = stated[0].get("valueInteger", stated[0].get("valueDecimal")) if stated else None
        if value is None:
            raise InstrumentError(
                f"a number needs a range: give the extensions {codes.MINIMUM} and {codes.MAXIMUM}",
                path=path,
            )
        ends.append(float(value))
    whole = entry["type"] == "integer"
    try:
        return Item(
            kind=ItemKind.RATING if whole else ItemKind.VISUAL_ANALOGUE,
            minimum=ends[0],
            maximum=ends[1],
            step=1.0 if whole else 0.1,
            **common,
        )
    except InstrumentError as error:
        raise InstrumentError(error.reason, path=path) from None
