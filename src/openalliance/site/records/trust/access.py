"""Reading the access log: a client may see who read and changed what of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q

from openalliance.core.errors import RefusedError
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.services import Action

READINGS = (Action.READ, Action.READ_IN_EMERGENCY)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCount:
    """How often a member of staff read and changed clients' records, and when last."""

    person_id: UUID
    reads: int
    changes: int
    clients: int
    last_at: datetime


def access_counts(by: Actor, *, since: datetime) -> Sequence[AccessCount]:
    """Return how much each member of staff looked at since a moment, without saying what.

    Raises
    ------
    RefusedError
        The actor is no administrator.
    """
    if not by.has(Role.ADMINISTRATOR):
        raise RefusedError("access counts are for administrators")
    is_read = Q(action__in=READINGS)
    rows = (
        AccessEntry.objects.filter(
            practice_id=by.practice_id,
            actor_kind=ActorKind.STAFF,
            client_id__isnull=False,
            at__gte=since,
        )
        .values("actor_id")
        .annotate(
            reads=Count("pk", filter=is_read),
            changes=Count("pk", filter=~is_read),
            clients=Count("client_id", distinct=True),
            last_at=Max("at"),
        )
        .order_by("-reads")
    )
    return tuple(
        AccessCount(
            person_id=row["actor_id"],
            reads=row["reads"],
            changes=row["changes"],
            clients=row["clients"],
            last_at=row["last_at"],
        )
        for row in rows
    )


def read_by_others(by: Actor, client_id: UUID, *, limit: int = 200) -> Sequence[AccessEntry]:
    """Return the newest entries that staff made about one client of the actor's practice."""
    return tuple(
        AccessEntry.objects.filter(
            practice_id=by.practice_id, client_id=client_id, actor_kind=ActorKind.STAFF
        ).order_by("-at", "-pk")[:limit]
    )


def read_in_emergency(
    by: Actor, client_id: UUID, *, person_id: UUID, since: datetime, until: datetime
) -> Sequence[AccessEntry]:
    """Return what one member of staff read of a client in an emergency, oldest first."""
    return tuple(
        AccessEntry.objects.filter(
            practice_id=by.practice_id, client_id=client_id, actor_id=person_id,
            action=Action.READ_IN_EMERGENCY, at__gte=since, at__lte=until,
        ).order_by("at", "pk")
    )  # fmt: skip
