"""Changes to clients, episodes, sessions and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.crypto import get_random_string

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for, session_for
from openalliance.site.records.care.likely_dates import require_likely
from openalliance.site.records.care.models import (
    Client,
    Ending,
    Episode,
    Session,
    SessionMove,
    SessionStatus,
)
from openalliance.site.records.care.phases import first_phase, require_modality
from openalliance.site.records.care.returns import join_on
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDetails:
    """What is known of a client, and by which measure they are followed."""

    name: str
    email: str | None
    language: str
    outcome_instrument: str = "oa-check-in"
    outcome_scale: str = "life"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient(ClientDetails):
    """What is known when a client is added."""

    modality: str
    modality_name: str = ""
    external_ref: str = ""


@transaction.atomic
def add_client(new: NewClient, *, by: Actor, now: datetime) -> Episode:
    """Add a client and their first episode with the therapist who adds them.

    Raises
    ------
    InputError
        The modality is unknown, or “other” has no name.
    """
    require(by, Role.THERAPIST)
    require_modality(new.modality, new.modality_name)
    client = Client.objects.create(
        practice_id=by.practice_id,
        code=get_random_string(6, _CODE_ALPHABET),
        name=new.name,
        email=new.email,
        language=new.language,
        external_ref=new.external_ref,
        added_at=now,
    )
    episode = Episode.objects.create(
        practice_id=by.practice_id,
        client=client,
        therapist_id=by.id,
        modality=new.modality,
        modality_name=new.modality_name,
        outcome_instrument=new.outcome_instrument,
        outcome_scale=new.outcome_scale,
        started_at=now,
    )
    first_phase(episode, now=now).save()
    log(Action.ADDED, "client", client.pk, by=by, now=now, client_id=client.pk)
    return episode


@transaction.atomic
def change_client(episode_id: UUID, details: ClientDetails, *, by: Actor, now: datetime) -> Episode:
    """Correct a client's name, address and language."""
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="details")
    client = episode.client
    client.name, client.email, client.language = details.name, details.email, details.language
    client.save(update_fields=["name", "email", "language"])
    log(Action.CHANGED, "details", episode.pk, by=by, now=now, client_id=client.pk)
    return episode


@transaction.atomic
def add_session(
    episode_id: UUID, *, starts_at: datetime, minutes: int = 50, by: Actor, now: datetime
) -> Session:
    """Add an appointment to an open episode.

    Raises
    ------
    ConflictError
        The episode has ended.
    InputError
        The date must be mistyped: it is a lifetime away.
    """
    require_likely(starts_at, now)
    episode = own_episode_for(by, episode_id, now=now, reading="sessions")
    if episode.ended_at is not None:
        raise ConflictError("this episode has ended; start a new one to add sessions")
    latest = Session.objects.filter(episode=episode).aggregate(latest=Max("number"))["latest"] or 0
    session = Session.objects.create(
        practice_id=by.practice_id,
        episode=episode,
        number=latest + 1,
        starts_at=starts_at,
        minutes=minutes,
    )
    log(Action.ADDED, "session", session.pk, by=by, now=now, client_id=episode.client_id)
    return session


@transaction.atomic
def set_session_status(session_id: UUID, status: str, *, by: Actor, now: datetime) -> Session:
    """Record what became of an appointment.

    Raises
    ------
    InputError
        The status is unknown.
    """
    if status not in SessionStatus.values:
        raise InputError("choose what became of the session", where="status")
    session = session_for(by, session_id, now=now)
    session.status, session.cancelled_by, session.cancelled_at = status, "", None
    return _keep_session(session, "status", "cancelled_by", "cancelled_at", by=by, now=now)


@transaction.atomic
def cancel_session(
    session_id: UUID, *, side: str | None = None, by: Actor, now: datetime
) -> Session:
    """Call an appointment off. A client does it for themselves; a therapist says for whom.

    Raises
    ------
    ConflictError
        It has begun, or is not planned any more.
    InputError
        ``side`` is neither “client” nor “therapist”.
    """
    side = "client" if by.is_client else side or "therapist"
    if side not in {"client", "therapist"}:
        raise InputError("say who called it off", where="side")
    session = session_for(by, session_id, now=now)
    if by.is_client and session.starts_at <= now:
        raise ConflictError("this session has begun; tell your therapist")
    if session.status != SessionStatus.PLANNED:
        raise ConflictError("this session is not planned any more")
    session.status, session.cancelled_by = SessionStatus.CANCELLED, side
    session.cancelled_at = min(now, session.starts_at)
    return _keep_session(session, "status", "cancelled_by", "cancelled_at", by=by, now=now)


@transaction.atomic
def move_session(
    session_id: UUID, starts_at: datetime, *, minutes: int, by: Actor, now: datetime
) -> Session:
    """Give an appointment another time; when it was to be stays known.

    Raises
    ------
    ConflictError
        It took place already, or was called off.
    InputError
        The date must be mistyped: it is a lifetime away.
    """
    require(by, Role.THERAPIST)
    require_likely(starts_at, now)
    session = session_for(by, session_id, now=now)
    if session.status != SessionStatus.PLANNED:
        raise ConflictError("only a session that is planned can be moved")
    if session.starts_at != starts_at:
        SessionMove.objects.create(
            practice_id=by.practice_id, session=session, was_at=session.starts_at, moved_at=now,
            by_side="therapist",
        )  # fmt: skip
    session.starts_at, session.minutes = starts_at, minutes
    return _keep_session(session, "starts_at", "minutes", by=by, now=now)


@transaction.atomic
def remove_session(session_id: UUID, *, by: Actor, now: datetime) -> Session:
    """Take an appointment that was entered by mistake out of the episode; answers are kept."""
    require(by, Role.THERAPIST)
    session = session_for(by, session_id, now=now)
    session.removed_at = now
    return _keep_session(session, "removed_at", by=by, now=now)


@transaction.atomic
def restore_session(session_id: UUID, *, by: Actor, now: datetime) -> Session:
    """Undo `remove_session`."""
    require(by, Role.THERAPIST)
    session = Session.objects.filter(pk=session_id, practice_id=by.practice_id).first()
    if session is None:
        raise NotFoundError("no such session")
    session.episode = own_episode_for(by, session.episode_id, now=now, reading="session")
    session.removed_at = None
    return _keep_session(session, "removed_at", by=by, now=now)


def _keep_session(session: Session, *fields: str, by: Actor, now: datetime) -> Session:
    session.save(update_fields=fields)
    log(
        Action.CHANGED, "session", session.pk, by=by, now=now,
        client_id=session.episode.client_id,
    )  # fmt: skip
    return session


@transaction.atomic
def end_episode(episode_id: UUID, ending: str, *, by: Actor, now: datetime) -> Episode:
    """Close an episode, planned together or not.

    Raises
    ------
    InputError
        The kind of ending is unknown.
    ConflictError
        The episode has already ended.
    """
    require(by, Role.THERAPIST)
    if ending not in Ending.values:
        raise InputError("choose how the episode ended", where="ending")
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    if episode.ended_at is not None:
        raise ConflictError("this episode has already ended")
    episode.ended_at = now
    episode.ending = ending
    episode.save(update_fields=["ended_at", "ending"])
    log(Action.CHANGED, "ending", episode.pk, by=by, now=now, client_id=episode.client_id)
    return episode


@transaction.atomic
def reopen_episode(episode_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Undo `end_episode`; not possible once another therapist has taken over.

    Raises
    ------
    ConflictError
        The episode was handed over.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    if episode.ending == Ending.TRANSFERRED:
        raise ConflictError("another therapist has taken over; this episode stays closed")
    episode.ended_at = None
    episode.ending = ""
    episode.save(update_fields=["ended_at", "ending"])
    log(Action.CHANGED, "ending", episode.pk, by=by, now=now, client_id=episode.client_id)
    return episode


@transaction.atomic
def transfer(episode_id: UUID, therapist_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """End an episode and start one with another therapist, linked to it.

    Raises
    ------
    NotFoundError
        The other is no therapist of this practice.
    """
    therapist = Person.objects.filter(
        pk=therapist_id,
        practice_id=by.practice_id,
        is_active=True,
        grants__role=Role.THERAPIST,
        grants__ended_at=None,
    ).first()
    if therapist is None:
        raise NotFoundError("no such therapist")
    ended = end_episode(episode_id, Ending.TRANSFERRED, by=by, now=now)
    return join_on(ended, therapist, by=by, now=now)
