"""Reading the access log: a client may see who read and changed what of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from openalliance.site.records.trust.actors import Actor, ActorKind
from openalliance.site.records.trust.models import AccessEntry


def read_by_others(by: Actor, client_id: UUID, *, limit: int = 200) -> Sequence[AccessEntry]:
    """Return the newest entries that staff made about one client of the actor's practice."""
    return tuple(
        AccessEntry.objects.filter(
            practice_id=by.practice_id, client_id=client_id, actor_kind=ActorKind.STAFF
        ).order_by("-at", "-pk")[:limit]
    )
