"""``openalliance simulate``."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.simulate import simulate

COLUMNS = [
    "client", "therapist", "episode", "session", "date", "rater", "instrument", "item", "value",
]  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(simulate, [str(argument) for argument in arguments])


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_records_in_each_format(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"cohort.{suffix}"
    result = run("--clients", "4", "--seed", "3", "--out", out)
    assert result.exit_code == 0
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "json": pl.read_json}[suffix]
    frame = read(out)
    assert frame.columns == COLUMNS
    assert frame["client"].n_unique() == 4
    assert frame["session"].drop_nulls().min() == 1


def test_same_seed_same_file_and_truth_beside_it(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for out, seed in zip(files, ("7", "7", "8"), strict=True):
        assert run("--clients", "5", "--seed", seed, "--out", out).exit_code == 0
    first, second, third = (out.read_bytes() for out in files)
    assert first == second != third
    truth = tmp_path / "truth.parquet"
    run("--clients", "5", "--seed", "7", "--out", files[0], "--truth", truth)
    assert pl.read_parquet(truth)["rupture_open"].dtype == pl.Boolean


def test_nothing_but_the_file_is_left(tmp_path: Path) -> None:
    run("--clients", "2", "--out", tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--clients", "0", "--out", "a.csv"],
        ["--clients", "2", "--out", "a.xls"],
        ["--clients", "2", "--out", "nowhere/a.csv"],
        ["--clients", "2"],
        ["--clients", "many", "--out", "a.csv"],
        ["--sessions", "3", "--out", "a.csv"],
    ],
)
def test_wrong_usage_exits_with_two(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example() -> None:
    assert "openalliance simulate --clients 200" in run("--help").output
