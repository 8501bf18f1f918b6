"""Changes to clients, episodes, sessions and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils.crypto import get_random_string

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.records.care.access import link_by, own_episode_for, session_for
from openalliance.site.records.care.models import (
    Client,
    Ending,
    Episode,
    Modality,
    PersonalLink,
    Session,
    SessionStatus,
)
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

LINK_LASTS = timedelta(days=365)
WRONG_CODES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
LOCKED_AT_MOST = timedelta(days=1)
_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """What is known when a client is added."""

    name: str
    email: str | None
    language: str
    modality: str
    modality_name: str = ""
    external_ref: str = ""
    outcome_instrument: str = "oa-check-in"
    outcome_scale: str = "life"


@transaction.atomic
def add_client(new: NewClient, *, by: Actor, now: datetime) -> Episode:
    """Add a client and their first episode with the therapist who adds them.

    Raises
    ------
    InputError
        The modality is unknown, or “other” has no name.
    """
    require(by, Role.THERAPIST)
    _require_modality(new)
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
    log(Action.ADDED, "client", client.pk, by=by, now=now, client_id=client.pk)
    return episode


@transaction.atomic
def change_client(episode_id: UUID, details: NewClient, *, by: Actor, now: datetime) -> Episode:
    """Correct a client's name, address and language, and the modality of an episode.

    Raises
    ------
    InputError
        The modality is unknown, or “other” has no name.
    """
    require(by, Role.THERAPIST)
    _require_modality(details)
    episode = own_episode_for(by, episode_id, now=now, reading="details")
    client = episode.client
    client.name, client.email, client.language = details.name, details.email, details.language
    client.save(update_fields=["name", "email", "language"])
    episode.modality, episode.modality_name = details.modality, details.modality_name
    episode.save(update_fields=["modality", "modality_name"])
    log(Action.CHANGED, "details", episode.pk, by=by, now=now, client_id=client.pk)
    return episode


def _require_modality(details: NewClient) -> None:
    if details.modality not in Modality.values:
        raise InputError("choose a modality", where="modality")
    if details.modality == Modality.OTHER and not details.modality_name:
        raise InputError("name the modality", where="modality_name")


@transaction.atomic
def add_session(
    episode_id: UUID, *, starts_at: datetime, minutes: int = 50, by: Actor, now: datetime
) -> Session:
    """Add an appointment to an open episode.

    Raises
    ------
    ConflictError
        The episode has ended.
    """
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
    session.status = status
    return _keep_session(session, "status", by=by, now=now)


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


def _keep_session(session: Session, field: str, *, by: Actor, now: datetime) -> Session:
    session.save(update_fields=[field])
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
    following = Episode.objects.create(
        practice_id=by.practice_id,
        client_id=ended.client_id,
        therapist=therapist,
        previous=ended,
        modality=ended.modality,
        modality_name=ended.modality_name,
        outcome_instrument=ended.outcome_instrument,
        outcome_scale=ended.outcome_scale,
        started_at=now,
    )
    log(Action.ADDED, "episode", following.pk, by=by, now=now, client_id=ended.client_id)
    return following


@transaction.atomic
def issue_link(episode: Episode, *, by: Actor, now: datetime) -> tuple[PersonalLink, str, str]:
    """Give a client a new link and code, shown once; older links stop working."""
    revoke_links(episode, by=by, now=now)
    token, code = tokens.new_token(), tokens.new_code()
    link = PersonalLink.objects.create(
        practice_id=by.practice_id,
        client_id=episode.client_id,
        token_hash=tokens.digest(token),
        code_hash=tokens.digest(code, salt=token),
        issued_at=now,
        expires_at=now + LINK_LASTS,
    )
    log(Action.ADDED, "personal link", link.pk, by=by, now=now, client_id=episode.client_id)
    return link, token, code


@transaction.atomic
def revoke_links(episode: Episode, *, by: Actor, now: datetime) -> None:
    """Make every link of a client useless."""
    changed = PersonalLink.objects.filter(
        practice_id=by.practice_id, client_id=episode.client_id, revoked_at=None
    ).update(revoked_at=now)
    if changed:
        log(
            Action.CHANGED, "personal link", episode.pk, by=by, now=now,
            client_id=episode.client_id,
        )  # fmt: skip


def enter_code(token: str, code: str, *, now: datetime) -> PersonalLink:
    """Return the link when the code is right.

    Wrong codes are counted in a transaction of their own, before the comparison is told, so that
    guesses at the same moment cannot slip past the limit.

    Raises
    ------
    NotFoundError
        The link is unknown, expired or revoked.
    RefusedError
        The code is wrong, or there were too many wrong ones.
    """
    link = link_by(token, now=now)
    if link is None:
        raise NotFoundError("no such link")
    with transaction.atomic():
        link = PersonalLink.objects.select_for_update().get(pk=link.pk)
        if link.locked_until is not None and link.locked_until > now:
            raise TooManyCodesError("too many wrong codes")
        if tokens.same(tokens.digest(code, salt=token), link.code_hash):
            link.wrong_codes, link.locked_until, link.last_used_at = 0, None, now
            link.save(update_fields=["wrong_codes", "locked_until", "last_used_at"])
            return link
        wrong = link.wrong_codes + 1
        PersonalLink.objects.filter(pk=link.pk).update(
            wrong_codes=F("wrong_codes") + 1, locked_until=_locked_until(wrong, now)
        )
    raise WrongCodeError("the code does not fit this link")


def _locked_until(wrong: int, now: datetime) -> datetime | None:
    """Return until when a link rests; each rest is twice as long as the one before, up to a day.

    So whoever holds a link without its code gets some 1,900 of a million codes in a year.
    """
    rests, tries = divmod(wrong, WRONG_CODES_ALLOWED)
    if tries:
        return None
    doubled: int = 2 ** min(rests - 1, 10)
    return now + min(LOCKED_AT_MOST, LOCKED_FOR * doubled)


class WrongCodeError(RefusedError):
    """The code does not fit the link."""


class TooManyCodesError(RefusedError):
    """Too many wrong codes; the link rests for a while."""
