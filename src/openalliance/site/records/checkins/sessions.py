"""What becomes of a session changes what its forms mean: the course is read again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.services import ask_forms, rebuild_course
from openalliance.site.records.trust.actors import Actor


@transaction.atomic
def set_session_status(session_id: UUID, status: str, *, by: Actor, now: datetime) -> Session:
    """Record what became of a session. A check-in before one called off was not missed."""
    session = care.set_session_status(session_id, status, by=by, now=now)
    rebuild_course(session.episode, now=now)
    return session


@transaction.atomic
def cancel_session(
    session_id: UUID, *, side: str | None = None, by: Actor, now: datetime
) -> Session:
    """Call a session off; its forms are not missed then. Errors as in `care.services`."""
    session = care.cancel_session(session_id, side=side, by=by, now=now)
    rebuild_course(session.episode, now=now)
    return session


@transaction.atomic
def move_session(
    session_id: UUID, starts_at: datetime, *, minutes: int, by: Actor, now: datetime
) -> Session:
    """Move a session, and with it the time of forms that nobody has begun to answer.

    Raises
    ------
    ConflictError
        It took place already, was called off, or a form of it was answered.
    """
    answered = AskedForm.objects.filter(session_id=session_id).exclude(started_at=None)
    if answered.exists():
        raise ConflictError("somebody has answered for this session already; plan another one")
    session = care.move_session(session_id, starts_at, minutes=minutes, by=by, now=now)
    AskedForm.objects.filter(session=session, started_at=None).delete()
    ask_forms(session)
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
