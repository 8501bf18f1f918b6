"""A supervisor sees where support is needed: read-only, by code, and never a league table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.conversations import services as conversations
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Supervision
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry

SignIn = Callable[[Browser, Person], Browser]
HOME = reverse("supervisor:home")
SECRET = "It is too fast for me and I nod"


@pytest.fixture
def desk(client: Browser, sign_in: SignIn, supervisor: Person) -> Browser:
    return sign_in(client, supervisor)


@pytest.fixture
def marked(episode: Episode, therapist: Person, now: datetime) -> Signal:
    """Two check-ins were missed in a row."""
    by = actor_for(therapist)
    for week in (3, 2):
        at = now - timedelta(weeks=week)
        session = checkins.plan_session(episode.pk, starts_at=at, by=by, now=at)
        care.set_session_status(session.pk, "attended", by=by, now=at)
    checkins.close_due(episode.practice_id, now=now)
    return Signal.objects.get(episode=episode, kind="missed-check-ins")


def _course(episode: Episode) -> str:
    return reverse("supervisor:course", args=[episode.pk])


def test_clients_stand_by_code_and_their_reasons_first(
    desk: Browser, episode: Episode, marked: Signal
) -> None:
    page = desk.get(HOME).content.decode()
    assert episode.client.code in page
    assert "Noor" not in page
    assert "left out several check-ins" in page
    assert page.index("Where support may be needed") < page.index("Caseloads")
    assert AccessEntry.objects.filter(subject="caseload", client_id=episode.client_id).exists()


def test_the_course_is_read_without_names_and_without_anything_to_change(
    desk: Browser, episode: Episode, marked: Signal
) -> None:
    page = desk.get(_course(episode))
    text = page.content.decode()
    assert page.status_code == 200
    assert episode.client.code in text
    assert "Noor" not in text
    assert text.count("<form") == 1, "only the way out"
    assert AccessEntry.objects.filter(subject="course", client_id=episode.client_id).exists()


def test_what_was_hard_to_say_and_the_notes_stay_between_the_two(
    desk: Browser,
    episode: Episode,
    marked: Signal,
    client_actor: Actor,
    therapist: Person,
    now: datetime,
) -> None:
    hard_to_say.say(
        episode.pk,
        session=None,
        about="pace",
        words=SECRET,
        visibility="now",
        submission=uuid4(),
        by=client_actor,
        now=now,
    )
    conversations.take_up_signal(
        marked.pk, "talked-about", note="Between us", by=actor_for(therapist), now=now
    )
    for url in (HOME, _course(episode)):
        page = desk.get(url).content.decode()
        assert SECRET not in page
        assert "Between us" not in page
        assert "hard to say" not in page


def test_others_see_nothing(
    client: Browser,
    sign_in: SignIn,
    episode: Episode,
    therapist: Person,
    colleague: Person,
    stranger: Person,
    administrator: Person,
) -> None:
    for person in (therapist, colleague, administrator):
        browser = sign_in(client, person)
        assert browser.get(HOME).status_code == 403
        assert browser.get(_course(episode)).status_code == 403
    browser = sign_in(client, stranger)
    assert episode.client.code not in browser.get(HOME).content.decode()
    assert browser.get(_course(episode)).status_code == 404
    assert Browser().get(HOME)["Location"].startswith("/sign-in")


def test_a_supervision_that_ended_shows_nothing_more(
    desk: Browser, episode: Episode, now: datetime
) -> None:
    Supervision.objects.update(ended_at=now)
    assert "You supervise nobody yet" in desk.get(HOME).content.decode()
    assert desk.get(_course(episode)).status_code == 404


def test_no_figure_is_shown_about_a_therapist(
    desk: Browser, episode: Episode, marked: Signal, therapist: Person
) -> None:
    page = desk.get(HOME).content.decode()
    summary = page.split("<summary>")[-1].split("</summary>")[0]
    assert summary == therapist.name


def test_queries_do_not_grow_with_the_caseload(
    desk: Browser, episode: Episode, therapist: Person, now: datetime
) -> None:
    desk.get(HOME)
    with CaptureQueriesContext(connection) as few:
        desk.get(HOME)
    new = care.NewClient(name="Another", email=None, language="en", modality="cbt")
    for _ in range(30):
        care.add_client(new, by=actor_for(therapist), now=now)
    with CaptureQueriesContext(connection) as many:
        desk.get(HOME)
    assert len(many) == len(few)
    assert len(many) <= 20


def test_reasons_read_as_to_a_third_person(desk: Browser, episode: Episode, now: datetime) -> None:
    Signal.objects.create(
        practice_id=episode.practice_id, episode=episode, kind="gap", at=now, rater="client",
        method="normal-gap", talk_about="how-each-sees-it", seen={}, probability=0.97, found_at=now,
    )  # fmt: skip
    page = desk.get(HOME).content.decode()
    assert "they see their work differently" in page
    assert "you see your work" not in page
