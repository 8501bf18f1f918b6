"""A FHIR Questionnaire becomes an instrument, or is refused with path and reason."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import (
    ItemKind,
    ItemPurpose,
    NotScorable,
    Score,
    catalogue,
    score,
)
from openalliance.fhir import read_questionnaire

SHARED = Path(__file__).resolve().parents[3] / "shared" / "instruments"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
Change = Callable[[dict[str, Any]], object]


def shared(name: str) -> dict[str, Any]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def gad7(words: str = "word") -> dict[str, Any]:
    """A questionnaire of our own making, with the codes of the GAD-7 and none of its words."""
    answers = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "title": "Seven",
        "copyright": "Free to use",
        "code": [{"system": "http://loinc.org", "code": "69737-5"}],
        "item": [
            {
                "linkId": f"q{position}",
                "text": f"{words} {position}",
                "type": "choice",
                "code": [{"system": "http://loinc.org", "code": code.code}],
                "answerOption": [
                    {"valueCoding": {"system": "http://loinc.org", "code": one, "display": one}}
                    for one in answers
                ],
            }
            for position, code in enumerate(item.codes[0] for item in catalogue()["gad-7"].items)
        ]
        + [{"linkId": "total", "text": "Total", "type": "decimal"}],
    }


def unknown() -> dict[str, Any]:
    """A questionnaire nobody here knows."""
    return {
        "resourceType": "Questionnaire",
        "status": "draft",
        "name": "Garden_Questions",
        "title": "Garden",
        "language": "es",
        "item": [
            {
                "linkId": "1",
                "text": "¿Riegas?",
                "type": "choice",
                "answerOption": [{"valueInteger": 0}, {"valueInteger": 1}],
            },
            {
                "linkId": "2",
                "text": "¿Plantas?",
                "type": "choice",
                "answerOption": [
                    {
                        "valueCoding": {
                            "code": letter,
                            "display": letter,
                            "extension": [{"url": ORDINAL, "valueDecimal": value}],
                        }
                    }
                    for value, letter in enumerate("abc")
                ],
            },
        ],
    }


class TestSharedFiles:
    def test_phq_9(self) -> None:
        form = read_questionnaire(shared("Questionnaire-PHQ9.json"), catalogue())
        assert (form.key, form.languages, form.text_required) == ("phq-9", ("en",), False)
        assert form.usable_in("en")
        assert [item.codes[0].code for item in form.items] == [
            "44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5",
            "44253-3", "44260-8", "69722-7",
        ]  # fmt: skip
        assert form.item("difficulty").id not in form.main_scale.items
        assert form.item("phq9-9").purpose is ItemPurpose.SAFETY
        assert "Pfizer" in form.licence
        result = score(form, dict.fromkeys(form.main_scale.items, 2))["total"]
        assert result == Score(scale="total", value=18, answered=9, missing=0)

    def test_gad_7(self) -> None:
        form = read_questionnaire(shared("Questionnaire-GAD7.json"), catalogue())
        assert (form.key, len(form.items), form.usable_in("en")) == ("gad-7", 7, True)
        assert isinstance(score(form, {"gad7-1": 3})["total"], NotScorable)

    def test_phq_9_without_the_difficulty_question(self) -> None:
        document = shared("Questionnaire-PHQ9.json")
        document["item"] = document["item"][:9]
        assert len(read_questionnaire(document, catalogue()).items) == 9

    def test_the_misprinted_zero_option(self) -> None:
        document = shared("Questionnaire-GAD7.json")
        document["item"][3]["answerOption"][0]["valueCoding"]["display"] = "Not at all  sure"
        with pytest.raises(InstrumentError, match="known wrong label") as caught:
            read_questionnaire(document, catalogue())
        assert caught.value.path == "$.item[3].answerOption[0].valueCoding.display"


class TestKnownInstrument:
    def test_items_are_found_by_code_wherever_they_stand(self) -> None:
        document = gad7()
        document["item"] = [
            {"linkId": "group", "type": "group", "item": list(reversed(document["item"]))}
        ]
        form = read_questionnaire(document, catalogue())
        assert [item.text["en"] for item in form.items] == [f"word {n}" for n in range(7)]

    def test_the_file_names_version_and_language(self) -> None:
        form = read_questionnaire({**gad7(), "version": "7", "language": "de"}, catalogue())
        assert (form.version, form.languages) == ("7", ("de",))
        assert form.title == {"en": "GAD-7", "de": "Seven"}

    def test_our_own_installed_one_is_a_skeleton_too(self) -> None:
        first = read_questionnaire(gad7("old"), catalogue())
        second = read_questionnaire(gad7("new"), {"gad-7": first})
        assert second.item("gad7-1").text == {"en": "new 0"}

    @pytest.mark.parametrize(
        ("change", "path", "reason"),
        [
            (lambda d: d["item"].pop(2), "$.item", "“gad7-3” .69733-4."),
            (
                lambda d: d["item"][0]["answerOption"].pop(),
                "$.item[0].answerOption",
                "3 options where there must be 4",
            ),
            (
                lambda d: d["item"][0]["answerOption"][0]["valueCoding"].update(code="LA11820-6"),
                "$.item[0].answerOption[0].valueCoding.code",
                "expected LA6568-5",
            ),
            (
                lambda d: d["item"][0]["answerOption"].reverse(),
                "$.item[0].answerOption[0].valueCoding.code",
                "expected LA6568-5",
            ),
            (
                lambda d: d["item"][4]["answerOption"][1]["valueCoding"].pop("code"),
                "$.item[4].answerOption[1]",
                "cannot be told",
            ),
            (
                lambda d: d["item"][4]["answerOption"][1].update(
                    extension=[{"url": ORDINAL, "valueDecimal": 3}]
                ),
                "$.item[4].answerOption[1]",
                "another number",
            ),
            (lambda d: d["item"][0].update(type="string"), "$.item[0].type", "must be choice"),
            (lambda d: d["item"][0].update(repeats=True), "$.item[0].repeats", "one answer"),
            (
                lambda d: d["item"].append({"linkId": "x", "type": "text", "text": "More?"}),
                "$.item[8]",
                "not an item of “gad-7”",
            ),
            (
                lambda d: d["item"][1].update(code=d["item"][0]["code"]),
                "$.item[1]",
                "same item as",
            ),
            (lambda d: d["item"][5].pop("text"), "$.item", "no language"),
            (lambda d: d["item"][5].update(text=" "), "$.item[5].text", "blank|valid"),
        ],
    )
    def test_what_contradicts_it_is_refused(self, change: Change, path: str, reason: str) -> None:
        document = gad7()
        change(document)
        with pytest.raises(InstrumentError, match=reason) as caught:
            read_questionnaire(document, catalogue())
        assert caught.value.path == path


class TestUnknownInstrument:
    def test_it_has_answers_and_no_score(self) -> None:
        form = read_questionnaire(unknown(), catalogue())
        assert (form.key, form.languages, form.scales) == ("garden-questions", ("es",), ())
        assert [item.maximum for item in form.items] == [1, 2]
        assert not form.validated

    def test_numbers_with_a_range(self) -> None:
        document = unknown()
        ends = "http://hl7.org/fhir/StructureDefinition/"
        document["item"].append(
            {
                "linkId": "3",
                "text": "¿Cuánto?",
                "type": "integer",
                "extension": [
                    {"url": ends + "minValue", "valueInteger": 0},
                    {"url": ends + "maxValue", "valueInteger": 10},
                ],
            }
        )
        item = read_questionnaire(document, {}).items[2]
        assert (item.kind, item.minimum, item.maximum) == (ItemKind.RATING, 0, 10)

    @pytest.mark.parametrize(
        ("change", "path", "reason"),
        [
            (
                lambda d: d["item"][1]["answerOption"][2]["valueCoding"].pop("extension"),
                "$.item[1].answerOption[2]",
                "what the answer counts as",
            ),
            (lambda d: d["item"][1].pop("answerOption"), "$.item[1].answerOption", "options"),
            (lambda d: d["item"][1].pop("text"), "$.item[1].text", "missing"),
            (
                lambda d: d["item"].append({"linkId": "3", "text": "¿Y?", "type": "text"}),
                "$.item[2].type",
                "only choices and numbers",
            ),
            (
                lambda d: d["item"].append({"linkId": "3", "text": "¿Y?", "type": "integer"}),
                "$.item[2]",
                "range",
            ),
            (
                lambda d: d["item"][0]["answerOption"].__setitem__(1, {"valueInteger": 0}),
                "$.item[0].answerOption",
                "twice",
            ),
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, change: Change, path: str, reason: str) -> None:
        document = unknown()
        change(document)
        with pytest.raises(InstrumentError, match=reason) as caught:
            read_questionnaire(document, catalogue())
        assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.pop("resourceType"), "$.resourceType"),
        (lambda d: d.update(resourceType="Patient"), "$.resourceType"),
        (lambda d: d.pop("status"), "$.status"),
        (lambda d: d.update(status="nope"), "$.status"),
        (lambda d: d.update(colour="red"), "$.colour"),
        (lambda d: d.update(title=7), "$.title"),
        (lambda d: d.pop("item"), "$.item"),
        (lambda d: d.update(item={}), "$.item"),
        (lambda d: d["item"].__setitem__(0, 1), "$.item[0]"),
        (lambda d: d["item"][1].pop("linkId"), "$.item[1].linkId"),
        (lambda d: d["item"][1].update(linkId=4), "$.item[1].linkId"),
        (lambda d: d["item"][1].update(linkId="1"), "$.item[1].linkId"),
        (lambda d: d["item"][1].pop("type"), "$.item[1].type"),
        (lambda d: d["item"][1].update(type="rating"), "$.item[1].type"),
        (lambda d: d["item"][1].update(enableBehavior="some"), "$.item[1].enableBehavior"),
        (lambda d: d["item"][1].update(type="boolean"), "$.item[1].answerOption"),
        (lambda d: d["item"][1].update(answerValueSet="x"), "$.item[1].answerOption"),
        (lambda d: d["item"][1].update(answerOption="x"), "$.item[1].answerOption"),
        (lambda d: d["item"][1]["answerOption"].append(3), "$.item[1].answerOption[3]"),
        (lambda d: d["item"][1].update(colour="red"), "$.item[1].colour"),
        (
            lambda d: d["item"][1].update(item=[{"type": "group"}]),
            "$.item[1].item[0].linkId",
        ),
        (
            lambda d: d.update(extension=[{"url": "urn:openalliance:instrument"}]),
            "$.extension[0]",
        ),
        (
            lambda d: d.update(
                extension=[{"url": "urn:openalliance:instrument", "valueString": "{"}]
            ),
            "$.extension[0].valueString",
        ),
        (
            lambda d: d.update(
                extension=[{"url": "urn:openalliance:instrument", "valueString": "{}"}]
            ),
            "$.extension[0].valueString",
        ),
    ],
)
def test_what_is_no_valid_questionnaire(change: Change, path: str) -> None:
    document = copy.deepcopy(unknown())
    change(document)
    with pytest.raises(InstrumentError) as caught:
        read_questionnaire(document, catalogue())
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize("document", [None, [], "Questionnaire", 3])
def test_what_is_no_object(document: Any) -> None:
    with pytest.raises(InstrumentError, match="JSON object"):
        read_questionnaire(document, {})


def test_groups_without_end_are_refused() -> None:
    document = unknown()
    inner: dict[str, Any] = document
    for level in range(50):
        inner["item"] = [{"linkId": f"g{level}", "type": "group"}]
        inner = inner["item"][0]
    with pytest.raises(InstrumentError, match="levels deep"):
        read_questionnaire(document, {})
