"""The checklist of security names tests that are there, and says something about every number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROW = re.compile(r"^\| ([0-9][0-9., –]*) \| (.*?) \| (yes|partly|no|–) \| (.*?) ?\|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


@pytest.fixture(scope="module")
def rows(project: Path) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = ROW.findall((project / "docs/reference/asvs.md").read_text())
    return found


def test_every_row_has_its_number_state_and_reason(
    project: Path, rows: list[tuple[str, ...]]
) -> None:
    text = (project / "docs/reference/asvs.md").read_text()
    written = [line for line in text.splitlines() if re.match(r"\| [0-9]", line)]
    assert len(written) == len(rows) > 100
    for numbers, about, state, proof in rows:
        assert about, numbers
        assert proof or state == "–", numbers


def test_no_number_stands_twice_and_none_is_left_out(rows: list[tuple[str, ...]]) -> None:
    """Of the standard's sections at these levels; a range stands for a whole section or more."""
    single = [
        number for numbers, *_ in rows for number in re.split(r", ", numbers) if "–" not in number
    ]
    assert len(single) == len(set(single))
    ranges = [numbers for numbers, *_ in rows if "–" in numbers]
    covered = len(single) + sum(SIZES[one] for one in ranges)
    assert covered == 253


SIZES = {
    "4.4.1–4.4.4": 4, "6.8.1–6.8.4": 4, "9.1.1–9.2.4": 7, "10.1.1–10.7.3": 29,
    "17.1.1–17.3.2": 7,
}  # fmt: skip
"""How many requirements of levels 1 and 2 each range has."""


def test_every_test_that_is_named_is_there(project: Path, rows: list[tuple[str, ...]]) -> None:
    missing = []
    for numbers, _about, _state, proof in rows:
        for name, test in TEST.findall(proof):
            path = _found(project, name)
            if path is None or (test and f"def {test}(" not in path.read_text()):
                missing.append((numbers, name, test))
    assert not missing


def test_what_holds_by_a_test_names_it_or_says_where_to_look(rows: list[tuple[str, ...]]) -> None:
    proven = [proof for *_rest, state, proof in rows if state == "yes" and TEST.search(proof)]
    assert len(proven) > 60


def _found(project: Path, name: str) -> Path | None:
    places = (project / name, project / "tests" / name, project / "tests/site" / name)
    return next((one for one in places if one.is_file()), None)
