"""``openalliance analyse dropout``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.cli.main import main
from openalliance.core.course.dropout import DropOutModel, Risk

OWN = Path(__file__).parents[1] / "reference" / "person_period.csv"
REFERENCE = json.loads((OWN.parent / "mixed_growth.json").read_text(encoding="utf-8"))
COLUMNS = ("--client", "id", "--period", "s", "--event", "event")
CONTRACT = [
    "coefficients", "loglik", "n_rows", "n_clients", "n_events", "performance", "hazard",
]  # fmt: skip
PERFORMANCE = [
    "auc", "auc_ci", "brier", "calibration_intercept", "calibration_slope", "validation",
]  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = main(["analyse", "dropout", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (0, "")
    return dict(json.loads(out))


def estimates(found: dict[str, Any]) -> dict[str, float]:
    return {row["term"]: row["estimate"] for row in found["coefficients"]}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to(rows: list[dict[str, Any]], name: str = "rows.csv") -> Path:
        path = tmp_path / name
        if name.endswith(".parquet"):
            pl.DataFrame(rows).write_parquet(path)
        else:
            pl.DataFrame(rows).write_csv(path)
        return path

    return to


def rows_of(path: Path = OWN) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {key: float(value) if "." in value else int(value) for key, value in row.items()}
            for row in csv.DictReader(lines)
        ]


@pytest.mark.parametrize("link", ["logit", "cloglog"])
@pytest.mark.parametrize(
    "model",
    [
        ("--fixed", "s + y + chg + med"),
        ("--covariates", "s,y,chg,med"),
        ("--covariates", "y,chg,med", "--baseline", "linear"),
    ],
)
def test_three_ways_to_say_the_same_model(
    capsys: pytest.CaptureFixture[str], model: tuple[str, ...], link: str
) -> None:
    found = document(capsys, OWN, *COLUMNS, *model, "--link", link)
    theirs = REFERENCE[f"discrete_{link}"]
    assert [key for key in found if key in CONTRACT] == CONTRACT
    assert [key for key in found["performance"] if key in PERFORMANCE] == PERFORMANCE
    first = found["coefficients"][0]
    assert list(first)[:5] == ["term", "estimate", "se", "z", "p"]
    named = dict(zip(["Intercept", *theirs["terms"][1:]], theirs["coef"], strict=True))
    assert estimates(found) == pytest.approx(named, abs=1e-8)
    assert found["loglik"] == pytest.approx(theirs["logLik"], abs=1e-9)
    assert (found["n_rows"], found["n_clients"], found["n_events"]) == (874, 120, 42)
    seen = found["performance"]
    assert seen["auc_ci"][0] < seen["auc"] < seen["auc_ci"][1]
    assert seen["validation"] == "10-fold cross-validation by client, seed 1"
    assert seen["apparent"]["auc"] > seen["auc"]


def test_a_factor_baseline_says_where_it_is_separated(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, OWN, *COLUMNS, "--covariates", "y,chg,med")
    empty = {"s[T.10]", "s[T.11]", "s[T.12]", "s[T.14]", "s[T.15]"}
    assert set(found["separated"]) == empty
    for row in found["coefficients"]:
        assert (row["estimate"] is None) == (row["term"] in empty)
    assert any("period 10, 11, 12, 14, 15" in note and "spline" in note for note in found["notes"])
    for row in found["hazard"]:
        assert row["hazard"] == pytest.approx(row["events"] / row["at_risk"], abs=1e-9)
    for remedy in (("--baseline", "spline"), ("--penalty", "firth")):
        mended = document(capsys, OWN, *COLUMNS, "--covariates", "y,chg,med", *remedy)
        assert mended["separated"] == []
        assert None not in estimates(mended).values()


def test_individual_risk_needs_drop_outs_enough(capsys: pytest.CaptureFixture[str]) -> None:
    model = (OWN, *COLUMNS, "--fixed", "s + y + chg")
    few = document(capsys, *model)
    assert few["clients"] is None
    assert few["individual_risk"]["minimum_events"] == 50
    assert "model 42" in few["individual_risk"]["reason"]
    assert few["individual_risk"]["reason"] in few["notes"]
    assert len(few["coefficients"]) == 4
    enough = document(capsys, *model, "--minimum-events", "42")
    assert enough["individual_risk"]["shown"]
    assert len(enough["clients"]) == 120
    for client in enough["clients"]:
        assert client["risk_lower"] <= client["risk"] <= client["risk_upper"]


def test_the_seed_decides_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    model = (OWN, *COLUMNS, "--fixed", "s + y + chg")
    one, other = document(capsys, *model), document(capsys, *model)
    assert one == other
    reseeded = document(capsys, *model, "--seed", "2")
    assert reseeded["coefficients"] == one["coefficients"]
    assert reseeded["performance"]["auc"] != one["performance"]["auc"]


def test_order_of_rows_changes_nothing(capsys: pytest.CaptureFixture[str], write: Any) -> None:
    rows = rows_of()
    np.random.default_rng(1).shuffle(rows)
    shuffled = document(capsys, write(rows), *COLUMNS, "--covariates", "y,chg,med")
    straight = document(capsys, OWN, *COLUMNS, "--covariates", "y,chg,med")
    assert estimates(shuffled) == pytest.approx(estimates(straight), abs=1e-8, nan_ok=True)
    for one, other in zip(shuffled["hazard"], straight["hazard"], strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    for key in ("auc", "brier", "calibration_slope", "calibration_intercept", "auc_same_period"):
        assert shuffled["performance"][key] == pytest.approx(straight["performance"][key], abs=1e-8)


def test_without_validation_performance_is_missing_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = document(capsys, OWN, *COLUMNS, "--fixed", "s + y", "--folds", "0")
    assert found["performance"] is None
    assert any("--folds 0" in note for note in found["notes"])


def planned_rows() -> list[dict[str, Any]]:
    """Let every third client who stays to the end have ended as planned."""
    rows = rows_of()
    last = {row["id"]: number for number, row in enumerate(rows)}
    for number, row in enumerate(rows):
        at_end = last[row["id"]] == number
        planned = at_end and row["event"] == 0 and row["id"] % 3 == 0
        row["ending"] = "left" if row["event"] else "planned" if planned else ""
        row["code"] = 1 if row["event"] else 2 if planned else 0
    return rows


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_planned_endings_compete(
    capsys: pytest.CaptureFixture[str], write: Any, suffix: str
) -> None:
    path = write(planned_rows(), f"rows.{suffix}")
    model = ("--client", "id", "--period", "s", "--covariates", "y,chg", "--baseline", "linear")
    words = document(
        capsys, path, *model, "--event", "ending", "--event-value", "left",
        "--planned-value", "planned",
    )  # fmt: skip
    numbers = document(capsys, path, *model, "--event", "code", "--planned-value", "2")
    assert {k: v for k, v in words.items() if k != "settings"} == {
        k: v for k, v in numbers.items() if k != "settings"
    }
    assert words["n_planned"] == sum(row["code"] == 2 for row in planned_rows())
    assert len(words["planned_coefficients"]) == 4
    last = words["hazard"][-1]
    assert last["incidence"] + last["incidence_planned"] <= 1.0
    joint = document(
        capsys, path, *model, "--event", "code", "--planned-value", "2",
        "--competing", "multinomial",
    )  # fmt: skip
    assert estimates(joint)["chg"] == pytest.approx(estimates(words)["chg"], abs=0.02)
    assert joint["converged"]


def test_an_implausible_discrimination_is_called_leakage(
    capsys: pytest.CaptureFixture[str], write: Any
) -> None:
    rng = np.random.default_rng(3)
    rows = [row | {"after": 3.0 * row["event"] + rng.normal()} for row in rows_of()]
    found = document(capsys, write(rows), *COLUMNS, "--covariates", "after", "--baseline", "none")
    assert found["performance"]["auc"] > 0.9
    assert any("implausibly high" in note for note in found["notes"])


def test_cox_needs_only_the_order_of_periods(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, OWN, *COLUMNS, "--covariates", "y,chg,med", "--model", "cox")
    assert [key for key in found if key in CONTRACT] == CONTRACT
    assert found["performance"] is None
    assert found["ties"] == "efron"
    assert [row["term"] for row in found["coefficients"]] == ["y", "chg", "med"]
    assert found["likelihood_ratio"] > 0.0
    close = document(
        capsys, OWN, *COLUMNS, "--covariates", "y,chg,med", "--link", "cloglog", "--folds", "0"
    )
    for term, estimate in estimates(found).items():
        assert estimate == pytest.approx(estimates(close)[term], abs=0.02)


def test_cox_takes_starts_and_stops(capsys: pytest.CaptureFixture[str], write: Any) -> None:
    rows = [row | {"from": 7 * row["s"] - 7, "to": 7 * row["s"]} for row in rows_of()]
    model = ("--covariates", "y,chg", "--model", "cox")
    days = document(capsys, write(rows), *COLUMNS, *model, "--start", "from", "--stop", "to")
    plain = document(capsys, OWN, *COLUMNS, *model)
    assert estimates(days) == pytest.approx(estimates(plain), abs=1e-10)
    assert days["hazard"][0]["time"] == 7.0
    assert plain["hazard"][0]["time"] == 1.0
    rows[4]["to"] = rows[4]["from"]
    status, _, err = run(capsys, write(rows), *COLUMNS, *model, "--start", "from", "--stop", "to")
    assert status == 1
    assert "row 5" in err


def test_cox_without_a_maximum_shows_no_number(
    capsys: pytest.CaptureFixture[str], write: Any
) -> None:
    rng = np.random.default_rng(5)
    rows = [row | {"sure": 10.0 if row["event"] else rng.random()} for row in rows_of()]
    found = document(capsys, write(rows), *COLUMNS, "--covariates", "sure", "--model", "cox")
    assert not found["converged"]
    assert estimates(found) == {"sure": None}
    assert any("no maximum" in note for note in found["notes"])


def changed(row: int, **cells: Any) -> list[dict[str, Any]]:
    rows = rows_of()
    rows[row - 1] = rows[row - 1] | cells
    return rows


@pytest.mark.parametrize(
    ("rows", "model", "message"),
    [
        (changed(3, event=1), "y", ("row 4", "event", "had ended before")),
        (changed(3, s=2), "y", ("row 3", "same")),
        (changed(7, event=2), "y", ("row 7", "event", "0 (still there)")),
        (changed(9, y=None), "y", ("row 9", "“y”", "missing")),
        (changed(9, s=None), "y", ("row 9", "“s”", "empty")),
        ([row | {"same": 4} for row in rows_of()], "y,same", ("same", "every row")),
        ([row | {"twice": 2 * row["y"]} for row in rows_of()], "y,twice", ("“twice”",)),
        ([row | {"event": 0} for row in rows_of()], "y", ("nobody drops out",)),
        (rows_of(), "y,nothing", ("nothing", "no such column")),
    ],
)
def test_what_is_wrong_is_named(
    capsys: pytest.CaptureFixture[str], write: Any, rows: list, model: str, message: tuple
) -> None:
    status, out, err = run(capsys, write(rows), *COLUMNS, "--covariates", model, "--json")
    assert (status, out) == (1, "")
    for part in message:
        assert part in err


def test_the_period_in_disguise_is_refused_beside_a_factor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, err = run(capsys, OWN, *COLUMNS, "--fixed", "log(s) + y", "--baseline", "factor")
    assert status == 1
    assert "log(s)" in err
    assert "--baseline none" in err


def test_rows_without_a_covariate_may_be_dropped(
    capsys: pytest.CaptureFixture[str], write: Any
) -> None:
    path = write(changed(9, y=None))
    for model in (("--covariates", "y,chg", "--baseline", "linear"), ("--fixed", "s + y + chg")):
        found = document(capsys, path, *COLUMNS, *model, "--missing", "drop")
        assert found["n_rows"] == 873
        assert any("1 row" in note and "left out" in note for note in found["notes"])


def test_gaps_are_counted(capsys: pytest.CaptureFixture[str], write: Any) -> None:
    rows = rows_of()
    del rows[2]
    found = document(capsys, write(rows), *COLUMNS, "--fixed", "s + y")
    assert any("Once a client skips" in note for note in found["notes"])


@pytest.mark.parametrize(
    "options",
    [
        ("--covariates", "y", "--fixed", "y"),
        ("--covariates", "y", "--start", "s"),
        ("--covariates", "y", "--model", "cox", "--baseline", "factor"),
        ("--covariates", "y", "--folds", "1"),
        ("--covariates", "y", "--competing", "multinomial", "--link", "cloglog"),
        ("--covariates", "y", "--out", "result.txt"),
    ],
)
def test_contradictions_are_wrong_usage(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    assert run(capsys, OWN, *COLUMNS, *options)[0] == 2


def test_a_reader_gets_sentences_first(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, OWN, *COLUMNS, "--fixed", "s + y + chg + med")
    assert status == 0
    assert out.startswith("42 of 120 clients drop out (35%)")
    assert "AUC" in out
    assert "Brier" in out
    assert "Note: No individual risk is shown" in out


def test_names_of_columns_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, OWN, *COLUMNS, "--covariates", "y", "--baseline", "spline")
    assert "s[bend 1]" in out


@pytest.mark.parametrize("kind", ["calibration", "hazard", "coefficients"])
def test_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str) -> None:
    target = tmp_path / "picture.svg"
    status, _, _ = run(
        capsys, OWN, *COLUMNS, "--covariates", "y,chg,med", "--plot", target, "--plot-kind", kind
    )
    assert status == 0
    assert target.read_text(encoding="utf-8").startswith("<svg")


def test_tables_and_a_kept_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table, kept = tmp_path / "terms.csv", tmp_path / "model.json"
    found = document(
        capsys, OWN, *COLUMNS, "--fixed", "s + y + chg", "--out", table, "--save-model", kept,
        "--minimum-events", "40",
    )  # fmt: skip
    assert pl.read_csv(table)["estimate"].to_list() == [
        row["estimate"] for row in found["coefficients"]
    ]
    model = DropOutModel.from_json(kept.read_text(encoding="utf-8"))
    last = found["clients"][0]
    row = [row for row in rows_of() if row["id"] == last["client"]][-1]
    told = model.risk({name: row[name] for name in ("s", "y", "chg")}, period=row["s"])
    assert isinstance(told, Risk)
    assert told.probability == pytest.approx(last["risk"], rel=1e-9)
    assert model.reliability is not None
    assert model.reliability.auc == found["performance"]["auc"]
