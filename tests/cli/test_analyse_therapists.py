"""``analyse therapists``: one row per client, a share of variance, nobody ranked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.therapists import command
from openalliance.core.errors import TableError


@pytest.fixture
def endings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    therapist = np.repeat(["Aylin", "Bo", "Chidi", "Dana", "Emre", "Fen"], 9)
    pre = rng.normal(18, 4, 54)
    end = 4 + 0.6 * pre + np.repeat(rng.normal(0, 1.5, 6), 9) + rng.normal(0, 3, 54)
    path = tmp_path / "endings.csv"
    pl.DataFrame({"id": np.arange(54) + 1, "therapist": therapist, "pre": pre, "end": end}).sample(
        fraction=1.0, shuffle=True, seed=3
    ).write_csv(path)
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def _columns(path: Path) -> list[str]:
    return [str(path), "--client", "id", "--therapist", "therapist", "--outcome", "end"]


def test_the_document_has_the_share_its_interval_and_therapists_by_name(endings: Path) -> None:
    document = json.loads(_run(*_columns(endings), "--pre", "pre", "--json").stdout)
    assert (document["n_clients"], document["n_therapists"]) == (54, 6)
    low, high = document["icc_ci"]
    assert 0.0 <= low <= document["icc"] <= high < 1.0
    assert [term["term"] for term in document["fixed"]] == ["Intercept", "pre"]
    assert [one["therapist"] for one in document["therapists"]] == [
        "Aylin", "Bo", "Chidi", "Dana", "Emre", "Fen",
    ]  # fmt: skip
    assert [one["share"] for one in document["published"]] == [0.05, 0.082, 0.024]


def test_nothing_ranks(endings: Path) -> None:
    said = _run(*_columns(endings)).stdout.lower()
    assert not any(word in said for word in ("rank", "best", "worst", "top "))


def test_a_client_twice_is_refused_unless_rows_have_a_time(endings: Path) -> None:
    frame = pl.read_csv(endings)
    earlier = frame.with_columns(pl.col("end") + 100, pl.lit(1).alias("week"))
    later = frame.with_columns(pl.lit(9).alias("week"))
    pl.concat([later, earlier]).write_csv(endings.with_name("long.csv"))
    long = endings.with_name("long.csv")
    fault = _run(*_columns(long)).exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (55, "id")
    once = json.loads(_run(*_columns(endings), "--json").stdout)
    last = json.loads(_run(*_columns(long), "--time", "week", "--json").stdout)
    assert last["therapists"] == once["therapists"]


def test_clients_without_a_start_score_are_left_out_and_counted(endings: Path) -> None:
    frame = pl.read_csv(endings).with_row_index()
    frame = frame.with_columns(pl.when(pl.col("index") > 2).then("pre")).drop("index")
    frame.write_csv(endings)
    document = json.loads(_run(*_columns(endings), "--pre", "pre", "--json").stdout)
    assert document["n_clients"] == 51
    assert document["notes"][0].startswith("3 clients")


def test_an_outcome_nobody_has_is_a_fault_of_the_column(endings: Path) -> None:
    pl.read_csv(endings).with_columns(pl.lit(None).alias("end")).write_csv(endings)
    fault = _run(*_columns(endings)).exception
    assert isinstance(fault, TableError)
    assert fault.column == "end"


def test_the_picture_orders_by_caseload(endings: Path, tmp_path: Path) -> None:
    assert _run(*_columns(endings), "--plot", str(tmp_path / "t.svg")).exit_code == 0
    assert "not of results" in (tmp_path / "t.svg").read_text()
