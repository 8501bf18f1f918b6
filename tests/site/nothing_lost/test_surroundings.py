"""A clock that jumps, a disk that can only be read: clear answers, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client as Browser

from openalliance.core.course import fold
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import convert, services
from openalliance.site.records.checkins.access import observations_for
from openalliance.site.records.checkins.models import AskedForm, CourseState, Score
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, system
from openalliance.site.records.trust.chain import examine_chain, seal_entries
from tests.site.intake.messages import written


def _send(form: AskedForm, by: Actor, now: datetime) -> None:
    for step in steps_of(form):
        safe = step.item.safety_threshold is not None
        value = step.item.minimum if safe else 6.0
        services.save_answer(form.pk, step.field, value, by=by, now=now)
    services.submit(form.pk, submission=uuid4(), by=by, now=now)


@pytest.fixture
def forms(session_today: Session, therapist: Person, now: datetime) -> list[AskedForm]:
    """Check-ins of two sessions that are both open."""
    later = services.plan_session(
        session_today.episode_id, starts_at=now + timedelta(hours=3), by=actor_for(therapist),
        now=now,
    )  # fmt: skip
    asked = AskedForm.objects.filter(session__in=[session_today, later], moment="check-in")
    return list(asked.order_by("session__starts_at"))


def test_a_clock_that_was_set_back_loses_nothing(
    forms: list[AskedForm], client_actor: Actor, now: datetime
) -> None:
    first, second = forms
    _send(first, client_actor, now)
    _send(second, client_actor, now - timedelta(minutes=20))
    assert Score.objects.filter(form__in=forms).values("form").distinct().count() == 2
    row = CourseState.objects.select_related("episode__practice", "episode__client").get()
    observed = observations_for(system(row.practice_id), row.episode)
    fresh = fold(observed, convert.settings_for(row.episode)).state
    kept = convert.state_of(row)
    assert kept is not None
    assert fresh.to_json() == kept.to_json()
    seal_entries(row.practice_id)
    assert examine_chain(row.practice_id).fault == ""


def test_a_clock_far_off_refuses_with_a_reason_and_keeps_what_was_answered(
    forms: list[AskedForm], client_actor: Actor, now: datetime
) -> None:
    first = forms[0]
    steps = steps_of(first)
    services.save_answer(first.pk, steps[0].field, 6.0, by=client_actor, now=now)
    for jumped, words in (
        (now - timedelta(days=400), "not open yet"),
        (now + timedelta(days=400), "time for this form is over"),
    ):
        with pytest.raises(services.ClosedError, match=words):
            services.submit(first.pk, submission=uuid4(), by=client_actor, now=jumped)
    _send(first, client_actor, now)
    first.refresh_from_db()
    assert first.submitted_at == now


@pytest.fixture
def read_only() -> Callable[[], AbstractContextManager[None]]:
    """Let the database refuse every change, as it does on a disk that can only be read."""

    @contextmanager
    def refusing() -> Iterator[None]:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA query_only = ON")
                yield
                cursor.execute("PRAGMA query_only = OFF")
            else:
                with transaction.atomic():
                    cursor.execute("SET TRANSACTION READ ONLY")
                    yield
                    transaction.set_rollback(True)

    return refusing


def test_on_a_disk_that_can_only_be_read_clients_are_asked_to_come_back(
    forms: list[AskedForm],
    client_link: Any,
    come_in: Callable[[Browser, Any], Browser],
    read_only: Callable[[], AbstractContextManager[None]],
) -> None:
    own = come_in(Browser(raise_request_exception=False), client_link)
    address = f"{client_link.url}form/{forms[0].pk}/1"
    with read_only():
        answer = own.post(address, {"answer": "6"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Nothing you saved before is lost" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/contact", written()),
        ("/sign-in", {"login": "tomas@harbour.example", "password": "wrong words, all of them"}),
    ],
)
def test_on_a_disk_that_can_only_be_read_nobody_is_told_that_they_try_too_often(
    therapist: Person,
    read_only: Callable[[], AbstractContextManager[None]],
    address: str,
    sent: dict[str, object],
) -> None:
    with read_only():
        answer = Browser(raise_request_exception=False).post(address, sent)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"


def test_what_is_counted_already_is_no_fault(db: None) -> None:
    assert cache.add("tries", 1)
    assert not cache.add("tries", 2)
    assert cache.get("tries") == 1
