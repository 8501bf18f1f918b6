"""Tables for the engine: columns as arrays, faults with their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import TableError
from openalliance.files import frame as frames
from openalliance.files.frame import Frame, read_frame


def _written(folder: Path, text: str, name: str = "scores.csv") -> Frame:
    path = folder / name
    path.write_text(text)
    return read_frame(path)


def test_numbers_take_an_empty_cell_as_missing(tmp_path: Path) -> None:
    table = _written(tmp_path, "id,score\n1, 3.5\n2,\n")
    assert np.array_equal(table.numbers("score"), [3.5, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("cell", "words"), [("abc", "not a number"), ("inf", "not a number"), ("", "empty")]
)
def test_a_cell_that_does_not_do_is_named_by_file_column_and_row(
    tmp_path: Path, cell: str, words: str
) -> None:
    table = _written(tmp_path, f"id,score\n1,3\n2,{cell}\n")
    with pytest.raises(TableError, match=words) as caught:
        table.numbers("score", missing=False)
    assert (caught.value.column, caught.value.row) == ("score", 2)
    assert caught.value.file.endswith("scores.csv")
    assert cell == "" or cell not in str(caught.value)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"“points”.*“id”, “score”"):
        _written(tmp_path, "id,score\n1,3\n").numbers("points")


def test_labels_are_numbers_only_when_all_of_them_are_written_as_such(tmp_path: Path) -> None:
    assert _written(tmp_path, "id\n7\n3\n7\n").labels("id").names == [7, 3]
    assert _written(tmp_path, "id\n7\n03\n7\n").labels("id").names == ["7", "03"]


def test_labels_are_coded_in_order_of_first_appearance(tmp_path: Path) -> None:
    labels = _written(tmp_path, "id\nb\na\nb\nc\n").labels("id")
    assert labels.names == ["b", "a", "c"]
    assert labels.codes.tolist() == [0, 1, 0, 2]


def test_duplicates_are_refused_however_they_are_written(tmp_path: Path) -> None:
    table = _written(tmp_path, "id,week\n1,1\n1,2\n1, 1.0\n")
    with pytest.raises(TableError, match="earlier row") as caught:
        table.refuse_duplicates("id", "week")
    assert caught.value.row == 3


def test_names_that_would_be_equal_as_numbers_are_no_duplicates(tmp_path: Path) -> None:
    _written(tmp_path, "id,week\n7,1\n007,1\n").refuse_duplicates("id", "week")
    long = "90071992547409920,1\n90071992547409921,1\n"
    _written(tmp_path, "id,week\n" + long).refuse_duplicates("id", "week")


def test_a_number_whose_square_is_none_is_named(tmp_path: Path) -> None:
    table = _written(tmp_path, "id,score\n1,3\n2,-1e200\n")
    with pytest.raises(TableError, match="too large") as caught:
        table.numbers("score")
    assert caught.value.row == 2


def test_decimal_commas_count_in_files_parted_by_semicolons(tmp_path: Path) -> None:
    assert _written(tmp_path, "id;score\n1;3,5\n").numbers("score").tolist() == [3.5]


def test_parquet_and_csv_give_the_same_columns(tmp_path: Path) -> None:
    cells = pl.DataFrame({"id": [1, 1, 2], "score": [1.5, None, 3.0]})
    cells.write_parquet(tmp_path / "a.parquet")
    cells.write_csv(tmp_path / "a.csv")
    stored, text = (read_frame(tmp_path / f"a.{suffix}") for suffix in ("parquet", "csv"))
    assert np.array_equal(stored.numbers("score"), text.numbers("score"), equal_nan=True)
    assert stored.labels("id").names == text.labels("id").names


@pytest.mark.parametrize("name", ["scores.xlsx", "none.csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError, match=name):
        read_frame(tmp_path / name)


@pytest.mark.parametrize("name", ["empty.csv", "empty.parquet"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(TableError, match="empty"):
        read_frame(tmp_path / name)


cells = st.sampled_from(["", "1", "2.5", " 3", "-4e2", "abc", "1_000", "nan", '"5"', "é"])


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
def test_large_files_are_read_like_small_ones(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("read") / "t.csv"
    path.write_text("a,b,c\n" + "".join(f"{a},{b},x\n" for a, b in rows))
    assert _read_as(path, 0) == _read_as(path, 10**9)


@pytest.mark.parametrize("odd", ["4,5", "4,5,x,y", ",,", "  ", "", '"4",5,x', " 4 ,5,x", ",5,x"])
def test_odd_rows_of_large_files_are_read_like_those_of_small_ones(
    tmp_path: Path, odd: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b,c\n1,2,x\n{odd}\n7,8,x\n")
    assert _read_as(path, 0) == _read_as(path, 10**9)


def _read_as(path: Path, large: int) -> tuple[list[float], list[str | int]] | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_LARGE", large)
        try:
            table = read_frame(path)
            return np.nan_to_num(table.numbers("a"), nan=-1.0).tolist(), table.labels("b").names
        except TableError as fault:
            return str(fault)
