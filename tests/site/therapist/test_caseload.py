"""The caseload: order, safety, filter, and a fixed number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.conversations.services import take_up_signal
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from tests.site.therapist.answers import answer, form_of

URL = reverse("therapist:caseload")


def _add(name: str, by: Actor, now: datetime, modality: str = "cbt") -> Episode:
    new = care.NewClient(name=name, email=None, language="en", modality=modality)
    return care.add_client(new, by=by, now=now)


def test_a_hundred_clients_take_at_most_25_queries(desk: Browser, by: Actor, now: datetime) -> None:
    for number in range(100):
        episode = _add(f"Client {number}", by, now)
        checkins.plan_session(episode.pk, starts_at=now - timedelta(minutes=10), by=by, now=now)
    desk.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = desk.get(URL)
    assert page.content.count(b"caseload__row") == 100
    assert len(queries) <= 25, [query["sql"][:90] for query in queries]


def test_each_client_shown_is_logged_as_read(
    desk: Browser, episode: Episode, therapist: Person
) -> None:
    desk.get(URL)
    entry = AccessEntry.objects.get(subject="caseload", actor_id=therapist.pk)
    assert entry.client_id == episode.client_id


def test_an_empty_caseload_says_what_to_do(desk: Browser) -> None:
    page = desk.get(URL).content.decode()
    assert "Your caseload is empty" in page
    assert reverse("therapist:add_client") in page


def test_safety_stands_apart_and_first(
    desk: Browser, by: Actor, client_actor: Actor, session_today: Session, now: datetime
) -> None:
    _add("Aaron First", by, now)
    form = form_of(session_today, "check-in", "client")
    answer(form, 6, by=client_actor, now=now, safety=3)
    page = desk.get(URL).content.decode()
    assert page.index("Safety first") < page.index("Noor Client") < page.index("Aaron First")
    assert "marked the question about safety" in page


def test_a_rupture_comes_before_nothing_with_its_reason(
    desk: Browser, by: Actor, ruptured: Signal, now: datetime
) -> None:
    _add("Aaron First", by, now)
    page = desk.get(URL).content.decode()
    assert page.index("Noor Client") < page.index("Aaron First")
    assert "something between you may have got difficult" in page


def test_a_form_waits_for_the_therapist(desk: Browser, session_today: Session) -> None:
    form = form_of(session_today, "check-out", "therapist")
    assert reverse("therapist:check_out", args=[form.pk]) in desk.get(URL).content.decode()


def test_search_by_name_code_and_modality(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    _add("Ægir Ólafsson", by, now, modality="psychodynamic")
    both = desk.get(URL).content.decode()
    assert "Noor Client" in both
    assert "Ægir" in both
    for query in ({"search": "ÓLAF"}, {"modality": "psychodynamic"}):
        page = desk.get(URL, query).content.decode()
        assert "Ægir" in page
        assert "Noor Client" not in page
    assert "Noor Client" in desk.get(URL, {"search": episode.client.code.lower()}).content.decode()
    assert "Nobody fits" in desk.get(URL, {"search": "zzz"}).content.decode()
    assert desk.get(URL, {"modality": "<x>", "show": "?"}).status_code == 200


def test_ended_episodes_stand_apart(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    care.end_episode(episode.pk, "planned", by=by, now=now)
    assert "Noor Client" not in desk.get(URL).content.decode()
    assert "Noor Client" in desk.get(URL, {"show": "ended"}).content.decode()


def test_a_name_that_looks_like_markup_stays_a_name(
    desk: Browser, by: Actor, now: datetime
) -> None:
    _add("<script>alert(1)</script> \u202eעדן 🌱", by, now)
    page = desk.get(URL).content.decode()
    assert "<script>alert" not in page
    assert "🌱" in page


def test_a_rupture_that_was_talked_about_and_lasts_says_so(
    desk: Browser, by: Actor, ruptured: Signal, now: datetime
) -> None:
    assert "talked about" not in desk.get(URL).content.decode()
    for signal in Signal.objects.filter(episode=ruptured.episode):
        take_up_signal(signal.pk, "talked-about", by=by, now=now)
    page = desk.get(URL).content.decode()
    assert "something between you may have got difficult · talked about" in page


def test_a_session_that_runs_is_not_asked_about_and_one_today_is_told(
    desk: Browser, by: Actor, episode: Episode, now: datetime
) -> None:
    begun = now - timedelta(minutes=5)
    checkins.plan_session(episode.pk, starts_at=begun, by=by, now=begun)
    page = desk.get(URL).content.decode()
    assert "In session now, since" in page
    assert "did it take place?" not in page


def test_an_older_session_is_told_with_its_year(
    desk: Browser, by: Actor, episode: Episode, now: datetime
) -> None:
    past = now - timedelta(days=800)
    checkins.plan_session(episode.pk, starts_at=past, by=by, now=past)
    page = desk.get(URL).content.decode()
    assert f" {past.year}, " in page
    assert "did it take place?" in page


def test_those_without_a_reason_stand_as_their_sessions_come(
    desk: Browser, by: Actor, now: datetime
) -> None:
    for name, hours in (("Later", 50.0), ("Sooner", 2.0), ("Running", -0.1)):
        at = now + timedelta(hours=hours)
        checkins.plan_session(_add(name, by, now).pk, starts_at=at, by=by, now=min(at, now))
    _add("Never", by, now)
    page = desk.get(URL).content.decode()
    places = [page.index(f">{name}<") for name in ("Running", "Sooner", "Later", "Never")]
    assert places == sorted(places)
