"""Tables for the engine: columns as arrays, checked, with faults that name file, column and row."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import TableError
from openalliance.files.tables import DELIMITERS, delimited, read_whole

if TYPE_CHECKING:
    import polars as pl

Label = str | int
_LARGE = 1_000_000
"""Bytes from which text is read by the quick reader first."""
_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")
_TOO_LARGE = 1e60
"""Numbers whose squares and fourth powers would soon leave double precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """A column of names: a code for each row, and the names in order of first appearance.

    Names that are all whole numbers are numbers, as they would be in any other program.
    """

    codes: NDArray[np.int64]
    names: list[Label]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A table whose columns are taken as numbers or as names.

    Parameters
    ----------
    file
        What messages call it.
    polars
        The cells: text from CSV and TSV, their own types from Parquet.
    decimal_comma
        Whether ``3,5`` is a number: so in files whose columns are parted by semicolons.
    """

    file: str
    polars: pl.DataFrame
    decimal_comma: bool = False

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return self.polars.height

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self.polars.columns

    def numbers(self, column: str, *, missing: bool = True) -> NDArray[np.float64]:
        """Return a column as numbers.

        Parameters
        ----------
        column
            Its name.
        missing
            Whether an empty cell is ``nan``; else it is a fault.

        Raises
        ------
        TableError
            There is no such column, a cell is no finite number or one beyond 1e60, or one is empty
            that may not be.
        """
        import polars as pl

        cells = self._column(column)
        if cells.dtype.is_temporal() or cells.dtype.is_nested():
            self.refuse(column, np.ones(self.rows, bool), "this is not a number")
        if cells.dtype == pl.String:
            stripped = cells.str.strip_chars()
            if self.decimal_comma:
                stripped = stripped.str.replace_all(",", ".", literal=True)
            empty = (stripped.is_null() | (stripped == "")).fill_null(value=True)
            found = stripped.cast(pl.Float64, strict=False)
        else:
            found = cells.cast(pl.Float64, strict=False)
            empty = cells.is_null() | found.is_nan().fill_null(value=False)
        values = found.fill_null(math.nan).to_numpy().astype(np.float64)
        gaps = empty.to_numpy()
        self.refuse(
            column,
            ~np.isfinite(values) & ~gaps,
            "this is not a number; leave the cell empty if the value is missing",
        )
        if not missing:
            self.refuse(column, gaps, "the cell is empty, and a value is needed here")
        self.refuse(
            column,
            np.abs(values, where=~gaps, out=np.zeros(values.shape)) > _TOO_LARGE,
            "this number is too large to be computed with",
        )
        values[gaps] = math.nan
        return values

    def labels(self, column: str) -> Labels:
        """Return a column of names, such as clients.

        Raises
        ------
        TableError
            There is no such column, or a cell is empty.
        """
        import polars as pl

        cells = self._column(column)
        if cells.dtype.is_float():
            whole = (cells.is_null() | (cells == cells.round(0))).all()
            cells = cells.cast(pl.Int64, strict=False) if whole else cells
        text = cells.cast(pl.String).str.strip_chars()
        self.refuse(
            column,
            (text.is_null() | (text == "")).fill_null(value=True).to_numpy(),
            "the cell is empty, and a name is needed here",
        )
        order = text.unique(maintain_order=True)
        numbered = pl.DataFrame({"name": order, "code": np.arange(order.len())})
        codes = pl.DataFrame({"name": text}).join(
            numbered, on="name", how="left", maintain_order="left"
        )["code"]
        names = order.to_list()
        return Labels(codes=codes.to_numpy().astype(np.int64), names=_as_numbers(names))

    def texts(self, column: str) -> list[str]:
        """Return the cells of a column as text without the blanks around them; empty if missing."""
        import polars as pl

        return self._column(column).cast(pl.String).fill_null("").str.strip_chars().to_list()

    def refuse(self, column: str | None, bad: NDArray[np.bool_], what: str) -> None:
        """Raise a `TableError` that names the first bad row, if there is one."""
        if bad.any():
            raise TableError(what, file=self.file, column=column, row=int(np.argmax(bad)) + 1)

    def refuse_duplicates(self, *columns: str) -> None:
        """Raise a `TableError` that names the first row repeating these columns' cells.

        The first column is one of names, as `labels` takes them: ``7`` is not ``007``.
        """
        import polars as pl

        name, *others = columns
        names = self._column(name).cast(pl.String).str.strip_chars()
        keys = pl.DataFrame([names, *(self._key(column) for column in others)])
        first = keys.select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
        named = " and ".join(f"“{column}”" for column in columns)
        self.refuse(
            columns[-1],
            ~first,
            f"an earlier row has the same {named}; keep one of them",
        )

    def _key(self, column: str) -> pl.Series:
        """Return cells such that ``1`` and ``1.0`` are equal."""
        import polars as pl

        cells = self._column(column)
        if cells.dtype != pl.String:
            return cells
        stripped = cells.str.strip_chars()
        numbers = stripped.cast(pl.Float64, strict=False)
        return stripped if numbers.null_count() else numbers

    def cells(self, column: str) -> pl.Series:
        """Return the cells of a column as they are.

        Raises
        ------
        TableError
            There is no such column.
        """
        return self._column(column)

    def require(self, *columns: str) -> None:
        """Raise a `TableError` that names the first column that is not there."""
        for column in columns:
            self._column(column)

    def _column(self, column: str) -> pl.Series:
        if column not in self.polars.columns:
            there = ", ".join(f"“{name}”" for name in self.polars.columns)
            raise TableError(
                f"there is no such column; the file has {there}", file=self.file, column=column
            )
        return self.polars[column]


def read_frame(path: Path | str) -> Frame:
    """Read a table by its suffix; ``-`` is CSV on the standard input.

    Raises
    ------
    TableError
        The file is missing, unreadable, empty, or not of its kind; row and column are named where
        there is one.
    """
    raw, name, suffix = read_whole(path)
    return _parquet(raw, name) if suffix == ".parquet" else _text(raw, name, suffix)


def frame_of(raw: bytes, name: str) -> Frame:
    """Read the bytes of a CSV table.

    Raises
    ------
    TableError
        It is empty or cannot be read; row and column are named where there is one.
    """
    if not raw:
        raise TableError("is empty", file=name)
    return _text(raw, name, ".csv")


def _parquet(raw: bytes, name: str) -> Frame:
    import polars as pl

    try:
        cells = pl.read_parquet(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, OSError):
        raise TableError("is not a Parquet file", file=name) from None
    if cells.height == 0:
        raise TableError("has no rows", file=name)
    return Frame(file=name, polars=cells)


def _text(raw: bytes, name: str, suffix: str) -> Frame:
    if len(raw) >= _LARGE:
        quick = _quickly(raw, name, suffix)
        if quick is not None:
            return quick
    import polars as pl

    table = delimited(raw, name, suffix)
    return Frame(
        file=name,
        polars=pl.DataFrame(dict(table.columns)),
        decimal_comma=table.decimal_comma,
    )


def _quickly(raw: bytes, name: str, suffix: str) -> Frame | None:
    """Read clean text in one go; whatever is odd is left to the careful reader, which names it."""
    import polars as pl

    header = raw[: raw.find(b"\n") + 1].decode("utf-8-sig", errors="replace").strip()
    columns = [cell.strip() for cell in header.split(DELIMITERS[suffix])]
    odd = b'"' in raw or b"\n\n" in raw or b"\r\n\r\n" in raw or b"\0" in raw
    if odd or ";" in header or not all(columns) or len(set(columns)) < len(columns):
        return None
    try:
        cells = pl.read_csv(
            io.BytesIO(raw), separator=DELIMITERS[suffix], infer_schema=False, quote_char=None
        )
    except pl.exceptions.PolarsError:
        return None
    short = raw.count(DELIMITERS[suffix].encode()) != (cells.height + 1) * (len(columns) - 1)
    if short or (cells.to_series(0).fill_null("").str.strip_chars() == "").any():
        return None
    cells.columns = columns
    return Frame(file=name, polars=cells)


def _as_numbers(names: list[str]) -> list[Label]:
    if all(_WHOLE_NUMBER.fullmatch(name) for name in names):
        return [int(name) for name in names]
    return list(names)
