"""``analyse alliance-outcome``: the document, the words, the pictures, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.alliance_outcome import command
from openalliance.core.errors import InputError, TableError

COLUMNS = [
    "--client", "id", "--session", "session", "--alliance", "srs", "--outcome", "phq9",
    "--therapist", "therapist", "--modality", "way", "--therapist-alliance", "theirs",
]  # fmt: skip


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(4)
    rows = []
    for client in range(60):
        base, start = rng.normal(6.5, 1.2), rng.normal(14.0, 3.0)
        for session in range(1, 9):
            low = start - (0.4 + 0.3 * (base - 6.5)) * session + rng.normal()
            rated = base + rng.normal()
            rows.append(
                (f"c{client}", session, f"t{client % 3}", f"w{client % 2}", low, rated, base)
            )
    names = ["id", "session", "therapist", "way", "phq9", "srs", "theirs"]
    path = tmp_path_factory.mktemp("known") / "sessions.csv"
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame.sample(fraction=1.0, shuffle=True, seed=1).write_csv(path)
    return path


def _run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [str(path), *COLUMNS, "--bootstrap", "200", *arguments])


def test_the_document_has_every_question(sessions: Path) -> None:
    document = json.loads(_run(sessions, "--json").stdout)
    assert document["n_clients"] == 60
    assert document["published"][0]["estimate"] == 0.278
    prior = document["prior"]
    assert (prior["between_is_bound"], prior["worth_clients"]) == (True, 28)
    overall = document["overall"]
    assert overall["own"]["r"] > 0.3, "lower is better here, and a better alliance goes with lower"
    assert document["prior"]["z"] < overall["own"]["z"]
    assert overall["together"]["r"] < overall["own"]["r"]
    assert [one["row"] for one in document["modality"]] == ["w0", "w1"]
    assert [one["row"] for one in document["rater"]] == ["client", "therapist"]
    assert [one["row"] for one in document["time"]] == ["early", "late"]
    assert document["within"]["pairs"] == 420
    assert document["least"]["clients"] == 20


def test_how_far_studies_differ_can_be_stated(sessions: Path) -> None:
    bound, given = (
        json.loads(_run(sessions, "--json", *more).stdout) for more in ((), ("--between-sd", "0.1"))
    )
    assert not given["prior"]["between_is_bound"]
    weights = [one["overall"]["together"]["own_weight"] for one in (bound, given)]
    assert weights[1] < weights[0]


def test_the_words_say_what_weighs_how_much(sessions: Path) -> None:
    said = " ".join(_run(sessions).stdout.split())
    assert "Published: r = .278 (.256 to .299) over 295 studies (Flückiger et al. 2018)." in said
    assert "This practice’s own 60 clients weigh 70 % in it." in said
    assert "with what is known" in said


@pytest.mark.parametrize("question", ["overall", "within", "modality", "rater", "time"])
def test_every_question_can_be_drawn(sessions: Path, tmp_path: Path, question: str) -> None:
    picture = tmp_path / f"{question}.svg"
    table = tmp_path / "rows.csv"
    result = _run(sessions, "--question", question, "--plot", str(picture), "--out", str(table))
    assert result.exit_code == 0
    assert "</svg>" in picture.read_text(encoding="utf-8")
    kinds = pl.read_csv(table)["kind"].unique().to_list()
    assert sorted(kinds) == ["own", "published", "together"]


def test_a_small_file_is_told_what_is_missing(sessions: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.csv"
    pl.read_csv(sessions).filter(pl.col("id").is_in([f"c{n}" for n in range(12)])).write_csv(small)
    said = " ".join(_run(small).stdout.split())
    assert "it needs 20 clients who have three scores" in said
    assert "now 12" in said
    with pytest.raises(InputError, match="nothing to draw"):
        CliRunner().invoke(
            command, [str(small), *COLUMNS, "--question", "rater", "--plot", "x.svg"],
            catch_exceptions=False,
        )  # fmt: skip


def test_a_finding_without_an_interval_is_refused_with_those_that_have_one(sessions: Path) -> None:
    for key in ("rupture-repair-2018", "nonsense"):
        result = _run(sessions, "--published", key)
        assert result.exit_code == 2
        assert "There are: alliance-outcome-2018" in result.stderr


def test_bad_files_are_refused_by_column(sessions: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(sessions)
    twice, empty = tmp_path / "twice.csv", tmp_path / "empty.csv"
    pl.concat([frame, frame[:1]]).write_csv(twice)
    frame.with_columns(pl.lit(None).alias("srs")).write_csv(empty)
    for path, column in ((twice, "session"), (empty, "srs")):
        with pytest.raises(TableError, match=column):
            CliRunner().invoke(command, [str(path), *COLUMNS], catch_exceptions=False)


def test_days_are_counted_from_the_first_session(sessions: Path, tmp_path: Path) -> None:
    dated = tmp_path / "dated.csv"
    frame = pl.read_csv(sessions)
    day = pl.date(2026, 1, 1) + pl.duration(days=7 * pl.col("session"))
    frame.with_columns(day.cast(pl.String).alias("session")).write_csv(dated)
    by_number, by_day = (json.loads(_run(path, "--json").stdout) for path in (sessions, dated))
    assert by_day["time"] == by_number["time"]
