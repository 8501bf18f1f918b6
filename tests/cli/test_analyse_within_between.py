"""``analyse within-between``: the document, the words, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.within_between import command
from openalliance.core.errors import TableError


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    clients, length = 60, 9
    own = rng.normal(size=(clients, 2))
    now = own
    rows = []
    for session in range(1, length + 1):
        now = own + now @ np.array([[0.3, -0.5], [-0.1, 0.3]]).T + rng.normal(size=(clients, 2))
        rows += [(f"c{i}", session, *pair) for i, pair in enumerate(now)]
    path = tmp_path / "sessions.csv"
    frame = pl.DataFrame(rows, schema=["id", "session", "phq9", "srs"], orient="row")
    frame.sample(fraction=1.0, shuffle=True, seed=1).write_csv(path)
    return path


def _run(path: Path, *arguments: str) -> Result:
    columns = ["--client", "id", "--session", "session", "--alliance", "srs", "--outcome", "phq9"]
    return CliRunner().invoke(command, [str(path), *columns, "--bootstrap", "200", *arguments])


def test_the_document_has_both_directions_and_the_between_part(sessions: Path) -> None:
    document = json.loads(_run(sessions, "--json").stdout)
    assert (document["n_clients"], document["n_rows"], document["n_pairs"]) == (60, 540, 480)
    forth = document["within"]["alliance_to_outcome"]
    assert forth["ci_lower"] <= forth["estimate"] <= forth["ci_upper"] < 0.0
    assert forth["bias_corrected"]
    assert document["within"]["outcome_to_outcome"]["uncorrected"]["estimate"] < 0.3
    assert set(document["within"]) == {
        "alliance_to_outcome", "outcome_to_alliance", "outcome_to_outcome", "alliance_to_alliance",
    }  # fmt: skip
    assert set(document["between"]["alliance_to_outcome"]) == {
        "estimate", "se", "ci_lower", "ci_upper",
    }  # fmt: skip
    assert [term["term"] for term in document["multilevel"]["lagged"]["fixed"]][1:] == [
        "outcome_before_within", "alliance_before_within", "alliance_between",
    ]  # fmt: skip
    assert document["settings"]["seed"] == 1


def test_the_first_sentence_is_the_answer(sessions: Path) -> None:
    said = " ".join(_run(sessions).stdout.split())
    assert said.startswith("An alliance one point better than usual")
    assert "better than usual at the next session" in said
    turned = " ".join(_run(sessions, "--better", "higher").stdout.split())
    assert "worse than usual at the next session" in turned


def test_the_same_seed_gives_the_same_document(sessions: Path) -> None:
    one, other = _run(sessions, "--json"), _run(sessions, "--json")
    assert one.stdout == other.stdout
    assert one.stdout != _run(sessions, "--json", "--seed", "2").stdout


def test_days_are_counted_in_their_order(sessions: Path) -> None:
    frame = pl.read_csv(sessions)
    days = pl.date(2026, 1, 1) + pl.duration(days=7 * pl.col("session"))
    frame.with_columns(days.alias("session")).write_csv(sessions)
    document = json.loads(_run(sessions, "--json").stdout)
    assert document["n_pairs"] == 480
    assert "no whole numbers" in document["notes"][0]


def test_a_session_twice_is_refused_with_its_row(sessions: Path) -> None:
    frame = pl.read_csv(sessions)
    pl.concat([frame, frame[:1]]).write_csv(sessions)
    fault = _run(sessions).exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (541, "session")


def test_an_alliance_that_never_varies_is_a_fault_of_its_column(sessions: Path) -> None:
    pl.read_csv(sessions).with_columns(pl.lit(3).alias("srs")).write_csv(sessions)
    fault = _run(sessions).exception
    assert isinstance(fault, TableError)
    assert fault.column == "srs"


def test_rows_without_both_ratings_are_counted(sessions: Path) -> None:
    frame = pl.read_csv(sessions).with_row_index()
    frame = frame.with_columns(pl.when(pl.col("index") > 3).then("phq9")).drop("index")
    frame.write_csv(sessions)
    document = json.loads(_run(sessions, "--json").stdout)
    assert document["n_rows"] == 536
    assert any(note.startswith("4 rows") for note in document["notes"])


def test_the_picture_and_the_table(sessions: Path, tmp_path: Path) -> None:
    picture, table = tmp_path / "p.svg", tmp_path / "t.csv"
    assert _run(sessions, "--plot", str(picture), "--out", str(table)).exit_code == 0
    assert "few sessions allowed for" in picture.read_text()
    assert pl.read_csv(table)["from"].to_list()[-1] == "alliance"
