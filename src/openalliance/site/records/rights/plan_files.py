"""A client's plans in FHIR's shape: for themselves, and for the practice that hands them over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from openalliance.core.errors import NotFoundError
from openalliance.fhir import People, Standing, Version, to_plan_bundle
from openalliance.site.records.care.access import episode_for, episodes_of_client
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.plans.access import plan_of_episode, ratings_of
from openalliance.site.records.plans.convert import plan_of, rating_of
from openalliance.site.records.plans.models import PlanStatus, PlanVersion
from openalliance.site.records.practice.access import require_client
from openalliance.site.records.rights.record import Document
from openalliance.site.records.trust.actors import Actor, system
from openalliance.site.records.trust.services import Action, log

_STANDING = {
    PlanStatus.PROPOSED: Standing.PROPOSED,
    PlanStatus.AGREED: Standing.AGREED,
    PlanStatus.REPLACED: Standing.REPLACED,
}


def own_plans(by: Actor, *, now: datetime) -> Document:
    """Return a client's own plans as one FHIR Bundle, and log that they took them.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    return _bundle(
        [episode_for(by, one.pk, now=now, reading="plan") for one in episodes_of_client(by)]
    )


def plans_for_practice(client_id: UUID, practice_id: UUID, *, now: datetime) -> Document:
    """Return one client's plans as a FHIR Bundle, for who holds the practice's data folder."""
    client = Client.objects.filter(pk=client_id, practice_id=practice_id, erased_at=None).first()
    if client is None:
        raise NotFoundError("no such client")
    log(Action.READ, "plan", client.pk, by=system(practice_id), now=now, client_id=client.pk)
    return _bundle(client.episodes.select_related("client", "therapist").order_by("-started_at"))


def _bundle(episodes: Iterable[Episode]) -> Document:
    entries = []
    for episode in episodes:
        rows = tuple(reversed(plan_of_episode(episode).history))
        bundle = to_plan_bundle(
            [_version(row, rows, episode) for row in rows],
            [rating_of(one) for one in ratings_of(episode)],
            people=People(client=episode.client.code, therapist=episode.therapist.name),
        )
        entries += bundle["entry"]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _version(row: PlanVersion, rows: Iterable[PlanVersion], episode: Episode) -> Version:
    status = PlanStatus(row.status)
    later = (
        one.answered_at
        for one in rows
        if one.number > row.number and one.status in {PlanStatus.AGREED, PlanStatus.REPLACED}
    )
    ended = {PlanStatus.AGREED: episode.ended_at, PlanStatus.REPLACED: next(later, None)}
    return Version(
        id=row.pk,
        plan=plan_of(row),
        standing=_STANDING.get(status, Standing.CLOSED),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        answered_at=row.answered_at,
        ended_at=ended.get(status),
    )
