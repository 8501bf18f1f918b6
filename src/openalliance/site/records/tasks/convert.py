"""Task rows ↔ the core's tasks."""

from __future__ import annotations

from datetime import timedelta

from openalliance.core.course.adherence import Held, Outcome, Telling
from openalliance.core.course.adherence import Task as CoreTask
from openalliance.site.records.care.models import Episode, Session, SessionStatus
from openalliance.site.records.tasks.models import Task, TaskTelling


def task_of(row: Task) -> CoreTask:
    """Return a task that was agreed, as far as time goes."""
    return CoreTask(
        id=str(row.pk),
        agreed_at=row.answered_at or row.proposed_at,
        ended_at=row.ended_at,
        once=row.once,
    )


def telling_of(row: TaskTelling) -> Telling:
    """Return what was told of a task."""
    return Telling(task=str(row.task_id), at=row.at, outcome=Outcome(row.outcome))


def held_of(session: Session) -> Held:
    """Return a session that took place, as far as time goes."""
    return Held(
        starts_at=session.starts_at,
        ends_at=session.starts_at + timedelta(minutes=session.minutes),
    )


def held_sessions(episode: Episode) -> tuple[Held, ...]:
    """Return the sessions of an episode that took place."""
    held = episode.sessions.filter(status=SessionStatus.ATTENDED, removed_at=None)
    return tuple(held_of(one) for one in held)
