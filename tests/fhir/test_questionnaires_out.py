"""An instrument becomes a valid FHIR R4 Questionnaire and comes back the same."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from openalliance.core.instruments import catalogue
from openalliance.fhir import codes, read_questionnaire, to_questionnaire, validity


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_out_and_in_again_is_lossless(key: str) -> None:
    instrument = catalogue()[key]
    text = json.dumps(to_questionnaire(instrument), allow_nan=False)
    assert read_questionnaire(json.loads(text), {}) == instrument


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_it_is_valid_r4(key: str) -> None:
    document = to_questionnaire(catalogue()[key])
    Questionnaire.model_validate(document)
    validity.check(document)
    assert document["status"] in codes.PUBLICATION_STATUS


def test_words_are_where_fhir_has_them() -> None:
    document = to_questionnaire(catalogue()["oa-check-in"])
    days = document["item"][0]
    assert days["text"] == catalogue()["oa-check-in"].item("days").text["en"]
    translation = days["_text"]["extension"][0]["extension"]
    assert translation[0] == {"url": "lang", "valueCode": "es"}
    assert [inner["type"] for inner in days["item"]] == ["display", "display"]


def test_words_changed_in_the_file_are_the_words() -> None:
    document = to_questionnaire(catalogue()["oa-check-in"])
    document["item"][0]["text"] = "Reworded"
    document["version"] = "2"
    form = read_questionnaire(document, {})
    assert form.item("days").text["en"] == "Reworded"
    assert form.version == "2"


def test_the_extension_holds_no_words_of_items() -> None:
    document = to_questionnaire(catalogue()["oa-check-in"])
    kept = document["extension"][0]["valueString"]
    for item in catalogue()["oa-check-in"].items:
        assert item.text["en"] not in kept


def test_options_say_what_they_count_as() -> None:
    document = to_questionnaire(catalogue()["gas"])
    first = document["item"][0]["answerOption"][0]
    assert first["extension"] == [{"url": codes.ORDINAL_VALUE, "valueDecimal": -2.0}]
    assert first["valueCoding"]["code"] == "-2"
