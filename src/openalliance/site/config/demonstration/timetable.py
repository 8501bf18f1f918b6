"""When the sessions of the demonstration take place, seen from now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openalliance.core.simulation import Attendance, Cohort
from openalliance.site.config.demonstration.cast import Part, Role
from openalliance.site.records.care.models import SessionStatus

MINUTES = 50
BEGAN_DAYS_AGO = 178
"""Day 0 of the cohort: the last clients begin about now."""

_LONG = 10
_HOURS = (9, 10, 11, 12, 15, 16, 17, 18, 14)
_STATUS = {
    Attendance.ATTENDED: SessionStatus.ATTENDED,
    Attendance.CANCELLED: SessionStatus.CANCELLED,
    Attendance.NO_SHOW: SessionStatus.NO_SHOW,
}
_FROM_NOW = {
    Part.CHECK_IN: timedelta(hours=3),
    Part.CHECK_OUT: timedelta(minutes=-75),
    Part.TOGETHER: timedelta(minutes=-15),
    Part.LOOKING_BACK: timedelta(days=-40),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One session: its index in the simulation, when, and what became of it."""

    index: int
    starts_at: datetime
    status: SessionStatus

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The weekday and hour a client comes at. ``number`` counts a therapist's clients."""

    number: int
    zone: ZoneInfo

    def on(self, week_of: date) -> datetime:
        """Return the slot in the week of a day, in UTC."""
        monday = week_of - timedelta(days=week_of.weekday())
        day = monday + timedelta(days=self.number % 5)
        hour = _HOURS[self.number // 5 % len(_HOURS)]
        return datetime.combine(day, time(hour), self.zone).astimezone(UTC)


def appointments(
    cohort: Cohort, client: int, slot: Slot, role: Role | None, *, now: datetime
) -> list[Appointment]:
    """Return a client's sessions so far and the next one."""
    starts = (
        _simulated(cohort, client, slot, now)
        if role is None
        else _around(cohort, client, slot, role, now)
    )
    made: list[Appointment] = []
    for index, starts_at in enumerate(starts):
        status = _STATUS[Attendance(int(cohort.attendance[client, index]))]
        if role is not None and role.session == index and role.part in _IN_PERSON:
            status = SessionStatus.ATTENDED
        if starts_at > now or (starts_at + timedelta(minutes=MINUTES) > now):
            status = SessionStatus.PLANNED
        made.append(Appointment(index=index, starts_at=starts_at, status=status))
        if starts_at > now:
            break
    return made if role is not None else _harder_of_late(made)


def _harder_of_late(made: list[Appointment]) -> list[Appointment]:
    """Let whoever has come for long, and still comes, call two of the last appointments off."""
    if len(made) <= _LONG or made[-1].status != SessionStatus.PLANNED:
        return made
    for place in (-3, -5):
        made[place] = replace(made[place], status=SessionStatus.CANCELLED)
    return made


_IN_PERSON = {Part.CHECK_OUT, Part.TOGETHER, Part.LOOKING_BACK}


def _simulated(cohort: Cohort, client: int, slot: Slot, now: datetime) -> list[datetime]:
    begin = now.astimezone(slot.zone).date() - timedelta(days=BEGAN_DAYS_AGO)
    starts: list[datetime] = []
    for index in range(int(cohort.held[client])):
        at = slot.on(begin + timedelta(days=int(cohort.day[client, index])))
        while starts and at <= starts[-1]:
            at = slot.on(starts[-1].astimezone(slot.zone).date() + timedelta(days=7))
        starts.append(at)
    return starts


def _around(cohort: Cohort, client: int, slot: Slot, role: Role, now: datetime) -> list[datetime]:
    """Return weekly sessions such that the one of the role is where its part needs it."""
    anchor = _anchor(slot, role.part, now)
    week_of = anchor.astimezone(slot.zone).date()
    starts = [
        slot.on(week_of + timedelta(days=7 * (index - role.session)))
        if index != role.session
        else anchor
        for index in range(int(cohort.held[client]))
    ]
    if role.part is Part.LOOKING_BACK:
        return starts[: role.session + 1]
    return starts


def _anchor(slot: Slot, part: Part, now: datetime) -> datetime:
    """Return when the session of a part begins: near now, or tomorrow at the client's hour."""
    if part in _FROM_NOW:
        return _five_minutes(now + _FROM_NOW[part])
    tomorrow = now.astimezone(slot.zone).date() + timedelta(days=1)
    usual = slot.on(tomorrow).astimezone(slot.zone).time()
    return datetime.combine(tomorrow, usual, slot.zone).astimezone(UTC)


def _five_minutes(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
