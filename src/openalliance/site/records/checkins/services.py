"""Asking, answering, scoring and unsealing: everything that writes a form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from openalliance.core.course import CourseState as CourseSoFar
from openalliance.core.course import Observation, ObservationKind, fold, start, update
from openalliance.core.course import Signal as FoundSignal
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Item, Moment, Rater
from openalliance.core.instruments import score as score_answers
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import convert
from openalliance.site.records.checkins.access import (
    form_to_answer,
    observations_for,
)
from openalliance.site.records.checkins.expectations import without_hindsight
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import (
    AskedForm,
    CourseState,
    Score,
    Signal,
)
from openalliance.site.records.checkins.steps import (
    marks_safety,
    merged,
    missing,
    safety_marked,
    steps_of,
)
from openalliance.site.records.letters.models import LetterKind
from openalliance.site.records.letters.services import post
from openalliance.site.records.trust.actors import Actor, system
from openalliance.site.records.trust.services import Action, log

CHECK_IN = "oa-check-in"


class IncompleteError(InputError):
    """Required questions have no answer; ``step`` is the first of them."""

    def __init__(self, step: int) -> None:
        self.step = step
        super().__init__("please answer this question", where=f"question {step}")


class ClosedError(ConflictError):
    """The form is closed, was already sent, or its session was removed."""


@transaction.atomic
def plan_session(
    episode_id: UUID,
    *,
    starts_at: datetime,
    minutes: int = 50,
    by: Actor,
    now: datetime,
) -> Session:
    """Add an appointment and ask its three forms: check-in, and check-out of both sides."""
    session = care.add_session(episode_id, starts_at=starts_at, minutes=minutes, by=by, now=now)
    ask_forms(session)
    return session


def ask_forms(session: Session) -> None:
    """Put the forms of a session to client and therapist; those already asked stay as they are."""
    episode, practice = session.episode, session.episode.practice
    ends_at = session.starts_at + timedelta(minutes=session.minutes)
    window = ends_at + timedelta(hours=practice.check_out_window_hours)
    opens = session.starts_at - timedelta(hours=practice.check_in_opens_hours)
    asked: tuple[tuple[Moment, Rater, list[list[str]], datetime, datetime], ...] = (
        (Moment.CHECK_IN, Rater.CLIENT, check_in_instruments(episode), opens, ends_at),
        *(
            (Moment.CHECK_OUT, rater, _versioned(key), session.starts_at, window)
            for rater, key in convert.CHECK_OUT_FORMS.items()
        ),
    )
    for moment, rater, instruments, opens_at, closes_at in asked:
        AskedForm.objects.get_or_create(
            session=session,
            moment=moment,
            rater=rater,
            defaults={
                "practice_id": session.practice_id,
                "episode": episode,
                "instruments": instruments,
                "opens_at": opens_at,
                "closes_at": closes_at,
                "answers": {},
            },
        )


def check_in_instruments(episode: Episode) -> list[list[str]]:
    """Return what a check-in asks, as key and version: our own form, and the episode's outcome
    measure where the practice has its text in the client's language.
    """
    own, outcome = _versioned(CHECK_IN), episode.outcome_instrument
    if outcome == CHECK_IN or not instrument(outcome).usable_in(episode.client.language):
        return own
    return own + _versioned(outcome)


def _versioned(key: str) -> list[list[str]]:
    return [[key, instrument(key).version]]


@transaction.atomic
def save_answer(
    form_id: UUID, field: str, value: float | None, *, by: Actor, now: datetime
) -> AskedForm:
    """Keep one answer of a form as a draft. Answers to other questions stay as they are.

    An answer that marks safety does not wait for the rest of the form: see `raise_safety`.

    Raises
    ------
    ClosedError
        The form takes no more answers.
    InputError
        The question is not in this form, or the answer is outside its range.
    """
    form = form_to_answer(by, form_id, lock=True)
    _require_open(form, now)
    item = _checked_item(form, field, value)
    form.answers = merged(form.answers, field, value)
    form.started_at = form.started_at or now
    form.save(update_fields=["answers", "started_at"])
    if marks_safety(item, value):
        _tell_of_safety(form, value, now)
    return form


@transaction.atomic
def raise_safety(
    form_id: UUID, field: str, value: float | None, *, by: Actor, now: datetime
) -> AskedForm:
    """Raise the safety signal of a form and tell the therapist, at once and once a form.

    Works for a form that takes no more answers too: what a client says about their safety counts
    even when it arrives late. The answer itself is then not kept.

    Raises
    ------
    InputError
        The question is not in this form, or the answer is outside its range.
    """
    form = form_to_answer(by, form_id, lock=True)
    if marks_safety(_checked_item(form, field, value), value):
        _tell_of_safety(form, value, now)
    return form


def _checked_item(form: AskedForm, field: str, value: float | None) -> Item:
    key, _, item_id = field.partition(":")
    if key not in {asked for asked, _version in form.instruments}:
        raise InputError("no such question in this form", where=field)
    score_answers(instrument(key), {item_id: value})  # refuses what does not fit the item
    return instrument(key).item(item_id)


def _tell_of_safety(form: AskedForm, value: float | None, now: datetime) -> None:
    if form.safety_told_at is not None or value is None:
        return
    form.safety_told_at = now
    form.save(update_fields=["safety_told_at"])
    seen = Observation(
        at=now,
        session=form.session.number if form.session else None,
        kind=ObservationKind.SAFETY,
        rater=Rater(form.rater),
        value=value,
    )
    take_in(form.episode, [seen], now=now)
    post(
        LetterKind.URGENT,
        once=str(form.pk),
        person_id=form.episode.therapist_id,
        practice_id=form.practice_id,
        now=now,
    )


@transaction.atomic
def submit(form_id: UUID, *, submission: UUID, by: Actor, now: datetime) -> AskedForm:
    """Send a form: score it, take it into the course, find signals; all or nothing.

    Sending it again changes nothing.

    Raises
    ------
    IncompleteError
        A required question has no answer.
    ClosedError
        The form takes no more answers.
    """
    _wait_for_turn(form_id)
    form = form_to_answer(by, form_id, lock=True)
    if form.submitted_at is not None:
        return form
    _require_open(form, now)
    steps = steps_of(form)
    if left := missing(steps):
        raise IncompleteError(left[0].number)
    form.submitted_at, form.submission = now, submission
    scores = convert.scores_of(form, now)
    Score.objects.bulk_create(scores)
    observed = _observed_at_once(form, scores)
    if form.moment == Moment.CHECK_OUT:
        observed += _unseal_when_both_are_in(form, now)
    else:
        form.unsealed_at = now
    form.save(update_fields=["submitted_at", "submission", "unsealed_at"])
    take_in(form.episode, observed, now=now)
    log(
        Action.SENT,
        form.moment,
        form.pk,
        by=by,
        now=now,
        client_id=form.episode.client_id,
    )
    if (marked := safety_marked(steps)) is not None:
        _tell_of_safety(form, marked.answer, now)
    return form


def take_in(episode: Episode, observed: Iterable[Observation], *, now: datetime) -> None:
    """Take observations into the course of an episode and keep the signals they raise.

    Costs the same however long the episode is, unless something arrives late (a check-out that
    was sealed while a later form came in) or the state kept is of an older version: then the
    course is read again from its beginning.
    """
    arriving = sorted(observed, key=lambda one: one.at)
    if not arriving:
        return
    settings = convert.settings_for(episode)
    row = CourseState.objects.select_for_update().filter(pk=episode.pk).first()
    state = convert.state_of(row) if row else start(settings)
    if state is None or (state.last_at is not None and arriving[0].at < state.last_at):
        rebuild_course(episode, now=now, arriving=arriving)
        return
    found: list[FoundSignal] = []
    for observation in arriving:
        step = update(state, observation, settings)
        state = step.state
        found.extend(step.signals)
    _keep(episode, state, found, now, known=row)


@transaction.atomic
def rebuild_course(
    episode: Episode, *, now: datetime, arriving: Iterable[Observation] = ()
) -> None:
    """Read the course again from all that was observed; signals already there stay.

    What was expected when a score came in decided whether it was off track. A later expectation
    changes neither the signals that were raised nor adds any before it was taken into use.
    """
    known, new = observations_for(system(episode.practice_id), episode), set(arriving)
    course = fold({*known, *new}, convert.settings_for(episode))
    state, found = without_hindsight(course, episode, new)
    _keep(episode, state, found, now)


def _keep(
    episode: Episode,
    state: CourseSoFar,
    found: Iterable[FoundSignal],
    now: datetime,
    *,
    known: CourseState | None = None,
) -> None:
    Signal.objects.bulk_create(
        (convert.signal_row(signal, episode, found_at=now) for signal in found),
        ignore_conflicts=True,
    )
    if known is not None:  # locked by the caller
        known.state, known.updated_at = state.to_json(), now
        known.save(update_fields=["state", "updated_at"])
        return
    CourseState.objects.update_or_create(
        episode=episode,
        defaults={
            "practice_id": episode.practice_id,
            "state": state.to_json(),
            "updated_at": now,
        },
    )


def close_due(practice_id: UUID, *, now: datetime) -> int:
    """Do what time has made due: note missed check-ins, unseal check-outs whose window closed.

    Cheap when nothing is due; called before pages that show courses. Returns how many forms.
    """
    due = list(
        AskedForm.objects.filter(
            practice_id=practice_id,
            closes_at__lte=now,
            missed_at=None,
            unsealed_at=None,
        )
        .exclude(session__removed_at__isnull=False)
        .values_list("pk", flat=True)[:500]
    )
    return sum(_close(form_id, now) for form_id in due)


@transaction.atomic
def _close(form_id: UUID, now: datetime) -> bool:
    _wait_for_turn(form_id)
    form = (
        AskedForm.objects.select_for_update(of=("self",))
        .select_related("episode__practice", "session")
        .filter(pk=form_id, missed_at=None, unsealed_at=None)
        .first()
    )
    if form is None:
        return False
    observed: list[Observation] = []
    if form.submitted_at is None:
        form.missed_at = form.closes_at
        if form.moment == Moment.CHECK_IN and (missed := convert.check_in_observation(form)):
            observed.append(missed)
    if form.moment == Moment.CHECK_OUT:
        form.unsealed_at = form.closes_at
        observed.extend(_alliance(form))
    form.save(update_fields=["missed_at", "unsealed_at"])
    take_in(form.episode, observed, now=now)
    return True


def _wait_for_turn(form_id: UUID) -> None:
    """Let what locks several forms of one episode go one after the other: both sides may send
    their check-outs at the same moment, and each then looks at the other's.
    """
    if connection.features.has_select_for_update:  # SQLite lets one write at a time as it is
        held = Episode.objects.select_for_update(of=("self",)).filter(forms=form_id)
        held.values_list("pk").first()


def _require_open(form: AskedForm, now: datetime) -> None:
    if form.session is not None and form.session.removed_at is not None:
        raise ClosedError("the session was removed")
    if form.submitted_at is not None:
        raise ClosedError("the form was already sent")
    if now < form.opens_at:
        raise ClosedError("the form is not open yet")
    if now >= form.closes_at:
        raise ClosedError("the time for this form is over")


def _observed_at_once(form: AskedForm, scores: Iterable[Score]) -> list[Observation]:
    """Return what is known as soon as a form is sent; alliance waits until it is unsealed."""
    if form.moment == Moment.CHECK_OUT:
        return []
    found = [seen for score in scores if (seen := convert.observation_of(score, form.episode))]
    if form.moment == Moment.CHECK_IN and (done := convert.check_in_observation(form)):
        found.append(done)
    return found


def _unseal_when_both_are_in(form: AskedForm, now: datetime) -> list[Observation]:
    other = (
        AskedForm.objects.select_for_update(of=("self",))
        .filter(session=form.session, moment=Moment.CHECK_OUT)
        .exclude(pk=form.pk)
        .select_related("episode", "session")
        .first()
    )
    if other is not None and other.submitted_at is None and other.missed_at is None:
        return []
    form.unsealed_at = now
    observed = list(_alliance(form))
    if other is not None and other.unsealed_at is None:
        other.unsealed_at = now
        other.save(update_fields=["unsealed_at"])
        observed = [*_alliance(other), *observed]
    return observed


def _alliance(form: AskedForm) -> Iterable[Observation]:
    for score in form.scores.filter(scale=convert.ALLIANCE_SCALE).select_related("session"):
        if seen := convert.observation_of(score, form.episode):
            yield seen
