"""Reminders: at times the client chose, never in quiet hours, once, without a word too many."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.config.addresses import gateway
from openalliance.site.config.jobs import run_ready
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.services import plan_session
from openalliance.site.records.checkins.sessions import cancel_session, move_session
from openalliance.site.records.letters import delivery, texts
from openalliance.site.records.letters.jobs import remind
from openalliance.site.records.letters.models import Letter, LetterState, ReminderChoice
from openalliance.site.records.letters.reminders import (
    Wanted,
    choose,
    due_at,
    is_quiet,
    post_due,
    stop,
)
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

MADRID = ZoneInfo("Europe/Madrid")
WANTED = Wanted(channel="mail", address="quiet@post.example", hours=(24,))


@pytest.fixture(autouse=True)
def with_mail(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True


@pytest.fixture
def noon(now: datetime) -> datetime:
    """Noon of this day on the practice's clock, when nothing is quiet."""
    return now.astimezone(MADRID).replace(hour=12, minute=0, second=0).astimezone(UTC)


@pytest.fixture
def tomorrow(episode: Episode, therapist: Person, noon: datetime) -> Session:
    return plan_session(
        episode.pk, starts_at=noon + timedelta(hours=23), by=actor_for(therapist), now=noon
    )


def _deliver(now: datetime) -> None:
    for letter in Letter.objects.filter(state=LetterState.WAITING):
        delivery.mail(letter.pk, now=now)


def test_nobody_is_reminded_who_did_not_choose_it(tomorrow: Session, noon: datetime) -> None:
    assert post_due(now=noon) == ()


def test_a_reminder_says_day_and_time_and_nothing_else(
    tomorrow: Session, client_actor: Actor, client_person: Client, therapist: Person,
    noon: datetime,
) -> None:  # fmt: skip
    choose(WANTED, by=client_actor, now=noon - timedelta(days=9))
    assert len(post_due(now=noon)) == 1
    assert post_due(now=noon + timedelta(minutes=1)) == ()
    _deliver(noon)
    (sent,) = mail.outbox
    assert sent.to == ["quiet@post.example"]
    assert sent.subject == "Your appointment"
    assert "11:00" in sent.body
    for word in (client_person.name, therapist.name, "therapy", "Harbour", client_person.code):
        assert word not in sent.subject + sent.body


def test_a_reminder_speaks_the_clients_language(
    tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    Client.objects.update(language="es")
    choose(WANTED, by=client_actor, now=noon - timedelta(days=9))
    post_due(now=noon)
    _deliver(noon)
    assert mail.outbox[0].subject == "Tu cita"


def test_what_was_called_off_moved_or_stopped_is_not_reminded_of(
    tomorrow: Session, client_actor: Actor, therapist: Person, noon: datetime
) -> None:
    choose(WANTED, by=client_actor, now=noon - timedelta(days=9))
    post_due(now=noon)
    new = tomorrow.starts_at + timedelta(days=2)
    move_session(tomorrow.pk, new, minutes=50, by=actor_for(therapist), now=noon)
    _deliver(noon)
    assert mail.outbox == []
    later = new - timedelta(hours=23)
    assert len(post_due(now=later)) == 1
    cancel_session(tomorrow.pk, by=client_actor, now=later)
    _deliver(later)
    assert mail.outbox == []
    assert set(Letter.objects.values_list("state", flat=True)) == {LetterState.GIVEN_UP}
    stop(by=client_actor, now=later)
    assert not Letter.objects.exists()


def test_who_chose_three_times_gets_one_at_a_time(
    tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    choose(
        Wanted(channel="mail", address="a@b.example", hours=(48, 24, 3)),
        by=client_actor, now=noon - timedelta(days=9),
    )  # fmt: skip
    assert len(post_due(now=noon)) == 1
    assert len(post_due(now=tomorrow.starts_at - timedelta(hours=2))) == 1
    assert post_due(now=tomorrow.starts_at + timedelta(minutes=1)) == ()


def test_what_was_due_before_the_choice_is_not_made_up_for(
    tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    choose(WANTED, by=client_actor, now=noon)
    assert post_due(now=noon) == ()


@given(
    hour=st.integers(0, 23), minute=st.integers(0, 59), day=st.integers(1, 365),
    before=st.sampled_from([48, 24, 3]), start=st.integers(0, 23), end=st.integers(0, 23),
)  # fmt: skip
def test_a_reminder_is_never_due_in_quiet_hours_nor_later_than_wanted(
    hour: int, minute: int, day: int, before: int, start: int, end: int
) -> None:
    choice = ReminderChoice(quiet_from=start, quiet_until=end)
    starts = datetime(2026, 1, 1, hour, minute, tzinfo=MADRID) + timedelta(days=day)
    due = due_at(starts, before, choice, MADRID)
    assert due <= starts - timedelta(hours=before) + timedelta(hours=1)  # a changed clock
    assert starts - due <= timedelta(hours=before + 26)
    assert start == end or not is_quiet(due, choice)


def test_nothing_is_posted_in_quiet_hours(
    tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    choose(WANTED, by=client_actor, now=noon - timedelta(days=9))
    night = noon.astimezone(MADRID).replace(hour=23).astimezone(UTC)
    assert post_due(now=night) == ()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"channel": "pigeon"}, "channel"), ({"channel": "text"}, "channel"),
        ({"address": "nobody"}, "address"), ({"hours": ()}, "hours"), ({"hours": (7,)}, "hours"),
        ({"quiet_from": 24}, "quiet_from"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_work_is_refused(
    wrong: dict[str, Any], where: str, client_actor: Actor, now: datetime
) -> None:
    given = {"channel": "mail", "address": "a@b.example", "hours": (24,)} | wrong
    with pytest.raises(InputError) as caught:
        choose(Wanted(**given), by=client_actor, now=now)
    assert caught.value.where == where
    assert not ReminderChoice.objects.exists()


def test_only_clients_choose(therapist: Person, now: datetime) -> None:
    with pytest.raises(NotFoundError):
        choose(WANTED, by=actor_for(therapist), now=now)


class _Gateway(BaseHTTPRequestHandler):
    taken: ClassVar[list[tuple[str, dict[str, str]]]] = []
    status = 202

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def text_gateway(settings: Any) -> Iterator[type[_Gateway]]:
    server = HTTPServer(("127.0.0.1", 0), _Gateway)
    _Gateway.taken.clear()
    _Gateway.status = 202
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TEXT_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/texts"
    settings.TEXT_GATEWAY_TOKEN = "secret"
    yield _Gateway
    server.shutdown()
    server.server_close()


def test_a_text_message_goes_through_the_gateway(
    text_gateway: type[_Gateway], tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    wanted = Wanted(channel="text", address="+34 600 000 000", hours=(24,))
    choose(wanted, by=client_actor, now=noon - timedelta(days=9))
    post_due(now=noon)
    _deliver(noon)
    ((token, message),) = text_gateway.taken
    assert token == "Bearer secret"
    assert message["to"] == "+34 600 000 000"
    assert message["id"] == str(Letter.objects.get().pk)
    assert mail.outbox == []


def test_a_gateway_that_is_down_loses_nothing_and_tells_no_number(
    text_gateway: type[_Gateway], tomorrow: Session, client_actor: Actor, noon: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    text_gateway.status = 500
    wanted = Wanted(channel="text", address="+34 600 000 000", hours=(24,))
    choose(wanted, by=client_actor, now=noon - timedelta(days=9))
    post_due(now=noon)
    _deliver(noon)
    assert Letter.objects.get().state == LetterState.WAITING
    assert "600" not in caplog.text
    text_gateway.status = 200
    _deliver(noon + timedelta(minutes=2))
    assert Letter.objects.get().state == LetterState.SENT


@pytest.mark.parametrize("url", ["http://texts.example/send", "ftp://127.0.0.1", "https://", "x"])
def test_texts_do_not_cross_the_network_in_the_open(url: str) -> None:
    with pytest.raises(InputError, match="https://host/path"):
        gateway(url)
    assert gateway("") == ""


def test_without_a_gateway_there_is_none(settings: Any) -> None:
    settings.TEXT_GATEWAY_URL = ""
    assert not texts.is_set_up()


@pytest.mark.django_db(transaction=True)
def test_the_job_that_tidies_reminds(
    tomorrow: Session, client_actor: Actor, noon: datetime
) -> None:
    choose(WANTED, by=client_actor, now=noon - timedelta(days=9))
    assert remind(now=noon) == 1
    assert remind(now=noon) == 0
    assert run_ready() == 1


def test_the_client_chooses_changes_and_stops(
    client_link: Any, come_in: Any, client_actor: Actor
) -> None:
    own, url = come_in(Browser(), client_link), f"{client_link.url}calendar/reminders"
    assert "noor@post.example" in own.get(url).content.decode()
    typed = {
        "hours": ["24", "3"], "channel": "mail", "address": "x@y.example", "quiet_from": "20",
        "quiet_until": "9",
    }  # fmt: skip
    wrong = own.post(url, typed | {"address": "nobody"})
    assert wrong.status_code == 422
    assert "Please write an address" in wrong.content.decode()
    assert own.post(url, typed).status_code == 302
    choice = ReminderChoice.objects.get()
    assert (choice.hours, choice.address, choice.quiet_from) == ([24, 3], "x@y.example", 20)
    assert own.post(url, {"do": "stop"}).status_code == 302
    assert not ReminderChoice.objects.exists()


def test_where_nothing_can_be_sent_the_page_says_so(
    client_link: Any, come_in: Any, settings: Any
) -> None:
    settings.MAIL_IS_SET_UP = False
    settings.TEXT_GATEWAY_URL = ""
    own = come_in(Browser(), client_link)
    page = own.get(f"{client_link.url}calendar/reminders").content.decode()
    assert "This practice does not send reminders." in page
