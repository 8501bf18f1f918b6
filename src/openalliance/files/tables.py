"""Tables from files: CSV, TSV and Parquet as columns of text, with faults that name the place."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import TableError

SUFFIXES = (".csv", ".tsv", ".parquet")
STANDARD_INPUT = "standard input"
_LONGEST_CELL = 100_000
DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of text cells, without the blanks around them; a missing cell is empty.

    Parameters
    ----------
    file
        What messages call it.
    columns
        Cells by column, all of the same length.
    decimal_comma
        Whether ``3,5`` is a number: so in files whose columns are parted by semicolons.
    """

    file: str
    columns: Mapping[str, Sequence[str]]
    decimal_comma: bool = False

    @property
    def height(self) -> int:
        """Return the number of data rows."""
        return len(next(iter(self.columns.values())))

    def texts(self, column: str) -> Sequence[str]:
        """Return the cells of a column.

        Raises
        ------
        TableError
            The table has no such column.
        """
        try:
            return self.columns[column]
        except KeyError:
            there = ", ".join(f"“{name}”" for name in self.columns)
            raise TableError(
                f"there is no such column; the file has {there}", file=self.file, column=column
            ) from None

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column as numbers, an empty cell as ``nan``.

        Raises
        ------
        TableError
            The column is missing or a cell is no finite number; ``row`` is the first such row.
        """
        cells = self.texts(column)
        found = np.empty(len(cells))
        for position, cell in enumerate(cells):
            value = math.nan if cell == "" else self.number(cell)
            if value is None:
                raise TableError(
                    "this is not a number", file=self.file, column=column, row=position + 1
                )
            found[position] = value
        return found

    def number(self, cell: str) -> float | None:
        """Return a cell as a finite number, or nothing when it is none."""
        if self.decimal_comma and "." not in cell:
            cell = cell.replace(",", ".")
        try:
            value = float(cell)
        except ValueError:
            return None
        return value if math.isfinite(value) and "_" not in cell else None


def read_table(path: Path | str) -> Table:
    """Read a table by its suffix; ``-`` is CSV on the standard input.

    Raises
    ------
    TableError
        The file is missing, unreadable, empty, or not of its kind; row and column are named where
        there is one.
    """
    raw, name, suffix = read_whole(path)
    if suffix == ".parquet":
        return _parquet(raw, name)
    return delimited(raw, name, suffix)


def read_whole(path: Path | str) -> tuple[bytes, str, str]:
    """Return the bytes of a table, what messages call it, and its suffix; ``-`` is CSV on stdin.

    Raises
    ------
    TableError
        The file is missing, unreadable, empty, or has another suffix.
    """
    if str(path) == "-":
        return sys.stdin.buffer.read(), STANDARD_INPUT, ".csv"
    path = Path(path)
    suffix, name = path.suffix.lower(), str(path)
    if suffix not in SUFFIXES:
        raise TableError(f"must end in {', '.join(SUFFIXES)}", file=name)
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise TableError(f"cannot be read: {fault.strerror}", file=name) from None
    if not raw:
        raise TableError("is empty", file=name)
    return raw, name, suffix


def delimited(raw: bytes, name: str, suffix: str) -> Table:
    """Read the bytes of a CSV or TSV table.

    Raises
    ------
    TableError
        As `read_table`.
    """
    delimiter = DELIMITERS[suffix]
    text = _decoded(raw, name)
    header_line = text.partition("\n")[0]
    semicolons = delimiter == "," and ";" in header_line and "," not in header_line
    if semicolons:
        delimiter = ";"
    csv.field_size_limit(_LONGEST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(next(lines, []), name)
        rows = list(_rows(lines, len(header), name))
    except csv.Error as fault:
        raise TableError(
            f"line {lines.line_num} cannot be read ({fault}); save the file anew as CSV", file=name
        ) from None
    if not rows:
        raise TableError("has a header but no rows", file=name)
    cells: Iterable[tuple[str, ...]] = zip(*rows, strict=True)
    columns = {column: tuple(values) for column, values in zip(header, cells, strict=True)}
    return Table(file=name, columns=columns, decimal_comma=semicolons)


def _decoded(raw: bytes, name: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start)
        raise TableError(
            "is not UTF-8 text here; save the file as “CSV UTF-8”", file=name, row=max(line, 1)
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0"))
        raise TableError(
            "holds a NUL byte, so it is not a text file; save it anew as CSV",
            file=name,
            row=max(line, 1),
        )
    if not text.strip():
        raise TableError("is empty", file=name)
    return text


def _header(cells: list[str], name: str) -> list[str]:
    """Return the names of the columns; the first may lack one, as row numbers often do."""
    header = [cell.strip() for cell in cells]
    for place, column in enumerate(header):
        if not column and place:
            raise TableError("a column has no name in the first line", file=name)
        if header.count(column) > 1:
            raise TableError("this column is there twice", file=name, column=column)
    return header


def _rows(lines: Iterable[list[str]], width: int, name: str) -> Iterable[list[str]]:
    number = 0
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if len(cells) != width:
            raise TableError(
                f"has {len(cells)} cells where the first line has {width}", file=name, row=number
            )
        yield [cell.strip() for cell in cells]


def _parquet(raw: bytes, name: str) -> Table:
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, OSError):
        raise TableError("is not a Parquet file", file=name) from None
    if frame.height == 0:
        raise TableError("has no rows", file=name)
    return Table(
        file=name,
        columns={column: tuple(map(_text, frame[column].to_list())) for column in frame.columns},
    )


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
