"""How the work is done: phases that are never overwritten, and the wording of an episode."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.course import Method, SignalKind, TalkAbout
from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.care.phases import (
    begin_phase,
    choose_wording,
    phases_of,
    stretches_of,
)
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.client.readers import thing_words
from openalliance.site.screens.wording import Audience, signal_words
from openalliance.site.screens.wording_packs import PACKS, form_lead, pack_name, samples
from tests.site.conftest import Link
from tests.site.therapist.test_wording import Found


def url(episode: Episode) -> str:
    return reverse("therapist:way_of_working", args=[episode.pk])


def said(episode: Episode) -> list[str]:
    return [one.modality for one in stretches_of(phases_of(episode))]


def test_a_change_begins_a_phase_and_overwrites_nothing(
    desk: Browser, episode: Episode, now: datetime
) -> None:
    typed = {
        "modality": "other",
        "modality_name": "Schema therapy",
        "since": f"{now - timedelta(days=20):%Y-%m-%d}",
    }
    assert desk.post(url(episode), typed).status_code == 302
    episode.refresh_from_db()
    assert episode.modality_label == "Schema therapy"
    assert said(episode) == ["CBT", "Schema therapy"]
    page = desk.get(url(episode)).content.decode()
    assert "CBT" in page
    assert "What was noted, and when" in page
    assert AccessEntry.objects.filter(action="added", subject="way of working").count() == 1


def test_a_mistake_is_mended_and_stays_readable(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    begin_phase(episode.pk, modality="psychodynamic", since=episode.started_at, by=by, now=now)
    assert said(episode) == ["psychodynamic"]
    assert [one.modality for one in phases_of(episode)] == ["cbt", "psychodynamic"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"modality": "gestalt"},
        {"modality": "other"},
        {"since": "1999-01-01"},
        {"since": "2999-01-01"},
        {"since": ""},
        {"modality": "cbt"},
    ],
)
def test_what_does_not_fit_begins_nothing(
    desk: Browser, episode: Episode, now: datetime, wrong: dict[str, str]
) -> None:
    typed = {"modality": "psychodynamic", "modality_name": "", "since": f"{now:%Y-%m-%d}", **wrong}
    assert desk.post(url(episode), typed).status_code == 422
    assert said(episode) == ["CBT"]


def test_a_handed_over_episode_begins_with_how_it_was_worked_on(
    episode: Episode, colleague: Person, by: Actor, now: datetime
) -> None:
    begin_phase(episode.pk, modality="person-centered", by=by, now=now)
    choose_wording(episode.pk, "person-centered", by=by, now=now)
    following = care.transfer(episode.pk, colleague.pk, by=by, now=now)
    assert said(following) == ["person-centered"]
    assert following.wording == "person-centered"


def test_after_the_end_no_phase_begins(episode: Episode, by: Actor, now: datetime) -> None:
    care.end_episode(episode.pk, "planned", by=by, now=now - timedelta(days=3))
    with pytest.raises(InputError):
        begin_phase(episode.pk, modality="psychodynamic", by=by, now=now)


def test_only_its_own_therapist_notes_anything(
    episode: Episode, colleague: Person, stranger: Person, supervisor: Person, now: datetime
) -> None:
    for person in (colleague, stranger):
        with pytest.raises(NotFoundError):
            begin_phase(episode.pk, modality="psychodynamic", by=actor_for(person), now=now)
        with pytest.raises(NotFoundError):
            choose_wording(episode.pk, "cbt", by=actor_for(person), now=now)
    assert said(episode) == ["CBT"]


def test_the_wording_is_chosen_and_its_choice_is_logged(desk: Browser, episode: Episode) -> None:
    page = desk.get(url(episode)).content.decode()
    assert "Where I would like to get to" in page
    to = reverse("therapist:wording", args=[episode.pk])
    assert desk.post(to, {"wording": "person-centered"}).status_code == 302
    episode.refresh_from_db()
    assert episode.wording == "person-centered"
    assert AccessEntry.objects.filter(action="changed", subject="way of working").count() == 1
    assert thing_words("way of working")


def test_an_unknown_wording_is_refused(desk: Browser, episode: Episode) -> None:
    to = reverse("therapist:wording", args=[episode.pk])
    assert desk.post(to, {"wording": "shouting"}).status_code == 400
    episode.refresh_from_db()
    assert episode.wording == "neutral"


def test_the_client_reads_plan_and_form_in_the_chosen_wording(
    client: Browser,
    come_in: Any,
    client_link: Link,
    episode: Episode,
    session_today: Session,
    by: Actor,
    now: datetime,
) -> None:
    browser = come_in(client, client_link)
    form = session_today.forms.get(moment="check-in")
    first = reverse("client:step", args=[client_link.token, form.pk, 1])
    plan = reverse("client:plan_propose", args=[client_link.token])
    assert form_lead("cbt", "check-in") not in browser.get(first).content.decode()
    choose_wording(episode.pk, "cbt", by=by, now=now)
    assert form_lead("cbt", "check-in") in browser.get(first).content.decode()
    assert "What we practise" in browser.get(plan).content.decode()


def test_questions_that_are_scored_read_the_same_in_every_wording(
    client: Browser,
    come_in: Any,
    client_link: Link,
    episode: Episode,
    session_today: Session,
    by: Actor,
    now: datetime,
) -> None:
    browser = come_in(client, client_link)
    form = session_today.forms.get(moment="check-in")
    pages = set()
    for key in PACKS:
        choose_wording(episode.pk, key, by=by, now=now)
        page = browser.get(reverse("client:step", args=[client_link.token, form.pk, 2]))
        pages.add(page.context["page"])
    assert len(pages) == 1


@pytest.mark.parametrize("wording", PACKS)
@pytest.mark.parametrize("audience", Audience)
def test_every_opening_has_words_in_every_wording(wording: str, audience: Audience) -> None:
    openings = [
        signal_words(
            Found(kind=SignalKind.GAP, method=Method.NORMAL_GAP, talk_about=about),
            audience,
            wording=wording,
        ).talk_about
        for about in TalkAbout
    ]
    assert all(openings)
    assert len(set(openings)) == len(openings)
    assert pack_name(wording)
    assert samples(wording)


@pytest.mark.parametrize("audience", Audience)
def test_safety_reads_the_same_in_every_wording(audience: Audience) -> None:
    found = Found(kind=SignalKind.SAFETY, method=Method.SAFETY_ITEM)
    assert len({signal_words(found, audience, wording=one) for one in PACKS}) == 1
