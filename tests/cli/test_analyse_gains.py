"""``analyse gains``: wide or long, the contract's document, faults with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.analyse.gains import command
from openalliance.core.errors import TableError

WIDE = "id,s1,s2,s3,s4,s5,s6\nAnn,30,29,30,18,17,16\nBo,20,20,20,20,20,\nCy,20,20,20,30,30,24\n"
SESSIONS = "s1,s2,s3,s4,s5,s6"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def _document(*arguments: str) -> dict[str, Any]:
    done = _run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def wide(tmp_path: Path) -> str:
    (tmp_path / "wide.csv").write_text(WIDE)
    return str(tmp_path / "wide.csv")


@pytest.fixture
def long(tmp_path: Path) -> str:
    lines = [line.split(",") for line in WIDE.splitlines()[1:]]
    rows = [f"{name},{at + 1},{cell}" for name, *cells in lines for at, cell in enumerate(cells)]
    (tmp_path / "long.csv").write_text("id,session,score\n" + "\n".join(reversed(rows)) + "\n")
    return str(tmp_path / "long.csv")


def test_the_document_is_the_contracts(wide: str) -> None:
    document = _document(wide, "--client", "id", "--sessions", SESSIONS, "--cutoff", "7")
    assert (document["cutoff"], document["n_clients"]) == (7.0, 3)
    (gain,) = document["gains"]
    assert (gain["client"], gain["session"], gain["magnitude"]) == ("Ann", 3, 12.0)
    assert (gain["before_mean"], gain["after_mean"]) == pytest.approx((89 / 3, 17.0))
    assert gain["proportion_of_change"] == pytest.approx(12 / 14)
    assert gain["reversed"] is False
    assert document["summary"] == {
        "clients_with_gain": 1, "gains": 1, "reversed": 0, "mean_magnitude": 12.0,
        "sd_magnitude": None,
    }  # fmt: skip
    assert [one["gains"] for one in document["clients"]] == [1, 0, 0]


def test_long_and_wide_files_give_the_same_gains(wide: str, long: str) -> None:
    columns = ("--client", "id", "--time", "session", "--score", "score", "--cutoff", "7")
    one = _document(wide, "--client", "id", "--sessions", SESSIONS, "--cutoff", "7")
    other = _document(long, *columns)
    unnamed = [{k: v for k, v in gain.items() if k != "session_name"} for gain in one["gains"]]
    for gain in other["gains"]:
        assert gain.pop("session_name") == 3
    assert other["gains"] == unnamed


def test_losses_take_a_cutoff_of_either_sign(wide: str) -> None:
    for cutoff in ("7", "-7"):
        document = _document(
            wide, "--client", "id", "--sessions", SESSIONS, "--cutoff", cutoff, "--losses"
        )
        assert [(one["client"], one["reversed"]) for one in document["gains"]] == [("Cy", True)]


def test_the_cutoff_can_be_the_reliable_change(wide: str) -> None:
    document = _document(
        wide, "--client", "id", "--sessions", SESSIONS, "--reliability", "0.931", "--sd", "10.5"
    )
    assert document["cutoff"] == pytest.approx(7.644990, abs=1e-6)


def test_days_are_taken_in_each_clients_own_order(tmp_path: Path) -> None:
    days = ["2026-01-05", "2026-01-12", "2026-01-20", "2026-01-27", "2026-02-03", "2026-02-17"]
    rows = "".join(
        f"Ann,{day},{v}\n" for day, v in zip(days, (30, 29, 30, 18, 17, 16), strict=True)
    )
    rows += "".join(f"Bo,2026-03-0{k},20\n" for k in range(1, 7))
    (tmp_path / "days.csv").write_text("id,day,score\n" + rows)
    document = _document(
        str(tmp_path / "days.csv"), "--client", "id", "--time", "day", "--score", "score",
        "--cutoff", "7",
    )  # fmt: skip
    assert [(one["client"], one["session"]) for one in document["gains"]] == [("Ann", 3)]


def test_numbers_of_days_are_taken_in_each_clients_own_order_too(tmp_path: Path) -> None:
    lines = [line.split(",") for line in WIDE.splitlines()[1:]]
    rows = [
        f"{name},{(7 + at) * session + at},{cell}"
        for at, (name, *cells) in enumerate(lines)
        for session, cell in enumerate(cells)
    ]
    (tmp_path / "days.csv").write_text("id,day,score\n" + "\n".join(rows) + "\n")
    document = _document(
        str(tmp_path / "days.csv"), "--client", "id", "--time", "day", "--score", "score",
        "--cutoff", "7",
    )  # fmt: skip
    assert [(one["client"], one["session"]) for one in document["gains"]] == [("Ann", 3)]
    assert any("times of their own" in note for note in document["notes"])


def test_a_session_that_is_no_row_is_a_missing_one(long: str) -> None:
    path = Path(long)
    path.write_text(path.read_text().replace("Ann,4,18\n", ""))
    document = _document(
        long, "--client", "id", "--time", "session", "--score", "score", "--cutoff", "7"
    )
    assert document["gains"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cutoff", "7"),
        ("--sessions", SESSIONS),
        ("--sessions", SESSIONS, "--cutoff", "7", "--time", "s1"),
        ("--sessions", SESSIONS, "--cutoff", "7", "--reliability", ".9"),
        ("--sessions", "s1,s1,s2,s3", "--cutoff", "7"),
        ("--sessions", SESSIONS, "--cutoff", "0"),
        ("--sessions", SESSIONS, "--reliability", "1.2", "--sd", "8"),
        ("--sessions", SESSIONS, "--cutoff", "7", "--percent", "25"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    wide: str, arguments: tuple[str, ...]
) -> None:
    assert _run(wide, "--client", "id", *arguments).exit_code == 2


def test_a_client_twice_or_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(WIDE + "Ann,1,2,3,4,5,6\n")
    fault = _run(str(path), "--client", "id", "--sessions", SESSIONS, "--cutoff", "7").exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (4, "id")
    path.write_text(WIDE.replace("18", "x"))
    fault = _run(str(path), "--client", "id", "--sessions", SESSIONS, "--cutoff", "7").exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (1, "s4")


def test_without_any_score_there_is_nothing_to_find(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,s1,s2,s3,s4\nAnn,,,,\n")
    done = _run(str(path), "--client", "id", "--sessions", "s1,s2,s3,s4", "--cutoff", "7")
    assert isinstance(done.exception, TableError)
    assert "no client has a score" in str(done.exception)


def test_too_few_sessions_name_the_file(wide: str) -> None:
    fault = _run(wide, "--client", "id", "--sessions", "s1,s2,s3", "--cutoff", "7").exception
    assert isinstance(fault, TableError)
    assert fault.file == wide


def test_a_table_without_gains_still_has_its_columns(wide: str, tmp_path: Path) -> None:
    out = tmp_path / "gains.csv"
    done = _run(wide, "--client", "id", "--sessions", SESSIONS, "--cutoff", "40", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.read_text().startswith("client,session,session_name,before")


def test_text_says_how_many_and_the_picture_is_drawn(wide: str, tmp_path: Path) -> None:
    done = _run(
        wide, "--client", "id", "--sessions", SESSIONS, "--cutoff", "7",
        "--plot", str(tmp_path / "gains.svg"),
    )  # fmt: skip
    assert done.stdout.startswith("1 of 3 clients (33%) had a sudden gain")
    assert "Sudden gains" in (tmp_path / "gains.svg").read_text()
