"""From rows to records: the template, mappings, and every reason to refuse a row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openalliance.core.errors import InputError, TableError
from openalliance.core.instruments import catalogue
from openalliance.files.mapping import Mapping, instruments_of, read_mapping
from openalliance.files.records import Reading, mapping_for, read_records
from openalliance.files.tables import Table

ZONE = ZoneInfo("Europe/Madrid")
HEADER = [
    "client",
    "therapist",
    "episode",
    "session",
    "date",
    "rater",
    "instrument",
    "scale",
    "value",
]
ROW = ["A", "t@p.example", "1", "1", "2025-09-01", "client", "oa-check-in", "life", "4.2"]
SIMPLE = {"columns": {"client": "id", "date": "day", "value": "score"},
          "constants": {"therapist": "t@p.example", "rater": "client",
                        "instrument": "oa-check-in", "scale": "life"}}  # fmt: skip


def table(header: list[str], *rows: list[str]) -> Table:
    columns = {name: tuple(row[i] for row in rows) for i, name in enumerate(header)}
    return Table(file="records.csv", columns=columns)


def reading(given: Table, mapping: dict[str, Any] | None = None) -> Reading:
    chosen = mapping_for(given, Mapping.model_validate(mapping) if mapping else None)
    return read_records(given, chosen, {**catalogue(), **instruments_of(chosen)}, zone=ZONE)


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True)]


def test_the_template_needs_no_mapping() -> None:
    read = reading(table(HEADER, ROW))
    (record,) = read.records
    assert (record.client, record.session, record.scale, record.value) == ("A", 1, "life", 4.2)
    assert record.at == datetime(2025, 9, 1, 10, tzinfo=UTC)  # noon in Madrid in summer
    assert read.refused == ()


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"client": ""}, "client", "empty"),
        ({"client": "x" * 60}, "client", "too long"),
        ({"client": "a\u200bb"}, "client", "cannot be seen"),
        ({"therapist": ""}, "therapist", "names no therapist"),
        ({"session": "0"}, "session", "no session number"),
        ({"session": "1.5"}, "session", "no session number"),
        ({"date": "01/09/2025"}, "date", "no time"),
        ({"date": "0001-01-01"}, "date", "no time"),
        ({"rater": "mother"}, "rater", "no rater"),
        ({"rater": "therapist"}, "rater", "does not answer"),
        ({"instrument": "unknown"}, "instrument", "no instrument"),
        ({"scale": "unknown"}, "scale", "not in this instrument"),
        ({"scale": ""}, "scale", "either an item or a scale"),
        ({"value": ""}, "value", "has no value"),
        ({"value": "many"}, "value", "not a number"),
        ({"value": "10.5"}, "value", "outside its range, 0 to 10"),
    ],
)
def test_a_refused_row_says_which_column_why_and_what_to_do(
    cells: dict[str, str], column: str, why: str
) -> None:
    read = reading(table(HEADER, ROW, changed(date="2025-09-08", **cells)
                         if "date" not in cells else changed(**cells)))  # fmt: skip
    (refused,) = read.refused
    assert (refused.row, refused.column) == (2, column)
    assert why in refused.why
    assert refused.what_to_do
    assert len(read.records) == 1


def test_items_of_one_form_are_scored_together() -> None:
    header = [*HEADER[:7], "item", "value"]
    rows = [[*ROW[:7], item, "6"] for item in ("days", "energy", "people", "doing", "coping")]
    read = reading(table(header, *rows))
    assert {(one.scale, one.value) for one in read.records} == {("life", 6.0)}
    assert [one.column for one in read.left_out] == ["adherence"]


def test_an_item_out_of_range_is_refused_by_its_row() -> None:
    header = [*HEADER[:7], "item", "value"]
    read = reading(table(header, [*ROW[:7], "days", "5"], [*ROW[:7], "energy", "11"]))
    assert [one.row for one in read.refused] == [2]


@pytest.mark.parametrize(("rule", "value"), [("first", 4.2), ("last", 7.0), ("refuse", 4.2)])
def test_the_same_client_time_and_scale_twice(rule: str, value: float) -> None:
    given = table(["id", "day", "score"], ["A", "2025-01-01", "4.2"], ["A", "2025-01-01", "7"])
    read = reading(given, {**SIMPLE, "duplicates": rule})
    assert [one.value for one in read.records] == [value]
    told = read.refused if rule == "refuse" else read.left_out
    assert [one.row for one in told] == [1 if rule == "last" else 2]


@pytest.mark.parametrize(
    ("time", "cell", "at"),
    [
        ({"kind": "date"}, "2025-01-02", datetime(2025, 1, 2, 11, tzinfo=UTC)),
        ({"kind": "datetime"}, "2025-01-02T09:30", datetime(2025, 1, 2, 8, 30, tzinfo=UTC)),
        ({"kind": "datetime"}, "2025-01-02T09:30Z", datetime(2025, 1, 2, 9, 30, tzinfo=UTC)),
        ({"kind": "days", "origin": "2025-01-01"}, "1", datetime(2025, 1, 2, 11, tzinfo=UTC)),
        ({"kind": "weeks", "origin": "2025-01-01"}, "2", datetime(2025, 1, 15, 11, tzinfo=UTC)),
    ],
)
def test_ways_to_say_when(time: dict[str, str], cell: str, at: datetime) -> None:
    read = reading(table(["id", "day", "score"], ["A", cell, "4"]), {**SIMPLE, "time": time})
    assert [one.at for one in read.records] == [at]


def test_several_columns_of_values_and_empty_cells() -> None:
    mapping = {
        "columns": {"client": "id", "date": "day"},
        "constants": {"therapist": "t@p.example"},
        "values": [
            {"column": "life", "instrument": "oa-check-in", "scale": "life"},
            {"column": "who", "instrument": "who-5", "scale": "well-being", "multiply": 4},
        ],
        "empty_values": "skip",
        "missing_cells": ["NA"],
    }
    given = table(["id", "day", "life", "who"], ["A", "2025-01-01", "5", "13"],
                  ["A", "2025-01-08", "NA", ""])  # fmt: skip
    read = reading(given, mapping)
    assert [(one.scale, one.value) for one in read.records] == [("life", 5), ("well-being", 52)]
    assert [one.row for one in read.left_out] == [2, 2]


def test_a_missing_column_names_what_is_there() -> None:
    with pytest.raises(TableError, match="“score”"):
        reading(table(["id", "score"], ["A", "4"]), SIMPLE)
    with pytest.raises(InputError, match="therapist"):
        reading(
            table(["id", "day", "score"], ["A", "2025-01-01", "4"]), {**SIMPLE, "constants": {}}
        )


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"colums": {}}, "$.colums"),
        ({"columns": {"client": 3}}, "$.columns.client"),
        ({"time": {"kind": "days"}}, "$.time"),
        ({"duplicates": "average"}, "$.duplicates"),
        ({"instruments": [{"format": "openalliance-instrument/1"}]}, "$.instruments[0]"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_json_path(
    tmp_path: Path, document: dict[str, Any], place: str
) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as raised:
        read_mapping(path)
    assert place in (raised.value.where or "")


def test_the_documented_mappings_are_right(project: Path) -> None:
    found = sorted((project / "docs" / "how-to" / "mappings").glob("*.json"))
    assert len(found) >= 2
    for path in found:
        for instrument in instruments_of(read_mapping(path)).values():
            assert instrument.text_required
            assert all(scale.sem is None or scale.sem_source for scale in instrument.scales)
