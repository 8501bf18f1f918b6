"""Every analysis hands over its result in the same ways."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from openalliance.cli.analyse import ANALYSES
from openalliance.cli.delivery import Result, delivered, write_whole


def _chart() -> dict[str, Any]:
    values = [{"x": 1, "y": 2}]
    encoding = {axis: {"field": axis, "type": "quantitative"} for axis in ("x", "y")}
    return {"data": {"values": values}, "mark": "point", "encoding": encoding}


@click.command()
@delivered
def command() -> Result:
    return Result(
        title="Example",
        document={"value": np.float64(0.1), "missing": float("nan"), "many": np.array([1, 2])},
        tables={"rows": [{"a": 1, "b": None, "c": [1, 2]}, {"a": None, "b": 0.5, "c": []}]},
        text=lambda console: console.print("One thing was found."),
        chart=_chart,
        notes=["few clients"],
    )


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, list(arguments))
    return done.exit_code, done.output


def test_a_person_reads_text_with_its_cautions() -> None:
    status, said = _run()
    assert status == 0
    assert said == "One thing was found.\nNote: few clients\n"


def test_json_is_one_document_with_null_for_what_is_missing() -> None:
    _, said = _run("--json")
    assert json.loads(said) == {
        "value": 0.1, "missing": None, "many": [1, 2], "notes": ["few clients"],
    }  # fmt: skip


def test_tables_are_written_whole(tmp_path: Path) -> None:
    for suffix, read in ((".csv", pl.read_csv), (".parquet", pl.read_parquet)):
        path = tmp_path / f"result{suffix}"
        assert _run("--out", str(path))[0] == 0
        assert read(path).to_dicts() == [
            {"a": 1, "b": None, "c": "[1, 2]"}, {"a": None, "b": 0.5, "c": "[]"},
        ]  # fmt: skip
    assert _run("--out", str(tmp_path / "result.json"))[0] == 0
    assert json.loads((tmp_path / "result.json").read_text())["value"] == 0.1
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".json", ".parquet"]


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".html", b"<!DOCTYPE")],
)
def test_pictures_are_of_the_kind_their_name_says(
    tmp_path: Path, suffix: str, begins: bytes
) -> None:
    assert _run("--plot", str(tmp_path / f"picture{suffix}"))[0] == 0
    assert (tmp_path / f"picture{suffix}").read_bytes().startswith(begins)


@pytest.mark.parametrize(
    "target", [("--out", "x.xlsx"), ("--plot", "x.gif"), ("--out", "no/x.csv")]
)
def test_a_wrong_target_is_wrong_usage_before_any_work(target: tuple[str, str]) -> None:
    assert _run(*target)[0] == 2


def test_a_failed_write_leaves_neither_half_a_file_nor_a_harmed_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "result.csv"
    target.write_text("old")

    def full(_: Path, __: bytes) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(click.ClickException, match="No space left"):
        write_whole(target, b"new")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("name", list(ANALYSES))
def test_every_analysis_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(ANALYSES[name].load(), ["--help"])
    assert shown.exit_code == 0
    assert f"openalliance analyse {name}" in shown.output
    assert "--json" in shown.output
