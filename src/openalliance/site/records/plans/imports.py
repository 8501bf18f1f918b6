"""A plan from elsewhere becomes a proposal: nobody here has said yes to it yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError
from openalliance.core.plan import Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.plans.services import propose
from openalliance.site.records.trust.actors import system


@transaction.atomic
def propose_imported(
    client_id: UUID, practice_id: UUID, plan: Plan, *, now: datetime
) -> PlanVersion:
    """Propose a plan in a client's running therapy, for who holds the practice's data folder.

    Raises
    ------
    ConflictError
        No therapy is running, or another proposal is waiting for an answer.
    InputError
        It is the same as the plan that holds.
    """
    episode = (
        Episode.objects.filter(
            client_id=client_id, practice_id=practice_id, client__erased_at=None, ended_at=None
        )
        .order_by("-started_at")
        .first()
    )
    if episode is None:
        raise ConflictError("no therapy of this client is running; a plan needs two to agree to it")
    return propose(episode.pk, plan, by=system(practice_id), now=now)
