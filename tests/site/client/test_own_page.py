"""The own page, both pictures of a session, what was taken up, and who has read what."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from client_steps import form_of, send
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

import openalliance.site
from openalliance.site.records.care.access import episode_for
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.models import AskedForm, HardToSay, Signal
from openalliance.site.records.checkins.services import plan_session
from openalliance.site.records.conversations.services import take_up_hard_to_say, take_up_signal
from openalliance.site.records.plans.services import propose
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.client.readers import thing_words
from tests.site.client.conftest import PLAN


def sessions_with_answers(
    episode: Episode, count: int, *, client: Actor, therapist: Actor, now: datetime
) -> None:
    for week in range(count):
        at = now - timedelta(weeks=count - week)
        session = plan_session(episode.pk, starts_at=at, by=therapist, now=at)
        send(form_of(session, "check-in"), 3 + week % 4, by=client, now=at)
        send(form_of(session, "check-out"), 8, by=client, now=at + timedelta(minutes=50))
        of_therapist = form_of(session, "check-out", "therapist")
        send(of_therapist, 7, by=therapist, now=at + timedelta(minutes=55))


def test_an_empty_own_page_is_friendly(own: Browser, url: str, client_person: Client) -> None:
    page = own.get(url).content.decode()
    assert client_person.name in page
    assert "Read it once, and say whether you agree." in page
    own.post(f"{url}consent", {"kind": "use", "answer": "yes"})
    page = own.get(url).content.decode()
    assert "Nothing is waiting for you" in page
    assert "After your first check-in" in page


def test_nothing_is_waiting_only_where_nothing_is(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime
) -> None:
    propose(episode.pk, PLAN, by=actor_for(therapist), now=now)
    page = own.get(url).content.decode()
    assert "suggests a change" in page
    assert "Nothing is waiting for you" not in page


def test_what_waits_comes_first_with_a_button_for_each(
    own: Browser, url: str, session_today: Session
) -> None:
    page = own.get(url).content.decode()
    for moment in ("check-in", "check-out"):
        assert f'href="{url}form/{form_of(session_today, moment).pk}/"' in page
    assert str(form_of(session_today, "check-out", "therapist").pk) not in page


def test_the_next_session_is_told_in_the_practices_time(
    own: Browser, url: str, episode: Episode, therapist: Person, practice: Practice, now: datetime
) -> None:
    at = datetime.fromisoformat(f"{now.year + 1}-07-01T08:30:00+00:00")
    plan_session(episode.pk, starts_at=at, by=actor_for(therapist), now=now)
    page = own.get(url).content.decode()
    assert "1 July, 10:30" in page


def test_the_course_stands_there_as_picture_and_as_table(
    own: Browser, url: str, episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    sessions_with_answers(episode, 3, client=client_actor, therapist=actor_for(therapist), now=now)
    page = own.get(url).content.decode()
    assert "<svg" in page
    assert "The same as a table" in page


def test_the_own_page_costs_the_same_however_long_the_therapy(
    own: Browser, url: str, episode: Episode, client_actor: Actor, therapist: Person,
    now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    sessions_with_answers(episode, 6, client=client_actor, therapist=actor_for(therapist), now=now)
    for path, most in (("", 24), ("sessions", 14), ("taken-up", 12), ("readers", 12)):
        with django_assert_max_num_queries(most):
            own.get(f"{url}{path}")


def test_every_reading_of_the_own_page_is_in_the_log(
    own: Browser, url: str, client_person: Client
) -> None:
    own.get(url)
    assert AccessEntry.objects.filter(
        actor_id=client_person.pk, action="read", subject="own page"
    ).exists()


def test_a_sealed_session_shows_only_the_clients_own_side(
    own: Browser, url: str, session_today: Session, client_actor: Actor, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    by = actor_for(therapist)
    of_therapist = form_of(session_today, "check-out", "therapist")
    send(form_of(session_today, "check-out"), 3, by=client_actor, now=now)
    sealed = own.get(f"{url}sessions").content.decode()
    assert "Sealed until you have both answered" in sealed
    assert therapist.name not in sealed
    send(of_therapist, 9, by=by, now=now)
    unsealed = own.get(f"{url}sessions").content.decode()
    assert therapist.name in unsealed
    assert "quite differently" in unsealed


def test_a_therapists_side_alone_stays_sealed_and_unseen(
    own: Browser, url: str, session_today: Session, therapist: Person, now: datetime
) -> None:
    of_therapist = form_of(session_today, "check-out", "therapist")
    send(of_therapist, 9, by=actor_for(therapist), now=now)
    page = own.get(f"{url}sessions").content.decode()
    assert "Nothing here yet" in page


def test_two_who_see_it_alike_are_told_so(
    own: Browser, url: str, session_today: Session, client_actor: Actor, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    of_therapist = form_of(session_today, "check-out", "therapist")
    send(form_of(session_today, "check-out"), 8, by=client_actor, now=now)
    send(of_therapist, 8, by=actor_for(therapist), now=now)
    assert "in much the same way" in own.get(f"{url}sessions").content.decode()


def test_a_window_that_closed_unseals_one_side(
    own: Browser, url: str, session_today: Session, client_actor: Actor, now: datetime
) -> None:
    send(form_of(session_today, "check-out"), 8, by=client_actor, now=now)
    AskedForm.objects.filter(session=session_today).update(closes_at=now - timedelta(minutes=1))
    page = own.get(f"{url}sessions").content.decode()
    assert "Your therapist did not answer this time" in page


def test_what_was_taken_up_is_shown_with_the_notes_meant_for_the_client(
    own: Browser, url: str, episode: Episode, therapist: Person, said: HardToSay, now: datetime
) -> None:
    by = actor_for(therapist)
    signal = Signal.objects.create(
        practice=episode.practice, episode=episode, kind="safety", at=now, rater="client",
        seen={"value": 1.0}, method="safety-item", talk_about="safety-now", found_at=now,
    )  # fmt: skip
    HardToSay.objects.update(visibility="now", shown_at=now - timedelta(days=1))
    take_up_signal(signal.pk, "seen", note="for my file", note_for_client=False, by=by, now=now)
    take_up_hard_to_say(said.pk, "talked-about", note="We go slower now.", by=by, now=now)
    page = own.get(f"{url}taken-up").content.decode()
    assert "We go slower now." in page
    assert "for my file" not in page
    assert "Talked about" in page


def test_the_first_page_repeats_no_words_that_were_hard_to_say(
    own: Browser, url: str, said: HardToSay, now: datetime
) -> None:
    HardToSay.objects.update(visibility="now", shown_at=now)
    first = own.get(url).content.decode()
    assert "You said that something was hard to say." in first
    assert "too fast" not in first
    assert "too fast" in own.get(f"{url}taken-up").content.decode()


@pytest.mark.parametrize("path", ["", "taken-up"])
def test_what_was_said_about_safety_always_leads_to_help(
    own: Browser, url: str, episode: Episode, now: datetime, path: str
) -> None:
    Signal.objects.create(
        practice=episode.practice, episode=episode, kind="safety", at=now, rater="client",
        seen={"value": 1.0}, method="safety-item", talk_about="safety-now", found_at=now,
    )  # fmt: skip
    page = own.get(f"{url}{path}").content.decode()
    assert f'<a class="more" href="{url}help">' in page


@pytest.mark.parametrize("path", ["", "taken-up"])
def test_what_only_the_client_sees_waits_for_nobody(
    own: Browser, url: str, said: HardToSay, path: str
) -> None:
    assert "too fast" not in own.get(f"{url}{path}").content.decode()


def test_who_has_read_what_names_person_role_and_thing_by_day(
    own: Browser, url: str, episode: Episode, therapist: Person, supervisor: Person, now: datetime
) -> None:
    episode_for(actor_for(therapist), episode.pk, now=now, reading="course")
    episode_for(actor_for(supervisor), episode.pk, now=now - timedelta(days=2), reading="plan")
    page = own.get(f"{url}readers").content.decode()
    for words in (therapist.name, "your therapist", "opened your course", supervisor.name):
        assert words in page
    assert page.index(therapist.name) < page.index(supervisor.name)


OF_THE_CLIENT = {"own page", "access log", "both ratings"}
NOT_ABOUT_A_CLIENT = {
    "account", "device", "invitation", "meta-analysis", "password", "portrait", "practice",
    "profile", "public page", "retention", "roles", "year",
    "emergency search", "second factor", "settings", "supervision",
}  # fmt: skip


def test_everything_staff_can_open_has_a_name_the_client_understands() -> None:
    site = Path(openalliance.site.__path__[0])
    subjects = set()
    for source in site.rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        subjects |= set(re.findall(r'reading="([^"]+)"', text))
        subjects |= set(re.findall(r'\bAction\.[A-Z]+,\s*"([^"]+)"', text))
    assert len(subjects) > 10
    unnamed = {one for one in subjects if not thing_words(one)}
    assert unnamed <= OF_THE_CLIENT | NOT_ABOUT_A_CLIENT


def test_readers_of_somebody_else_are_not_shown(
    own: Browser, url: str, other_client: Episode, colleague: Person, now: datetime
) -> None:
    episode_for(actor_for(colleague), other_client.pk, now=now, reading="course")
    assert colleague.name not in own.get(f"{url}readers").content.decode()
