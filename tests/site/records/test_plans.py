"""A plan holds only once both sides have said yes; no version is ever overwritten."""

from __future__ import annotations

from datetime import datetime

import pytest

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.plan import Goal, Pace, Plan, Strategy
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services
from openalliance.site.records.plans.access import plan_of_episode, ratings_of
from openalliance.site.records.plans.convert import plan_of
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
    services.rate_goal(episode.pk, "g0", 5, by=actor_for(therapist), now=now)
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
