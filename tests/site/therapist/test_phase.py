"""A harder stretch: what came together, said gently, on the course page, alone and in the list."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.conversations import services as conversations
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.tasks.phases import phases_of
from openalliance.site.records.trust.actors import Actor
from tests.site.signals import signal

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def appointments(episode: Episode, now: datetime, *came: str) -> None:
    """Weekly appointments up to last week; “client” and “therapist” called off."""
    for number, how in enumerate(came, start=1):
        off = how in {"client", "therapist"}
        Session.objects.create(
            practice_id=episode.practice_id, episode=episode, number=number,
            starts_at=now - (len(came) - number + 1) * WEEK,
            status="cancelled" if off else how, cancelled_by=how if off else "",
        )  # fmt: skip


@pytest.fixture
def hard(episode: Episode, now: datetime) -> Episode:
    """A rupture, and two of four appointments missed."""
    signal(episode, now - 10 * DAY)
    appointments(episode, now, "attended", "client", "attended", "no-show")
    return episode


def test_what_came_together_is_said_as_questions(desk: Browser, hard: Episode) -> None:
    for path in ("", "phase"):
        page = desk.get(f"/therapist/episodes/{hard.pk}/{path}").content.decode()
        assert "Perhaps a harder stretch" in page
        assert "2 of the last 4 appointments" in page
        assert "How is it for you to come here" in page
    assert "On one time line" in page
    assert "called off by your client" in page


def test_the_caseload_lists_who_by_name(desk: Browser, hard: Episode) -> None:
    page = desk.get("/therapist/").content.decode()
    assert "Perhaps a harder stretch" in page
    assert "something broke between you; 2 of the last 4 appointments missed" in page
    ended = desk.get("/therapist/?show=ended").content.decode()
    assert "Perhaps a harder stretch" not in ended


def test_one_thing_on_its_own_is_not_listed(desk: Browser, episode: Episode, now: datetime) -> None:
    signal(episode, now - 10 * DAY)
    assert "Perhaps a harder stretch" not in desk.get("/therapist/").content.decode()
    page = desk.get(f"/therapist/episodes/{episode.pk}/phase").content.decode()
    assert "On its own this says little" in page


def test_nothing_yet(desk: Browser, episode: Episode) -> None:
    page = desk.get(f"/therapist/episodes/{episode.pk}/phase").content.decode()
    assert "Nothing stands out" in page
    assert "Nothing to see yet" in page


def test_a_repair_and_there_was_nothing_to_it_both_end_it(
    hard: Episode, by: Actor, now: datetime
) -> None:
    assert phases_of([hard], now=now)[hard.pk].phase.is_difficult
    signal(hard, now - 5 * DAY, "repair")
    assert not phases_of([hard], now=now)[hard.pk].phase.is_difficult
    again = signal(hard, now - 2 * DAY)
    assert phases_of([hard], now=now)[hard.pk].phase.is_difficult
    conversations.take_up_signal(again.pk, "talked-about", answer="no", by=by, now=now)
    assert not phases_of([hard], now=now)[hard.pk].phase.is_difficult


def test_what_the_therapist_called_off_says_nothing(episode: Episode, now: datetime) -> None:
    signal(episode, now - 10 * DAY)
    appointments(episode, now, "therapist", "therapist", "attended", "client")
    assert not phases_of([episode], now=now)[episode.pk].phase.is_difficult


def test_a_list_costs_the_same_however_long(
    hard: Episode, therapist: Person, now: datetime, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(4):  # type: ignore[operator]
        phases_of([hard], now=now)
    assert actor_for(therapist).id == hard.therapist_id
