"""Who may see which form, score, signal and hard-to-say answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openalliance.core.course import Course, Observation, SignalKind
from openalliance.core.errors import NotFoundError
from openalliance.core.instruments import Rater
from openalliance.site.records.care.access import rater_of, visible_episodes
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import convert
from openalliance.site.records.checkins.models import (
    AskedForm,
    HardToSay,
    Score,
    Signal,
    Visibility,
)
from openalliance.site.records.trust.actors import Actor, ActorKind, Role, system
from openalliance.site.records.trust.services import Action, log


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPicture:
    """How one session was rated: by the actor's own side, and by both once it is unsealed."""

    session: Session
    sealed_until: datetime | None
    own_sent: bool
    own: dict[str, float]
    other: dict[str, float]


def form_to_answer(by: Actor, form_id: UUID, *, lock: bool = False) -> AskedForm:
    """Return a form that this actor is asked to answer, on their own side only.

    Raises
    ------
    NotFoundError
        There is none, or it is another person's.
    """
    side = "episode__client_id" if by.is_client else "episode__therapist_id"
    forms = AskedForm.objects.filter(
        pk=form_id, practice_id=by.practice_id, rater=rater_of(by), **{side: by.id}
    )
    if lock:  # one answer of many: take no more along than it needs
        forms = forms.select_for_update(of=("self",)).select_related("session", "episode")
    else:
        forms = forms.select_related("session", "episode__client", "episode__practice")
    form = next(iter(forms), None)
    if form is None:
        raise NotFoundError("no such form")
    return form


def open_forms(by: Actor, *, now: datetime) -> Sequence[AskedForm]:
    """Return the forms that wait for this actor's answers now, the most pressing first."""
    forms = AskedForm.objects.filter(
        practice_id=by.practice_id,
        rater=rater_of(by),
        submitted_at=None,
        opens_at__lte=now,
        closes_at__gt=now,
    ).exclude(session__removed_at__isnull=False)
    if by.is_client:
        forms = forms.filter(episode__client_id=by.id)
    else:
        forms = forms.filter(episode__therapist_id=by.id)
    return tuple(
        forms.select_related("session", "episode__client", "episode__therapist").order_by(
            "closes_at"
        )
    )


def forms_of_session(by: Actor, session_id: UUID) -> Sequence[AskedForm]:
    """Return the forms of one session: their state for both sides, answers for nobody's eyes."""
    return tuple(
        AskedForm.objects.filter(
            practice_id=by.practice_id,
            session_id=session_id,
            episode__in=visible_episodes(by),
        )
        .defer("answers")
        .order_by("moment", "rater")
    )


def forms_of_episode(by: Actor, episode: Episode) -> Sequence[AskedForm]:
    """Return every form of an episode that `episode_for` gave: its state, answers for nobody."""
    return tuple(
        AskedForm.objects.filter(practice_id=by.practice_id, episode=episode)
        .exclude(session__removed_at__isnull=False)
        .defer("answers")
        .select_related("session")
        .order_by("opens_at", "moment", "rater")
    )


def last_check_in(by: Actor, episode: Episode) -> AskedForm | None:
    """Return the newest check-in that was sent, with its answers: check-ins are never sealed."""
    if by.is_client or by.id != episode.therapist_id:
        return None
    return (
        AskedForm.objects.filter(episode=episode, moment="check-in", submitted_at__isnull=False)
        .exclude(session__removed_at__isnull=False)
        .select_related("session")
        .order_by("-submitted_at")
        .first()
    )


def client_beside(by: Actor, form_id: UUID) -> Actor:
    """Return the client who answers a form on their therapist's device, beside them.

    Raises
    ------
    NotFoundError
        There is no such form of a client, or the actor does not conduct the episode.
    """
    form = (
        AskedForm.objects.filter(
            pk=form_id,
            practice_id=by.practice_id,
            rater=Rater.CLIENT,
            episode__therapist_id=by.id,
        )
        .select_related("episode")
        .first()
    )
    if form is None or not by.has(Role.THERAPIST):
        raise NotFoundError("no such form")
    return Actor(kind=ActorKind.CLIENT, id=form.episode.client_id, practice_id=form.practice_id)


def visible_scores(by: Actor, episode: Episode) -> QuerySet[Score]:
    """Return the scores of an episode the actor may see: a sealed check-out shows to its own side.

    A supervisor is on neither side and sees what is unsealed.
    """
    unsealed = Q(form=None) | ~Q(form__moment="check-out") | Q(form__unsealed_at__isnull=False)
    allowed = unsealed
    if by.is_client:
        allowed |= Q(form__rater=Rater.CLIENT)
    elif by.id == episode.therapist_id:
        allowed |= Q(form__rater=Rater.THERAPIST)
    return (
        Score.objects.filter(allowed, episode=episode)
        .exclude(session__removed_at__isnull=False)
        .select_related("session")
        .order_by("at", "instrument", "scale")
    )


def observations_for(by: Actor, episode: Episode) -> tuple[Observation, ...]:
    """Return everything that makes up the course, as far as the actor may see it."""
    scores = visible_scores(by, episode)
    scored = [seen for score in scores if (seen := convert.observation_of(score, episode))]
    checks = (
        AskedForm.objects.filter(episode=episode, moment="check-in")
        .filter(Q(submitted_at__isnull=False) | Q(missed_at__isnull=False))
        .exclude(session__removed_at__isnull=False)
        .defer("answers")
        .select_related("session")
    )
    safety = Signal.objects.filter(episode=episode, kind=SignalKind.SAFETY)
    return (
        *scored,
        *filter(None, map(convert.check_in_observation, checks)),
        *map(convert.safety_observation, safety),
    )


def course_for(by: Actor, episode: Episode) -> Course:
    """Return the course of an episode that `care.access.episode_for` let the actor see."""
    return convert.course_of(episode, observations_for(by, episode))


def course_for_both(episode: Episode) -> Course:
    """Return the course as both sides may see it: for a screen or a sheet that two look at."""
    neutral = system(episode.practice_id)
    return convert.course_of(episode, observations_for(neutral, episode))


def session_pictures(by: Actor, episode: Episode) -> Sequence[SessionPicture]:
    """Return the check-outs of an episode for one of its two sides, newest session first.

    While a session is sealed, the other side's ratings are not even read.
    """
    outs = (
        AskedForm.objects.filter(episode=episode, moment="check-out", session__removed_at=None)
        .defer("answers")
        .select_related("session")
        .order_by("-session__starts_at")
    )
    forms: dict[Session, dict[str, AskedForm]] = {}
    for form in outs:
        if form.session is not None:
            forms.setdefault(form.session, {})[form.rater] = form
    ratings: dict[tuple[UUID | None, str], dict[str, float]] = {}
    for score in visible_scores(by, episode).filter(form__moment="check-out", value__isnull=False):
        ratings.setdefault((score.session_id, score.rater), {})[score.scale] = score.value or 0.0
    mine, theirs = rater_of(by), Rater.THERAPIST if by.is_client else Rater.CLIENT
    return tuple(
        SessionPicture(
            session=session,
            sealed_until=own.closes_at if own.unsealed_at is None else None,
            own_sent=own.submitted_at is not None,
            own=ratings.get((session.pk, mine), {}),
            other=ratings.get((session.pk, theirs), {}),
        )
        for session, sides in forms.items()
        if (own := sides.get(mine)) is not None
    )


def hard_to_say_of(by: Actor, episode: Episode, *, now: datetime) -> Sequence[HardToSay]:
    """Return what was hard to say, as far as the client lets the actor see it, newest first.

    A reader who is not the client is logged.
    """
    found = HardToSay.objects.filter(episode=episode, withdrawn_at=None)
    if not by.is_client:
        if by.id != episode.therapist_id:
            return ()
        found = found.filter(shown_at__lte=now).exclude(visibility=Visibility.ONLY_ME)
    rows = tuple(found.select_related("session").order_by("-at"))
    if rows and by.kind is ActorKind.STAFF:
        log(Action.READ, "hard to say", episode.pk, by=by, now=now, client_id=episode.client_id)
    return rows


def waiting_hard_to_say(episodes: Sequence[Episode], by: Actor) -> dict[UUID, int]:
    """Return how many shown hard-to-say answers each episode of the therapist holds."""
    counted: dict[UUID, int] = {}
    rows = (
        HardToSay.objects.filter(
            episode__in=episodes, episode__therapist_id=by.id, withdrawn_at=None
        )
        .exclude(shown_at=None)
        .exclude(visibility=Visibility.ONLY_ME)
    )
    for episode_id in rows.exclude(steps__undone_at=None, steps__isnull=False).values_list(
        "episode_id", flat=True
    ):
        counted[episode_id] = counted.get(episode_id, 0) + 1
    return counted


def own_hard_to_say(by: Actor, hard_id: UUID) -> HardToSay:
    """Return a client's own hard-to-say answer for them to change.

    Raises
    ------
    NotFoundError
        There is none of theirs.
    """
    row = HardToSay.objects.filter(
        pk=hard_id, practice_id=by.practice_id, episode__client_id=by.id, withdrawn_at=None
    ).first()
    if row is None or not by.is_client:
        raise NotFoundError("no such answer")
    return row
