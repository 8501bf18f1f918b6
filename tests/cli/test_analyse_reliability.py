"""``analyse reliability``: the contract's document, gaps, reversed items, groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.reliability import command
from openalliance.core.errors import TableError

ITEMS = "q1,q2,q3,q4"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    common = rng.normal(3, 0.8, (60, 1))
    table = np.clip(np.round(common + rng.normal(0, 0.7, (60, 4))), 1, 5).astype(int)
    frame = pl.DataFrame({f"q{i + 1}": table[:, i] for i in range(4)})
    path = tmp_path / "items.csv"
    frame.with_columns(site=pl.Series(["Nord", "Süd"] * 30)).write_csv(path)
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def _document(*arguments: str) -> dict[str, Any]:
    done = _run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_is_the_contracts(items: Path) -> None:
    document = _document(str(items), "--items", ITEMS)
    assert {
        "n", "n_items", "alpha", "alpha_ci", "omega_total", "split_half_odd_even", "mean", "sd",
        "sem", "reliable_change", "items",
    } <= set(document)  # fmt: skip
    assert (document["n"], document["n_items"]) == (60, 4)
    assert set(document["items"][0]) >= {"item", "mean", "sd", "item_rest", "alpha_if_dropped"}


def test_reversed_items_are_turned_round_within_the_range(items: Path) -> None:
    frame = pl.read_csv(items)
    frame.with_columns(q2=6 - pl.col("q2")).write_csv(items.with_name("turned.csv"))
    plain = _document(str(items), "--items", ITEMS)
    turned = str(items.with_name("turned.csv"))
    again = _document(turned, "--items", ITEMS, "--reverse", "q2", "--range", "1,5")
    assert again["alpha"] == pytest.approx(plain["alpha"], rel=1e-12)
    assert again["mean"] == pytest.approx(plain["mean"], rel=1e-12)


def test_a_response_out_of_range_is_named(items: Path) -> None:
    pl.read_csv(items).with_row_index().with_columns(
        q3=pl.when(pl.col("index") == 6).then(9).otherwise(pl.col("q3"))
    ).drop("index").write_csv(items)
    fault = _run(str(items), "--items", ITEMS, "--range", "1,5").exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (7, "q3")


def test_gaps_leave_forms_out_or_are_filled(items: Path) -> None:
    pl.read_csv(items).with_row_index().with_columns(
        q1=pl.when(pl.col("index") >= 5).then("q1")
    ).drop("index").write_csv(items)
    complete = _document(str(items), "--items", ITEMS)
    assert complete["n"] == 55
    assert complete["notes"][0] == "5 of 60 forms with a gap are left out."
    assert _document(str(items), "--items", ITEMS, "--missing", "prorate")["n"] == 60


def test_groups_are_given_beside_the_whole(items: Path) -> None:
    document = _document(str(items), "--items", ITEMS, "--group", "site")
    assert [(one["group"], one["n"]) for one in document["groups"]] == [("Nord", 30), ("Süd", 30)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--items", "q1,q1"),
        ("--items", ITEMS, "--reverse", "q2"),
        ("--items", ITEMS, "--reverse", "q9", "--range", "1,5"),
        ("--items", ITEMS, "--range", "5,1"),
        ("--items", ITEMS, "--confidence", "1"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    items: Path, arguments: tuple[str, ...]
) -> None:
    assert _run(str(items), *arguments).exit_code == 2


def test_too_few_forms_are_a_fault_of_the_file(items: Path) -> None:
    pl.read_csv(items).head(2).write_csv(items)
    fault = _run(str(items), "--items", ITEMS).exception
    assert isinstance(fault, TableError)


def test_text_and_picture(items: Path, tmp_path: Path) -> None:
    done = _run(str(items), "--items", ITEMS, "--plot", str(tmp_path / "items.svg"))
    assert done.stdout.startswith("Alpha 0.")
    assert "Alpha without the item" in (tmp_path / "items.svg").read_text()
