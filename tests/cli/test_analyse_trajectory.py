"""``openalliance analyse trajectory``: contract, faults, table, picture."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openalliance.cli.main import main

GROWTH = Path(__file__).parents[1] / "reference" / "growth.csv"
BASE = ("--client", "id", "--time", "wk", "--score", "y")


@dataclass(frozen=True)
class Done:
    exit_code: int
    stdout: str
    output: str


def called(*arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["analyse", "trajectory", *arguments])
    return Done(status, out.getvalue(), out.getvalue() + err.getvalue())


def run(*arguments: str, file: Path = GROWTH) -> Done:
    return called(str(file), *BASE, *arguments)


def document(*arguments: str, file: Path = GROWTH) -> dict[str, Any]:
    done = run(*arguments, "--json", file=file)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def expected(name: str, method: str) -> dict[str, Any]:
    file = GROWTH.with_name("mixed_growth.json")
    found: dict[str, Any] = json.loads(file.read_text())[name][method]
    return found


def test_json_is_as_the_contract_says() -> None:
    found = document()
    contract = {
        "n_rows", "n_clients", "reml", "loglik", "fixed", "random", "residual_sd", "converged",
        "predictions",
    }  # fmt: skip
    assert contract <= set(found)
    assert set(found["fixed"][0]) == {"term", "estimate", "se", "df", "statistic", "p"}
    assert [row["term"] for row in found["fixed"]] == ["Intercept", "wk"]
    assert set(found["random"]["sd"]) == {"Intercept", "wk"}
    assert found["predictions"] == []
    assert (found["n_rows"], found["n_clients"]) == (874, 120)
    assert found["reml"] is True
    assert found["converged"] is True


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_random_intercept_is_lme4s(method: str) -> None:
    found = document("--random", "intercept", f"--{method.lower()}")
    theirs = expected("ri", method)
    assert found["loglik"] == pytest.approx(theirs["logLik"], abs=1e-6)
    assert [row["estimate"] for row in found["fixed"]] == pytest.approx(theirs["fixef"], abs=1e-6)
    assert found["random"]["correlation"] is None
    assert found["random"]["sd"]["Intercept"] == pytest.approx(
        theirs["varcomp"]["sdcor"][0], abs=1e-5
    )


def test_formula_with_an_interaction_is_lme4s() -> None:
    found = document("--fixed", "wk * med")
    theirs = expected("rs", "REML")
    assert [row["term"] for row in found["fixed"]] == ["Intercept", "wk", "med", "wk:med"]
    for key, name in (("estimate", "fixef"), ("se", "se")):
        assert [row[key] for row in found["fixed"]] == pytest.approx(theirs[name], abs=1e-6)
    assert [row["df"] for row in found["fixed"]] == pytest.approx(
        theirs["satterthwaite"]["df"], rel=1e-5
    )
    assert found["random"]["correlation"] == pytest.approx(theirs["varcomp"]["sdcor"][2], abs=1e-5)


def test_covariates_are_added_to_time() -> None:
    found = document("--covariates", "med,base", "--random", "intercept")
    assert [row["term"] for row in found["fixed"]] == ["Intercept", "wk", "med", "base"]


def test_transform_makes_time_another() -> None:
    found = document("--transform", "log1p")
    assert [row["term"] for row in found["fixed"]] == ["Intercept", "wk"]
    assert found["loglik"] != document()["loglik"]


def test_autocorrelation_is_chosen_by_likelihood() -> None:
    found = document("--correlation", "auto", "--random", "intercept")
    assert [one["memory"] for one in found["candidates"]] == ["none", "car1", "car1+error"]
    least = min(found["candidates"], key=lambda one: one["aic"])
    assert found["settings"]["correlation"] == least["memory"]
    assert found["loglik"] == least["loglik"]
    assert found["autocorrelation"]["phi"] > 0.3


def test_forecasts_follow_each_clients_last_score(tmp_path: Path) -> None:
    table = tmp_path / "forecasts.csv"
    found = document("--predict", "--correlation", "car1", "--out", str(table))
    assert len(found["predictions"]) == 120 * 4
    first = found["predictions"][0]
    assert set(first) == {"client", "time", "mean", "sd", "low", "high"}
    assert first["low"] < first["mean"] < first["high"]
    with GROWTH.open() as file:
        last = max(float(row["wk"]) for row in csv.DictReader(file) if row["id"] == "1")
    assert first["time"] > last
    with table.open() as file:
        assert len(list(csv.DictReader(file))) == 480
    some = document("--predict", "--at", "12,24", "--covariates", "med")
    assert [row["time"] for row in some["predictions"][:2]] == [12.0, 24.0]


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    lines = GROWTH.read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    assert document(file=turned)["loglik"] == pytest.approx(document()["loglik"], abs=1e-8)


def test_days_become_weeks_since_the_first_row(tmp_path: Path) -> None:
    rows = [f"{c},2026-0{m}-01,{10 + c - 2 * m + (c * m) % 3}" for c in range(8) for m in (1, 2, 3)]
    file = tmp_path / "days.csv"
    file.write_text("\n".join(["id,wk,y", *rows]) + "\n")
    found = document("--random", "intercept", file=file)
    assert "weeks since each client" in found["notes"][0]


def test_therapists_are_a_third_level(tmp_path: Path) -> None:
    lines = GROWTH.read_text().splitlines()
    made = [f"{line},{int(line.split(',')[0]) % 7}" for line in lines[1:]]
    file = tmp_path / "levels.csv"
    file.write_text("\n".join([lines[0] + ",therapist", *made]) + "\n")
    found = document("--therapist", "therapist", file=file)
    assert found["therapists"]["n_therapists"] == 7
    assert found["loglik"] >= document()["loglik"] - 1e-6
    refused = run("--therapist", "med", "--predict", file=file)
    assert refused.exit_code == 2


def test_off_track_rule_is_judged() -> None:
    rule = document("--reliable-change", "5", "--bad-end", "not-improved")["off_track"]
    assert 0.0 < rule["sensitivity"]["value"] < 1.0
    assert rule["ppv"]["low"] < rule["ppv"]["value"] < rule["ppv"]["high"]
    assert "Off-track rule" in run("--reliable-change", "5").output


def test_text_begins_with_the_result() -> None:
    done = run("--correlation", "auto")
    assert done.exit_code == 0
    assert done.output.startswith("120 clients with 874 scores. On average the score falls by")
    assert "taken: none" in " ".join(done.output.split())


@pytest.mark.parametrize("suffix", ["svg", "html"])
def test_picture(tmp_path: Path, suffix: str) -> None:
    picture = tmp_path / f"curves.{suffix}"
    done = run("--predict", "--plot", str(picture))
    assert done.exit_code == 0, done.output
    assert "usual course" in picture.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--covariates", "weight"), 1, "no such column"),
        (("--fixed", "wk +* med"), 2, "cannot be read"),
        (("--fixed", "wk + med + med2"), 1, "med2"),
        (("--fixed", "wk + I(wk + wk)"), 1, "follows from"),
        (("--fixed", "wk", "--covariates", "med"), 2, "not both"),
        (("--at", "3"), 2, "needs --predict"),
        (("--predict", "--at", "x"), 2, "commas"),
        (("--predict", "--at", "nan"), 2, "finite"),
        (("--predict", "--at", "-1", "--transform", "sqrt"), 2, "below 0"),
        (("--random", "slopes"), 2, "slopes"),
    ],
)
def test_faults(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert words in done.output


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("1,0,5\n1,0,6\n2,1,7\n", "row 2"),
        ("1,0,5\n1,1,x\n2,1,7\n", "not a number"),
        ("1,0,5\n1,-3,6\n2,1,7\n", "below 0"),
        ("1,0,5\n,1,6\n2,1,7\n", "empty"),
        ("1,0,\n1,1,\n", "no score"),
        ("1,0,5\n2,1,6\n3,1,7\n", "cannot determine"),
        ("1,0,5\n1,1,5\n2,0,5\n2,1,5\n3,0,5\n3,2,5\n3,3,5\n", "do not vary"),
    ],
)
def test_faults_of_the_table(tmp_path: Path, rows: str, words: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("id,wk,y\n" + rows)
    done = run("--transform", "log1p", file=file)
    assert done.exit_code == 1
    assert words in " ".join(done.output.split())
    assert "bad.csv" in done.output


def test_help_has_an_example() -> None:
    done = called("--help")
    assert done.exit_code == 0
    assert "openalliance analyse trajectory scores.csv" in done.output
