"""A plan changed by both at one screen: what they wrote becomes the one open proposal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.plan import Plan
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.plans.services import agree, counter, propose, take_back
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log


@transaction.atomic
def propose_together(episode_id: UUID, plan: Plan, *, by: Actor, now: datetime) -> PlanVersion:
    """Keep what both wrote, with the therapist's yes; the client's is still to come.

    What was open before is answered by it: the client's own proposal, unchanged, becomes the plan,
    since they said yes by making it; anything else stays in the history.

    Raises
    ------
    InputError
        It is the same as the plan that holds.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="plan together")
    open_now = plan_of_episode(episode).proposed
    if open_now is None:
        made = propose(episode.pk, plan, by=by, now=now)
    elif plan_of(open_now) == plan:
        own = open_now.proposed_by != "client"
        made = open_now if own else agree(open_now.pk, together=True, by=by, now=now)
    elif open_now.proposed_by == "client":
        made = counter(open_now.pk, plan, by=by, now=now)
    else:
        take_back(open_now.pk, by=by, now=now)
        made = propose(episode.pk, plan, by=by, now=now)
    log(Action.CHANGED, "plan together", made.pk, by=by, now=now, client_id=episode.client_id)
    return made
