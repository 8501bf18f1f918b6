"""The plan at one screen: both write, each says yes alone, and nobody says it for the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.errors import NotFoundError
from openalliance.core.plan import Goal, Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services
from openalliance.site.records.plans.access import client_beside_plan, plan_of_episode
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.client.readers import thing_words
from tests.site.conftest import PASSWORD

TYPED = {
    "goal-id": "g1", "goal-words": "Sleep through", "strategy-id": "s1",
    "strategy-words": "A walk after dinner", "strategy-goal": "g1", "every_weeks": "1",
    "minutes": "50",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    cache.clear()


def change(episode: Episode) -> str:
    return reverse("therapist:plan_together", args=[episode.pk])


def room(version: PlanVersion) -> str:
    return reverse("therapist:plan_in_room", args=[version.pk])


def back(version: PlanVersion) -> str:
    return reverse("therapist:plan_in_room_back", args=[version.pk])


def opened(desk: Browser, episode: Episode) -> PlanVersion:
    answer = desk.post(change(episode), TYPED)
    version = plan_of_episode(episode).proposed
    assert version is not None
    assert answer["Location"] == room(version)
    assert answer["Clear-Site-Data"] == '"cache"'
    return version


def test_both_say_yes_each_with_a_step_of_their_own(desk: Browser, episode: Episode) -> None:
    assert b"Look at it together" in desk.get(change(episode)).content
    version = opened(desk, episode)
    asked = desk.get(room(version)).content.decode()
    assert "Sleep through" in asked
    assert "Now you: do you want it like this?" in asked
    assert plan_of_episode(episode).agreed is None
    thanks = desk.post(room(version), {"answer": "agree"}, follow=True).content.decode()
    assert "You both said yes. This is your plan now." in thanks
    agreed = plan_of_episode(episode).agreed
    assert agreed is not None
    assert agreed.together
    assert desk.post(back(version), {"password": PASSWORD}).status_code == 302
    page = desk.get(reverse("therapist:plan", args=[episode.pk])).content.decode()
    assert "agreed together, at one screen" in page


def test_the_log_says_who_did_what_and_where(
    desk: Browser, episode: Episode, client_actor: Actor
) -> None:
    version = opened(desk, episode)
    desk.post(room(version), {"answer": "agree"})
    done = AccessEntry.objects.filter(subject="plan together", action="changed")
    assert [one.actor_kind for one in done.order_by("pk")] == ["staff", "client"]
    assert done.order_by("pk").last().actor_id == client_actor.id
    assert thing_words("plan together")


def test_until_the_password_every_other_address_leads_back(desk: Browser, episode: Episode) -> None:
    version = opened(desk, episode)
    for address in (
        "/",
        reverse("therapist:caseload"),
        reverse("therapist:plan", args=[episode.pk]),
        change(episode),
    ):
        assert desk.get(address)["Location"] == room(version)
    assert desk.post(back(version), {"password": "wrong"}).status_code == 422
    assert desk.get("/")["Location"] == room(version)
    assert desk.post(back(version), {"password": PASSWORD}).status_code == 302
    assert desk.get(reverse("therapist:caseload")).status_code == 200


@pytest.mark.parametrize(("said", "status"), [("decline", "declined"), ("later", "proposed")])
def test_any_answer_is_all_right(desk: Browser, episode: Episode, said: str, status: str) -> None:
    version = opened(desk, episode)
    answer = desk.post(room(version), {"answer": said}, follow=True)
    assert "Please hand the tablet back" in answer.content.decode()
    version.refresh_from_db()
    assert version.status == status
    assert desk.post(back(version), {"password": PASSWORD}).status_code == 302


def test_no_answer_is_asked_for_again(desk: Browser, episode: Episode) -> None:
    version = opened(desk, episode)
    answer = desk.post(room(version), {"answer": "perhaps"})
    assert answer.status_code == 422
    assert "Please choose an answer." in answer.content.decode()


def test_without_handing_over_the_clients_step_is_shut(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    plan = Plan(goals=(Goal(id="g", words="Swim"),))
    version = services.propose(episode.pk, plan, by=by, now=now)
    plan_page = reverse("therapist:plan", args=[episode.pk])
    assert desk.get(room(version))["Location"] == plan_page
    assert desk.post(room(version), {"answer": "agree"})["Location"] == plan_page
    version.refresh_from_db()
    assert version.status == "proposed"


def test_the_clients_own_proposal_unchanged_needs_only_the_therapist(
    desk: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    plan = Plan(goals=(Goal(id="g1", words="Sleep through"),))
    version = services.propose(episode.pk, plan, by=client_actor, now=now)
    typed = {**TYPED, "strategy-words": ""}
    answer = desk.post(change(episode), typed)
    assert answer["Location"] == reverse("therapist:plan", args=[episode.pk])
    version.refresh_from_db()
    assert (version.status, version.together) == ("agreed", True)


def test_what_was_open_stays_in_the_history(
    desk: Browser, episode: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    plan = Plan(goals=(Goal(id="g", words="Swim"),))
    own = services.propose(episode.pk, plan, by=by, now=now)
    version = opened(desk, episode)
    own.refresh_from_db()
    assert (own.status, version.number) == ("withdrawn", 2)


@pytest.mark.parametrize(
    "wrong",
    [{"goal-words": ""}, {"every_weeks": "often"}, {"level-g1-0": "Never", "goal-words": "Swim"}],
)
def test_what_does_not_fit_hands_nothing_over(
    desk: Browser, episode: Episode, wrong: dict[str, str]
) -> None:
    answer = desk.post(change(episode), {**TYPED, **wrong})
    assert answer.status_code == 422
    assert "Please look at this again" in answer.content.decode()
    assert plan_of_episode(episode).proposed is None
    assert desk.get(reverse("therapist:caseload")).status_code == 200


def test_both_read_the_clients_language(desk: Browser, episode: Episode) -> None:
    client = episode.client
    client.language = "es"
    client.save()
    assert "Nuestro plan" in desk.get(change(episode)).content.decode()
    version = opened(desk, episode)
    page = desk.get(room(version)).content.decode()
    assert "Sí, de acuerdo" in page


def test_nobody_else_stands_beside_the_client(
    episode: Episode, by: Actor, colleague: Person, stranger: Person, supervisor: Person,
    client_actor: Actor, now: datetime,
) -> None:  # fmt: skip
    plan = Plan(goals=(Goal(id="g", words="Swim"),))
    version = services.propose(episode.pk, plan, by=by, now=now)
    assert client_beside_plan(by, version.pk) == client_actor
    for other in (*map(actor_for, (colleague, stranger, supervisor)), client_actor):
        with pytest.raises(NotFoundError):
            client_beside_plan(other, version.pk)


def test_the_clients_record_says_where_it_was_agreed(
    desk: Browser, episode: Episode, client: Browser, come_in: Any, client_link: Any
) -> None:
    version = opened(desk, episode)
    desk.post(room(version), {"answer": "agree"})
    own = come_in(Browser(), client_link)
    page = own.get(f"{client_link.url}plan").content.decode()
    assert "together at one screen" in page
    found = own.get(f"{client_link.url}record.json").json()
    assert found["episodes"][0]["plan"][0]["agreed_together"] is True
