"""``analyse dyad``: both shapes of file, the document, the words, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.dyad import command
from openalliance.core.errors import TableError


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    rng = np.random.default_rng(6)
    rows = []
    for dyad in range(25):
        level, bias, outcome = rng.normal(6.5, 1.0), rng.normal(-0.6, 0.5), rng.normal(5.0, 2.0)
        for session in range(1, 9):
            moved = rng.normal()
            rows.append(
                (f"c{dyad}", session, level + moved,
                 level + bias + 0.4 * moved + rng.normal(0.0, 0.6), outcome)
            )  # fmt: skip
    path = tmp_path / "sessions.csv"
    names = ["id", "session", "mine", "theirs", "change"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(path)
    return path


def _long(path: Path) -> Path:
    wide = pl.read_csv(path).rename({"mine": "client", "theirs": "therapist"})
    long = wide.unpivot(
        ["client", "therapist"], index=["id", "session", "change"], variable_name="rater",
        value_name="score",
    )  # fmt: skip
    found = path.with_name("long.csv")
    long.sample(fraction=1.0, shuffle=True, seed=2).write_csv(found)
    return found


_WIDE = ["--client", "id", "--session", "session", "--client-score", "mine",
         "--therapist-score", "theirs"]  # fmt: skip
_LONG = ["--client", "id", "--session", "session", "--score", "score", "--rater", "rater"]


def _run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [str(path), *arguments])


def test_the_document_has_gap_agreement_tracking_and_dyads(sessions: Path) -> None:
    document = json.loads(_run(sessions, *_WIDE, "--json").stdout)
    assert (document["n_sessions"], document["n_dyads"]) == (200, 25)
    assert document["gap"]["ci_lower"] < document["gap"]["mean"] < document["gap"]["ci_upper"]
    assert document["gap"]["mean"] > 0.0
    assert [term["term"] for term in document["tracking"]["fixed"]] == ["bias", "accuracy"]
    assert 0.2 < document["tracking"]["fixed"][1]["estimate"] < 0.6
    assert [one["type"] for one in document["agreement"]["intraclass"]] == [
        "ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k",
    ]  # fmt: skip
    assert document["congruence"] is None
    assert document["dyads"][0]["client"] == "c0"


def test_a_row_per_rater_gives_the_same(sessions: Path) -> None:
    wide = json.loads(_run(sessions, *_WIDE, "--outcome", "change", "--json").stdout)
    long = json.loads(_run(_long(sessions), *_LONG, "--outcome", "change", "--json").stdout)
    for part in ("gap", "tracking"):
        assert json.dumps(long[part]) != "null"
    assert long["gap"]["mean"] == pytest.approx(wide["gap"]["mean"], rel=1e-12)
    by_name = {row["client"]: row for row in long["dyads"]}
    for row in wide["dyads"]:
        assert by_name[row["client"]]["gap"] == pytest.approx(row["gap"], rel=1e-12)
    for one, other in zip(wide["congruence"]["lines"], long["congruence"]["lines"], strict=True):
        assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-8)


def test_an_outcome_brings_the_surface_and_its_words(sessions: Path) -> None:
    document = json.loads(_run(sessions, *_WIDE, "--outcome", "change", "--json").stdout)
    surface = document["congruence"]
    assert surface["level"] == "dyads"
    assert [line["term"] for line in surface["lines"]] == ["a1", "a2", "a3", "a4", "a5"]
    said = " ".join(_run(sessions, *_WIDE, "--outcome", "change").stdout.split())
    assert "is not shown" in said
    assert "points above their therapists" in said


def test_the_middle_of_the_scale_is_where_ratings_count_from(sessions: Path) -> None:
    arguments = [*_WIDE, "--outcome", "change", "--range", "-5,15", "--json"]
    assert json.loads(_run(sessions, *arguments).stdout)["congruence"]["centre"] == 5.0


def test_another_name_for_the_client(sessions: Path) -> None:
    path = _long(sessions)
    renamed = pl.read_csv(path).with_columns(pl.col("rater").replace({"client": "patient"}))
    renamed.write_csv(path)
    fault = _run(path, *_LONG).exception
    assert isinstance(fault, TableError)
    assert fault.column == "rater"
    assert _run(path, *_LONG, "--client-rater", "patient").exit_code == 0


def test_a_third_rater_is_refused_with_its_row(sessions: Path) -> None:
    path = _long(sessions)
    table = pl.read_csv(path)
    pl.concat([table, table[:1].with_columns(pl.lit("observer").alias("rater"))]).write_csv(path)
    fault = _run(path, *_LONG).exception
    assert isinstance(fault, TableError)
    assert (fault.column, fault.row) == ("rater", 401)


def test_a_session_twice_is_refused_with_its_row(sessions: Path) -> None:
    table = pl.read_csv(sessions)
    pl.concat([table, table[3:4]]).write_csv(sessions)
    fault = _run(sessions, *_WIDE).exception
    assert isinstance(fault, TableError)
    assert fault.row == 201


def test_a_rating_off_the_scale_is_refused_with_its_row(sessions: Path) -> None:
    table = pl.read_csv(sessions).with_columns(mine=pl.col("mine").clip(1, 9))
    table = table.with_columns(theirs=pl.col("theirs").clip(1, 9))
    table[11, "theirs"] = 99.0
    table.write_csv(sessions)
    fault = _run(sessions, *_WIDE, "--range", "1,9").exception
    assert isinstance(fault, TableError)
    assert (fault.column, fault.row) == ("theirs", 12)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--client-score", "mine"],
        ["--client-score", "mine", "--rater", "rater"],
        ["--score", "s", "--rater", "r", "--client-score", "mine", "--therapist-score", "theirs"],
    ],
)
def test_half_a_pair_of_columns_is_wrong_usage(sessions: Path, arguments: list[str]) -> None:
    found = _run(sessions, "--client", "id", "--session", "session", *arguments)
    assert found.exit_code == 2
    assert "--client-score and --therapist-score" in found.output


def test_sessions_of_one_rater_are_counted(sessions: Path) -> None:
    table = pl.read_csv(sessions).with_row_index()
    table.with_columns(pl.when(pl.col("index") > 2).then("theirs")).drop("index").write_csv(
        sessions
    )
    document = json.loads(_run(sessions, *_WIDE, "--json").stdout)
    assert document["n_sessions"] == 197
    assert document["notes"][0].startswith("3 sessions")


def test_the_picture_and_the_table(sessions: Path, tmp_path: Path) -> None:
    picture, table = tmp_path / "p.svg", tmp_path / "t.csv"
    found = _run(
        sessions, *_WIDE, "--outcome", "change", "--plot", str(picture), "--out", str(table)
    )
    assert found.exit_code == 0
    assert "Of one mind?" in picture.read_text()
    assert pl.read_csv(table).columns[:3] == ["client", "n", "gap"]
