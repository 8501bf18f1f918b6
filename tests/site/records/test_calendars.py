"""Appointments: moved, called off by whom and how early, and read by a calendar program."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from client_steps import form_of, send
from django.test import Client as Browser
from django.urls import reverse
from icalendar import Calendar

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.calendars import feed_by, has_feed, make_feed, stop_feed
from openalliance.site.records.care.models import CalendarFeed, Client, Episode, Session
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.services import plan_session
from openalliance.site.records.checkins.sessions import (
    cancel_session,
    move_session,
    set_session_status,
)
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, RoleGrant
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def coming(episode: Episode, therapist: Person, now: datetime) -> Session:
    return plan_session(
        episode.pk, starts_at=now + timedelta(days=3), by=actor_for(therapist), now=now
    )


def _events(token: str, now: datetime) -> list[object]:
    answer = Browser().get(reverse("public:calendar", args=[token]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_client_calls_off_and_it_is_known_how_early(
    coming: Session, client_actor: Actor, now: datetime
) -> None:
    session = cancel_session(coming.pk, by=client_actor, now=now + timedelta(days=2))
    assert (session.status, session.cancelled_by) == ("cancelled", "client")
    assert session.starts_at - session.cancelled_at == timedelta(days=1)
    with pytest.raises(ConflictError, match="not planned any more"):
        cancel_session(coming.pk, by=client_actor, now=now)


def test_a_client_does_not_call_off_what_has_begun_and_a_therapist_says_for_whom(
    coming: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    late = coming.starts_at + timedelta(minutes=5)
    with pytest.raises(ConflictError, match="begun"):
        cancel_session(coming.pk, by=client_actor, now=late)
    with pytest.raises(InputError):
        cancel_session(coming.pk, side="nobody", by=actor_for(therapist), now=late)
    session = cancel_session(coming.pk, side="client", by=actor_for(therapist), now=late)
    assert session.cancelled_at == coming.starts_at
    again = set_session_status(coming.pk, "planned", by=actor_for(therapist), now=late)
    assert (again.cancelled_by, again.cancelled_at) == ("", None)


def test_a_session_is_moved_with_its_forms_and_what_was_stays_known(
    coming: Session, therapist: Person, now: datetime
) -> None:
    new = coming.starts_at + timedelta(days=1, hours=2)
    moved = move_session(coming.pk, new, minutes=80, by=actor_for(therapist), now=now)
    assert (moved.starts_at, moved.minutes) == (new, 80)
    assert [move.was_at for move in moved.moves.all()] == [coming.starts_at]
    forms = AskedForm.objects.filter(session=coming)
    assert forms.count() == 3
    assert form_of(moved, "check-in").closes_at == new + timedelta(minutes=80)


def test_what_was_answered_or_called_off_is_not_moved(
    session_today: Session, coming: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    send(form_of(session_today, "check-in"), 4, by=client_actor, now=now)
    with pytest.raises(ConflictError, match="answered"):
        move_session(session_today.pk, now, minutes=50, by=by, now=now)
    cancel_session(coming.pk, by=by, now=now)
    with pytest.raises(ConflictError, match="planned"):
        move_session(coming.pk, now, minutes=50, by=by, now=now)


def test_a_feed_holds_times_and_codes_and_no_word_of_what_they_are_about(
    coming: Session, client_person: Client, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    token = make_feed(by=actor_for(therapist), now=now)
    (event,) = _events(token, now)
    assert event["SUMMARY"] == client_person.code
    assert event["DTSTART"].dt == coming.starts_at
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=50)
    own = make_feed(by=client_actor, now=now)
    (event,) = _events(own, now)
    assert event["SUMMARY"] == "Appointment"
    assert client_person.name not in str(event)
    assert therapist.name not in str(event)
    assert not CalendarFeed.objects.filter(token_hash__in=(token, own)).exists()


def test_a_calendar_program_learns_of_moves_and_of_what_was_called_off(
    coming: Session, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    token = make_feed(by=client_actor, now=now)
    uid = _events(token, now)[0]["UID"]
    new = coming.starts_at + timedelta(hours=1)
    move_session(coming.pk, new, minutes=50, by=actor_for(therapist), now=now)
    (moved,) = _events(token, now)
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTART"].dt) == (uid, 1, new)
    cancel_session(coming.pk, by=client_actor, now=now)
    (off,) = _events(token, now)
    assert (off["STATUS"], off["SEQUENCE"]) == ("CANCELLED", 2)


def test_an_address_that_was_stopped_replaced_or_guessed_leads_nowhere(
    coming: Session, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    first = make_feed(by=by, now=now)
    second = make_feed(by=by, now=now)
    assert feed_by(first, now=now) is None
    assert feed_by(second, now=now) is not None
    stop_feed(by=by, now=now)
    assert not has_feed(by)
    for token in (first, second, "guessed"):
        assert Browser().get(reverse("public:calendar", args=[token])).status_code == 404


def test_who_left_the_practice_has_no_feed(
    coming: Session, therapist: Person, now: datetime
) -> None:
    token = make_feed(by=actor_for(therapist), now=now)
    Person.objects.filter(pk=therapist.pk).update(is_active=False)
    assert feed_by(token, now=now) is None


def test_a_feed_is_logged_once_a_day(coming: Session, client_actor: Actor, now: datetime) -> None:
    token = make_feed(by=client_actor, now=now)
    for hours in (0, 1, 2, 30):
        feed_by(token, now=now.replace(hour=1) + timedelta(hours=hours))
    assert AccessEntry.objects.filter(subject="calendar", action="read").count() == 2


def test_nobody_calls_off_for_others(coming: Session, colleague: Person, now: datetime) -> None:
    with pytest.raises(NotFoundError):
        care.cancel_session(coming.pk, by=actor_for(colleague), now=now)


def test_the_client_sees_what_comes_and_calls_it_off_after_being_asked(
    client_link: object, come_in: object, coming: Session, client_actor: Actor
) -> None:
    own, url = come_in(Browser(), client_link), client_link.url  # type: ignore[operator,attr-defined]
    assert "I cannot come" in own.get(f"{url}calendar").content.decode()
    asked = own.get(f"{url}calendar/{coming.pk}/cancel")
    assert "Yes, I cannot come" in asked.content.decode()
    assert own.post(f"{url}calendar/{coming.pk}/cancel").status_code == 302
    assert "You called it off." in own.get(f"{url}calendar").content.decode()
    assert own.post(f"{url}calendar/{coming.pk}/cancel").status_code == 409
    made = own.post(f"{url}calendar/feed", {"do": "make"}).content.decode()
    assert "/calendar/" in made
    assert ".ics" not in own.get(f"{url}calendar").content.decode()
    own.post(f"{url}calendar/feed", {"do": "stop"})
    assert not has_feed(client_actor)


def test_who_is_no_therapist_any_more_reads_no_appointments(
    coming: Session, therapist: Person, now: datetime
) -> None:
    token = make_feed(by=actor_for(therapist), now=now)
    held = RoleGrant.objects.filter(person=therapist, role="therapist")
    assert feed_by(token, now=now) is not None
    held.update(ended_at=now)
    assert feed_by(token, now=now) is None
    held.update(ended_at=None)
    assert feed_by(token, now=now) is not None
