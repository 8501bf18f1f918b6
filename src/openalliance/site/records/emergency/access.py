"""Who may read a record that was opened in an emergency, and who is shown that it was.

An opening lets one person read one client's record for a while, through this door alone: nothing
here makes the client theirs, so every service that changes something still refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.emergency.models import Opening
from openalliance.site.records.practice.access import require, require_client
from openalliance.site.records.practice.models import Supervision
from openalliance.site.records.trust.access import read_in_emergency
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.services import Action, log

NEWEST = 50


def own_openings(by: Actor, *, now: datetime) -> Sequence[Opening]:
    """Return what the actor has open in an emergency now."""
    require(by, Role.THERAPIST, Role.SUPERVISOR)
    return tuple(_standing(by, now).order_by("ends_at"))


def standing_opening(by: Actor, opening_id: UUID, *, now: datetime) -> Opening:
    """Return one's own opening while it lasts.

    Raises
    ------
    NotFoundError
        There is none, or it has ended.
    """
    require(by, Role.THERAPIST, Role.SUPERVISOR)
    opening = _standing(by, now).filter(pk=opening_id).first()
    if opening is None:
        raise NotFoundError("no such emergency, or its time is over")
    return opening


@transaction.atomic
def episode_in_emergency(
    by: Actor, opening_id: UUID, *, now: datetime, reading: str
) -> tuple[Opening, Episode]:
    """Return an opening with the client's running episode, else their last; log the reading as one
    in an emergency.

    Raises
    ------
    NotFoundError
        The actor has no such opening, or it has ended.
    """
    opening = standing_opening(by, opening_id, now=now)
    episodes = Episode.objects.filter(practice_id=by.practice_id, client_id=opening.client_id)
    episode = (
        episodes.select_related("client", "therapist", "practice")
        .order_by(F("ended_at").desc(nulls_first=True), "-started_at")
        .first()
    )
    if episode is None:
        raise NotFoundError("no such episode")
    log(
        Action.READ_IN_EMERGENCY, reading, episode.pk, by=by, now=now,
        client_id=opening.client_id,
    )  # fmt: skip
    return opening, episode


def shown_to(by: Actor) -> QuerySet[Opening]:
    """Return the openings that concern a member of staff: of their clients, or of those they
    supervise (whoever's record it was, or whoever opened it).
    """
    require(by, Role.THERAPIST, Role.SUPERVISOR)
    concerned = Q(person_id=by.id)
    if by.has(Role.THERAPIST):
        own = Episode.objects.filter(client_id=OuterRef("client_id"), therapist_id=by.id)
        concerned |= Q(Exists(own))
    if by.has(Role.SUPERVISOR):
        concerned |= _supervised(by)
    return _openings(by).filter(concerned)


def to_review(by: Actor) -> QuerySet[Opening]:
    """Return the openings that a supervisor is to look at, reviewed or not; never their own."""
    require(by, Role.SUPERVISOR)
    return _openings(by).filter(_supervised(by)).exclude(person_id=by.id)


def may_review(by: Actor, opening: Opening) -> bool:
    """Whether the actor is a supervisor who may still mark this opening as reviewed."""
    if not by.has(Role.SUPERVISOR) or opening.reviewed_at is not None:
        return False
    return to_review(by).filter(pk=opening.pk).exists()


def waiting_for_review(by: Actor) -> Sequence[Opening]:
    """Return what no supervisor has looked at yet, oldest first."""
    return tuple(to_review(by).filter(reviewed_at=None).order_by("opened_at"))


def of_own_clients(by: Actor, *, since: datetime) -> Sequence[Opening]:
    """Return who opened the record of a therapist's own client, newest first."""
    require(by, Role.THERAPIST)
    own = Episode.objects.filter(client_id=OuterRef("client_id"), therapist_id=by.id)
    found = _openings(by).filter(Exists(own), opened_at__gte=since).exclude(person_id=by.id)
    return tuple(found.order_by("-opened_at")[:NEWEST])


@transaction.atomic
def opening_for(by: Actor, opening_id: UUID, *, now: datetime) -> Opening:
    """Return one opening to somebody it concerns, and log that they read it.

    Raises
    ------
    NotFoundError
        There is none, or it is none of theirs.
    """
    opening = shown_to(by).filter(pk=opening_id).first()
    if opening is None:
        raise NotFoundError("no such emergency")
    log(Action.READ, "emergency", opening.pk, by=by, now=now, client_id=opening.client_id)
    return opening


def read_during(by: Actor, opening: Opening) -> Sequence[AccessEntry]:
    """Return what was read in an emergency that `opening_for` gave, oldest first."""
    until = min(filter(None, (opening.ends_at, opening.ended_at)))
    return read_in_emergency(
        by, opening.client_id, person_id=opening.person_id, since=opening.opened_at, until=until
    )


def own_openings_of_client(by: Actor) -> Sequence[Opening]:
    """Return when a client's own record was opened in an emergency, newest first.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    return tuple(
        Opening.objects.filter(practice_id=by.practice_id, client_id=by.id)
        .defer("reason")
        .select_related("person")
        .order_by("-opened_at")
    )


def _openings(by: Actor) -> QuerySet[Opening]:
    return Opening.objects.filter(
        practice_id=by.practice_id, client__erased_at=None
    ).select_related("client", "person", "reviewed_by")


def _standing(by: Actor, now: datetime) -> QuerySet[Opening]:
    return _openings(by).filter(person_id=by.id, ended_at=None, ends_at__gt=now)


def _supervised(by: Actor) -> Q:
    mine = Supervision.objects.filter(
        practice_id=by.practice_id, supervisor_id=by.id, ended_at=None
    )
    of_therapist = Episode.objects.filter(
        client_id=OuterRef("client_id"), therapist_id__in=mine.values("therapist_id")
    )
    return Q(Exists(of_therapist)) | Q(person_id__in=mine.values("therapist_id"))
