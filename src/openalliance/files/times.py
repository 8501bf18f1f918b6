"""Cells that say when: a day, a moment, or a count of days or weeks."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from openalliance.files.mapping import Time, TimeKind

if TYPE_CHECKING:
    import polars as pl

    from openalliance.files.frame import Frame

TimeUnit = Literal["number", "days"]
"""What the numbers of a column of times count."""

EARLIEST, LATEST = 1900, 2200
_NOON = time(12)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_reader(how: Time, zone: ZoneInfo) -> Callable[[str], datetime]:
    """Return what turns a cell into a moment in UTC.

    A day without a time of day is taken as noon in ``zone``, so that it stays that day wherever
    it is read. What it returns raises `ValueError` with what to do.
    """
    match how.kind:
        case TimeKind.DATE:
            return lambda cell: _noon(_date(cell), zone)
        case TimeKind.DATETIME:
            return lambda cell: _datetime(cell, zone)
        case TimeKind.DAYS | TimeKind.WEEKS:
            days_each = 7.0 if how.kind is TimeKind.WEEKS else 1.0
            origin = how.origin or date(1970, 1, 1)
            return lambda cell: _counted(cell, origin, days_each, zone)


def _date(cell: str) -> date:
    try:
        return _plausible(date.fromisoformat(cell))
    except ValueError:
        raise ValueError("write days as 2026-03-31") from None


def _datetime(cell: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(cell)
        _plausible(found.date())
    except ValueError:
        raise ValueError("write times as 2026-03-31T14:30 or 2026-03-31T14:30+02:00") from None
    if "T" not in cell and " " not in cell:
        return _noon(found.date(), zone)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _counted(cell: str, origin: date, days_each: float, zone: ZoneInfo) -> datetime:
    try:
        days = float(cell) * days_each
        if not math.isfinite(days):
            raise ValueError
        whole = math.floor(days)
        day = _plausible(origin + timedelta(days=whole))
    except (ValueError, OverflowError):
        raise ValueError("write a number of days or weeks since the origin") from None
    return _noon(day, zone) + timedelta(days=days - whole)


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, _NOON, zone).astimezone(UTC)


def _plausible(day: date) -> date:
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError
    return day


def numeric_times(frame: Frame, column: str) -> tuple[NDArray[np.float64], TimeUnit]:
    """Return the times of a table as numbers, however they are written.

    Parameters
    ----------
    frame
        The table.
    column
        A column of numbers (sessions, weeks), ISO days (``2026-03-31``) or ISO moments
        (``2026-03-31T14:30``, with or without a zone). One kind in the whole column.

    Returns
    -------
    ndarray
        One time per row: the number itself, or days since 1970-01-01, with the time of day as a
        fraction. A moment with a zone is taken to UTC.
    "number" or "days"
        Which of the two.

    Raises
    ------
    TableError
        A cell is empty or is neither; the first such row is named.
    """
    if column not in frame.columns or not _holds_days(frame.polars[column]):
        return frame.numbers(column, missing=False), "number"
    import polars as pl

    cells = frame.polars[column].cast(pl.String).fill_null("").str.strip_chars()
    frame.refuse(column, (cells == "").to_numpy(), "the cell is empty, and a time is needed here")
    days = {cell: _days(cell) for cell in cells.unique().to_list()}
    found = cells.replace_strict(days, return_dtype=pl.Float64)
    frame.refuse(column, found.is_null().to_numpy(), "this is not a day; write it as 2026-03-31")
    return found.to_numpy().astype(np.float64), "days"


def time_of(text: str, unit: TimeUnit) -> float:
    """Return one time, written as in a column of ``unit``, as the number `numeric_times` gives it.

    Raises
    ------
    ValueError
        It is not written so.
    """
    found = _days(text.strip()) if unit == "days" else float(text)
    if found is None or not math.isfinite(found):
        raise ValueError("write it as the file does: a number, or a day as 2026-03-31")
    return found


def _holds_days(cells: pl.Series) -> bool:
    """Whether the first cell that is not empty is a day and not a number."""
    import polars as pl

    if cells.dtype.is_temporal():
        return True
    if not isinstance(cells.dtype, pl.String | pl.Categorical | pl.Enum):
        return False
    first = next((cell for cell in map(str.strip, cells.drop_nulls()) if cell), "")
    try:
        float(first.replace(",", "."))
    except ValueError:
        return _days(first) is not None
    return False


def _days(cell: str) -> float | None:
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return (found - _EPOCH) / timedelta(days=1)
