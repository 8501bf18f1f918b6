"""A form from being asked to being scored, sealed and unsealed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import access, services
from openalliance.site.records.checkins import sessions as sessions_of_forms
from openalliance.site.records.checkins.models import (
    AskedForm,
    CourseState,
    Score,
    Signal,
)
from openalliance.site.records.checkins.steps import first_open, steps_of
from openalliance.site.records.conversations.access import caseload_for
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry


def form_of(session: Session, moment: str, rater: str) -> AskedForm:
    return AskedForm.objects.get(session=session, moment=moment, rater=rater)


def answer_all(form: AskedForm, value: float, *, by: Actor, now: datetime) -> None:
    for step in steps_of(form):
        answer = step.item.minimum if step.item.safety_threshold is not None else value
        services.save_answer(form.pk, step.field, answer, by=by, now=now)


def send(form: AskedForm, value: float, *, by: Actor, now: datetime) -> AskedForm:
    answer_all(form, value, by=by, now=now)
    return services.submit(form.pk, submission=uuid4(), by=by, now=now)


def test_a_session_asks_a_check_in_and_the_check_outs_of_both(session_today: Session) -> None:
    asked = AskedForm.objects.filter(session=session_today).values_list("moment", "rater")
    assert sorted(asked) == [
        ("check-in", "client"),
        ("check-out", "client"),
        ("check-out", "therapist"),
    ]


def test_a_sent_check_in_is_scored_logged_and_in_the_course(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = send(form_of(session_today, "check-in", "client"), 6, by=client_actor, now=now)
    life = Score.objects.get(form=form, scale="life")
    assert life.value == 6.0
    assert life.reason == ""
    assert CourseState.objects.filter(episode=session_today.episode).exists()
    assert AccessEntry.objects.filter(
        action="sent", subject_id=form.pk, client_id=client_actor.id
    ).exists()


def test_sending_twice_is_sending_once(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = send(form_of(session_today, "check-in", "client"), 6, by=client_actor, now=now)
    before = Score.objects.count()
    again = services.submit(form.pk, submission=uuid4(), by=client_actor, now=now)
    assert again.submitted_at == form.submitted_at
    assert Score.objects.count() == before


def test_a_half_answered_form_says_which_question_is_open_and_keeps_the_rest(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = form_of(session_today, "check-in", "client")
    first = steps_of(form)[0]
    services.save_answer(form.pk, first.field, 4, by=client_actor, now=now)
    with pytest.raises(services.IncompleteError) as refused:
        services.submit(form.pk, submission=uuid4(), by=client_actor, now=now)
    assert refused.value.step == 2
    form.refresh_from_db()
    assert first_open(steps_of(form)) == 2
    assert form.submitted_at is None
    assert not Score.objects.filter(form=form).exists()


@pytest.mark.parametrize("value", [-1, 11, float("nan"), float("inf"), 3.5])
def test_an_answer_out_of_range_is_refused_and_nothing_is_kept(
    session_today: Session, client_actor: Actor, now: datetime, value: float
) -> None:
    form = form_of(session_today, "check-out", "client")
    field = steps_of(form)[0].field
    with pytest.raises(InputError):
        services.save_answer(form.pk, field, value, by=client_actor, now=now)
    form.refresh_from_db()
    assert form.answers == {}


def test_an_unknown_question_is_refused(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = form_of(session_today, "check-in", "client")
    for field in ("oa-check-in:nope", "phq-9:1", "nonsense"):
        with pytest.raises(InputError):
            services.save_answer(form.pk, field, 1, by=client_actor, now=now)


def test_answers_of_two_tabs_come_together(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = form_of(session_today, "check-in", "client")
    one, two = steps_of(form)[:2]
    services.save_answer(form.pk, one.field, 3, by=client_actor, now=now)
    services.save_answer(form.pk, two.field, 8, by=client_actor, now=now)
    form.refresh_from_db()
    assert [step.answer for step in steps_of(form)[:2]] == [3, 8]


def test_neither_side_sees_the_other_check_out_until_both_are_in(
    session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by_therapist = actor_for(therapist)
    episode = session_today.episode
    send(form_of(session_today, "check-out", "client"), 3, by=client_actor, now=now)
    (before,) = access.session_pictures(by_therapist, episode)
    assert before.sealed_until is not None
    assert before.other == {}
    assert not access.visible_scores(by_therapist, episode).filter(rater="client").exists()
    assert access.visible_scores(client_actor, episode).filter(rater="client").exists()

    send(form_of(session_today, "check-out", "therapist"), 8, by=by_therapist, now=now)
    (theirs,) = access.session_pictures(by_therapist, episode)
    assert (theirs.own["alliance"], theirs.other["alliance"]) == (8.0, 3.0)
    (mine,) = access.session_pictures(client_actor, episode)
    assert (mine.own, mine.other) == (theirs.other, theirs.own)


def test_a_window_that_closes_unseals_one_side_alone(
    session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    send(form_of(session_today, "check-out", "client"), 3, by=client_actor, now=now)
    later = now + timedelta(days=3)
    assert services.close_due(session_today.practice_id, now=later) == 3
    (picture,) = access.session_pictures(actor_for(therapist), session_today.episode)
    assert picture.sealed_until is None
    assert picture.other["alliance"] == 3.0
    assert picture.own == {}
    assert services.close_due(session_today.practice_id, now=later) == 0


def test_a_form_takes_no_answers_before_after_or_once_its_session_is_removed(
    session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    form = form_of(session_today, "check-in", "client")
    field = steps_of(form)[0].field
    for moment in (form.opens_at - timedelta(seconds=1), form.closes_at):
        with pytest.raises(services.ClosedError):
            services.save_answer(form.pk, field, 1, by=client_actor, now=moment)
    care.remove_session(session_today.pk, by=actor_for(therapist), now=now)
    with pytest.raises(services.ClosedError, match="removed"):
        services.save_answer(form.pk, field, 1, by=client_actor, now=now)


def test_a_marked_safety_item_is_a_signal_at_once(
    session_today: Session, client_actor: Actor, now: datetime
) -> None:
    form = form_of(session_today, "check-in", "client")
    answer_all(form, 5, by=client_actor, now=now)
    safety = next(step for step in steps_of(form) if step.item.safety_threshold is not None)
    services.save_answer(form.pk, safety.field, safety.item.maximum, by=client_actor, now=now)
    services.submit(form.pk, submission=uuid4(), by=client_actor, now=now)
    assert Signal.objects.filter(episode=session_today.episode, kind="safety").count() == 1


def test_nobody_answers_for_somebody_else(
    session_today: Session, therapist: Person, colleague: Person, stranger: Person, now: datetime
) -> None:
    of_client = form_of(session_today, "check-in", "client")
    of_therapist = form_of(session_today, "check-out", "therapist")
    for form, person in (
        (of_client, therapist),
        (of_therapist, colleague),
        (of_therapist, stranger),
    ):
        with pytest.raises(NotFoundError):
            access.form_to_answer(actor_for(person), form.pk)


def test_live_updates_and_reading_everything_again_agree(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    for week in range(8):
        at = now - timedelta(weeks=8 - week)
        session = services.plan_session(episode.pk, starts_at=at, by=by, now=at)
        low = 2 if week == 5 else 8
        send(form_of(session, "check-in", "client"), 3 + week / 2 // 1, by=client_actor, now=at)
        after = at + timedelta(hours=1)
        send(form_of(session, "check-out", "client"), low, by=client_actor, now=after)
        send(form_of(session, "check-out", "therapist"), 7, by=by, now=after)
    live = CourseState.objects.get(episode=episode).state
    signals = Signal.objects.count()
    services.rebuild_course(episode, now=now)
    assert CourseState.objects.get(episode=episode).state == live
    assert Signal.objects.count() == signals


def test_a_clock_that_was_set_back_loses_nothing(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    sessions = [services.plan_session(episode.pk, starts_at=now, by=by, now=now) for _ in range(2)]
    send(form_of(sessions[0], "check-in", "client"), 6, by=client_actor, now=now)
    earlier = now - timedelta(hours=2)
    form = form_of(sessions[1], "check-in", "client")
    answer_all(form, 4, by=client_actor, now=earlier)
    safety = next(step for step in steps_of(form) if step.item.safety_threshold is not None)
    services.save_answer(form.pk, safety.field, safety.item.maximum, by=client_actor, now=earlier)
    services.submit(form.pk, submission=uuid4(), by=client_actor, now=earlier)
    assert Signal.objects.filter(episode=episode, kind="safety", at=earlier).exists()
    values = [point.value for point in access.course_for(by, episode).outcome]
    assert values == [4.0, 6.0]


def test_a_missed_check_in_before_a_session_that_was_called_off_was_not_missed(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    weeks = [now - timedelta(weeks=week) for week in (3, 2, 1)]
    sessions = [services.plan_session(episode.pk, starts_at=at, by=by, now=at) for at in weeks]
    services.close_due(episode.practice_id, now=now)
    assert CourseState.objects.get(episode=episode).state["missed_in_a_row"] == 3
    assert Signal.objects.filter(episode=episode, kind="missed-check-ins").exists()
    for session in sessions[1:]:
        sessions_of_forms.set_session_status(session.pk, "cancelled", by=by, now=now)
    assert CourseState.objects.get(episode=episode).state["missed_in_a_row"] == 1


def test_a_state_of_another_version_is_read_again_from_the_scores(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    first, second = (
        services.plan_session(episode.pk, starts_at=now, by=by, now=now) for _ in range(2)
    )
    send(form_of(first, "check-in", "client"), 6, by=client_actor, now=now)
    CourseState.objects.update(state={"version": 0})
    assert caseload_for(by, now=now)
    send(form_of(second, "check-in", "client"), 7, by=client_actor, now=now + timedelta(minutes=1))
    state = CourseState.objects.get(episode=episode).state
    assert state["outcome"]["first"]["value"] == 6.0
    assert state["outcome"]["last"]["value"] == 7.0
