"""Planning several sessions at once: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.services import plan_session
from openalliance.site.records.trust.actors import Actor


@transaction.atomic
def plan_series(
    episode_id: UUID, starts: Iterable[datetime], *, minutes: int, by: Actor, now: datetime
) -> tuple[Session, ...]:
    """Add one appointment with its forms for each start; errors as in `plan_session`."""
    return tuple(
        plan_session(episode_id, starts_at=at, minutes=minutes, by=by, now=now) for at in starts
    )
