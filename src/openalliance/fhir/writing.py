"""Instrument → FHIR R4 Questionnaire."""

from __future__ import annotations

import json
from typing import Any

from openalliance.core.instruments import (
    Code,
    Instrument,
    Item,
    ItemKind,
    Option,
    to_document,
    without_text,
)
from openalliance.fhir import codes
from openalliance.fhir.wording import DEFAULT_LANGUAGE, write_texts


def to_questionnaire(instrument: Instrument) -> dict[str, Any]:
    """Write an instrument as a FHIR R4 Questionnaire.

    Words are where FHIR has them; structure and scoring are in our extension
    ``urn:openalliance:instrument``. `read_questionnaire` reads back an equal instrument.

    Parameters
    ----------
    instrument
        With or without words.

    Returns
    -------
    dict
        The JSON object.
    """
    known = instrument.languages or tuple(instrument.title)
    first = DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in known else known[0]
    structure = json.dumps(to_document(without_text(instrument)), ensure_ascii=False)
    document: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "id": instrument.key.replace("_", "-"),
        "language": first,
        "extension": [{"url": codes.INSTRUMENT, "valueString": structure}],
        "url": codes.QUESTIONNAIRE_URL + instrument.key,
        "version": instrument.version,
        "status": "active",
        "subjectType": ["Patient"],
        "copyright": instrument.licence,
    }
    title = instrument.title if first in instrument.title else {}
    write_texts(document, "title", title, first)
    if instrument.codes:
        document["code"] = [_coding(code) for code in instrument.codes]
    document["item"] = [_item(item, first) for item in instrument.items]
    return document


def _coding(code: Code) -> dict[str, Any]:
    return {"system": code.system, "code": code.code}


def _item(item: Item, first: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"linkId": item.id}
    if item.codes:
        entry["code"] = [_coding(code) for code in item.codes]
    write_texts(entry, "text", item.text, first)
    entry["required"] = item.required
    if item.kind is ItemKind.CHOICE:
        entry["type"] = "choice"
        entry["answerOption"] = [_option(option, first) for option in item.options]
        return entry
    numbers = (item.minimum, item.maximum, item.step)
    whole = item.kind is ItemKind.RATING and all(float(number).is_integer() for number in numbers)
    entry["type"] = "integer" if whole else "decimal"
    entry["extension"] = [
        {"url": codes.MINIMUM, **_value(item.minimum, whole)},
        {"url": codes.MAXIMUM, **_value(item.maximum, whole)},
    ]
    if whole:
        entry["extension"].append({"url": codes.SLIDER_STEP, **_value(item.step, whole)})
    anchors = [
        _anchor(item.id, end, words, first)
        for end, words in ((codes.LOWER, item.low_anchor), (codes.UPPER, item.high_anchor))
        if words
    ]
    if anchors:
        entry["item"] = anchors
    return entry


def _value(number: float, whole: bool) -> dict[str, int | float]:
    return {"valueInteger": int(number)} if whole else {"valueDecimal": number}


def _option(option: Option, first: str) -> dict[str, Any]:
    coding: dict[str, Any] = (
        _coding(option.codes[0])
        if option.codes
        else {"system": codes.OPTION_SYSTEM, "code": f"{option.value:g}"}
    )
    write_texts(coding, "display", option.label, first)
    ordinal = {"url": codes.ORDINAL_VALUE, "valueDecimal": option.value}
    return {"extension": [ordinal], "valueCoding": coding}


def _anchor(item_id: str, end: str, words: Any, first: str) -> dict[str, Any]:
    concept = {"coding": [{"system": codes.ITEM_CONTROL_SYSTEM, "code": end}]}
    entry: dict[str, Any] = {
        "linkId": f"{item_id}.{end}",
        "extension": [{"url": codes.ITEM_CONTROL, "valueCodeableConcept": concept}],
        "type": "display",
    }
    write_texts(entry, "text", words, first)
    return entry
