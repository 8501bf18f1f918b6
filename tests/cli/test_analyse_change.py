"""``openalliance analyse change``."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openalliance.cli.main import main

OWN = Path(__file__).parents[1] / "reference" / "change.csv"
COLUMNS = ("--client", "id", "--time", "time", "--score", "y")
CONTRACT = ["method", "approach", "n", "critical_value", "cutoff", "summary", "clients"]
FIVE = ["recovered", "improved", "unchanged", "deteriorated", "harmed"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = main(["analyse", "change", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def table(tmp_path: Path) -> Any:
    def write(text: str, name: str = "scores.csv") -> Path:
        path = tmp_path / name
        path.write_text(text.replace(" ", "\n") + "\n")
        return path

    return write


def document(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_document_is_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(
        capsys, OWN, *COLUMNS, "--reliability", ".86", "--functional-mean", "9",
        "--functional-sd", "5", "--cutoff", "c",
    )  # fmt: skip
    assert list(found)[:7] == CONTRACT
    assert (found["method"], found["approach"], found["n"]) == ("jt", "combined", 53)
    assert found["cutoff"]["type"] == "c"
    assert found["cutoff"]["value"] == pytest.approx(15.88376446057689, rel=1e-12)
    assert [part["category"] for part in found["summary"]] == FIVE
    assert [part["n"] for part in found["summary"]] == [12, 11, 29, 1, 0]
    assert sum(part["proportion"] for part in found["summary"]) == pytest.approx(1.0)
    first = found["clients"][0]
    assert list(first)[:6] == ["client", "pre", "post", "change", "rci", "category"]
    assert (first["client"], first["pre"], first["post"]) == (1, 25.0, 30.0)
    assert found["notes"] == ["7 clients without a post score left out."]


def test_pre_and_post_are_first_and_last_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    asked = (OWN, *COLUMNS, "--reliability", "0.86", "--cutoff", "a")
    named = document(capsys, *asked, "--pre", "1", "--post", "3.0")
    assert named == document(capsys, *asked)


def test_last_times_that_differ_are_said(capsys: pytest.CaptureFixture[str], table: Any) -> None:
    path = table("id,time,y a,1,30 a,2,20 b,1,30 b,5,1")
    asked = (*COLUMNS, "--approach", "anchor", "--mid-improvement", "5")
    assert "last times differ" in document(capsys, path, *asked)["notes"][0]
    notes = document(capsys, path, *asked, "--post", "5")["notes"]
    assert notes == ["1 client without a post score left out."]


def test_a_table_may_come_on_the_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OWN.read_bytes())))
    found = document(capsys, "-", *COLUMNS, "--reliability", ".86")
    assert found["n"] == 53


@pytest.mark.parametrize("method", ["jt", "gln", "hll", "en", "nk", "ha", "hlm"])
@pytest.mark.parametrize("approach", ["distribution", "statistical", "combined"])
def test_every_method(capsys: pytest.CaptureFixture[str], method: str, approach: str) -> None:
    found = document(
        capsys, OWN, *COLUMNS, "--method", method, "--approach", approach, "--reliability", ".86",
        "--reliability-post", ".88", "--functional-mean", "9", "--functional-sd", "5",
    )  # fmt: skip
    assert found["n"] == 53
    assert [part["category"] for part in found["summary"]] == (
        FIVE if approach == "combined" else FIVE[1:4]
    )
    assert (found["cutoff"] is None) is (approach == "distribution")
    rcis = {client["rci"] is None for client in found["clients"]}
    assert rcis == {approach == "statistical"}


def test_percentage_and_anchor_need_no_reliability(capsys: pytest.CaptureFixture[str]) -> None:
    share = document(
        capsys, OWN, *COLUMNS, "--approach", "percentage", "--percent-improvement", ".5"
    )
    assert [part["n"] for part in share["summary"]] == [7, 45, 1]
    assert share["critical_value"] is None
    assert share["cutoff"] is None
    assert share["clients"][0]["rci"] is None
    anchor = document(
        capsys, OWN, *COLUMNS, "--approach", "anchor", "--mid-improvement", "5",
        "--mid-deterioration", "4",
    )  # fmt: skip
    assert [part["n"] for part in anchor["summary"]] == [31, 15, 7]
    effect = anchor["group_effects"]["within"][0]
    assert effect["category"] == "Probably clinically significant effect"


def test_groups(capsys: pytest.CaptureFixture[str], table: Any) -> None:
    path = table(
        "id,time,y,arm a,1,30,X a,2,10,X b,1,28,Y b,2,29,Y c,1,25,X c,2,24,X d,1,33,Y d,2,20,Y"
    )
    found = document(
        capsys, path, *COLUMNS, "--group", "arm", "--approach", "anchor",
        "--mid-improvement", "5", "--reference-group", "Y",
    )  # fmt: skip
    assert [group["group"] for group in found["groups"]] == ["X", "Y"]
    assert [group["n"] for group in found["groups"]] == [2, 2]
    assert found["groups"][0]["summary"][0] == {
        "category": "improved", "n": 1, "proportion": 0.5,
    }  # fmt: skip
    assert found["clients"][1]["group"] == "Y"
    compared = found["group_effects"]["between"]
    assert [(row["reference"], row["comparison"]) for row in compared] == [("Y", "X")]
    assert compared[0]["difference"] == pytest.approx(17.0 - 24.5)


def test_times_may_be_days_or_names(capsys: pytest.CaptureFixture[str], table: Any) -> None:
    asked = ("--approach", "anchor", "--mid-improvement", "5")
    days = table("id,time,y b,2024-03-01,10 b,2024-01-01,30 a,2024-02-01,9 a,2024-01-01,9")
    found = document(capsys, days, *COLUMNS, *asked)
    assert [(c["client"], c["pre"], c["post"]) for c in found["clients"]] == [
        ("b", 30.0, 10.0), ("a", 9.0, 9.0),
    ]  # fmt: skip
    day = document(capsys, days, *COLUMNS, *asked, "--post", "2024-03-01")
    assert [client["client"] for client in day["clients"]] == ["b"]
    names = table("id,time,y a,after,10 a,before,30 a,later,9 b,before,8 b,after,9", "n.csv")
    found = document(capsys, names, *COLUMNS, *asked, "--pre", "before", "--post", "after")
    assert [(c["client"], c["change"]) for c in found["clients"]] == [("a", -20.0), ("b", 1.0)]
    two = table("id,time,y a,after,10 a,before,30", "two.csv")
    for named in (("--pre", "before"), ("--post", "after")):
        (client,) = document(capsys, two, *COLUMNS, *asked, *named)["clients"]
        assert (client["pre"], client["post"]) == (30.0, 10.0)


def test_slopes_over_days_count_from_each_clients_start(
    capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    rows, by_day = ["id,time,y"], ["id,time,y"]
    for number in range(12):
        for week in range(4):
            score = 30 - week * (number % 4) + (number * 7 + week * 5) % 6
            rows.append(f"{number},{7 * week},{score}")
            by_day.append(f"{number},2024-{number + 1:02d}-{1 + 7 * week:02d},{score}")
    asked = (*COLUMNS, "--method", "hlm", "--approach", "distribution")
    numbers = document(capsys, table(" ".join(rows)), *asked)
    days = document(capsys, table(" ".join(by_day), "days.csv"), *asked)
    assert [c["rci"] for c in days["clients"]] == pytest.approx(
        [c["rci"] for c in numbers["clients"]], abs=1e-6
    )
    assert any("first row" in note for note in days["notes"])


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("id,time,y a,1,30 a,1,20", (), "row 2, column “time”: an earlier row"),
        ("id,time,y a,1,30 a,1.0,20", (), "row 2, column “time”: an earlier row"),
        ("id,time,y a,1,30 a,2,x", (), "row 2, column “y”: this is not a number"),
        ("id,time,y a,1,30 ,2,3", (), "row 2, column “id”: the cell is empty"),
        ("id,time,y a,1,30 a,,3", (), "row 2, column “time”: the cell is empty"),
        ("id,time,y a,1,30 b,1,20", (), "no client has both scores"),
        ("id,time,y a,1,30 a,2,20 b,1,30 b,2,1", (), "do not vary"),
        ("id,time,y a,1,30 a,2,20", ("--pre", "7"), "no row has this time"),
        ("id,time,y a,first,30 a,last,20", (), "row 1, column “time”: this is neither"),
        ("id,time,y a,first,3 a,last,2", ("--pre", "first", "--post", "end"), "time of --post"),
        ("id,time,x a,1,30", (), "there is no such column"),
        ("id,time,y,g a,1,3,X a,2,3,Y", ("--group", "g"), "row 2, column “g”: an earlier row"),
    ],
)
def test_faults_of_the_file_name_file_column_and_row(
    capsys: pytest.CaptureFixture[str], table: Any, text: str, options: tuple[str, ...], said: str
) -> None:
    path = table(text)
    status, out, err = run(capsys, path, *COLUMNS, "--reliability", ".8", *options)
    assert (status, out) == (1, "")
    assert str(path) in err
    assert said in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--reliability"),
        (("--reliability", "1"), "--reliability"),
        (("--reliability", ".8", "--cutoff", "b"), "--functional-mean"),
        (("--reliability", ".8", "--confidence", "95"), "--confidence"),
        (("--approach", "percentage", "--percent-improvement", "50"), "--percent-improvement"),
        (("--approach", "anchor"), "--mid-improvement"),
        (("--reliability", ".8", "--pre", "soon"), "--pre"),
        (("--approach", "anchor", "--mid-improvement", "5", "--reference-group", "X"), "--group"),
        (("--method", "xx"), "--method"),
    ],
)
def test_wrong_usage(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    status, out, err = run(capsys, OWN, *COLUMNS, *options)
    assert (status, out) == (2, "")
    assert said in err


def test_text_table_and_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, plot = tmp_path / "clients.csv", tmp_path / "change.svg"
    status, text, _ = run(
        capsys, OWN, *COLUMNS, "--reliability", ".86", "--out", out, "--plot", plot
    )
    assert status == 0
    assert text.startswith("Of 53 clients: 5 recovered")
    assert "A change counts from more than 8.52 points." in text
    table = pl.read_csv(out)
    assert table.height == 53
    assert table.columns[:6] == ["client", "pre", "post", "change", "rci", "category"]
    drawn = plot.read_text()
    for words in ("recovered (5)", "harmed (0)", "Pre score", "cut-off a"):
        assert words in drawn


def test_undefined_categories_are_null_and_said(
    capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    path = table("id,time,y a,1,0 a,2,5 b,1,8 b,2,2")
    found = document(
        capsys, path, *COLUMNS, "--approach", "percentage", "--percent-improvement", ".5"
    )
    assert [client["category"] for client in found["clients"]] == [None, "improved"]
    assert found["clients"][0]["percent_change"] is None
    assert "pre score of 0" in found["notes"][0]
