"""Reading tables: what is understood, and what is refused with file, column and row."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import TableError
from openalliance.files.tables import read_table


def written(folder: Path, content: str | bytes, name: str = "records.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,x\n2,y\n",
        "\ufeffa,b\n1,x\n2,y\n",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a;b\n1;x\n2;y\n",
        " a , b \n 1 , x \n\n2,y",
        'a,b\n"1","x"\n2,y\n',
    ],
    ids=["plain", "byte order mark", "CRLF", "semicolons", "blanks", "quotes"],
)
def test_the_same_table_in_many_dresses(tmp_path: Path, content: str) -> None:
    table = read_table(written(tmp_path, content))
    assert dict(table.columns) == {"a": ("1", "2"), "b": ("x", "y")}


def test_row_numbers_without_a_name_are_a_column_like_others(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, '"","a","b"\n"1",1,x\n"2",2,y\n'))
    assert table.columns["a"] == ("1", "2")
    with pytest.raises(TableError, match="no name"):
        read_table(written(tmp_path, "a,,b\n1,2,3\n"))


def test_tabs_and_parquet(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a\tb\n1\tx\n", "t.tsv")).columns["b"] == ("x",)
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1.0, None, 2.5], "b": ["x", "y", None]}).write_parquet(path)
    assert dict(read_table(path).columns) == {"a": ("1", "", "2.5"), "b": ("x", "y", "")}


def test_decimal_comma_only_where_semicolons_part_the_columns(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a;b\n1;3,5\n")).numbers("b").tolist() == [3.5]
    with pytest.raises(TableError):
        read_table(written(tmp_path, 'a,b\n1,"3,5"\n')).numbers("b")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1\n", "row 1: has 1 cells where the first line has 2"),
        (b"a,a\n1,2\n", "column “a”: this column is there twice"),
        (b"a,\n1,2\n", "has no name"),
        (b"a,b\n1,2\n1,\xff\n", "row 2: is not UTF-8"),
        (b"a,b\n1,2\n1,\x00\n", "row 2: holds a NUL byte"),
        (b'a,b\n1,"open\n', "cannot be read"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "cannot be read"),
    ],
)
def test_bad_files_say_where(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(TableError, match=r"records\.csv") as raised:
        read_table(written(tmp_path, content))
    assert says in str(raised.value)


def test_not_a_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="must end in"):
        read_table(written(tmp_path, "a,b\n", "records.xlsx"))
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(TableError, match="not a Parquet file"):
        read_table(written(tmp_path, "a,b\n1,2\n", "records.parquet"))


@pytest.mark.parametrize("cell", ["x", "inf", "nan", "1_000", "1 2", "0x10"])
def test_what_is_no_number_names_its_row(tmp_path: Path, cell: str) -> None:
    table = read_table(written(tmp_path, f"a,b\n1,2\n2,{cell}\n"))
    with pytest.raises(TableError) as raised:
        table.numbers("b")
    assert (raised.value.column, raised.value.row) == ("b", 2)
    assert cell not in raised.value.what.split()
    with pytest.raises(TableError, match="“a”, “b”"):
        table.texts("c")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = written(
        tmp_path_factory.mktemp("t"), "a\n" + "".join(f"{value!r}\n" for value in values)
    )
    assert read_table(path).numbers("a").tolist() == values
