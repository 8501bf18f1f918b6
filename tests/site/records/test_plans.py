"""A plan holds only once both sides have said yes; no version is ever overwritten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.plan import Aspect, Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services
from openalliance.site.records.plans.access import (
    comments_on,
    plan_of_episode,
    progress_of,
    ratings_of,
    sessions_since_review,
    standing_of_episode,
)
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor


def plan(*goals: str) -> Plan:
    return Plan(
        goals=tuple(Goal(id=f"g{number}", words=words) for number, words in enumerate(goals)),
        strategies=(Strategy(id="s0", words="Walk every morning", goal_id="g0"),),
        pace=Pace(words="Slowly at first", sessions_every_weeks=1, minutes=50),
    )


def test_a_proposal_becomes_the_plan_when_the_other_side_agrees(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    proposed = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    assert plan_of_episode(episode).agreed is None
    services.agree(proposed.pk, by=actor_for(therapist), now=now)
    agreed = plan_of_episode(episode).agreed
    assert agreed is not None
    assert plan_of(agreed) == plan("Sleep")


def test_nobody_answers_their_own_proposal(
    episode: Episode, client_actor: Actor, now: datetime
) -> None:
    proposed = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    with pytest.raises(ConflictError):
        services.agree(proposed.pk, by=client_actor, now=now)


def test_versions_are_kept(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    by = actor_for(therapist)
    first = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    services.agree(first.pk, by=by, now=now)
    second = services.propose(episode.pk, plan("Sleep", "Friends"), by=by, now=now)
    services.decline(second.pk, note="Too much now", by=client_actor, now=now)
    third = services.propose(episode.pk, plan("Sleep better"), by=client_actor, now=now)
    services.agree(third.pk, by=by, now=now)
    history = plan_of_episode(episode).history
    assert [(one.number, one.status) for one in history] == [
        (3, "agreed"),
        (2, "declined"),
        (1, "replaced"),
    ]
    assert history[1].answer_note == "Too much now"


def test_one_proposal_at_a_time(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    mine = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    with pytest.raises(ConflictError):
        services.propose(episode.pk, plan("Work"), by=actor_for(therapist), now=now)
    services.take_back(mine.pk, by=client_actor, now=now)
    assert services.propose(episode.pk, plan("Work"), by=actor_for(therapist), now=now)


def test_a_proposal_that_changes_nothing_is_refused(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    first = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    services.agree(first.pk, by=actor_for(therapist), now=now)
    with pytest.raises(InputError):
        services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)


def test_goals_of_the_agreed_plan_are_rated_by_both(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    first = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    services.agree(first.pk, by=actor_for(therapist), now=now)
    services.rate_goal(episode.pk, "g0", 3, by=client_actor, now=now)
    later = now + timedelta(minutes=1)
    services.rate_goal(episode.pk, "g0", 5, by=actor_for(therapist), now=later)
    assert [(one.rater, one.value) for one in ratings_of(episode)] == [
        ("client", 3),
        ("therapist", 5),
    ]
    with pytest.raises(InputError):
        services.rate_goal(episode.pk, "g0", 11, by=client_actor, now=now)
    with pytest.raises(NotFoundError):
        services.rate_goal(episode.pk, "nope", 5, by=client_actor, now=now)


def test_a_stranger_cannot_answer(
    episode: Episode, stranger: Person, colleague: Person, client_actor: Actor, now: datetime
) -> None:
    proposed = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    for person in (stranger, colleague):
        with pytest.raises(NotFoundError):
            services.agree(proposed.pk, by=actor_for(person), now=now)


LEVELS = ("none", "one night", "half of them", "most", "all")
FULL = Plan(
    goals=(Goal(id="g0", words="Sleep", levels=LEVELS, importance=2),),
    strategies=(Strategy(id="s0", words="Walk every morning", goal_id="g0"),),
    pace=Pace(words="Slowly", too_fast="headaches", too_slow="I get bored"),
    preferences=(Preference(way=Way.EMOTION, value=-2, words="let me cry"),),
)


def test_everything_in_a_plan_is_kept(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    version = services.propose(episode.pk, FULL, by=client_actor, now=now)
    assert plan_of(PlanVersion.objects.get(pk=version.pk)) == FULL


def test_a_version_from_before_has_no_steps_and_no_ways(episode: Episode, now: datetime) -> None:
    old = PlanVersion.objects.create(
        practice_id=episode.practice_id, episode=episode, number=1, status="agreed",
        proposed_by="client", proposed_at=now,
        content={
            "goals": [{"id": "g", "words": "Sleep"}], "strategies": [],
            "pace": {"words": "", "sessions_every_weeks": 1, "minutes": 50},
        },
    )  # fmt: skip
    assert plan_of(PlanVersion.objects.get(pk=old.pk)) == Plan(goals=(Goal(id="g", words="Sleep"),))


def test_a_proposal_may_be_answered_with_another_and_agreed_then(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    first = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    second = services.counter(first.pk, FULL, note="And this?", by=actor_for(therapist), now=now)
    with pytest.raises(ConflictError):
        services.counter(second.pk, plan("Sleep"), by=actor_for(therapist), now=now)
    services.agree(second.pk, by=client_actor, now=now)
    history = plan_of_episode(episode).history
    assert [(one.status, one.proposed_by) for one in history] == [
        ("agreed", "therapist"), ("countered", "client"),
    ]  # fmt: skip
    assert history[0].answers == first


def test_the_same_again_is_no_counter_proposal(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    first = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    with pytest.raises(InputError):
        services.counter(first.pk, plan("Sleep"), by=actor_for(therapist), now=now)
    assert plan_of_episode(episode).proposed == first


def test_both_talk_a_proposal_over(
    episode: Episode, therapist: Person, colleague: Person, client_actor: Actor, now: datetime
) -> None:
    version = services.propose(episode.pk, plan("Sleep"), by=client_actor, now=now)
    services.comment(version.pk, "Why first?", by=actor_for(therapist), now=now)
    services.comment(version.pk, "I am so tired", by=client_actor, now=now + timedelta(hours=1))
    assert [(one.by_side, one.words) for one in comments_on(version)] == [
        ("therapist", "Why first?"), ("client", "I am so tired"),
    ]  # fmt: skip
    for words in ("  ", "x" * 1001):
        with pytest.raises(InputError):
            services.comment(version.pk, words, by=client_actor, now=now)
    with pytest.raises(NotFoundError):
        services.comment(version.pk, "hello", by=actor_for(colleague), now=now)
    services.agree(version.pk, by=actor_for(therapist), now=now)
    with pytest.raises(ConflictError):
        services.comment(version.pk, "too late", by=client_actor, now=now)


def test_a_review_rates_many_parts_at_once_or_none(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    version = services.propose(episode.pk, FULL, by=client_actor, now=now)
    services.agree(version.pk, by=actor_for(therapist), now=now)
    given = {
        (Aspect.AGREEMENT, "g0"): 8, (Aspect.ATTAINMENT, "g0"): -1, (Aspect.USEFULNESS, "s0"): 3,
        (Aspect.PACE, "pace"): 2, (Aspect.DELIVERED, "emotion"): 1,
    }  # fmt: skip
    services.rate(episode.pk, given, by=client_actor, now=now)
    standing = standing_of_episode(episode)
    assert standing is not None
    client = standing.pair(Aspect.ATTAINMENT, "g0").client
    assert client is not None
    assert client.value == -1
    assert standing.attainment["client"] == 40.0
    with pytest.raises(InputError):
        services.rate(
            episode.pk, {(Aspect.PROGRESS, "g0"): 4, (Aspect.PACE, "pace"): 9},
            by=client_actor, now=now,
        )  # fmt: skip
    assert len(ratings_of(episode)) == len(given)
    assert progress_of(episode) == ()


def test_a_look_at_the_plan_is_due_by_sessions_since_the_last(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    by = actor_for(therapist)
    assert sessions_since_review(episode, by_side="client") == 0
    start = now - timedelta(days=60)
    version = services.propose(episode.pk, FULL, by=client_actor, now=start)
    services.agree(version.pk, by=by, now=start)
    for week in range(1, 4):
        session = care.add_session(
            episode.pk, starts_at=start + timedelta(weeks=week), by=by, now=start
        )
        care.set_session_status(session.pk, "attended", by=by, now=now)
    assert sessions_since_review(episode, by_side="client") == 3
    given = {(Aspect.AGREEMENT, "g0"): 7}
    services.rate(episode.pk, given, by=client_actor, now=start + timedelta(weeks=2, hours=1))
    assert sessions_since_review(episode, by_side="client") == 1
    assert sessions_since_review(episode, by_side="therapist") == 3
