"""Tables larger than memory, in pieces that hold whole clients.

A file is read batch by batch: Parquet by row groups, CSV and TSV by blocks of lines. A client whose
rows lie on both sides of a border comes as a piece of its own, so that whoever takes the pieces
sees every client once and whole. For that a client's rows must lie together; a file in another
order is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.batch.clients import Offsets, client_offsets, first_out_of_order
from openalliance.core.errors import TableError
from openalliance.files.frame import Frame, read_frame
from openalliance.files.tables import DELIMITERS, SUFFIXES
from openalliance.files.times import TimeUnit, numeric_times

if TYPE_CHECKING:
    import polars as pl

BATCH = 500_000
"""Rows read at a time."""

SMALL_TEXT = 16 * 1024 * 1024
"""Bytes up to which text is read whole, by the reader that names whatever is odd in it."""

SORT_IT = "sort the file by client and time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Rows of some clients, all of each.

    Parameters
    ----------
    frame
        The cells.
    client
        Name of the column that holds the clients.
    offsets
        Row of the piece at which each client begins, and the number of rows.
    begins
        Rows of the file before this piece; faults name rows of the file.
    """

    frame: Frame
    client: str
    offsets: Offsets
    begins: int

    @property
    def clients(self) -> pl.Series:
        """The clients, in the file's order."""
        return self.frame.polars[self.client].gather(self.offsets[:-1])

    def scores(self, column: str) -> NDArray[np.generic]:
        """Return a column of numbers, ``nan`` where the cell is empty.

        Whole numbers and single precision stay what they are.
        """
        with self._placed():
            cells = self.frame.cells(column)
            plain = cells.dtype.is_integer() or cells.dtype.is_float()
            if plain and not cells.null_count():
                return cells.to_numpy()
            return self.frame.numbers(column)

    def sessions(self, column: str) -> NDArray[np.int64]:
        """Return a column of session numbers, 0 where the cell is empty."""
        with self._placed():
            cells = self.frame.cells(column)
            if cells.dtype.is_integer() and not cells.null_count():
                found: NDArray[np.int64] = cells.to_numpy().astype(np.int64, copy=False)
                least = found
            else:
                given = self.frame.numbers(column)
                least = np.nan_to_num(given, nan=1.0)
                self.frame.refuse(column, least != np.rint(least), "sessions are whole numbers")
                found = np.nan_to_num(given, nan=0.0).astype(np.int64)
            self.frame.refuse(column, least < 1, "sessions are numbered from 1")
            return found

    def times(self, column: str) -> tuple[NDArray[np.generic], TimeUnit]:
        """Return a column of times and what its numbers count, as `numeric_times` does.

        Raises
        ------
        TableError
            A time is missing, or does not follow that of the client's row before.
        """
        with self._placed():
            found, unit = self._times(column)
            late = first_out_of_order(self.offsets, found)
            if late is not None:
                again = found[late] == found[late - 1]
                self.frame.refuse(
                    column,
                    np.arange(self.frame.rows) == late,
                    "an earlier row has the same client and time; keep one of them"
                    if again
                    else f"this row is earlier than the one before it; {SORT_IT}",
                )
            return found, unit

    def fault(self, column: str, row: int, what: str) -> TableError:
        """Return a fault that names this row of the piece by its place in the file."""
        return TableError(what, file=self.frame.file, column=column, row=self.begins + row + 1)

    def _times(self, column: str) -> tuple[NDArray[np.generic], TimeUnit]:
        import polars as pl

        cells = self.frame.cells(column)
        if not cells.null_count():
            if cells.dtype == pl.Date:
                return cells.to_physical().to_numpy(), "days"
            if cells.dtype.is_integer():
                return cells.to_numpy(), "number"
            if isinstance(cells.dtype, pl.Datetime):
                microseconds = cells.dt.cast_time_unit("us").to_physical().to_numpy()
                return microseconds / 86_400e6, "days"
        return numeric_times(self.frame, column)

    @contextmanager
    def _placed(self) -> Iterator[None]:
        """Let faults name the row of the file, not of the piece."""
        try:
            yield
        except TableError as fault:
            row = None if fault.row is None else fault.row + self.begins
            raise TableError(fault.what, file=fault.file, column=fault.column, row=row) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStream:
    """A file's rows, client by client.

    Parameters
    ----------
    file
        What messages call it.
    rows
        Number of data rows.
    client
        Name of the column that holds the clients.
    batches
        The rows, as many at a time as fit well into memory.
    """

    file: str
    rows: int
    client: str
    batches: Iterator[Frame]

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows in pieces that hold whole clients.

        Raises
        ------
        TableError
            The rows of a client do not lie together, or the file cannot be read further.
        """
        seen = _Seen(self.file, self.client)
        held: list[Frame] = []
        begins = 0
        for batch in self.batches:
            offsets = _offsets(batch, self.client, begins + _rows(held))
            start = 0
            if held and _last(held[-1], self.client) == batch.polars[self.client][0]:
                start = int(offsets[1])
                held.append(_part(batch, 0, start))
            if held and (offsets.size > 2 or start == 0):
                yield seen.checked(_joined(held, self.client, begins))
                begins += _rows(held)
                held = []
            end = int(offsets[-2])
            if end > start:
                inner = offsets[(offsets >= start) & (offsets <= end)] - start
                yield seen.checked(
                    Piece(
                        frame=_part(batch, start, end),
                        client=self.client,
                        offsets=inner,
                        begins=begins,
                    )
                )
                begins += end - start
            if start < batch.rows:
                held.append(_part(batch, max(start, end), batch.rows))
        if held:
            yield seen.checked(_joined(held, self.client, begins))
        seen.check_all()


@dataclass(slots=True)
class _Seen:
    """The clients so far, so that one who comes a second time is noticed."""

    file: str
    client: str
    names: list[pl.Series] = field(default_factory=list)
    begins: list[NDArray[np.int64]] = field(default_factory=list)

    def checked(self, piece: Piece) -> Piece:
        """Return the piece whose clients are all new, as far as it alone can tell."""
        names = piece.clients
        self._refuse_again(names, piece.begins + piece.offsets[:-1])
        self.names.append(names)
        self.begins.append(piece.begins + piece.offsets[:-1])
        return piece

    def check_all(self) -> None:
        """Refuse a client who came in two pieces."""
        import polars as pl

        if len(self.names) > 1:
            self._refuse_again(pl.concat(self.names), np.concatenate(self.begins))

    def _refuse_again(self, names: pl.Series, begins: NDArray[np.int64]) -> None:
        if names.n_unique() == names.len():
            return
        again = int(np.argmax(~names.is_first_distinct().to_numpy()))
        raise TableError(
            f"rows of this client stand further up, with other clients between; {SORT_IT}",
            file=self.file,
            column=self.client,
            row=int(begins[again]) + 1,
        )


def open_stream(path: Path | str, *, client: str, columns: Sequence[str]) -> ClientStream:
    """Open a table to be read client by client; ``-`` is CSV on the standard input.

    Parameters
    ----------
    path
        CSV, TSV or Parquet, by suffix.
    client
        Name of the column that holds the clients.
    columns
        The other columns that are needed; no others are read.

    Raises
    ------
    TableError
        The file is missing, unreadable, empty or not of its kind, or lacks a column.
    """
    wanted = list(dict.fromkeys([client, *columns]))
    name, suffix = str(path), Path(path).suffix.lower()
    if name == "-" or suffix not in SUFFIXES or not Path(path).is_file():
        return _whole(read_frame(path), client, wanted)
    if suffix != ".parquet" and Path(path).stat().st_size <= SMALL_TEXT:
        return _whole(read_frame(path), client, wanted)
    scan, decimal_comma = _scan(Path(path), suffix)
    return ClientStream(
        file=name,
        rows=_height(scan, name, wanted),
        client=client,
        batches=_batches(
            scan.select(wanted).with_columns(_stripped(scan.collect_schema(), client)),
            name,
            decimal_comma,
        ),
    )


def _whole(frame: Frame, client: str, wanted: list[str]) -> ClientStream:
    frame.require(*wanted)
    cells = frame.polars.select(wanted).with_columns(_stripped(frame.polars.schema, client))
    part = Frame(file=frame.file, polars=cells, decimal_comma=frame.decimal_comma)
    return ClientStream(file=frame.file, rows=frame.rows, client=client, batches=iter([part]))


def _stripped(schema: pl.Schema, client: str) -> list[pl.Expr]:
    """Return what takes the blanks from around names."""
    import polars as pl

    return [pl.col(client).str.strip_chars()] if schema[client] == pl.String else []


def _scan(path: Path, suffix: str) -> tuple[pl.LazyFrame, bool]:
    """Return the file, not read yet, and whether its numbers have decimal commas."""
    import polars as pl

    if suffix == ".parquet":
        return pl.scan_parquet(path), False
    with path.open("rb") as opened:
        header = opened.readline()
    comma = suffix == ".csv" and b";" in header and b"," not in header
    separator = ";" if comma else DELIMITERS[suffix]
    return pl.scan_csv(path, separator=separator, infer_schema=False), comma


def _height(scan: pl.LazyFrame, name: str, wanted: list[str]) -> int:
    """Return the number of rows of a file that has the wanted columns."""
    import polars as pl

    try:
        there = scan.collect_schema()
        Frame(file=name, polars=pl.DataFrame(schema=there)).require(*wanted)
        rows = int(scan.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise _unreadable(name, fault) from None
    if rows == 0:
        raise TableError("has no rows", file=name)
    return rows


def _batches(scan: pl.LazyFrame, name: str, decimal_comma: bool) -> Iterator[Frame]:
    import polars as pl

    try:
        for cells in scan.collect_batches(chunk_size=BATCH, maintain_order=True):
            if cells.height:
                yield Frame(file=name, polars=cells, decimal_comma=decimal_comma)
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise _unreadable(name, fault) from None


def _unreadable(name: str, fault: Exception) -> TableError:
    said = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return TableError(f"cannot be read: {said}", file=name)


def _offsets(batch: Frame, client: str, begins: int) -> Offsets:
    """Return where each client's rows begin in a batch; an empty name is refused."""
    import polars as pl

    cells = batch.polars[client]
    missing = cells.is_null()
    if cells.dtype == pl.String:
        missing |= (cells == "").fill_null(value=True)
    if missing.any():
        raise TableError(
            "the cell is empty, and a name is needed here",
            file=batch.file,
            column=client,
            row=begins + int(np.argmax(missing.to_numpy())) + 1,
        )
    if cells.dtype.is_integer():
        return client_offsets(cells.to_numpy())
    changes = (cells != cells.shift(1)).fill_null(value=True).to_numpy()
    return np.append(np.flatnonzero(changes), cells.len()).astype(np.int64)


def _joined(held: list[Frame], client: str, begins: int) -> Piece:
    """Return the one client of these rows."""
    import polars as pl

    cells = pl.concat([part.polars for part in held], rechunk=True)
    frame = Frame(file=held[0].file, polars=cells, decimal_comma=held[0].decimal_comma)
    offsets = np.array([0, frame.rows], np.int64)
    return Piece(frame=frame, client=client, offsets=offsets, begins=begins)


def _part(frame: Frame, first: int, end: int) -> Frame:
    cells = frame.polars.slice(first, end - first)
    return Frame(file=frame.file, polars=cells, decimal_comma=frame.decimal_comma)


def _rows(held: list[Frame]) -> int:
    return sum(frame.rows for frame in held)


def _last(frame: Frame, client: str) -> object:
    return frame.polars[client][-1]
