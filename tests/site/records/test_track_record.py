"""Whether there was something to a signal: said once, taken back, counted; who is told what."""

from __future__ import annotations

from datetime import datetime

import pytest

from openalliance.core.course.claims import Claim
from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.conversations import access, services
from openalliance.site.records.conversations.track_record import practice_record, precision_here
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from tests.site.signals import answered, episodes, signal

MIXED = ["yes", "yes", "partly", "no", "yes", "yes", "cannot-say", "yes", "no", "yes", "yes", "yes"]


@pytest.fixture
def by(therapist: Person) -> Actor:
    return actor_for(therapist)


@pytest.fixture
def raised(episode: Episode, now: datetime) -> Signal:
    return signal(episode, now)


def test_an_answer_comes_with_having_talked_and_goes_with_its_step(
    raised: Signal, by: Actor, now: datetime
) -> None:
    step = services.take_up_signal(raised.pk, "talked-about", answer="partly", by=by, now=now)
    assert access.topics_for(by, raised.episode, now=now)[0].answer == "partly"
    assert precision_here(by)[Claim.RUPTURE].resolved == 1
    services.undo(step.pk, by=by, now=now)
    assert access.topics_for(by, raised.episode, now=now)[0].answer == ""
    assert precision_here(by)[Claim.RUPTURE].resolved == 0
    services.take_up_signal(raised.pk, "talked-about", answer="no", by=by, now=now)
    assert precision_here(by)[Claim.RUPTURE].share.count == 0


def test_it_is_answered_once_and_may_be_answered_later(
    raised: Signal, by: Actor, now: datetime
) -> None:
    services.take_up_signal(raised.pk, "talked-about", by=by, now=now)
    assert precision_here(by)[Claim.RUPTURE].resolved == 0
    services.take_up_signal(raised.pk, "changed", answer="yes", by=by, now=now)
    assert precision_here(by)[Claim.RUPTURE].resolved == 1


def test_it_is_not_answered_twice(raised: Signal, by: Actor, now: datetime) -> None:
    services.take_up_signal(raised.pk, "talked-about", answer="yes", by=by, now=now)
    with pytest.raises(ConflictError):
        services.take_up_signal(raised.pk, "changed", answer="no", by=by, now=now)


@pytest.mark.parametrize(("stage", "answer"), [("seen", "yes"), ("talked-about", "perhaps")])
def test_what_cannot_be_answered_is_refused(
    raised: Signal, by: Actor, now: datetime, stage: str, answer: str
) -> None:
    with pytest.raises(InputError):
        services.take_up_signal(raised.pk, stage, answer=answer, by=by, now=now)


def test_a_plain_fact_is_not_asked_about(raised: Signal, by: Actor, now: datetime) -> None:
    Signal.objects.update(kind="safety", method="safety-item", talk_about="safety-now")
    with pytest.raises(InputError):
        services.take_up_signal(raised.pk, "talked-about", answer="yes", by=by, now=now)


def test_nobody_else_answers(
    raised: Signal, colleague: Person, supervisor: Person, now: datetime
) -> None:
    for person in (colleague, supervisor):
        with pytest.raises(NotFoundError):
            services.take_up_signal(
                raised.pk, "talked-about", answer="yes", by=actor_for(person), now=now
            )


def test_precision_counts_the_whole_practice_and_no_other(
    therapist: Person, by: Actor, stranger: Person, now: datetime
) -> None:
    answered(episodes(therapist, len(MIXED), now), MIXED, now)
    answered(episodes(stranger, 3, now), ["no"] * 3, now)
    found = precision_here(by)[Claim.RUPTURE]
    assert (found.resolved, found.share.count, found.partly, found.undecided) == (11, 9, 1, 1)
    assert found.is_told


def test_a_therapist_is_not_told_what_would_leave_one_colleague_over(
    therapist: Person, colleague: Person, by: Actor, supervisor: Person, now: datetime
) -> None:
    answered(episodes(therapist, len(MIXED), now), MIXED, now)
    answered(episodes(colleague, 2, now), ["no", "no"], now)
    assert Claim.RUPTURE not in precision_here(by)
    assert Claim.OFF_TRACK in precision_here(by)
    assert precision_here(actor_for(supervisor))[Claim.RUPTURE].resolved == 13


def test_the_record_of_a_practice_is_for_its_keepers_and_is_logged(
    practice: Practice,
    supervisor: Person,
    administrator: Person,
    therapist: Person,
    client_actor: Actor,
    raised: Signal,
    now: datetime,
) -> None:
    for person in (supervisor, administrator):
        record = practice_record(actor_for(person), now=now)
        assert [one.claim for one in record.raised] == [Claim.RUPTURE]
        assert len(record.episodes) == 1
    entries = AccessEntry.objects.filter(subject="scoreboard")
    assert [entry.client_id for entry in entries] == [None, None]
    for by in (actor_for(therapist), client_actor):
        with pytest.raises(RefusedError):
            practice_record(by, now=now)
