"""Writing the access log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.db import transaction

from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.sealing import seal_soon


class Action(StrEnum):
    """What was done to the subject of a log entry."""

    READ = "read"
    READ_IN_EMERGENCY = "emergency-read"
    ADDED = "added"
    CHANGED = "changed"
    SENT = "sent"
    WITHDREW = "withdrew"
    ERASED = "erased"


def log(
    action: Action,
    subject: str,
    subject_id: UUID,
    *,
    by: Actor,
    now: datetime,
    client_id: UUID | None,
) -> None:
    """Add one entry. Call it inside the transaction of what it speaks of."""
    log_many(action, subject, [(subject_id, client_id)], by=by, now=now)


def log_many(
    action: Action,
    subject: str,
    about: Iterable[tuple[UUID, UUID | None]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Add one entry for each (subject, client) of a list that was read or changed at once.

    They are sealed once the transaction has been committed.
    """
    AccessEntry.objects.bulk_create(
        AccessEntry(
            practice_id=by.practice_id,
            at=now,
            actor_kind=by.kind,
            actor_id=by.id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            client_id=client_id,
        )
        for subject_id, client_id in about
    )
    transaction.on_commit(partial(seal_soon, by.practice_id), robust=True)
