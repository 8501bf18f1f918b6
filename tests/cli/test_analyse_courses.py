"""``openalliance analyse courses``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.cli.main import main
from openalliance.core.course.batch import alliance_courses, client_offsets
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.simulation import SimulationSettings
from openalliance.core.simulation.large import session_blocks
from openalliance.files import streams

COLUMNS = (
    "--client", "client", "--time", "day", "--time-unit", "days", "--session", "session",
    "--outcome", "outcome", "--alliance", "alliance_client",
    "--therapist-alliance", "alliance_therapist",
)  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = main(["analyse", "courses", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    blocks = session_blocks(SimulationSettings(clients=90), np.random.default_rng(4), block=40)
    return pl.concat([pl.DataFrame(block) for block in blocks])


@pytest.fixture
def file(frame: pl.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "sessions.parquet"
    frame.write_parquet(path, row_group_size=100)
    return path


def test_the_document_has_every_client(
    capsys: pytest.CaptureFixture[str], file: Path, frame: pl.DataFrame
) -> None:
    found = document(capsys, file, *COLUMNS)
    assert (found["n_rows"], found["n_clients"]) == (frame.height, 90)
    assert [row["client"] for row in found["clients"]] == list(range(1, 91))
    summary = found["summary"]
    assert summary["with_change"] + summary["without_change"] == 90
    verdicts = [summary[name] for name in ("improved", "unchanged", "deteriorated")]
    assert sum(verdicts) == summary["with_change"]
    assert summary["off_track_at_last"] == sum(row["off_track"] is True for row in found["clients"])
    for prefix, column in (("", "alliance_client"), ("therapist_", "alliance_therapist")):
        whole = alliance_courses(
            client_offsets(frame["client"].to_numpy()), frame[column].to_numpy(),
            sessions=frame["session"].to_numpy(), measure=AllianceMeasure(), rules=RuptureRules(),
        )  # fmt: skip
        assert [row[f"{prefix}ruptures"] for row in found["clients"]] == whole.ruptures.tolist()
        assert summary[f"{prefix}ruptures"] == whole.ruptures.sum()
        levels = [row[f"{prefix}level"] for row in found["clients"]]
        np.testing.assert_allclose(np.array(levels, float), whole.level, rtol=1e-12)
    row = next(row for row in found["clients"] if row["scores"] > 1)
    assert math.isclose(row["rci"], row["change"] / (math.sqrt(2.0) * 0.5), rel_tol=1e-12)


def test_streams_give_what_the_whole_file_gives(
    capsys: pytest.CaptureFixture[str],
    file: Path,
    frame: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = document(capsys, file, *COLUMNS)
    text = tmp_path / "sessions.csv"
    frame.with_columns(pl.col(pl.Float64).fill_nan(None)).write_csv(text)
    for size in (50, 333):
        monkeypatch.setattr(streams, "BATCH", size)
        assert document(capsys, file, *COLUMNS) == whole
        monkeypatch.setattr(streams, "SMALL_TEXT", 0)
        parts = document(capsys, text, *COLUMNS)
        assert [row["client"] for row in parts["clients"]] == list(range(1, 91))
        assert parts["summary"] == whole["summary"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])
def test_the_table_is_written(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"courses{suffix}"
    status, said, _ = run(capsys, file, *COLUMNS, "--out", out)
    assert status == 0
    assert "90 clients" in said
    assert "Alliance as the therapist sees it" in said
    if suffix == ".parquet":
        table = pl.read_parquet(out)
        assert table.height == 90
        assert table["verdict"].dtype == pl.Enum(["improved", "unchanged", "deteriorated"])
        assert table["ruptures"].dtype == pl.Int32


def test_lower_is_better_with_a_published_change(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "phq9.csv"
    path.write_text(
        "id,date,phq9\n"
        "a,2026-01-05,20\na,2026-01-12,14\n"
        "b,2026-01-05,10\nb,2026-01-12,15\n"
        "c,2026-01-05,10\nc,2026-01-12,\n"
        "d,2026-01-05,5\nd,2026-01-12,11\n"
    )
    found = document(
        capsys, path, "--client", "id", "--time", "date", "--outcome", "phq9",
        "--better", "lower", "--range", "0,27", "--reliable-change", "6",
    )  # fmt: skip
    verdicts = {row["client"]: row["verdict"] for row in found["clients"]}
    assert verdicts == {"a": "improved", "b": "unchanged", "c": None, "d": "deteriorated"}
    assert found["clients"][2]["change"] is None
    unknown = [found["clients"][0][name] for name in ("share_doing_better", "off_track")]
    assert unknown == [None, None]
    assert found["settings"]["time_unit"] == "days"
    assert any("fewer than two scores" in note for note in found["notes"])
    assert any("No expected course" in note for note in found["notes"])
    assert "off_track_at_last" not in found["summary"]
    assert found["settings"]["limit"] == 6.0


def test_an_expected_course_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    expected = tmp_path / "expected.json"
    expected.write_text(
        json.dumps(
            {
                "start_mean": 14.0, "start_sd": 4.0, "rate_mean": -2.0, "rate_sd": 1.0,
                "start_rate_correlation": 0.0, "swing_sd": 1.0, "swing_persistence": 0.4,
                "sem": 1.5, "source": "a registry",
            }
        )
    )  # fmt: skip
    path = tmp_path / "scores.csv"
    path.write_text("id,week,y\na,0,14\na,8,24\nb,0,14\nb,8,8\n")
    asked = ("--client", "id", "--time", "week", "--outcome", "y", "--better", "lower",
             "--range", "0,27", "--sem", "1.5")  # fmt: skip
    found = document(capsys, path, *asked, "--expected", expected)
    assert [row["off_track"] for row in found["clients"]] == [True, False]
    assert found["settings"]["expected"] == "a registry"
    expected.write_text('{"start": 3}')
    status, _, err = run(capsys, path, *asked, "--expected", expected)
    assert (status, "expected trajectory" in err) == (1, True)


def test_faults_name_file_column_and_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("id,week,y\na,0,4\na,1,11\n")
    asked = ("--client", "id", "--time", "week", "--outcome", "y")
    status, out, err = run(capsys, path, *asked)
    assert (status, out) == (1, "")
    assert "row 2, column “y”" in err
    assert "--range" in err
    status, _, err = run(capsys, path, *asked[:4])
    assert status == 2
    assert "--outcome" in err
    status, _, err = run(capsys, path, *asked, "--range", "0")
    assert status == 2
    status, _, err = run(capsys, path, *asked, "--range", "0,27")
    assert (status, "--sem" in err) == (2, True)
    path.write_text("id,week,y\na,0,4\na,2026-01-05,5\n")
    assert run(capsys, path, *asked)[0] == 1
    path.write_text("id,week,y\na,0,4\nb,1,5\na,1,6\n")
    status, _, err = run(capsys, path, *asked)
    assert status == 1
    assert "row 3, column “id”" in err
    assert "sort the file by client and time" in err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--sem", "-1"),
        ("--reliable-change", "-6"),
        ("--range", "10,0"),
        ("--alliance-sem", "0"),
        ("--level-sd", "-1"),
        ("--false-alarm-rate", "1"),
    ],
)
def test_a_figure_that_cannot_be_names_its_option(
    capsys: pytest.CaptureFixture[str], file: Path, option: str, value: str
) -> None:
    status, _, err = run(capsys, file, *COLUMNS, option, value)
    assert (status, f"for {option}" in err.replace("'", "")) == (2, True)


def test_an_interrupted_run_leaves_no_file(
    capsys: pytest.CaptureFixture[str],
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = streams.ClientStream.pieces

    def stopped(self: streams.ClientStream) -> Iterator[streams.Piece]:
        yield next(there(self))
        raise KeyboardInterrupt

    monkeypatch.setattr(streams.ClientStream, "pieces", stopped)
    out = tmp_path / "out" / "courses.parquet"
    out.parent.mkdir()
    status, said, err = run(capsys, file, *COLUMNS, "--out", out)
    assert (status, said) == (130, "")
    assert "Stopped" in err
    assert list(out.parent.iterdir()) == []


def test_the_picture_is_drawn(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    plot = tmp_path / "change.svg"
    assert run(capsys, file, *COLUMNS, "--plot", plot)[0] == 0
    drawn = plot.read_text()
    assert "unchanged" in drawn
    assert "Change of all clients" in drawn
