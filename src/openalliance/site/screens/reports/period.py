"""The year a report is about: a calendar year, or the twelve months up to now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import formats

from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Practice

_FIRST = 1950


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``since`` up to but not including ``until``; ``key`` is empty for the last months."""

    since: datetime
    until: datetime
    zone: tzinfo
    words: str
    key: str


def period_of(asked: str, practice: Practice, *, now: datetime) -> Period:
    """Return a calendar year such as “2025” of the practice's time, or the last twelve months.

    Raises
    ------
    InputError
        It is neither empty nor a year that has begun.
    """
    zone = ZoneInfo(practice.time_zone)
    today = now.astimezone(zone)
    if not asked:
        month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        since = month.replace(year=month.year - 1)
        words = f"{formats.date_format(since, 'F Y')} to {formats.date_format(today, 'j F Y')}"
        return Period(since=since, until=now, zone=zone, words=words, key="")
    if not (asked.isascii() and asked.isdigit() and _FIRST <= int(asked[:5]) <= today.year):
        raise InputError(f"takes a year from {_FIRST} to {today.year}, such as 2025", where="year")
    year = int(asked)
    return Period(
        since=datetime(year, 1, 1, tzinfo=zone),
        until=datetime(year + 1, 1, 1, tzinfo=zone),
        zone=zone,
        words=f"the year {year}" + (", as far as it has gone" if year == today.year else ""),
        key=asked,
    )


def another(period: Period, *, now: datetime) -> tuple[str, str]:
    """Return the way to another period: from the last months to the year before, and back."""
    if period.key:
        return "The last twelve months", "?"
    before = str(now.astimezone(period.zone).year - 1)
    return f"The year {before}", f"?{urlencode({'year': before})}"
