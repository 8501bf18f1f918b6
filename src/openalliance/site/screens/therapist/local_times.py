"""Times as people say them, on a wall clock that is changed twice a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openalliance.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A moment in UTC; ``twice`` when the wall clock showed it twice and the first was taken."""

    at: datetime
    local: datetime
    twice: bool


def resolve(day: date, clock: time, zone: ZoneInfo) -> Resolved:
    """Return the moment when a wall clock in ``zone`` shows ``clock`` on ``day``.

    Raises
    ------
    InputError
        The clock was put forward over that time: it never shows it.
    """
    wall = datetime.combine(day, clock.replace(second=0, microsecond=0))
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    try:
        at = first.astimezone(UTC)
    except OverflowError:
        raise InputError("choose a date nearer to today", where="date") from None
    if at.astimezone(zone).replace(tzinfo=None) != wall:
        raise InputError(
            f"on {wall:%-d %B %Y} there is no {wall:%H:%M}: the clocks go forward over it."
            " Choose another time",
            where="time",
        )
    return Resolved(at=at, local=wall, twice=first.utcoffset() != second.utcoffset())


def weekly(
    day: date, clock: time, zone: ZoneInfo, *, times: int, every_weeks: int
) -> tuple[Resolved, ...]:
    """Return the same wall-clock time every so many weeks; errors as in `resolve`."""
    try:
        return tuple(
            resolve(day + timedelta(weeks=every_weeks * step), clock, zone) for step in range(times)
        )
    except OverflowError:
        raise InputError("choose a date nearer to today", where="date") from None
