"""The client's own pages about consent, their record, and having it deleted."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta

import pytest
from client_steps import form_of, send
from django.test import Client as Browser

from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.care.phases import begin_phase
from openalliance.site.records.checkins.models import HardToSay
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights import erasure
from openalliance.site.records.rights.consent import ConsentKind, own_consents
from openalliance.site.records.rights.retention import set_rule
from openalliance.site.records.trust.actors import Actor


def _page(own: Browser, address: str) -> str:
    answer = own.get(address)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.content.decode()


def _given(by: Actor, kind: ConsentKind) -> bool:
    return any(one.given for one in own_consents(by) if one.kind is kind)


def test_the_own_page_asks_once_what_may_happen_with_what_is_written(
    own: Browser, url: str, client_actor: Actor
) -> None:
    assert "What happens with what you write?" in _page(own, url)
    answer = own.post(f"{url}consent", {"kind": "use", "answer": "yes"})
    assert answer.status_code == 302
    assert _given(client_actor, ConsentKind.USE)
    assert "What happens with what you write?" not in _page(own, url)


def test_a_no_is_respected_and_nothing_is_closed(
    own: Browser, url: str, session_today: Session, client_actor: Actor
) -> None:
    own.post(f"{url}consent", {"kind": "use", "answer": "no"})
    assert not _given(client_actor, ConsentKind.USE)
    assert form_of(session_today, "check-in").pk.hex in _page(own, url).replace("-", "")


def test_research_is_off_until_yes_and_off_again_after_no(
    own: Browser, url: str, client_actor: Actor
) -> None:
    page = _page(own, f"{url}consent")
    assert "You have not answered yet. That counts as no." in page
    own.post(f"{url}consent", {"kind": "research", "answer": "yes"})
    assert _given(client_actor, ConsentKind.RESEARCH)
    assert "You said yes on" in _page(own, f"{url}consent")
    own.post(f"{url}consent", {"kind": "research", "answer": "no"})
    assert not _given(client_actor, ConsentKind.RESEARCH)
    assert "What I answered so far" in _page(own, f"{url}consent")


@pytest.mark.parametrize(
    "posted",
    [{}, {"kind": "use"}, {"kind": "use", "answer": "maybe"}, {"kind": "x", "answer": "no"}],
)
def test_half_an_answer_is_no_answer(own: Browser, url: str, posted: dict[str, str]) -> None:
    assert own.post(f"{url}consent", posted).status_code == 422


def test_everything_about_me_is_on_one_page_and_in_two_files(
    own: Browser, url: str, session_today: Session, said: HardToSay, agreed_plan: PlanVersion,
    client_actor: Actor, therapist: Person, now: datetime,
) -> None:  # fmt: skip
    send(form_of(session_today, "check-in"), 4, by=client_actor, now=now)
    send(form_of(session_today, "check-out"), 9, by=client_actor, now=now)
    send(form_of(session_today, "check-out", "therapist"), 6, by=actor_for(therapist), now=now)
    page = _page(own, f"{url}record")
    for words in (
        "Noor Client",
        "Sleep through most nights",
        "It goes too fast for me",
        "Check-in",
    ):
        assert words in page
    taken = own.get(f"{url}record.json")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="my-record.json"'
    assert json.loads(taken.content)["about"]["name"] == "Noor Client"
    rows = list(csv.DictReader(io.StringIO(own.get(f"{url}record.csv").content.decode())))
    assert {row["rater"] for row in rows} == {"client", "therapist"}


def test_a_check_out_that_is_sealed_is_in_no_file(
    own: Browser, url: str, session_today: Session, therapist: Person, now: datetime
) -> None:
    send(form_of(session_today, "check-out", "therapist"), 6, by=actor_for(therapist), now=now)
    assert json.loads(own.get(f"{url}record.json").content)["episodes"][0]["scores"] == []
    assert len(own.get(f"{url}record.csv").content.decode().splitlines()) == 1


def test_the_page_says_what_goes_when_and_why_before_anything_happens(
    own: Browser, url: str, administrator: Person, client_actor: Actor, now: datetime
) -> None:
    assert "10 years after your therapy here has ended" in _page(own, f"{url}delete")
    set_rule(5, "Rule of our chamber.", by=actor_for(administrator), now=now)
    page = _page(own, f"{url}delete")
    assert "5 years after your therapy here has ended" in page
    assert "Rule of our chamber." in page
    assert erasure.standing(client_actor) is None


def test_asking_can_be_taken_back(own: Browser, url: str, client_actor: Actor) -> None:
    assert own.post(f"{url}delete").status_code == 302
    assert erasure.standing(client_actor) is not None
    assert "Do not delete: take it back" in _page(own, f"{url}delete")
    assert own.post(f"{url}delete/take-back").status_code == 302
    assert erasure.standing(client_actor) is None
    assert own.post(f"{url}delete/take-back").status_code == 409


def test_numbers_that_stay_for_research_are_told(own: Browser, url: str) -> None:
    assert "They stay, and nobody can tell" not in _page(own, f"{url}delete")
    own.post(f"{url}consent", {"kind": "research", "answer": "yes"})
    assert "They stay, and nobody can tell" in _page(own, f"{url}delete")


def test_after_the_erasure_the_link_leads_nowhere(
    own: Browser, url: str, episode: Episode, client_person: Client, client_actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    erasure.ask(by=client_actor, now=now)
    Episode.objects.filter(pk=episode.pk).update(ended_at=now, ending="planned")
    for years in (1, 12):
        erasure.carry_out_due(now=now + timedelta(days=366 * years))
    assert own.get(url).status_code == 404
    assert own.get(f"{url}record").status_code == 404


def test_it_is_all_there_in_spanish(own: Browser, url: str) -> None:
    own.post(f"{url}language", {"language": "es"})
    assert "Lo que acepté" in _page(own, f"{url}consent")
    assert "Todo sobre mí" in _page(own, f"{url}record")
    assert "Borrar lo que hay sobre mí" in _page(own, f"{url}delete")


def test_the_plan_is_taken_along_in_a_shape_that_others_read(
    own: Browser, url: str, episode: Episode, agreed_plan: PlanVersion, now: datetime
) -> None:
    taken = own.get(f"{url}record/plan.json")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="my-plan.json"'
    kinds = {one["resource"]["resourceType"] for one in json.loads(taken.content)["entry"]}
    assert {"CarePlan", "Goal"} <= kinds
    assert episode.client.code in taken.content.decode()
    assert "Noor Client" not in taken.content.decode()


def test_the_whole_plan_and_how_the_work_went_stand_on_paper(
    own: Browser, url: str, episode: Episode, agreed_plan: PlanVersion, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    begin_phase(
        episode.pk, modality="other", modality_name="Schema therapy", by=actor_for(therapist),
        now=now,
    )  # fmt: skip
    page = _page(own, f"{url}record")
    plan = plan_of(agreed_plan)
    for words in (*(one.words for one in plan.goals), *(one.words for one in plan.strategies)):
        assert words in page
    assert "Schema therapy, since" in page
    document = json.loads(own.get(f"{url}record.json").content)["episodes"][0]
    assert [one["modality"] for one in document["phases"]] == ["CBT", "Schema therapy"]
