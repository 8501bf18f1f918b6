"""Cells that a spreadsheet would compute are marked, and read again as they were."""

from __future__ import annotations

import pytest

from openalliance.files.cells import guarded, unguarded


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(A1)", "-", "+inf"]
)
def test_what_a_spreadsheet_would_compute_is_words(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["-1.5", "+2", "-1e3", "K7RM2P", "", "ada@harbour.example", "'a"])
def test_numbers_and_other_words_stay(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


def test_what_is_no_text_stays() -> None:
    assert [guarded(one) for one in (-1.5, None, 3)] == [-1.5, None, 3]
