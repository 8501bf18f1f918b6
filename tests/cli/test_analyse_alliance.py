"""``openalliance analyse alliance``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.cli.main import main

COLUMNS = ("--client", "id", "--session", "session", "--score", "a")
SCALE = ("--minimum", "0", "--maximum", "10")
CONTRACT = ["method", "settings", "clients", "summary"]
CLIENT = ["client", "rater", "n", "level", "level_se", "ruptures"]
RUPTURE = [
    "session", "depth", "standardised", "probability", "repaired_at", "sessions_to_repair",
]  # fmt: skip
SUMMARY = ["clients_with_rupture", "ruptures", "repaired", "repair_rate"]
V_SHAPED = [8.0, 8.2, 7.9, 8.1, 8.0, 7.8, 8.1, 8.0, 4.5, 5.0, 7.9, 8.1, 8.0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = main(["analyse", "alliance", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Any:
    def write(lines: list[str], name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(["id,session,a", *lines]) + "\n")
        return path

    return write


@pytest.fixture
def one(table: Any) -> Path:
    path: Path = table([f"x,{k},{v}" for k, v in enumerate(V_SHAPED, start=1)])
    return path


@pytest.fixture
def many(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    lines = ["id,session,rater,a"]
    for client in range(30):
        level = 7.0 + rng.normal(0.0, 0.3, 14).cumsum()
        level[6:9] -= 3.0 if client % 5 == 0 else 0.0
        for rater in ("client", "therapist"):
            ratings = np.clip(level + rng.normal(0.0, 0.5, 14), 0.0, 10.0)
            lines += [f"{client},{k + 1},{rater},{r:.2f}" for k, r in enumerate(ratings)]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("method", ["state-space", "control-chart", "criterion"])
def test_the_document_is_the_contracts(
    capsys: pytest.CaptureFixture[str], one: Path, method: str
) -> None:
    found = document(capsys, one, *COLUMNS, *SCALE, "--sem", "0.5", "--method", method)
    assert list(found)[:4] == CONTRACT
    assert found["method"] == method
    (client,) = found["clients"]
    assert list(client)[:6] == CLIENT
    assert (client["client"], client["rater"], client["n"]) == ("x", None, 13)
    assert len(client["level"]) == len(client["level_se"]) == 13
    (rupture,) = client["ruptures"]
    assert list(rupture)[:6] == RUPTURE
    assert rupture["session"] == 9
    assert rupture["sessions_to_repair"] == rupture["repaired_at"] - 9
    assert list(found["summary"])[:4] == SUMMARY
    assert list(found["summary"].values())[:4] == [1, 1, 1, 1.0]


def test_probabilities_only_where_a_method_has_them(
    capsys: pytest.CaptureFixture[str], one: Path
) -> None:
    ours = document(capsys, one, *COLUMNS, *SCALE, "--sem", "0.5")["clients"][0]
    chart = document(capsys, one, *COLUMNS, "--method", "control-chart")["clients"][0]
    rule = document(capsys, one, *COLUMNS, "--method", "criterion")["clients"][0]
    assert ours["ruptures"][0]["probability"] > 0.95
    assert ours["ruptures"][0]["repair_probability"] >= 0.6
    assert chart["ruptures"][0]["probability"] is None
    assert chart["level"] == [pytest.approx(sum(V_SHAPED) / 13)] * 13
    assert rule["level"] == rule["level_se"] == chart["level_se"] == [None] * 13


def test_reliability_and_sd_stand_for_the_error(
    capsys: pytest.CaptureFixture[str], one: Path
) -> None:
    stated = document(capsys, one, *COLUMNS, *SCALE, "--sem", str(0.9 * math.sqrt(1.0 - 0.9)))
    derived = document(capsys, one, *COLUMNS, *SCALE, "--reliability", "0.9", "--sd", "0.9")
    assert derived["clients"] == stated["clients"]
    sem = derived["settings"]["parameters"][0]["sem"]
    assert sem == pytest.approx(0.9 * math.sqrt(1.0 - 0.9), rel=1e-12)


def test_each_rater_has_a_level_and_an_error_of_their_own(
    capsys: pytest.CaptureFixture[str], many: Path
) -> None:
    found = document(capsys, many, *COLUMNS, *SCALE, "--rater", "rater")
    assert [(c["client"], c["rater"]) for c in found["clients"][:3]] == [
        (0, "client"), (0, "therapist"), (1, "client"),
    ]  # fmt: skip
    assert [p["rater"] for p in found["settings"]["parameters"]] == ["client", "therapist"]
    assert found["summary"]["series"] == 2 * found["summary"]["clients"] == 60
    assert found["summary"]["clients_with_rupture"] >= 5
    alone = pl.read_csv(many).filter(pl.col("rater") == "client")
    path = many.with_name("alone.csv")
    alone.write_csv(path)
    one_rater = document(capsys, path, *COLUMNS, *SCALE)
    assert one_rater["clients"][0]["level"] == found["clients"][0]["level"]


def test_rows_in_any_order_and_unrated_sessions(
    capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    lines = [f"x,{k},{v}" for k, v in enumerate(V_SHAPED, start=1)]
    plain = document(capsys, table(lines), *COLUMNS, *SCALE, "--sem", "0.5")
    mixed = table([*reversed(lines), "x,14,"], "mixed.csv")
    assert document(capsys, mixed, *COLUMNS, *SCALE, "--sem", "0.5")["clients"] == plain["clients"]


def test_single_ratings_and_constant_ones(capsys: pytest.CaptureFixture[str], table: Any) -> None:
    path = table(["x,1,5", "y,1,6", "y,2,6", "y,3,6"])
    found = document(capsys, path, *COLUMNS, *SCALE)
    assert [client["n"] for client in found["clients"]] == [1, 3]
    assert any("working values" in note for note in found["notes"])
    chart = document(capsys, path, *COLUMNS, "--method", "control-chart")
    assert "at least two ratings" in chart["clients"][0]["reason"]
    assert chart["summary"]["repair_rate"] is None


def test_sessions_may_be_fractions_or_days(capsys: pytest.CaptureFixture[str], table: Any) -> None:
    parts = document(capsys, table(["x,1,5", "x,2.5,6", "x,4,7"]), *COLUMNS, "--sem", "0.5")
    assert parts["clients"][0]["sessions"] == [1, 2.5, 4]
    days = table(["x,2026-01-05,5", "x,2026-03-02,6", "y,2026-03-03,6"], "days.csv")
    found = document(capsys, days, *COLUMNS, "--sem", "0.5")
    assert [client["sessions"] for client in found["clients"]] == [[1, 2], [1]]


def test_many_ratings_at_an_unstated_top_are_remarked_upon(
    capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    path = table([f"x,{k},{v}" for k, v in enumerate([9, 10, 10, 9.5, 10, 10], start=1)])
    assert any("--maximum" in n for n in document(capsys, path, *COLUMNS)["notes"][1:])
    stated = document(capsys, path, *COLUMNS, *SCALE)
    assert stated["settings"]["ceiling"] == "censored"
    assert not any("--maximum" in note for note in stated["notes"])


@pytest.mark.parametrize(
    ("lines", "extra", "said"),
    [
        (["x,1,5", "x,1,6"], (), "row 2, column “session”"),
        (["x,1,5", "x,2,high"], (), "row 2, column “a”"),
        (["x,1,5", "x,2,11"], SCALE, "row 2, column “a”: the rating is above the maximum"),
        (["x,1,", "x,2,"], (), "no session is rated"),
        (["x,1,5", ",2,5"], (), "row 2, column “id”"),
        (["x,1,5"], ("--rater", "who"), "no such column"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    capsys: pytest.CaptureFixture[str],
    table: Any,
    lines: list[str],
    extra: tuple[str, ...],
    said: str,
) -> None:
    status, out, err = run(capsys, table(lines), *COLUMNS, *extra)
    assert (status, out) == (1, "")
    assert said in err


@pytest.mark.parametrize(
    "extra",
    [
        ("--sem", "0.5", "--sd", "1"),
        ("--sd", "1"),
        ("--sem", "0"),
        ("--reliability", "1.2", "--sd", "1"),
        ("--false-alarm-rate", "2"),
        ("--ceiling", "censored"),
        ("--method", "control-chart", "--baseline", "1"),
        ("--method", "criterion", "--threshold", "0"),
        ("--method", "guess"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], one: Path, extra: tuple[str, ...]) -> None:
    status, out, err = run(capsys, one, *COLUMNS, *extra)
    assert (status, out) == (2, "")
    assert err


def test_a_reader_gets_a_sentence_and_a_table(
    capsys: pytest.CaptureFixture[str], one: Path
) -> None:
    status, out, _ = run(capsys, one, *COLUMNS, *SCALE, "--sem", "0.5")
    assert status == 0
    assert "1 of 1 clients had a rupture: 1 in all, 1 of them repaired (100 %)." in out
    assert "sudden" in out


def test_the_table_has_one_row_per_rating(
    capsys: pytest.CaptureFixture[str], one: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.parquet"
    assert run(capsys, one, *COLUMNS, *SCALE, "--sem", "0.5", "--out", target)[0] == 0
    rows = pl.read_parquet(target)
    assert rows.height == 13
    assert rows.filter(pl.col("rupture"))["session"].to_list() == [9]
    assert rows["repaired"].sum() == 1


@pytest.mark.parametrize("method", ["state-space", "control-chart", "criterion"])
def test_the_picture_is_drawn(
    capsys: pytest.CaptureFixture[str], many: Path, tmp_path: Path, method: str
) -> None:
    target = tmp_path / "ruptures.svg"
    arguments = (*COLUMNS, *SCALE, "--rater", "rater", "--method", method, "--plot", target)
    assert run(capsys, many, *arguments)[0] == 0
    assert "Rupture and repair" in target.read_text()
