"""The plan from the client's side: read, rated, proposed, answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client as Browser

from openalliance.core.plan import Aspect, Goal, Pace, Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.models import PlanRating, PlanStatus, PlanVersion
from openalliance.site.records.plans.services import agree, propose, rate
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

PLAN = Plan(goals=(Goal(id="calm", words="Feel calm on the bus"),))


@pytest.fixture
def suggested(
    agreed_plan: PlanVersion, episode: Episode, therapist: Person, now: datetime
) -> PlanVersion:
    """The therapist's proposal to meet every second week."""
    changed = replace(plan_of(agreed_plan), pace=Pace(sessions_every_weeks=2))
    return propose(
        episode.pk, changed, note="Every week is a lot.", by=actor_for(therapist), now=now
    )


def typed(**changed: object) -> dict[str, object]:
    return {
        "goal_id": ["sleep", "new"],
        "goal": ["Sleep through most nights", "See friends, أصدقائي 🌻"],
        "strategy_id": ["phone"],
        "strategy": ["No phone after ten"],
        "strategy_goal": ["0"],
        "weeks": "1",
        "minutes": "50",
        "pace_words": "slowly",
        "note": "",
        **changed,
    }


def test_no_plan_yet_invites_to_start_one(own: Browser, url: str, episode: Episode) -> None:
    page = own.get(f"{url}plan").content.decode()
    assert "No plan yet" in page
    assert "Write a first proposal" in page


def test_the_plan_shows_goals_what_is_done_and_the_pace(
    own: Browser, url: str, agreed_plan: PlanVersion
) -> None:
    page = own.get(f"{url}plan").content.decode()
    for words in ("Sleep through most nights", "No phone after ten", "Once a week, 50 minutes"):
        assert words in page


def test_a_goal_is_rated(own: Browser, url: str, agreed_plan: PlanVersion) -> None:
    rated = own.post(f"{url}plan/rate", {"goal": "sleep", "rating": "6"}, follow=True)
    assert "6 out of 10" in rated.content.decode()
    assert PlanRating.objects.get().rater == "client"


@pytest.mark.parametrize("rating", ["", "11", "-1", "6.5", "six", "²", "9" * 5000])
def test_a_rating_that_is_none_is_refused(
    own: Browser, url: str, agreed_plan: PlanVersion, rating: str
) -> None:
    refused = own.post(f"{url}plan/rate", {"goal": "sleep", "rating": rating})
    assert refused.status_code == 422
    assert "choose a number from 0 to 10" in refused.content.decode()
    assert not PlanRating.objects.exists()


def test_a_goal_that_is_not_in_the_plan_cannot_be_rated(
    own: Browser, url: str, agreed_plan: PlanVersion
) -> None:
    assert own.post(f"{url}plan/rate", {"goal": "x", "rating": "6"}).status_code == 404


def test_a_change_is_proposed_and_waits_for_the_therapist(
    own: Browser, url: str, agreed_plan: PlanVersion
) -> None:
    sent = own.post(f"{url}plan/propose", typed(), follow=True)
    page = sent.content.decode()
    assert "Your proposal" in page
    assert "See friends, أصدقائي 🌻" in page
    proposed = PlanVersion.objects.get(status=PlanStatus.PROPOSED)
    plan = plan_of(proposed)
    assert plan.goals[0].words == "Sleep through most nights"
    assert plan.goals[0].id == "sleep"
    assert plan.strategies[0].goal_id == "sleep"


def test_more_empty_lines_keep_what_was_typed(
    own: Browser, url: str, agreed_plan: PlanVersion
) -> None:
    page = own.post(f"{url}plan/propose", typed(more="1")).content.decode()
    assert "See friends" in page
    assert page.count('name="goal"') > 4
    assert not PlanVersion.objects.filter(status=PlanStatus.PROPOSED).exists()


def test_nothing_changed_is_no_proposal(own: Browser, url: str, agreed_plan: PlanVersion) -> None:
    same = typed(goal=["Sleep through most nights", ""])
    refused = own.post(f"{url}plan/propose", same)
    assert refused.status_code == 422
    assert "Nothing is different" in refused.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"goal": ["x" * 301, ""]},
        {"weeks": "0"},
        {"weeks": "soon"},
        {"minutes": ""},
        {"pace_words": "x" * 301},
        {"note": "x" * 2001},
        {"goal_id": ["sleep", "sleep"]},
    ],
)
def test_a_line_that_does_not_fit_is_said_and_the_rest_kept(
    own: Browser, url: str, agreed_plan: PlanVersion, wrong: dict[str, object]
) -> None:
    refused = own.post(f"{url}plan/propose", typed(**wrong))
    assert refused.status_code == 422
    assert "No phone after ten" in refused.content.decode()
    assert not PlanVersion.objects.filter(status=PlanStatus.PROPOSED).exists()


def test_the_therapists_proposal_is_agreed(own: Browser, url: str, suggested: PlanVersion) -> None:
    assert "suggests a change" in own.get(url).content.decode()
    page = own.get(f"{url}plan").content.decode()
    assert "Every week is a lot." in page
    agreed = own.post(f"{url}plan/{suggested.pk}/answer", {"answer": "agree"}, follow=True)
    assert "Every 2 weeks" in agreed.content.decode()
    suggested.refresh_from_db()
    assert suggested.status == PlanStatus.AGREED


def test_the_therapists_proposal_is_declined_with_a_word(
    own: Browser, url: str, suggested: PlanVersion
) -> None:
    answer = {"answer": "decline", "note": "Weekly helps me."}
    page = own.post(f"{url}plan/{suggested.pk}/answer", answer, follow=True).content.decode()
    assert "Weekly helps me." in page
    assert "Not agreed" in page


@pytest.mark.parametrize(
    "wrong", [{}, {"answer": "maybe"}, {"answer": "agree", "note": "x" * 2001}]
)
def test_an_answer_that_is_none_changes_nothing(
    own: Browser, url: str, suggested: PlanVersion, wrong: dict[str, str]
) -> None:
    assert own.post(f"{url}plan/{suggested.pk}/answer", wrong).status_code == 422
    suggested.refresh_from_db()
    assert suggested.status == PlanStatus.PROPOSED


def test_answering_in_two_windows_answers_once(
    own: Browser, url: str, suggested: PlanVersion
) -> None:
    own.post(f"{url}plan/{suggested.pk}/answer", {"answer": "agree"})
    again = own.post(f"{url}plan/{suggested.pk}/answer", {"answer": "decline"})
    assert again.status_code == 409
    assert "Nothing is lost" in again.content.decode()
    suggested.refresh_from_db()
    assert suggested.status == PlanStatus.AGREED


def test_an_own_proposal_is_taken_back(
    own: Browser, url: str, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    version = propose(episode.pk, PLAN, by=client_actor, now=now)
    assert own.get(f"{url}plan/propose").status_code == 302
    page = own.post(f"{url}plan/{version.pk}/take-back", follow=True).content.decode()
    assert "Taken back" in page
    version.refresh_from_db()
    assert version.status == PlanStatus.WITHDRAWN


def test_nobody_elses_plan_is_answered(
    own: Browser, url: str, other_client: Episode, colleague: Person, now: datetime
) -> None:
    theirs = propose(other_client.pk, PLAN, by=actor_for(colleague), now=now)
    for version_id in (theirs.pk, uuid4()):
        for path, data in (("answer", {"answer": "agree"}), ("take-back", {})):
            answer = own.post(f"{url}plan/{version_id}/{path}", data)
            assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == PlanStatus.PROPOSED


def test_an_address_that_only_takes_forms_leads_to_the_plan(
    own: Browser, url: str, suggested: PlanVersion
) -> None:
    for path in ("rate", f"{suggested.pk}/answer", f"{suggested.pk}/take-back"):
        assert own.get(f"{url}plan/{path}")["Location"] == f"{url}plan"
    suggested.refresh_from_db()
    assert suggested.status == PlanStatus.PROPOSED


LEVELS = ("none", "one night", "half", "most", "all")


def finer(goal_id: str = "sleep") -> dict[str, str]:
    """Return the finer fields of the proposal, all filled in."""
    return {
        **{f"level-{goal_id}-{n}": words for n, words in enumerate(LEVELS)},
        f"importance-{goal_id}": "3",
        "too_fast": "I go quiet",
        "too_slow": "I look at the clock",
        "way-emotion": "-2",
        "way-emotion-words": "let me cry",
        "way-humour": "nonsense",
    }


def test_steps_ways_and_what_is_too_fast_are_proposed_and_shown(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime
) -> None:
    own.post(f"{url}plan/propose", typed(**finer()))
    version = PlanVersion.objects.get()
    agree(version.pk, by=actor_for(therapist), now=now)
    goal = plan_of(version).goals[0]
    assert (goal.levels, goal.importance) == (LEVELS, 3)
    page = own.get(f"{url}plan").content.decode()
    for words in ("half", "I go quiet", "I look at the clock", "go deep into feelings, rather"):
        assert words in page
    assert "let me cry" in own.get(f"{url}plan/propose").content.decode()


def test_four_steps_are_asked_to_be_five(own: Browser, url: str) -> None:
    answer = own.post(f"{url}plan/propose", typed(**finer() | {"level-sleep-2": ""}))
    assert answer.status_code == 422
    assert "Please describe all five steps, or none." in answer.content.decode()
    assert "let me cry" in answer.content.decode()
    assert not PlanVersion.objects.exists()


def test_the_therapists_proposal_is_talked_over_and_answered_with_another(
    own: Browser, url: str, episode: Episode, agreed_plan: PlanVersion, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    other = Plan(goals=(*plan_of(agreed_plan).goals, Goal(id="walk", words="Walk at noon")))
    version = propose(episode.pk, other, by=actor_for(therapist), now=now)
    said = own.post(f"{url}plan/{version.pk}/comment", {"words": "Why at noon?"})
    assert said.status_code == 302
    assert "Why at noon?" in own.get(f"{url}plan").content.decode()
    assert own.post(f"{url}plan/{version.pk}/comment", {"words": " "}).status_code == 422
    form = own.get(f"{url}plan/{version.pk}/other").content.decode()
    assert "Walk at noon" in form
    answered = own.post(f"{url}plan/{version.pk}/other", typed())
    assert answered.status_code == 302
    version.refresh_from_db()
    assert version.status == PlanStatus.COUNTERED
    assert "Answered with another proposal" in own.get(f"{url}plan").content.decode()
    assert own.get(f"{url}plan/{version.pk}/other").status_code == 409


def test_a_look_at_the_plan_keeps_what_was_answered_and_shows_both_sides(
    own: Browser, url: str, episode: Episode, agreed_plan: PlanVersion, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    form = own.get(f"{url}plan/review").content.decode()
    for words in ("Is this still the right goal?", "Does this help?", "How is the pace for you?"):
        assert words in form
    said = {"agreement:sleep": "3", "usefulness:phone": "", "pace:pace": "2", "progress:x": "4"}
    assert own.post(f"{url}plan/review", said).status_code == 302
    assert {(one.aspect, one.value) for one in PlanRating.objects.all()} == {
        ("agreement", 3), ("pace", 2),
    }  # fmt: skip
    rate(episode.pk, {(Aspect.AGREEMENT, "sleep"): 9}, by=actor_for(therapist), now=now)
    page = own.get(f"{url}plan").content.decode()
    assert "3 of 10" in page
    assert "9 of 10" in page
    assert "You see this quite differently." in page


def test_without_a_plan_there_is_nothing_to_look_at(own: Browser, url: str) -> None:
    assert own.get(f"{url}plan/review").status_code == 404
