"""Appointments for a calendar program: times, and not a word of what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from openalliance.site.records.care.calendars import Appointment, feed_by
from openalliance.site.screens.door import now

_REFRESH = timedelta(hours=1)


@require_safe
def feed(_request: HttpRequest, token: str) -> HttpResponse:
    """Return the feed behind a secret address."""
    at = now()
    found = feed_by(token, now=at)
    if found is None:
        raise Http404
    owner, appointments = found
    language = owner.client.language if owner.client else "en"
    with translation.override(language):
        content = calendar_of(appointments, at)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def calendar_of(appointments: Sequence[Appointment], at: datetime) -> bytes:
    """Return appointments as iCalendar (RFC 5545)."""
    calendar = Calendar()
    calendar.add("prodid", "-//OpenAlliance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Appointments"))
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    for one in appointments:
        calendar.add_component(_event(one, at))
    return bytes(calendar.to_ical())


def _event(one: Appointment, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.id}@openalliance")
    event.add("dtstamp", at)
    event.add("dtstart", one.starts_at)
    event.add("dtend", one.starts_at + timedelta(minutes=one.minutes))
    event.add("summary", one.code or _("Appointment"))
    event.add("sequence", one.changes)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event
