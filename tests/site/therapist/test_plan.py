"""The plan from the therapist’s side: proposed, answered, taken back, rated; nothing lost."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.plan import Goal, Pace, Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services
from openalliance.site.records.plans.models import GoalRating, PlanVersion
from openalliance.site.records.trust.actors import Actor

SLEEP = Plan(goals=(Goal(id="g1", words="Sleep through"),), pace=Pace(words="slowly"))
SISTER = Plan(goals=(Goal(id="g1", words="Sleep six hours"), Goal(id="g2", words="See my sister")))


@pytest.fixture
def agreed(episode: Episode, by: Actor, client_actor: Actor, now: datetime) -> PlanVersion:
    version = services.propose(episode.pk, SLEEP, by=by, now=now)
    return services.agree(version.pk, by=client_actor, now=now)


def _show(desk: Browser, episode: Episode) -> str:
    return desk.get(reverse("therapist:plan", args=[episode.pk])).content.decode()


def _typed(**changed: object) -> dict[str, object]:
    return {
        "goal-id": ["a", "b"],
        "goal-words": ["Feel less alone", ""],
        "strategy-id": ["s"],
        "strategy-words": ["Call a friend"],
        "strategy-goal": ["a"],
        "every_weeks": "1",
        "minutes": "50",
        "pace": "",
        "note": "What do you think?",
        **changed,
    }


def test_a_proposal_waits_for_the_client_and_can_be_taken_back(
    desk: Browser, episode: Episode
) -> None:
    url = reverse("therapist:propose_plan", args=[episode.pk])
    assert desk.post(url, _typed()).status_code == 302
    version = PlanVersion.objects.get()
    assert (version.status, version.proposed_by) == ("proposed", "therapist")
    page = _show(desk, episode)
    assert "Feel less alone" in page
    assert "Take it back" in page
    answer = reverse("therapist:answer_plan", args=[version.pk])
    assert desk.post(answer, {"answer": "agree"}).status_code == 409
    assert desk.post(answer, {"answer": "take-back"}).status_code == 302
    assert "taken back" in _show(desk, episode)


def test_more_lines_keep_what_was_typed_and_propose_nothing(
    desk: Browser, episode: Episode
) -> None:
    url = reverse("therapist:propose_plan", args=[episode.pk])
    page = desk.post(url, _typed(more="1"))
    assert page.status_code == 200
    assert "Feel less alone" in page.content.decode()
    assert not PlanVersion.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [_typed(**{"goal-words": ["", ""]}), _typed(minutes="fifty"), _typed(every_weeks="0")],
)
def test_what_is_no_plan_is_refused_with_what_was_typed(
    desk: Browser, episode: Episode, typed: dict[str, object]
) -> None:
    page = desk.post(reverse("therapist:propose_plan", args=[episode.pk]), typed)
    assert page.status_code == 422
    assert "Call a friend" in page.content.decode()
    assert not PlanVersion.objects.exists()


def test_the_clients_proposal_shows_its_differences_and_is_agreed(
    desk: Browser, episode: Episode, agreed: PlanVersion, client_actor: Actor, now: datetime
) -> None:
    proposed = services.propose(episode.pk, SISTER, note="More", by=client_actor, now=now)
    page = _show(desk, episode)
    assert "Your client proposes a change" in page
    assert "Sleep six hours" in page
    desk.post(reverse("therapist:answer_plan", args=[proposed.pk]), {"answer": "agree"})
    agreed.refresh_from_db()
    assert agreed.status == "replaced"
    assert "See my sister" in _show(desk, episode)


def test_disagreement_stays_visible_and_kind(
    desk: Browser, episode: Episode, agreed: PlanVersion, client_actor: Actor, now: datetime
) -> None:
    proposed = services.propose(episode.pk, SISTER, by=client_actor, now=now)
    url = reverse("therapist:answer_plan", args=[proposed.pk])
    desk.post(url, {"answer": "decline", "note": "Let us talk first"})
    page = _show(desk, episode)
    assert "Let us talk first" in page
    assert "worth a conversation" in page
    assert desk.post(url, {"answer": "agree"}).status_code == 409


def test_while_the_clients_proposal_waits_another_is_not_lost(
    desk: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    services.propose(episode.pk, SISTER, by=client_actor, now=now)
    page = desk.post(reverse("therapist:propose_plan", args=[episode.pk]), _typed())
    assert page.status_code == 409
    assert "Feel less alone" in page.content.decode()


def test_goals_are_rated_from_0_to_10(desk: Browser, episode: Episode, agreed: PlanVersion) -> None:
    url = reverse("therapist:rate_goal", args=[episode.pk])
    assert desk.post(url, {"goal": "g1", "value": "7"}).status_code == 302
    for value in ("11", "-1", "", "x"):
        assert desk.post(url, {"goal": "g1", "value": value}).status_code == 400
    assert desk.post(url, {"goal": "nope", "value": "7"}).status_code == 404
    assert GoalRating.objects.get().rater == "therapist"
