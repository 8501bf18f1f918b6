"""A wrong instrument file is refused with the JSON path of the fault."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import Instrument, catalogue, parse, to_document

Change = Callable[[dict[str, Any]], object]


def check_in() -> dict[str, Any]:
    return copy.deepcopy(to_document(catalogue()["oa-check-in"]))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.pop("format"), "$.format"),
        (lambda d: d.update(format="openalliance-instrument/9"), "$.format"),
        (lambda d: d.pop("key"), "$.key"),
        (lambda d: d.update(key="Has Space"), "$.key"),
        (lambda d: d.update(version=1), "$.version"),
        (lambda d: d.update(colour="red"), "$.colour"),
        (lambda d: d.update(title="Check-in"), "$.title"),
        (lambda d: d.update(title={}), "$.title"),
        (lambda d: d.update(title={"english": "x"}), "$.title"),
        (lambda d: d.update(title={"en": " "}), "$.title.en"),
        (lambda d: d.update(moment="lunch"), "$.moment"),
        (lambda d: d.update(raters=[]), "$.raters"),
        (lambda d: d.update(raters=["client", "cat"]), "$.raters[1]"),
        (lambda d: d.update(raters=["client", "client"]), "$.raters[1]"),
        (lambda d: d.update(validated="no"), "$.validated"),
        (lambda d: d.update(items=[]), "$.items"),
        (lambda d: d.update(items={}), "$.items"),
        (lambda d: d["items"].__setitem__(1, "x"), "$.items[1]"),
        (lambda d: d["items"][2].pop("maximum"), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(maximum=0), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(maximum="10"), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(maximum=True), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(maximum=float("nan")), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(maximum=10**400), "$.items[2].maximum"),
        (lambda d: d["items"][2].update(step=3), "$.items[2].step"),
        (lambda d: d["items"][2].update(step=0), "$.items[2].step"),
        (lambda d: d["items"][2].update(id="days"), "$.items[2].id"),
        (lambda d: d["items"][2]["text"].pop("es"), "$.items[2].text"),
        (lambda d: d["items"][2]["low_anchor"].pop("es"), "$.items[2].low_anchor"),
        (lambda d: d["items"][2].update(safety_threshold=3), "$.items[2].safety_threshold"),
        (lambda d: d["items"][2].update(options=[{"value": 1}]), "$.items[2].options"),
        (lambda d: d["items"][6].update(safety_threshold=9), "$.items[6].safety_threshold"),
        (lambda d: d["items"][6].update(minimum=-1), "$.items[6].minimum"),
        (lambda d: d["items"][6]["options"][1].update(value=0), "$.items[6].options[1].value"),
        (lambda d: d["items"][6]["options"][1].update(lable={}), "$.items[6].options[1].lable"),
        (lambda d: d["items"][6]["options"][1].pop("label"), "$.items[6].options[1].label"),
        (lambda d: d["scales"][0]["items"].append("mood"), "$.scales[0].items[5]"),
        (lambda d: d["scales"][0]["items"].append("days"), "$.scales[0].items[5]"),
        (lambda d: d["scales"][0].update(reversed=["tasks"]), "$.scales[0].reversed"),
        (lambda d: d["scales"][0].update(method="median"), "$.scales[0].method"),
        (lambda d: d["scales"][0].update(method="sum"), "$.scales[0].maximum_missing"),
        (lambda d: d["scales"][0].update(maximum_missing=5), "$.scales[0].maximum_missing"),
        (lambda d: d["scales"][0].update(maximum_missing=1.0), "$.scales[0].maximum_missing"),
        (lambda d: d["scales"][0].update(maximum=50), "$.scales[0].maximum"),
        (lambda d: d["scales"][0].update(multiplier=0), "$.scales[0].multiplier"),
        (lambda d: d["scales"][0].update(sem=-1), "$.scales[0].sem"),
        (lambda d: d["scales"][0].pop("sem_source"), "$.scales[0].sem_source"),
        (
            lambda d: d["scales"][0].update(cutoffs=[{"value": 5, "label": "x"}]),
            "$.scales[0].cutoffs[0].source",
        ),
        (
            lambda d: d["scales"][0].update(
                cutoffs=[{"value": 50, "label": "x", "source": "y"}],
            ),
            "$.scales[0].cutoffs[0].value",
        ),
        (
            lambda d: d["scales"][0].update(
                reliability=[{"value": 1.2, "kind": "alpha", "source": "x"}]
            ),
            "$.scales[0].reliability[0].value",
        ),
        (lambda d: d["scales"].append(d["scales"][0]), "$.scales[2].key"),
        (lambda d: d.update(languages=["en", "fr"]), "$.items[0].text"),
        (lambda d: d.update(languages=[]), "$.languages"),
        (lambda d: d.update(text_required=True), "$.languages"),
        (lambda d: d.update(text_required=True, languages=[]), "$.items[0]"),
    ],
)
def test_each_fault_is_found_at_its_path(change: Change, path: str) -> None:
    document = check_in()
    change(document)
    with pytest.raises(InstrumentError) as caught:
        parse(document)
    assert caught.value.path == path
    assert caught.value.reason


@pytest.mark.parametrize("document", [[], "x", None, 3])
def test_what_is_no_object(document: Any) -> None:
    with pytest.raises(InstrumentError, match="JSON object"):
        parse(document)


def test_items_and_scales_are_found_by_name() -> None:
    form: Instrument = catalogue()["oa-check-in"]
    assert form.item("days").maximum == 10
    assert form.scale("life") == form.main_scale
    with pytest.raises(InstrumentError, match="no such item"):
        form.item("weather")
    with pytest.raises(InstrumentError, match="no such scale"):
        form.scale("weather")
    with pytest.raises(InstrumentError, match="no score"):
        catalogue()["oa-exit"].main_scale  # noqa: B018
