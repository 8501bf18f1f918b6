"""What is known and what is true here: told to who may, refused below its sizes, about nobody."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client as Browser

from openalliance.core.course.disclosure import Hidden
from openalliance.core.errors import RefusedError
from openalliance.core.evidence.own.questions import Lacking
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.conversations import known
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Role
from openalliance.site.records.trust.models import AccessEntry
from tests.site.known_practice import SESSIONS, made

SignIn = Callable[[Browser, Person], Browser]
PLACES = ("therapist", "supervisor", "administrator")


@pytest.fixture
def third(therapist: Person) -> Person:
    return Person.objects.create_user(
        email="theo@harbour.example", password="x" * 30, name="Theo Third",
        practice=therapist.practice, joined_at=therapist.joined_at,
    )  # fmt: skip


def test_everybody_of_the_practice_reads_the_same_figures(
    therapist: Person, colleague: Person, third: Person, supervisor: Person, administrator: Person,
    sign_in: SignIn, now: datetime,
) -> None:  # fmt: skip
    made([therapist, colleague, third], 60, now=now)
    for person, place in zip((therapist, supervisor, administrator), PLACES, strict=True):
        page = sign_in(Browser(), person).get(f"/{place}/known/").content.decode()
        assert "This practice’s own 60 clients weigh 70 %" in page
        assert "over 295 studies (Flückiger et al. 2018)" in page
        for words in ("In words for a client", "CBT, with what is known", "Session 5 and later",
                      "As therapists rate it", "pairs of sessions in a row"):  # fmt: skip
            assert words in page, words
        assert page.count('data-chart="known-') == 5
        for nobody in ("Made 1", "M1-1", colleague.name, third.name):
            assert nobody not in page
    home = sign_in(Browser(), therapist).get("/therapist/").content.decode()
    assert "/therapist/known/" in home


def test_a_small_practice_is_told_what_is_missing(
    therapist: Person, supervisor: Person, sign_in: SignIn, now: datetime
) -> None:
    made([therapist], 7, now=now)
    page = sign_in(Browser(), supervisor).get("/supervisor/known/").content.decode()
    assert "it needs 20 clients who have three scores" in page
    assert "now 7." in page
    assert page.count('data-chart="known-') == 1, "what is published stands there alone"


def test_figures_follow_the_data(therapist: Person, supervisor: Person, now: datetime) -> None:
    episodes = made([therapist], 30, now=now)
    by = actor_for(supervisor)
    before = known.known_here(by, now=now)
    assert known.known_here(by, now=now) is before, "the same sessions are not computed twice"
    last = Score.objects.get(
        episode=episodes[0], instrument="oa-check-in", session__number=SESSIONS
    )
    last.value = 0.0
    last.save()
    after = known.known_here(by, now=now)
    assert before.overall.own is not None
    assert after.overall.own is not None
    assert before.overall.own.r != after.overall.own.r


def test_what_is_remembered_holds_nobodys_id(
    therapist: Person, supervisor: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made([therapist], 3, now=now)
    seen = []
    monkeypatch.setattr(known, "_computed", lambda rows, asked_by: seen.extend([*rows, asked_by]))
    known.known_here(actor_for(supervisor), now=now)
    known.known_here(actor_for(therapist), now=now)
    assert seen
    for one in seen:
        names = [one] if isinstance(one, str) else [one.client, one.therapist]
        assert all(len(name) < 4 for name in names)


def test_sealed_removed_and_erased_ratings_do_not_count(
    therapist: Person, supervisor: Person, now: datetime
) -> None:
    episodes = made([therapist], 4, now=now)
    sealed, removed, erased, _kept = episodes
    form = AskedForm.objects.create(
        practice=therapist.practice, episode=sealed, moment="check-out", rater="client",
        instruments=[], opens_at=now, closes_at=now, answers={},
    )  # fmt: skip
    Score.objects.filter(episode=sealed, instrument="oa-check-out-client").update(form=form)
    Session.objects.filter(episode=removed).update(removed_at=now)
    Client.objects.filter(pk=erased.client_id).update(erased_at=now)
    rows = known._rows(therapist.practice_id)
    assert len(rows) == 2 * SESSIONS
    assert sum(math.isfinite(row.alliance) for row in rows) == SESSIONS
    assert sum(math.isfinite(row.alliance_by_therapist) for row in rows) == 2 * SESSIONS


def test_each_client_counts_once_with_the_newest_therapy(therapist: Person, now: datetime) -> None:
    (episode,) = made([therapist], 1, now=now)
    Episode.objects.create(
        practice=therapist.practice, client=episode.client, therapist=therapist, modality="cbt",
        started_at=now,
    )  # fmt: skip
    assert known._rows(therapist.practice_id) == ()


def test_a_therapist_with_one_colleague_is_told_nothing_of_theirs(
    therapist: Person, colleague: Person, supervisor: Person, now: datetime
) -> None:
    made([therapist, colleague], 60, now=now)
    found = known.known_here(actor_for(therapist), now=now)
    assert found.overall.hidden is found.within.hidden is Hidden.ONE_THERAPIST
    assert found.modalities == ()
    assert known.known_here(actor_for(supervisor), now=now).overall.own is not None


def test_nothing_of_another_practice_counts(
    therapist: Person, stranger: Person, now: datetime
) -> None:
    made([therapist], 30, now=now)
    found = known.known_here(actor_for(stranger), now=now)
    assert (found.clients, found.within.lacking) == (0, Lacking.SESSIONS)


def test_who_has_no_role_is_refused_and_who_reads_is_logged(
    therapist: Person, third: Person, now: datetime
) -> None:
    with pytest.raises(RefusedError):
        known.known_here(actor_for(third), now=now)
    assert not AccessEntry.objects.filter(subject="scoreboard").exists()
    known.known_here(actor_for(therapist), now=now)
    (entry,) = AccessEntry.objects.filter(subject="scoreboard")
    assert (entry.actor_id, entry.client_id) == (therapist.pk, None)


def test_therapists_do_not_reach_the_pages_of_others(therapist: Person, sign_in: SignIn) -> None:
    browser = sign_in(Browser(), therapist)
    assert [browser.get(f"/{place}/known/").status_code for place in PLACES] == [200, 403, 403]
    assert Role.THERAPIST in actor_for(therapist).roles
