"""Cells that say when: a day, a moment, or a count of days or weeks."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openalliance.files.mapping import Time, TimeKind

EARLIEST, LATEST = 1900, 2200
_NOON = time(12)


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
