"""Coming back: an episode joined to one that ended, and a way in that outlives the ending."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Episode, PersonalLink
from openalliance.site.records.care.phases import first_phase
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log


@transaction.atomic
def begin_again(episode_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Start a new episode with a client who came back, joined to the one that ended.

    Raises
    ------
    ConflictError
        Another episode runs, or follows this one already.
    """
    require(by, Role.THERAPIST)
    ended = own_episode_for(by, episode_id, now=now, reading="ending")
    followed = Episode.objects.filter(previous=ended).exists()
    running = Episode.objects.filter(client_id=ended.client_id, ended_at=None).exists()
    if ended.ended_at is None or followed or running:
        raise ConflictError("another episode runs, or follows this one already")
    return join_on(ended, ended.therapist, by=by, now=now)


def join_on(ended: Episode, therapist: Person, *, by: Actor, now: datetime) -> Episode:
    """Add an episode that is linked to the one before it."""
    following = Episode.objects.create(
        practice_id=by.practice_id,
        client_id=ended.client_id,
        therapist=therapist,
        previous=ended,
        modality=ended.modality,
        modality_name=ended.modality_name,
        wording=ended.wording,
        outcome_instrument=ended.outcome_instrument,
        outcome_scale=ended.outcome_scale,
        started_at=now,
    )
    first_phase(following, now=now).save()
    log(Action.ADDED, "episode", following.pk, by=by, now=now, client_id=ended.client_id)
    return following


def keep_links(client_id: UUID, *, now: datetime, until: datetime) -> None:
    """Let a client's way in last at least until then: their page outlives the ending."""
    PersonalLink.objects.filter(
        client_id=client_id, revoked_at=None, expires_at__gt=now, expires_at__lt=until
    ).update(expires_at=until)
