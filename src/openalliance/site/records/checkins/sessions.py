"""What becomes of a session changes what its forms mean: the course is read again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.services import rebuild_course
from openalliance.site.records.trust.actors import Actor


@transaction.atomic
def set_session_status(session_id: UUID, status: str, *, by: Actor, now: datetime) -> Session:
    """Record what became of a session. A check-in before one called off was not missed."""
    session = care.set_session_status(session_id, status, by=by, now=now)
    rebuild_course(session.episode, now=now)
    return session


@transaction.atomic
def remove_session(session_id: UUID, *, by: Actor, now: datetime) -> Session:
    """Take a session entered by mistake out of the episode, and its answers out of the course."""
    session = care.remove_session(session_id, by=by, now=now)
    rebuild_course(session.episode, now=now)
    return session


@transaction.atomic
def restore_session(session_id: UUID, *, by: Actor, now: datetime) -> Session:
    """Put a removed session back, with its answers."""
    session = care.restore_session(session_id, by=by, now=now)
    rebuild_course(session.episode, now=now)
    return session
