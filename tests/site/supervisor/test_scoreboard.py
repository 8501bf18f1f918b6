"""The practice's scoreboard: for its keepers, of many, small groups hidden, nobody compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openalliance.core.course.claims import Answer, Claim, Raised
from openalliance.core.course.phases import SEVERAL
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Session
from openalliance.site.records.care.phases import begin_phase
from openalliance.site.records.checkins.models import Expectation, Score
from openalliance.site.records.conversations.track_record import PracticeRecord, practice_record
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.scoreboard_page import scoreboard_page
from tests.site.signals import answered, episodes, growing, rated, scores

SignIn = Callable[[Browser, Person], Browser]
URL = reverse("supervisor:scoreboard")
ADMINISTRATOR_URL = reverse("administrator:scoreboard")
MIXED = ["yes", "yes", "partly", "no", "yes", "yes", "yes", "yes", "no", "yes", "yes", "yes"]


@pytest.fixture
def desk(client: Browser, sign_in: SignIn, supervisor: Person) -> Browser:
    return sign_in(client, supervisor)


@pytest.fixture
def busy(therapist: Person, colleague: Person, now: datetime) -> None:
    """Two therapists, two modalities; one modality is small."""
    for person in (therapist, colleague):
        answered(episodes(person, 12, now), MIXED, now)
        few = episodes(person, 2, now, modality="psychodynamic")
        answered(few, ["no", "yes"], now)


@pytest.fixture
def ended(therapist: Person, now: datetime) -> None:
    """Twelve ended episodes: half were called slow, and these did not improve."""
    by = actor_for(therapist)
    for number, one in enumerate(episodes(therapist, 12, now - timedelta(weeks=20))):
        slow = number % 2 == 0
        began = now - timedelta(weeks=12)
        values = [4.0, 3.5, 3.0, 3.0, 3.2, 3.5] if slow else [4.0, 5.0, 6.0, 6.5, 7.0, 8.0]
        scores(one, values, began)
        if slow:
            answered([one], ["yes"], began + timedelta(weeks=3), kind="off-track")
        care.end_episode(one.pk, "planned", by=by, now=now)


def test_an_empty_practice_says_what_is_missing(desk: Browser) -> None:
    page = desk.get(URL)
    assert page.status_code == 200
    assert "not enough yet (0 of 10 answers)" in page.content.decode()
    assert "There are no episodes yet" in page.content.decode()


def test_shares_stand_with_their_intervals_and_without_names(
    desk: Browser, busy: None, therapist: Person, colleague: Person
) -> None:
    page = desk.get(URL).content.decode()
    assert "22 of 28 (79 %, 60–90 %)" in page
    for person in (therapist, colleague):
        assert person.name not in page
    assert "Somebody" not in page
    assert AccessEntry.objects.filter(subject="scoreboard", client_id=None).exists()


def test_a_small_group_is_hidden_and_cannot_be_subtracted(
    desk: Browser, busy: None, therapist: Person, colleague: Person, now: datetime
) -> None:
    for person in (therapist, colleague):
        answered(episodes(person, 4, now, modality="person-centered"), ["yes"] * 4, now)
    page = desk.get(URL).content.decode()
    by_modality = page.split("By modality</h3>")[1].split("</table>")[0]
    assert "hidden: fewer than 5 clients" in by_modality
    assert "hidden: to protect another" in by_modality
    assert "20 of 24 (83 %" in by_modality
    assert " of 8 " not in by_modality
    assert " of 4 " not in by_modality


def test_a_table_in_which_nothing_may_be_shown_is_left_out(desk: Browser, busy: None) -> None:
    assert "By modality</h3>" not in desk.get(URL).content.decode()


def test_signals_against_the_end(desk: Browser, ended: None) -> None:
    page = desk.get(URL).content.decode()
    assert "6 of 6 (100 %" in page
    assert "AUC 1.00" in page


def test_outcome_and_alliance_stand_by_way_of_working(
    desk: Browser, therapist: Person, colleague: Person, now: datetime
) -> None:
    for person in (therapist, colleague):
        by = actor_for(person)
        for modality in ("cbt", "psychodynamic"):
            for one in episodes(person, 4, now - timedelta(weeks=20), modality=modality):
                better = [4.0, 6.0, 8.0] if modality == "cbt" else [4.0, 4.0, 4.0]
                scores(one, better, now - timedelta(weeks=12))
                rated(one, [7.0, 8.0], now - timedelta(weeks=12))
                care.end_episode(one.pk, "planned", by=by, now=now)
        few = episodes(person, 1, now - timedelta(weeks=20), modality="person-centered")
        rated(few[0], [2.0, 2.0], now - timedelta(weeks=12))
    page = desk.get(URL).content.decode()
    part = page.split('id="modalities"')[1].split("</section>")[0]
    assert "100 % of 8 (68–100 %; 8 clients)" in part
    assert "0 % of 8 (0–32 %; 8 clients)" in part
    alliance = part.split("The alliance as clients rate it", 1)[1]
    assert "7.5 (7.5 to 7.5; 8 clients, 16 ratings)" in alliance
    assert "hidden: fewer than 5 clients" in alliance
    assert "hidden: to protect another" in alliance
    assert "2.0" not in alliance


def test_a_rating_counts_for_the_way_of_working_of_its_day(
    desk: Browser, therapist: Person, supervisor: Person, now: datetime
) -> None:
    (one,) = episodes(therapist, 1, now - timedelta(weeks=20))
    rated(one, [5.0] * 4, now - timedelta(weeks=12))
    turn = now - timedelta(weeks=11)
    begin_phase(one.pk, modality="psychodynamic", since=turn, by=actor_for(therapist), now=now)
    record = practice_record(actor_for(supervisor), now=now)
    assert [one.part for one in record.ratings].count("psychodynamic") == sum(
        observed >= turn for observed in Score.objects.values_list("at", flat=True)
    )
    assert {one.modality for one in record.episodes} == {SEVERAL}


def test_sealed_ratings_are_in_no_figure(
    therapist: Person, supervisor: Person, session_today: Session, now: datetime
) -> None:
    form = session_today.forms.get(moment="check-out", rater="client")
    rated(session_today.episode, [5.0], now, form=form)
    assert practice_record(actor_for(supervisor), now=now).ratings == ()


def test_signals_against_the_end_stand_by_way_of_working(
    desk: Browser, therapist: Person, colleague: Person, now: datetime
) -> None:
    began = now - timedelta(weeks=12)
    for person in (therapist, colleague):
        by = actor_for(person)
        for modality in ("cbt", "psychodynamic", "person-centered"):
            number = 2 if modality == "person-centered" else 6
            made = episodes(person, number, now - timedelta(weeks=20), modality=modality)
            for place, one in enumerate(made):
                slow = place % 2 == 0
                scores(one, [4.0, 3.0, 3.0, 3.2, 3.5] if slow else [4.0, 5.0, 6.0, 7.0, 8.0], began)
                if slow:
                    answered([one], ["yes"], began + timedelta(weeks=3), kind="off-track")
                care.end_episode(one.pk, "planned", by=by, now=now)
    page = desk.get(URL).content.decode()
    table = page.split("the end, by way of working</caption>")[1].split("</table>")[0]
    assert "6 of 6 (100 %" in table
    assert "hidden: fewer than 5 clients" in table
    assert "hidden: to protect another" in table
    assert "2 of 2" not in table


def test_the_same_page_for_the_administrator(
    client: Browser, sign_in: SignIn, administrator: Person, busy: None
) -> None:
    page = sign_in(client, administrator).get(ADMINISTRATOR_URL).content.decode()
    assert "22 of 28 (79 %, 60–90 %)" in page


def test_others_see_nothing(
    client: Browser,
    sign_in: SignIn,
    therapist: Person,
    stranger: Person,
    administrator: Person,
    supervisor: Person,
    busy: None,
) -> None:
    assert Browser().get(URL)["Location"].startswith("/sign-in")
    assert sign_in(client, therapist).get(URL).status_code == 403
    assert client.get(ADMINISTRATOR_URL).status_code == 403
    assert client.post(f"{URL}refresh").status_code == 403
    assert sign_in(client, administrator).get(URL).status_code == 403
    assert sign_in(client, supervisor).get(ADMINISTRATOR_URL).status_code == 403
    assert "of 28" not in sign_in(client, stranger).get(URL).content.decode()


def test_expectations_are_refreshed_and_set_aside_by_hand(
    desk: Browser, therapist: Person, now: datetime
) -> None:
    growing(therapist, 20, now)
    answer = desk.post(f"{URL}refresh", follow=True)
    assert "now with the practice’s own data" in answer.content.decode()
    assert "20 of this practice’s clients" in answer.content.decode()
    row = Expectation.objects.get()
    answer = desk.post(reverse("supervisor:set_aside_expectation", args=[row.pk]), follow=True)
    assert "working values alone" in answer.content.decode()
    assert desk.get(f"{URL}refresh").status_code == 405


def test_queries_do_not_grow_with_the_practice(
    desk: Browser, busy: None, therapist: Person, now: datetime
) -> None:
    desk.get(URL)
    with CaptureQueriesContext(connection) as few:
        desk.get(URL)
    answered(episodes(therapist, 12, now), MIXED, now)
    with CaptureQueriesContext(connection) as many:
        desk.get(URL)
    assert len(many) == len(few)
    assert len(many) <= 20


def sure(number: int, confirmed: int, *, probability: float) -> PracticeRecord:
    """Answered signals, one a client and half of each of two therapists."""
    raised = tuple(
        Raised(
            claim=Claim.IMPROVED,
            client=f"c{one}",
            therapist=f"t{one % 2}",
            answer=Answer.YES if one < confirmed else Answer.NO,
            probability=probability,
        )
        for one in range(number)
    )
    return PracticeRecord(raised=raised, episodes=())


@pytest.mark.parametrize(
    ("confirmed", "probability", "verdict"),
    [
        (30, 0.99, "They were surer than they were right."),
        (30, 0.76, "That may well be as sure as they were right."),
        (35, 0.55, "They were right more often than they were sure."),
    ],
)
def test_whether_they_knew_how_sure_they_were_is_said_in_words(
    confirmed: int, probability: float, verdict: str
) -> None:
    (card,) = scoreboard_page(sure(40, confirmed, probability=probability)).sureness
    assert verdict in card.words[0]
    assert f"{confirmed} of 40 were confirmed" in card.words[0]
    assert "cannot be told" in card.words[1]
