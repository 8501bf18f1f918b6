"""Reading tasks: what is agreed and proposed, what was told, and how it has been going."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openalliance.core.course.adherence import Stretch, Tendency, stretches, tendency
from openalliance.site.records.care.models import Episode
from openalliance.site.records.tasks.convert import held_sessions, task_of, telling_of
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksOnTable:
    """What holds, what waits for an answer, and what is over; each oldest first."""

    agreed: tuple[Task, ...]
    proposed: tuple[Task, ...]
    over: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """How it has been going: stretch by stretch, and whether it is falling.

    ``tasks`` are all that ever held; ``asked`` those of which nothing was told since the last
    session.
    """

    table: TasksOnTable
    tasks: tuple[Task, ...]
    stretches: tuple[Stretch, ...]
    tendency: Tendency | None
    asked: tuple[Task, ...]


def every_task_of(episode: Episode) -> Sequence[Task]:
    """Return all tasks of an episode that `care.access.episode_for` let the actor see."""
    return tuple(Task.objects.filter(episode=episode).order_by("proposed_at", "pk"))


def tasks_of(episode: Episode) -> TasksOnTable:
    """Return the tasks of an episode that `care.access.episode_for` let the actor see."""
    found = every_task_of(episode)
    return TasksOnTable(
        agreed=tuple(one for one in found if one.status == TaskStatus.AGREED),
        proposed=tuple(one for one in found if one.status == TaskStatus.PROPOSED),
        over=tuple(
            one for one in found if one.status not in {TaskStatus.AGREED, TaskStatus.PROPOSED}
        ),
    )


def tellings_of(episode: Episode) -> Sequence[TaskTelling]:
    """Return what was told of the tasks of an episode, in order of time."""
    return tuple(TaskTelling.objects.filter(episode=episode).order_by("at", "told_at"))


def adherence_of(episode: Episode, *, now: datetime) -> Adherence:
    """Return the tasks of an episode and how they have been going."""
    table = tasks_of(episode)
    held = {TaskStatus.AGREED, TaskStatus.LET_GO}
    tasks = tuple(one for one in (*table.over, *table.agreed) if one.status in held)
    if not tasks:
        return Adherence(table=table, tasks=(), stretches=(), tendency=None, asked=())
    found = stretches(
        map(task_of, tasks),
        map(telling_of, tellings_of(episode)),
        held_sessions(episode),
        now=episode.ended_at or now,
    )
    running = found[-1].outcomes if found and found[-1].running else {}
    return Adherence(
        table=table,
        tasks=tasks,
        stretches=found,
        tendency=tendency(found),
        asked=tuple(one for one in table.agreed if running.get(str(one.pk), one) is None),
    )
