"""A difficult phase: when several signs of strain come together in one stretch of time.

Each sign alone is common and has many harmless reasons. Two together are worth asking about; what
they mean only the two people can say. Nothing is added up to a score: a phase is the list of what
came together.

References
----------
Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). Alliance rupture repair: A meta-analysis.
*Psychotherapy, 55*, 508-519. https://doi.org/10.1037/pst0000185
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from openalliance.core.course.adherence import Tendency


class Strain(StrEnum):
    """What may be hard; in the order in which it is said."""

    RUPTURE = "rupture"
    TASKS = "tasks"
    CALLED_OFF = "called-off"


class Came(StrEnum):
    """What became of an appointment, as far as it matters here."""

    CAME = "came"
    CALLED_OFF = "called-off"
    """By the client."""
    NO_SHOW = "no-show"
    OTHERWISE = "otherwise"
    """Called off by the therapist, or nobody said by whom: no sign of anything."""


LOOKS_BACK = timedelta(weeks=8)
"""A sign older than this belongs to the past."""

OF_LATEST, LEAST_MISSED = 4, 2
"""Appointments looked at, and how many of them the client missed at least."""

TOGETHER = 2
"""Signs that make a difficult phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One appointment of the past."""

    at: datetime
    came: Came


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sign that is there now.

    Parameters
    ----------
    since
        When it began.
    count, of
        Appointments missed and looked at; ruptures open, and 0, otherwise.
    """

    strain: Strain
    since: datetime
    count: int = 1
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """The signs there are now, and since when the first of them is there."""

    signs: tuple[Sign, ...]

    @property
    def is_difficult(self) -> bool:
        return len(self.signs) >= TOGETHER

    @property
    def since(self) -> datetime | None:
        return min((one.since for one in self.signs), default=None)


def phase(
    *,
    ruptures: Iterable[tuple[datetime, datetime | None]] = (),
    tasks: Tendency | None = None,
    appointments: Iterable[Appointment] = (),
    now: datetime,
) -> Phase:
    """Return what may be hard for a client at present.

    Parameters
    ----------
    ruptures
        When a rupture was seen, and when it was repaired.
    tasks
        How adherence compares with before; nothing while too little was told.
    appointments
        Of the past, in any order.
    now
        The moment asked about.

    Examples
    --------
    >>> now = datetime(2026, 3, 2)
    >>> missed = [
    ...     Appointment(at=now - timedelta(weeks=w), came=Came.CALLED_OFF if w < 3 else Came.CAME)
    ...     for w in range(1, 6)
    ... ]
    >>> found = phase(
    ...     ruptures=[(now - timedelta(weeks=3), None)], appointments=missed, now=now
    ... )
    >>> found.is_difficult, [one.strain.value for one in found.signs]
    (True, ['rupture', 'called-off'])
    """
    signs = (
        _rupture(ruptures, now),
        _tasks(tasks, now),
        _called_off(sorted(appointments, key=lambda one: one.at), now),
    )
    return Phase(signs=tuple(one for one in signs if one is not None))


def _rupture(ruptures: Iterable[tuple[datetime, datetime | None]], now: datetime) -> Sign | None:
    open_now = [
        at
        for at, repaired_at in ruptures
        if now - LOOKS_BACK <= at <= now and (repaired_at is None or repaired_at > now)
    ]
    if not open_now:
        return None
    return Sign(strain=Strain.RUPTURE, since=min(open_now), count=len(open_now))


def _tasks(found: Tendency | None, now: datetime) -> Sign | None:
    if found is None or not found.falling or found.since < now - 2 * LOOKS_BACK:
        return None
    return Sign(strain=Strain.TASKS, since=found.since)


def _called_off(appointments: Sequence[Appointment], now: datetime) -> Sign | None:
    latest = [one for one in appointments if now - LOOKS_BACK <= one.at <= now][-OF_LATEST:]
    missed = [one for one in latest if one.came in {Came.CALLED_OFF, Came.NO_SHOW}]
    if len(missed) < LEAST_MISSED:
        return None
    return Sign(strain=Strain.CALLED_OFF, since=missed[0].at, count=len(missed), of=len(latest))
