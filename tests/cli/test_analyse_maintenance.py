"""``analyse maintenance``: keys, words, faults with their place, table and picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.maintenance import command
from openalliance.core.errors import TableError


def _rows() -> list[dict[str, Any]]:
    rng = np.random.default_rng(9)
    rows = []
    for client in range(1, 61):
        start, ending = round(rng.normal(17, 3)), round(rng.normal(8, 3))
        fixed = {"start": start, "age": 20 + client % 40, "site": "ab"[client % 2]}
        rows.append({"id": client, "month": 0, "y": ending} | fixed)
        for month in (3, 12):
            silent = rng.random() < 1 / (1 + np.exp(-0.3 * (ending - 8)))
            later = None if silent else round(ending + rng.normal(1, 3))
            if month == 3 or not silent:
                rows.append({"id": client, "month": month, "y": later} | fixed)
    return rows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return _written(tmp_path, _rows())


def _written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "followup.csv"
    pl.DataFrame(rows, infer_schema_length=None, strict=False).write_csv(path)
    return path


def _run(path: Path, *more: str, limit: tuple[str, ...] = ("--reliable-change", "5")) -> Result:
    columns = ["--client", "id", "--wave", "month", "--score", "y", "--bootstrap", "60"]
    return CliRunner().invoke(command, [str(path), *columns, *limit, *more])


def test_the_document(table: Path) -> None:
    asked = ("--start", "start", "--covariates", "age,site", "--range", "-20,40", "--json")
    found = json.loads(_run(table, *asked).stdout)
    assert set(found) == {
        "n_clients", "n_left_out", "reliable_change", "settings", "gain", "waves", "trend",
        "survival", "summary", "clients", "notes",
    }  # fmt: skip
    assert (found["n_clients"], found["reliable_change"]) == (60, 5.0)
    assert found["settings"]["delta"] == [0.0, 1.25, 2.5, 5.0]
    assert [one["wave"] for one in found["waves"]] == [0.0, 3.0, 12.0]
    last = found["waves"][2]
    assert last["response"]["n"] == 60
    assert last["response"]["count"] == sum(
        row["month"] == 12 and row["y"] is not None for row in _rows()
    )
    assert last["bounds"]["best"] < last["weighted"]["estimate"] < last["bounds"]["worst"]
    assert [term["term"] for term in last["response_model"]["coefficients_per_sd"]] == [
        "Intercept", "ending", "age", "site[b]",
    ]  # fmt: skip
    assert [at["delta"] for at in last["pattern_mixture"]] == [0.0, 1.25, 2.5, 5.0]
    assert last["tipping_delta"] > last["tipping_delta_interval"] > 0
    assert set(found["trend"]) == {"level", "slope", "departure"}
    curve = found["survival"]["curve"]
    assert (curve[0]["survival"], curve[0]["ci_lower"]) == (1.0, None)
    counts = found["summary"]
    assert sum(one["count"] for one in counts.values()) == 60
    assert set(found["clients"][0]) == {
        "client", "fate", "answers", "ending", "last_wave", "last_score", "change",
        "relapse_wave",
    }  # fmt: skip
    assert found["gain"]["n"] == 60


def test_the_same_seed_gives_the_same_document(table: Path) -> None:
    assert _run(table, "--json").stdout == _run(table, "--json").stdout
    assert _run(table, "--json").stdout != _run(table, "--json", "--seed", "2").stdout


def test_a_person_reads_sentences_first(table: Path) -> None:
    said = _run(table, "--range", "-20,40").stdout
    assert said.startswith("60 clients left;")
    assert "missing at random" in " ".join(said.split())
    assert "worse than predicted?" in said


def test_a_missing_row_is_an_empty_cell(tmp_path: Path) -> None:
    rows = _rows()
    there = {(row["id"], row["month"]) for row in rows}
    first = {row["id"]: row for row in reversed(rows)}
    filled = rows + [
        first[client] | {"month": 12, "y": None}
        for client in range(1, 61)
        if (client, 12) not in there
    ]
    without = _run(_written(tmp_path, rows), "--json").stdout
    assert _run(_written(tmp_path, filled), "--json").stdout == without


def test_clients_without_an_ending_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [row for row in _rows() if (row["id"], row["month"]) != (7, 0)]
    found = json.loads(_run(_written(tmp_path, rows), "--json").stdout)
    assert (found["n_clients"], found["n_left_out"]) == (59, 1)
    assert found["notes"][0].startswith("Left out: 1")


def test_a_covariate_missing_leaves_nobody_out(tmp_path: Path) -> None:
    rows = _rows()
    rows[0]["age"] = rows[3]["age"] = None
    found = json.loads(_run(_written(tmp_path, rows), "--covariates", "age", "--json").stdout)
    assert found["n_clients"] == 60
    assert any("“age” is missing in" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("row", "change", "column"),
    [
        (4, {"y": "six"}, "y"),
        (2, {"month": -1}, "month"),
        (5, {"month": None}, "month"),
        (6, {"y": 99}, "y"),
        (1, {"start": 3}, "start"),
    ],
)
def test_a_fault_names_column_and_row(
    tmp_path: Path, row: int, change: dict[str, Any], column: str
) -> None:
    rows = [{name: str(cell) if cell is not None else None for name, cell in one.items()}
            for one in _rows()]  # fmt: skip
    rows[row] |= {name: None if cell is None else str(cell) for name, cell in change.items()}
    fault = _run(_written(tmp_path, rows), "--range", "-20,40", "--start", "start").exception
    assert isinstance(fault, TableError)
    assert (fault.column, fault.row) == (column, row + 1)


def test_a_wave_twice_is_refused(tmp_path: Path) -> None:
    rows = _rows()
    fault = _run(_written(tmp_path, [*rows, rows[0]])).exception
    assert isinstance(fault, TableError)
    assert (fault.column, fault.row) == ("month", len(rows) + 1)


@pytest.mark.parametrize("months", [{0}, {3, 12}])
def test_an_empty_selection_is_refused(tmp_path: Path, months: set[int]) -> None:
    rows = [row for row in _rows() if row["month"] in months]
    assert isinstance(_run(_written(tmp_path, rows)).exception, TableError)


@pytest.mark.parametrize(
    "asked",
    [(), ("--reliable-change", "5", "--reliability", ".9"), ("--reliability", "1"),
     ("--reliable-change", "5", "--range", "9,3"), ("--reliable-change", "5", "--delta", "a")],
)  # fmt: skip
def test_wrong_options_are_wrong_usage(table: Path, asked: tuple[str, ...]) -> None:
    assert _run(table, limit=asked).exit_code == 2


def test_reliability_uses_the_spread_of_the_start(table: Path) -> None:
    asked = ("--reliability", "0.84")
    found = json.loads(_run(table, "--start", "start", "--json", limit=asked).stdout)
    starts = [row["start"] for row in _rows() if row["month"] == 0]
    limit = 1.959963984540054 * np.sqrt(2) * np.std(starts, ddof=1) * 0.4
    assert found["reliable_change"] == pytest.approx(limit, rel=1e-12)


def test_table_and_picture(table: Path, tmp_path: Path) -> None:
    out, plot = tmp_path / "clients.csv", tmp_path / "kept.svg"
    assert _run(table, "--out", str(out), "--plot", str(plot)).exit_code == 0
    assert pl.read_csv(out).height == 60
    assert "Time to relapse" in plot.read_text()
