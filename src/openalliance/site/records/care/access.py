"""Who may see which client, episode and session. The one door to clinical data.

A therapist sees their own episodes, a supervisor those of the therapists they supervise, a client
their own. Whatever else is asked for looks as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from openalliance.core.errors import NotFoundError
from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import Client, Episode, LinkUse, PersonalLink, Session
from openalliance.site.records.practice.access import require, require_client
from openalliance.site.records.practice.models import Supervision
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.services import Action, log


def rater_of(by: Actor) -> Rater:
    """Return on which side of the alliance the actor answers."""
    return Rater.CLIENT if by.is_client else Rater.THERAPIST


def visible_episodes(by: Actor) -> QuerySet[Episode]:
    """Return the episodes the actor may see, with client and therapist; nothing is logged yet."""
    episodes = Episode.objects.filter(practice_id=by.practice_id).select_related(
        "client", "therapist", "practice"
    )
    if by.kind is ActorKind.SYSTEM:
        return episodes
    episodes = episodes.filter(client__erased_at=None)
    if by.is_client:
        return episodes.filter(client_id=by.id)
    allowed = Q(pk__in=())
    if by.has(Role.THERAPIST):
        allowed |= Q(therapist_id=by.id)
    if by.has(Role.SUPERVISOR):
        supervised = Supervision.objects.filter(
            supervisor_id=by.id, therapist_id=OuterRef("therapist_id"), ended_at=None
        )
        allowed |= Q(Exists(supervised))
    return episodes.filter(allowed)


def episode_for(by: Actor, episode_id: UUID, *, now: datetime, reading: str) -> Episode:
    """Return one episode and log that the actor read ``reading`` (such as “course”) of it.

    Raises
    ------
    NotFoundError
        There is none, or the actor may not see it.
    """
    episode = visible_episodes(by).filter(pk=episode_id).first()
    if episode is None:
        raise NotFoundError("no such episode")
    log(Action.READ, reading, episode.pk, by=by, now=now, client_id=episode.client_id)
    return episode


def latest_episode_for(by: Actor, client_id: UUID, *, now: datetime, reading: str) -> Episode:
    """Return a client's newest episode that the actor may see, and log it as `episode_for` does.

    Raises
    ------
    NotFoundError
        There is none, or the actor may not see it.
    """
    newest = visible_episodes(by).filter(client_id=client_id).order_by("-started_at").first()
    if newest is None:
        raise NotFoundError("no such episode")
    return episode_for(by, newest.pk, now=now, reading=reading)


def own_episode_for(by: Actor, episode_id: UUID, *, now: datetime, reading: str) -> Episode:
    """Return an episode that the actor conducts or is the client of: for what changes it.

    Raises
    ------
    NotFoundError
        There is none, or the actor only supervises it.
    """
    episode = episode_for(by, episode_id, now=now, reading=reading)
    if not by.is_client and by.kind is not ActorKind.SYSTEM and episode.therapist_id != by.id:
        raise NotFoundError("no such episode")
    return episode


def episodes_of_client(by: Actor) -> Sequence[Episode]:
    """Return a client's own episodes, newest first."""
    require_client(by)
    return tuple(visible_episodes(by).order_by("-started_at"))


def sessions_of(episode: Episode) -> Sequence[Session]:
    """Return the sessions of an episode that `episode_for` gave, in order of time."""
    return tuple(episode.sessions.filter(removed_at=None).order_by("starts_at", "number"))


def removed_sessions_of(episode: Episode) -> Sequence[Session]:
    """Return the sessions that were taken out of an episode and can be put back."""
    return tuple(episode.sessions.filter(removed_at__isnull=False).order_by("-removed_at"))


def session_for(by: Actor, session_id: UUID, *, now: datetime) -> Session:
    """Return one session of an episode the actor conducts or is the client of.

    Raises
    ------
    NotFoundError
        There is none, it was removed, or it is not the actor's.
    """
    session = Session.objects.filter(
        pk=session_id, practice_id=by.practice_id, removed_at=None
    ).first()
    if session is None:
        raise NotFoundError("no such session")
    session.episode = own_episode_for(by, session.episode_id, now=now, reading="session")
    return session


def link_by(token: str, *, now: datetime) -> PersonalLink | None:
    """Return the personal link behind a secret while it is valid."""
    return (
        PersonalLink.objects.filter(
            token_hash=tokens.digest(token), revoked_at=None, expires_at__gt=now
        )
        .select_related("client", "practice")
        .first()
    )


def client_actor(link: PersonalLink) -> Actor:
    """Return the client behind a link whose code was entered."""
    return Actor(kind=ActorKind.CLIENT, id=link.client_id, practice_id=link.practice_id)


def current_link(by: Actor, client: Client, *, now: datetime) -> PersonalLink | None:
    """Return the newest valid link of a client: when it was issued and last used."""
    return (
        PersonalLink.objects.filter(
            practice_id=by.practice_id, client=client, revoked_at=None, expires_at__gt=now
        )
        .order_by("-issued_at")
        .first()
    )


def link_uses(by: Actor, *, limit: int = 20) -> Sequence[LinkUse]:
    """Return when and on what kind of device somebody came in as this client, newest first."""
    require_client(by)
    uses = LinkUse.objects.filter(practice_id=by.practice_id, link__client_id=by.id)
    return tuple(uses.order_by("-at")[:limit])


def caseload_sizes(by: Actor) -> Mapping[UUID, int]:
    """Return how many open episodes each therapist has. Administrators only: no names, no more."""
    require(by, Role.ADMINISTRATOR)
    counted = (
        Episode.objects.filter(practice_id=by.practice_id, ended_at=None)
        .values("therapist_id")
        .annotate(open=Count("pk"))
    )
    return {row["therapist_id"]: row["open"] for row in counted}
