"""Letters: kept with what they speak of, sent once, kept while the mail server is down."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import MagicMock
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from openalliance.site.config.jobs import KEPT, Jobs, run_ready, tidy
from openalliance.site.records.care.models import Episode
from openalliance.site.records.letters import delivery
from openalliance.site.records.letters.models import Letter, LetterKind, LetterState
from openalliance.site.records.letters.services import USEFUL, post
from openalliance.site.records.practice.models import Person

Post = Callable[[], Letter]


@pytest.fixture(autouse=True)
def with_mail(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True


@pytest.fixture
def posted(therapist: Person, now: datetime) -> Post:
    def make() -> Letter:
        letter = post(
            LetterKind.URGENT,
            once=str(uuid4()),
            person_id=therapist.pk,
            practice_id=therapist.practice_id,
            now=now,
        )
        assert letter is not None
        return letter

    return make


@pytest.fixture
def mail_server_is_down(monkeypatch: pytest.MonkeyPatch, therapist: Person) -> None:
    def refuse(*_: object) -> int:
        raise OSError(f"could not reach {therapist.email}")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def test_a_letter_is_mailed_once_and_without_clinical_content(
    posted: Post, episode: Episode
) -> None:
    letter = posted()
    assert run_ready() == 1
    assert delivery.mail(letter.pk, now=datetime.now(UTC)) is None
    (sent,) = mail.outbox
    assert sent.to == [episode.therapist.email]
    told = sent.subject + str(sent.body)
    for private in (episode.client.name, episode.client.code, str(episode.pk)):
        assert private not in told
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (LetterState.SENT, 1)


def test_what_is_about_the_same_is_posted_once(therapist: Person, now: datetime) -> None:
    for _ in range(3):
        post(
            LetterKind.URGENT, once="the same", person_id=therapist.pk,
            practice_id=therapist.practice_id, now=now,
        )  # fmt: skip
    assert Letter.objects.count() == 1
    assert run_ready() == 1


def test_what_is_rolled_back_is_not_mailed(posted: Post) -> None:
    def undone() -> None:
        with transaction.atomic():
            posted()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert run_ready() == 0
    assert mail.outbox == []


@pytest.mark.usefixtures("mail_server_is_down")
def test_a_mail_server_that_is_down_loses_nothing_and_leaks_nothing(
    posted: Post, therapist: Person, caplog: pytest.LogCaptureFixture
) -> None:
    letter = posted()
    with caplog.at_level(logging.ERROR, "openalliance.letters"):
        assert run_ready() == 1
    assert "could not be mailed and is kept: OSError" in caplog.text
    letter.refresh_from_db()
    assert (letter.state, letter.fault) == (LetterState.WAITING, "OSError")
    assert letter.due_at > datetime.now(UTC) + timedelta(seconds=50)
    assert therapist.email not in caplog.text
    kept = "".join(f"{job.args_kwargs}{job.traceback}" for job in DBTaskResult.objects.all())
    assert therapist.email not in kept


def test_a_job_that_fails_keeps_what_and_where_but_no_words(
    posted: Post, therapist: Person, monkeypatch: pytest.MonkeyPatch, caplog: Any, capfd: Any
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError(f"somebody's words, for {therapist.email}")

    posted()
    monkeypatch.setattr(delivery, "mail", fails)
    with caplog.at_level(logging.DEBUG):
        run_ready()
    job = DBTaskResult.objects.get()
    assert job.status == "FAILED"
    assert job.exception_class_path == "builtins.ValueError"
    assert "jobs.py" in job.traceback
    told = capfd.readouterr()
    for kept in (str(DBTaskResult.objects.values()), told.out, told.err):
        assert therapist.email not in kept
        assert "somebody's" not in kept


def test_a_fault_between_jobs_does_not_end_them_all(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    turns = iter([ValueError("somebody's words")])
    jobs = Jobs()

    def fails_once(_stop: object) -> int:
        for fault in turns:
            raise fault
        jobs._stop.set()
        return 0

    monkeypatch.setattr("openalliance.site.config.jobs.LOOK_EVERY", 0.01)
    monkeypatch.setattr("openalliance.site.config.jobs.close_old_connections", lambda: None)
    monkeypatch.setattr("openalliance.site.config.jobs.connection", MagicMock())
    monkeypatch.setattr("openalliance.site.config.jobs.tidy", lambda *, now: None)
    monkeypatch.setattr("openalliance.site.config.jobs.run_ready", fails_once)
    jobs._run()
    assert "jobs met an unexpected ValueError" in caplog.text
    assert "somebody's" not in caplog.text


def test_once_the_mail_server_is_back_the_letter_goes_out(
    posted: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = posted()
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", _refuse)
        run_ready()
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert delivery.mail(letter.pk, now=later) is None
    assert len(mail.outbox) == 1


def _refuse(*_: object) -> int:
    raise OSError


def test_pauses_double_up_to_an_hour() -> None:
    minutes = [delivery.pause(attempt).total_seconds() / 60 for attempt in range(1, 10)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_letter_whose_worker_died_is_sent_again_under_the_same_name(
    posted: Post, now: datetime
) -> None:
    letter = posted()
    run_ready()
    Letter.objects.filter(pk=letter.pk).update(state=LetterState.SENDING, claimed_at=now)
    tidy(now=now + delivery.CLAIM_LASTS + timedelta(minutes=2))
    assert run_ready() == 1
    names = [str(one.message()["Message-ID"]) for one in mail.outbox]
    assert names[0] == names[1] != ""


def test_a_claim_that_is_young_is_left_alone(posted: Post, now: datetime) -> None:
    letter = posted()
    Letter.objects.filter(pk=letter.pk).update(state=LetterState.SENDING, claimed_at=now)
    tidy(now=now + timedelta(minutes=5))
    run_ready()
    assert mail.outbox == []


def test_a_letter_without_its_job_is_found(posted: Post, now: datetime) -> None:
    posted()
    DBTaskResult.objects.all().delete()
    tidy(now=now + timedelta(minutes=2))
    assert run_ready() == 1
    assert len(mail.outbox) == 1


def test_what_comes_too_late_is_not_sent(posted: Post, now: datetime) -> None:
    letter = posted()
    assert delivery.mail(letter.pk, now=now + USEFUL[LetterKind.URGENT]) is None
    letter.refresh_from_db()
    assert letter.state == LetterState.GIVEN_UP
    assert mail.outbox == []


def test_who_has_left_the_practice_gets_no_letter(posted: Post, therapist: Person) -> None:
    letter = posted()
    therapist.is_active = False
    therapist.save()
    run_ready()
    letter.refresh_from_db()
    assert letter.state == LetterState.GIVEN_UP


def test_without_mail_nothing_piles_up(therapist: Person, now: datetime, settings: Any) -> None:
    settings.MAIL_IS_SET_UP = False
    assert (
        post(
            LetterKind.URGENT, once="x", person_id=therapist.pk,
            practice_id=therapist.practice_id, now=now,
        )
        is None
    )  # fmt: skip


def test_ended_jobs_are_forgotten_after_days(posted: Post, now: datetime) -> None:
    posted()
    run_ready()
    tidy(now=now + timedelta(hours=1))
    assert DBTaskResult.objects.count() == 1
    tidy(now=datetime.now(UTC) + KEPT + timedelta(hours=1))
    assert DBTaskResult.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_send_each_letter_once(posted: Post) -> None:
    letters = 20
    for _ in range(letters):
        posted()
    jobs = [Jobs() for _ in range(3)]
    for one in jobs:
        one.start()
    waited = threading.Event()
    for _ in range(150):
        waited.wait(0.1)
        if Letter.objects.filter(state=LetterState.SENT).count() == letters:
            break
    for one in jobs:
        one.stop()
    connection.close()
    names = [str(one.message()["Message-ID"]) for one in mail.outbox]
    assert len(names) == len(set(names)) == letters
