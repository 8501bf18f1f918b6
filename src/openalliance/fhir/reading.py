"""FHIR R4 Questionnaire → instrument."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import (
    Code,
    Instrument,
    Item,
    ItemKind,
    Texts,
    parse,
    without_text,
)
from openalliance.fhir import codes, validity
from openalliance.fhir.importing import imported
from openalliance.fhir.options import overlaid
from openalliance.fhir.wording import DEFAULT_LANGUAGE, extensions, read_texts

_TOTALS = frozenset({"decimal", "integer", "quantity"})
"""Types of unknown items beside a known instrument's own: computed totals, which are left out."""

_KINDS = {
    ItemKind.CHOICE: frozenset({"choice"}),
    ItemKind.RATING: frozenset({"integer", "decimal"}),
    ItemKind.VISUAL_ANALOGUE: frozenset({"integer", "decimal"}),
}

_Found = dict[str, tuple[str, Mapping[str, Any]]]


def read_questionnaire(document: Any, known: Mapping[str, Instrument]) -> Instrument:
    """Read an instrument from a FHIR R4 Questionnaire.

    Where the questionnaire carries our extension, or has the public code of a known instrument,
    structure and scoring come from there and the words from the file. Otherwise every option
    must say what it counts as, and the instrument has answers but no score.

    Parameters
    ----------
    document
        The JSON object.
    known
        Instruments by key, with their public codes; skeletons or not.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        It is no valid Questionnaire or contradicts what is known; ``path`` is the JSON path.
    """
    validity.check(document)
    language = document.get("language") or DEFAULT_LANGUAGE
    skeleton = _embedded(document) or _matched(document, known)
    if skeleton is None:
        return imported(document, language)
    return _with_words(skeleton, document, language)


def _embedded(document: Mapping[str, Any]) -> Instrument | None:
    for position, entry in enumerate(document.get("extension", [])):
        if entry.get("url") != codes.INSTRUMENT:
            continue
        path = f"$.extension[{position}].valueString"
        try:
            content = json.loads(entry.get("valueString", ""))
        except ValueError:
            raise InstrumentError("is not JSON", path=path) from None
        try:
            return without_text(parse(content))
        except InstrumentError as error:
            raise InstrumentError(f"{error.path}: {error.reason}", path=path) from None
    return None


def _matched(document: Mapping[str, Any], known: Mapping[str, Instrument]) -> Instrument | None:
    given = _codes(document)
    for instrument in known.values():
        if given & set(instrument.codes):
            return without_text(instrument)
    return None


def _codes(holder: Mapping[str, Any]) -> set[Code]:
    return {
        Code(system=coding["system"], code=coding["code"])
        for coding in holder.get("code", [])
        if coding.get("system") and coding.get("code")
    }


def _with_words(skeleton: Instrument, document: Mapping[str, Any], language: str) -> Instrument:
    found = _located(skeleton, document)
    scored = {item_id for scale in skeleton.scales for item_id in scale.items}
    for item in skeleton.items:
        if item.id not in found and (item.id in scored or item.required):
            named = " or ".join(code.code for code in item.codes) or f"linkId “{item.id}”"
            raise InstrumentError(
                f"the item “{item.id}” ({named}) of “{skeleton.key}” is missing", path="$.item"
            )
    kept = [item for item in skeleton.items if item.id in found]
    items = tuple(_worded(item, *found[item.id], language) for item in kept)
    title = {**skeleton.title, **read_texts(document, "title", language, "$")}
    worded = any(item.has_text for item in items)
    return replace(
        skeleton,
        version=document.get("version") or skeleton.version,
        title=Texts(title),
        items=items,
        languages=_common_languages(items) if worded else (),
        text_required=not worded,
        licence=document.get("copyright") or skeleton.licence,
    )


def _located(skeleton: Instrument, document: Mapping[str, Any]) -> _Found:
    """Return path and content of each item of the skeleton that the file has."""
    by_code = {code: item.id for item in skeleton.items for code in item.codes}
    by_id = {item.id for item in skeleton.items}
    found: _Found = {}
    for path, entry in validity.items(document):
        if entry["type"] in {"group", "display"}:
            continue
        item_id = next((by_code[code] for code in _codes(entry) if code in by_code), None)
        if item_id is None and entry["linkId"] in by_id:
            item_id = entry["linkId"]
        if item_id is None:
            if entry["type"] not in _TOTALS:
                raise InstrumentError(f"is not an item of “{skeleton.key}”", path=path)
            continue
        if item_id in found:
            raise InstrumentError(f"is the same item as {found[item_id][0]}", path=path)
        found[item_id] = (path, entry)
    return found


def _worded(item: Item, path: str, entry: Mapping[str, Any], language: str) -> Item:
    if entry["type"] not in _KINDS[item.kind]:
        wanted = " or ".join(sorted(_KINDS[item.kind]))
        raise InstrumentError(f"must be {wanted} for this item", path=f"{path}.type")
    if entry.get("repeats"):
        raise InstrumentError("only one answer is possible", path=f"{path}.repeats")
    options = item.options
    if item.kind is ItemKind.CHOICE:
        options = overlaid(item.options, entry, language, path)
    return replace(
        item,
        text=read_texts(entry, "text", language, path),
        options=options,
        low_anchor=_anchor(entry, codes.LOWER, language, path),
        high_anchor=_anchor(entry, codes.UPPER, language, path),
    )


def _anchor(entry: Mapping[str, Any], end: str, language: str, path: str) -> Texts:
    for position, inner in enumerate(entry.get("item", [])):
        for control in extensions(inner, codes.ITEM_CONTROL):
            codings = control.get("valueCodeableConcept", {}).get("coding", [])
            if any(coding.get("code") == end for coding in codings):
                return read_texts(inner, "text", language, f"{path}.item[{position}]")
    return Texts({})


def _common_languages(items: tuple[Item, ...]) -> tuple[str, ...]:
    common = set(items[0].text)
    for item in items:
        for words in (item.text, *(option.label for option in item.options)):
            common &= set(words)
        for anchor in (item.low_anchor, item.high_anchor):
            if anchor:
                common &= set(anchor)
    if not common:
        raise InstrumentError("no language has words for every item and option", path="$.item")
    return tuple(sorted(common))
