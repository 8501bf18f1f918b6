"""Signals and hard-to-say answers go seen → talked about → changed, and back by undo."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from openalliance.core.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    RefusedError,
)
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.checkins.access import hard_to_say_of
from openalliance.site.records.checkins.models import HardToSay, Signal
from openalliance.site.records.conversations import access, services
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor


@pytest.fixture
def signal(episode: Episode, now: datetime) -> Signal:
    return Signal.objects.create(
        practice_id=episode.practice_id,
        episode=episode,
        kind="rupture",
        at=now,
        session_number=3,
        rater="client",
        seen={"fall": 3.0},
        probability=0.9,
        method="local-level-filter",
        talk_about="what-happened-between-us",
        found_at=now,
    )


def say(episode: Episode, by: Actor, now: datetime, visibility: str = "now") -> HardToSay:
    return hard_to_say.say(
        episode.pk,
        session=None,
        about="pace",
        words="It goes too fast for me 🙏",
        visibility=visibility,
        submission=uuid4(),
        by=by,
        now=now,
    )


def test_a_conversation_goes_forward_one_way(
    signal: Signal, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    for stage in ("seen", "talked-about", "changed"):
        services.take_up_signal(signal.pk, stage, note="We spoke", by=by, now=now)
    (topic,) = access.topics_for(by, signal.episode, now=now)
    assert [step.stage for step in topic.steps] == ["seen", "talked-about", "changed"]
    with pytest.raises(ConflictError):
        services.take_up_signal(signal.pk, "seen", by=by, now=now)


def test_the_last_step_can_be_undone_and_stays_on_record(
    signal: Signal, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    first = services.take_up_signal(signal.pk, "seen", by=by, now=now)
    second = services.take_up_signal(signal.pk, "talked-about", by=by, now=now)
    with pytest.raises(ConflictError):
        services.undo(first.pk, by=by, now=now)
    services.undo(second.pk, by=by, now=now)
    assert access.topics_for(by, signal.episode, now=now)[0].stage == "seen"
    second.refresh_from_db()
    assert second.undone_at == now


def test_an_unknown_stage_is_refused(signal: Signal, therapist: Person, now: datetime) -> None:
    with pytest.raises(InputError):
        services.take_up_signal(signal.pk, "ignored", by=actor_for(therapist), now=now)


def test_only_the_therapist_takes_it_up(
    signal: Signal,
    colleague: Person,
    stranger: Person,
    supervisor: Person,
    client_actor: Actor,
    now: datetime,
) -> None:
    for person in (colleague, stranger, supervisor):
        with pytest.raises(NotFoundError):
            services.take_up_signal(signal.pk, "seen", by=actor_for(person), now=now)
    with pytest.raises(RefusedError):
        services.take_up_signal(signal.pk, "seen", by=client_actor, now=now)


@pytest.mark.parametrize(("visibility", "shown"), [("now", 1), ("later", 0), ("only-me", 0)])
def test_the_client_decides_who_sees_what_was_hard_to_say(
    episode: Episode,
    client_actor: Actor,
    therapist: Person,
    supervisor: Person,
    now: datetime,
    visibility: str,
    shown: int,
) -> None:
    say(episode, client_actor, now, visibility)
    assert len(hard_to_say_of(actor_for(therapist), episode, now=now)) == shown
    assert hard_to_say_of(actor_for(supervisor), episode, now=now) == ()
    assert len(hard_to_say_of(client_actor, episode, now=now)) == 1


def test_what_was_kept_for_later_is_shown_when_the_client_says_so(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    said = say(episode, client_actor, now, "later")
    hard_to_say.change_visibility(said.pk, "now", by=client_actor, now=now)
    assert hard_to_say_of(actor_for(therapist), episode, now=now) == (said,)
    with pytest.raises(NotFoundError):
        hard_to_say.change_visibility(said.pk, "now", by=actor_for(therapist), now=now)


def test_what_was_withdrawn_is_gone_for_everybody(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    said = say(episode, client_actor, now)
    hard_to_say.withdraw(said.pk, by=client_actor, now=now)
    assert hard_to_say_of(actor_for(therapist), episode, now=now) == ()
    with pytest.raises(NotFoundError):
        services.take_up_hard_to_say(said.pk, "seen", by=actor_for(therapist), now=now)


def test_saying_it_twice_is_saying_it_once(
    episode: Episode, client_actor: Actor, now: datetime
) -> None:
    once = uuid4()
    for _ in range(2):
        hard_to_say.say(
            episode.pk,
            session=None,
            about="pace",
            words="Slower please",
            visibility="now",
            submission=once,
            by=client_actor,
            now=now,
        )
    assert HardToSay.objects.count() == 1


def test_too_much_or_nothing_is_refused(
    episode: Episode, client_actor: Actor, now: datetime
) -> None:
    for words in ("", "   ", "x" * (hard_to_say.LONGEST_TEXT + 1)):
        with pytest.raises(InputError):
            hard_to_say.say(
                episode.pk,
                session=None,
                about="pace",
                words=words,
                visibility="now",
                submission=uuid4(),
                by=client_actor,
                now=now,
            )


def test_the_caseload_puts_the_open_signal_first(
    episode: Episode, signal: Signal, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    rows = access.caseload_for(by, now=now)
    assert [row.episode.pk for row in rows] == [episode.pk]
    assert rows[0].open_signals == (signal,)
    services.take_up_signal(signal.pk, "talked-about", by=by, now=now)
    assert access.caseload_for(by, now=now)[0].open_signals == ()
