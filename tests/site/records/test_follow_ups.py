"""Follow-ups: with a yes alone, each once, never in quiet hours, and stopped at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection

from openalliance.core.course.after import MONTHS, OPEN_FOR, due_at
from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.config.jobs import run_ready
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.checkins.services import save_answer
from openalliance.site.records.endings import follow_ups, services, wishes
from openalliance.site.records.endings.access import follow_ups_of, own_wish
from openalliance.site.records.endings.consent import Reachable, newest_consent
from openalliance.site.records.endings.jobs import look_in
from openalliance.site.records.endings.models import FollowUp, FollowUpConsent
from openalliance.site.records.letters import delivery
from openalliance.site.records.letters.models import Letter, LetterState
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

MADRID = ZoneInfo("Europe/Madrid")
MAIL = Reachable(channel="mail", address="quiet@post.example")
PAGE = Reachable()


@pytest.fixture(autouse=True)
def with_mail(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True


@pytest.fixture
def noon(now: datetime) -> datetime:
    return now.astimezone(MADRID).replace(hour=12, minute=0, second=0).astimezone(UTC)


@pytest.fixture
def ended(episode: Episode, therapist: Person, noon: datetime) -> Episode:
    return services.end_episode(episode.pk, "planned", by=actor_for(therapist), now=noon)


def _deliver(now: datetime) -> None:
    for letter in Letter.objects.filter(state=LetterState.WAITING):
        delivery.mail(letter.pk, now=now)


def _due(ended: Episode, months: int) -> datetime:
    assert ended.ended_at is not None
    return due_at(ended.ended_at, months)


def _answers(form: AskedForm, by: Actor, now: datetime, *, contact: float = 0.0) -> None:
    for item in ("days", "energy", "people", "doing", "coping", "keeping"):
        save_answer(form.pk, f"oa-follow-up:{item}", 7.0, by=by, now=now)
    save_answer(form.pk, "oa-follow-up:contact", contact, by=by, now=now)
    save_answer(form.pk, "oa-follow-up:safety", 0.0, by=by, now=now)
    services.send_form(form.pk, submission=uuid4(), by=by, now=now)


def test_without_a_yes_nobody_is_asked(ended: Episode, noon: datetime) -> None:
    assert follow_ups.post_due(now=noon + timedelta(days=4000)) == ()
    assert not FollowUp.objects.exists()


def test_a_yes_before_or_after_the_ending_sets_all_times(
    episode: Episode, therapist: Person, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    assert not FollowUp.objects.exists()
    ended = services.end_episode(episode.pk, "planned", by=actor_for(therapist), now=noon)
    assert [one.months for one in follow_ups_of(client_actor, ended)] == list(MONTHS)
    follow_ups.agree(False, PAGE, by=client_actor, now=noon)
    assert follow_ups_of(client_actor, ended) == ()
    later = noon + timedelta(days=100)
    follow_ups.agree(True, PAGE, by=client_actor, now=later)
    assert [one.months for one in follow_ups_of(client_actor, ended)] == [6, 12, 24, 60]
    assert FollowUpConsent.objects.count() == 3


def test_each_is_asked_once_and_reminded_of_once(
    ended: Episode, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    due = _due(ended, 1)
    assert follow_ups.post_due(now=due - timedelta(minutes=1)) == ()
    assert len(follow_ups.post_due(now=due)) == 1
    assert follow_ups.post_due(now=due + timedelta(minutes=1)) == ()
    _deliver(due)
    (sent,) = mail.outbox
    assert sent.to == ["quiet@post.example"]
    for word in ("Noor", "therapy", "Tomás", "Harbour"):
        assert word not in sent.subject + sent.body
    assert len(follow_ups.post_due(now=due + timedelta(days=7))) == 1
    assert follow_ups.post_due(now=due + timedelta(days=9)) == ()
    assert AskedForm.objects.filter(moment="follow-up").count() == 1


def test_an_answer_ends_the_asking_and_is_scored(
    ended: Episode, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    due = _due(ended, 1)
    follow_ups.post_due(now=due)
    form = AskedForm.objects.get(moment="follow-up")
    _answers(form, client_actor, due)
    assert Score.objects.get(instrument="oa-follow-up", scale="life").value == 7.0
    assert own_wish(client_actor) is None
    _deliver(due)  # the letter that still waits is not wanted any more
    assert mail.outbox == []
    assert follow_ups.post_due(now=due + timedelta(days=7)) == ()


def test_who_would_like_to_be_contacted_is_seen(
    ended: Episode, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, PAGE, by=client_actor, now=noon)
    assert follow_ups.post_due(now=_due(ended, 1)) == ()
    _answers(AskedForm.objects.get(moment="follow-up"), client_actor, _due(ended, 1), contact=2.0)
    wish = own_wish(client_actor)
    assert wish is not None
    assert wish.kind == "contact"
    assert not Letter.objects.exclude(person=None).filter(kind="questions").exists()


def test_quiet_hours_are_kept(ended: Episode, client_actor: Actor, noon: datetime) -> None:
    quiet = Reachable(channel="mail", address="a@b.example", quiet_from=9, quiet_until=18)
    follow_ups.agree(True, quiet, by=client_actor, now=noon)
    due = _due(ended, 1)
    assert follow_ups.post_due(now=due) == ()
    assert not AskedForm.objects.filter(moment="follow-up").exists()
    assert len(follow_ups.post_due(now=due + timedelta(hours=7))) == 1


def test_stop_closes_what_is_open_and_what_is_to_come(
    ended: Episode, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    due = _due(ended, 1)
    follow_ups.post_due(now=due)
    form = AskedForm.objects.select_related("episode").get(moment="follow-up")
    follow_ups.stop_by_link(form, now=due)
    _deliver(due)
    assert mail.outbox == []
    form.refresh_from_db()
    assert form.closes_at == due
    assert follow_ups.post_due(now=due + timedelta(days=4000)) == ()
    newest = newest_consent(client_actor.id)
    assert newest is not None
    assert not newest.given
    assert not any(one.address for one in FollowUpConsent.objects.all())
    form.moment = "exit"
    with pytest.raises(NotFoundError):
        follow_ups.stop_by_link(form, now=due)


def test_times_are_chosen_per_client_and_what_was_asked_stays(
    ended: Episode, therapist: Person, colleague: Person, client_actor: Actor, noon: datetime
) -> None:
    by = actor_for(therapist)
    with pytest.raises(ConflictError):
        follow_ups.choose_months(ended.pk, [2], by=by, now=noon)
    follow_ups.agree(True, PAGE, by=client_actor, now=noon)
    follow_ups.post_due(now=_due(ended, 1))
    later = _due(ended, 1) + timedelta(days=1)
    chosen = follow_ups.choose_months(ended.pk, [1, 9, 36], by=by, now=later)
    assert [one.months for one in chosen] == [1, 9, 36]
    follow_ups.choose_months(ended.pk, [12], by=client_actor, now=later)
    assert [one.months for one in follow_ups_of(by, ended)] == [1, 12]
    for wrong in ([0], [121], list(range(1, 20))):
        with pytest.raises(InputError):
            follow_ups.choose_months(ended.pk, wrong, by=by, now=later)
    with pytest.raises(NotFoundError):
        follow_ups.choose_months(ended.pk, [1], by=actor_for(colleague), now=later)


def test_who_came_back_or_was_missed_for_long_is_not_asked(
    ended: Episode, therapist: Person, client_actor: Actor, noon: datetime
) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    late = _due(ended, 1) + OPEN_FOR + timedelta(days=1)
    assert follow_ups.post_due(now=late) == ()
    assert FollowUp.objects.get(months=1).cancelled_at == late
    wishes.begin_again(ended.pk, by=actor_for(therapist), now=late)
    assert follow_ups.post_due(now=_due(ended, 3)) == ()
    assert not AskedForm.objects.filter(moment="follow-up").exists()


def test_an_ending_undone_asks_nothing_and_a_later_one_asks_anew(
    ended: Episode, therapist: Person, client_actor: Actor, noon: datetime
) -> None:
    by = actor_for(therapist)
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    services.reopen_episode(ended.pk, by=by, now=noon)
    assert follow_ups.post_due(now=_due(ended, 1)) == ()
    later = noon + timedelta(days=50)
    again = services.end_episode(ended.pk, "planned", by=by, now=later)
    assert follow_ups_of(by, again)[0].due_at == due_at(later, 1)


@pytest.mark.parametrize(
    "how",
    [Reachable(channel="mail", address="no address"), Reachable(channel="text", address="+34 600"),
     Reachable(channel="pigeon"), Reachable(quiet_from=24)],
)  # fmt: skip
def test_an_address_that_cannot_work_is_refused(
    client_actor: Actor, therapist: Person, now: datetime, how: Reachable
) -> None:
    with pytest.raises(InputError):
        follow_ups.agree(True, how, by=client_actor, now=now)
    with pytest.raises(NotFoundError):
        follow_ups.agree(True, PAGE, by=actor_for(therapist), now=now)


def test_a_letter_speaks_the_clients_language_and_goes_by_the_queue(
    ended: Episode, client_actor: Actor, now: datetime
) -> None:
    Client.objects.update(language="es")
    quiet = Reachable(channel="mail", address="a@b.example", quiet_from=3, quiet_until=3)
    follow_ups.agree(True, quiet, by=client_actor, now=now)
    FollowUp.objects.filter(months=1).update(due_at=now)
    assert look_in(now=now) == 1
    run_ready()
    assert len(mail.outbox) == 1
    assert "minuto" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_two_at_once_ask_once(ended: Episode, client_actor: Actor, noon: datetime) -> None:
    follow_ups.agree(True, MAIL, by=client_actor, now=noon)
    due, posted = _due(ended, 1), []

    def ask() -> None:
        posted.extend(follow_ups.post_due(now=due))
        connection.close()

    both = [threading.Thread(target=ask) for _ in range(3)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(posted) == 1
    assert AskedForm.objects.filter(moment="follow-up").count() == 1
