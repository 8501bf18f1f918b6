"""The plan from the therapist’s side: proposed, answered, taken back, rated; nothing lost."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.plan import Aspect, Goal, Pace, Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services
from openalliance.site.records.plans.models import PlanRating, PlanVersion
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
    assert PlanRating.objects.get().rater == "therapist"


def test_steps_and_ways_of_working_are_proposed_and_shown(
    desk: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    steps = {f"level-a-{number}": f"step {number}" for number in range(5)}
    ways = {"way-time": "2", "way-time-words": "enough of the past", "too_slow": "we chat"}
    url = reverse("therapist:propose_plan", args=[episode.pk])
    half = desk.post(url, _typed(**steps | ways | {"level-a-4": " "}))
    assert half.status_code == 422
    assert "describe all five steps, or none" in half.content.decode()
    assert desk.post(url, _typed(**steps, **ways)).status_code == 302
    services.agree(PlanVersion.objects.get().pk, by=client_actor, now=now)
    page = _show(desk, episode)
    for words in ("step 3", "look at now and what comes, rather", "enough of the past", "we chat"):
        assert words in page


def test_a_proposal_of_the_client_is_talked_over_and_answered_with_another(
    desk: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    version = services.propose(episode.pk, SLEEP, by=client_actor, now=now)
    comment = reverse("therapist:plan_comment", args=[version.pk])
    assert desk.post(comment, {"words": "What would six hours change?"}).status_code == 302
    assert desk.post(comment, {"words": ""}).status_code == 400
    assert "What would six hours change?" in _show(desk, episode)
    other = reverse("therapist:plan_counter", args=[episode.pk, version.pk])
    assert "Sleep through" in desk.get(other).content.decode()
    assert desk.post(other, _typed()).status_code == 302
    version.refresh_from_db()
    assert version.status == "countered"
    assert desk.get(other).status_code == 409


def test_both_sides_and_the_gap_between_them_are_shown(
    desk: Browser, episode: Episode, agreed: PlanVersion, client_actor: Actor, now: datetime
) -> None:
    review = reverse("therapist:plan_review", args=[episode.pk])
    assert "How is the pace, as you see it?" in desk.get(review).content.decode()
    assert desk.post(review, {"agreement:g1": "9", "pace:pace": "nothing"}).status_code == 302
    services.rate(episode.pk, {(Aspect.AGREEMENT, "g1"): 2}, by=client_actor, now=now)
    page = _show(desk, episode)
    assert "9 of 10" in page
    assert "2 of 10" in page
    assert "You see this quite differently." in page
    assert PlanRating.objects.count() == 2


def test_goal_attainment_is_shown_as_a_t_score_for_each_side(
    desk: Browser, episode: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    goal = Goal(id="g1", words="Sleep", levels=("a", "b", "c", "d", "e"))
    version = services.propose(episode.pk, Plan(goals=(goal,)), by=by, now=now)
    services.agree(version.pk, by=client_actor, now=now)
    services.rate(episode.pk, {(Aspect.ATTAINMENT, "g1"): 1}, by=client_actor, now=now)
    assert "Your client <strong>60</strong>" in _show(desk, episode)


def test_without_a_plan_there_is_nothing_to_look_at(desk: Browser, episode: Episode) -> None:
    assert desk.get(reverse("therapist:plan_review", args=[episode.pk])).status_code == 404
