"""From a request to a client: one step, in which what they wrote becomes theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.core.plan import Plan
from openalliance.site.records.care.models import Episode, Modality
from openalliance.site.records.care.services import NewClient, add_client
from openalliance.site.records.intake.convert import ways_of
from openalliance.site.records.intake.models import Arrival, ReachBy
from openalliance.site.records.intake.services import OPEN, delete, locked
from openalliance.site.records.plans.services import propose
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log


@transaction.atomic
def take_on(request_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Make somebody who wrote a client of the therapist who takes them on.

    What they wrote is sealed anew with the client's own key, and the request is deleted. How they
    like to work goes into the shared plan as a proposal, for them to say whether it was understood.

    Raises
    ------
    RefusedError
        The actor is no therapist.
    ConflictError
        It was answered already.
    """
    require(by, Role.THERAPIST)
    request = locked(request_id, by, now, *OPEN)
    modality, modality_name = _usual_way(by)
    episode = add_client(
        NewClient(
            name=request.name,
            email=request.reach_me if request.reach_by == ReachBy.MAIL else None,
            language=request.language,
            modality=modality,
            modality_name=modality_name,
        ),
        by=by,
        now=now,
    )
    Arrival.objects.create(
        practice_id=by.practice_id,
        client_id=episode.client_id,
        asked_at=request.at,
        arrived_at=now,
        reach_by=request.reach_by,
        reach_me=request.reach_me,
        safely=request.safely or "",
        message=request.message,
        accessibility=request.accessibility or "",
        languages=request.languages or [],
    )
    preferences = ways_of(request.ways)
    if preferences:
        with translation.override(request.language):
            note = _("This is how I understood what you wrote to us before we met.")
        propose(episode.pk, Plan(preferences=preferences), note=note, by=by, now=now)
    delete(request)
    log(Action.CHANGED, "contact request", request_id, by=by, now=now, client_id=episode.client_id)
    return episode


def _usual_way(by: Actor) -> tuple[str, str]:
    """Return how this therapist worked when they last began with somebody, to be corrected."""
    last = (
        Episode.objects.filter(practice_id=by.practice_id, therapist_id=by.id)
        .order_by("-started_at", "pk")
        .first()
    )
    return (last.modality, last.modality_name) if last else (Modality.OTHER, "not chosen yet")
