"""What two people do at the same moment ends as if they had done it one after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.access import session_pictures
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment, each on a connection of its own."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def fill(form: AskedForm, value: float, by: Actor, now: datetime) -> None:
    for step in steps_of(form):
        quiet = step.item.safety_threshold is not None
        answer = step.item.minimum if quiet else value
        services.save_answer(form.pk, step.field, answer, by=by, now=now)


def test_both_check_outs_sent_at_the_same_moment_are_both_unsealed(
    session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    sides = {"client": client_actor, "therapist": actor_for(therapist)}
    forms = {
        rater: AskedForm.objects.get(session=session_today, moment="check-out", rater=rater)
        for rater in sides
    }
    for rater, by in sides.items():
        fill(forms[rater], 7, by, now)
    at_once(
        *(
            lambda rater=rater, by=by: services.submit(
                forms[rater].pk, submission=uuid4(), by=by, now=now
            )
            for rater, by in sides.items()
        )
    )
    (picture,) = session_pictures(client_actor, session_today.episode)
    assert picture.sealed_until is None
    assert picture.own
    assert picture.other


def test_one_form_sent_four_times_at_once_is_scored_once(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = AskedForm.objects.get(session=session_today, moment="check-in")
    fill(form, 6, client_actor, now)
    at_once(
        *(
            lambda: services.submit(form.pk, submission=uuid4(), by=client_actor, now=now)
            for _ in range(4)
        )
    )
    assert Score.objects.filter(form=form, scale="life").count() == 1


def test_answers_to_different_questions_at_once_are_all_kept(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = AskedForm.objects.get(session=session_today, moment="check-in")
    fields = [step.field for step in steps_of(form)][:4]
    at_once(
        *(
            lambda field=field: services.save_answer(form.pk, field, 5, by=client_actor, now=now)
            for field in fields
        )
    )
    form.refresh_from_db()
    assert [step.answer for step in steps_of(form)][:4] == [5, 5, 5, 5]
