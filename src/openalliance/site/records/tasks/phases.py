"""Difficult phases: ruptures, tasks and appointments of an episode, brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from openalliance.core.course import SignalKind
from openalliance.core.course.adherence import Stretch, Telling, stretches, tendency
from openalliance.core.course.adherence import Task as CoreTask
from openalliance.core.course.claims import Answer
from openalliance.core.course.difficult import Appointment, Came, Phase, phase
from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import Episode, Session, SessionStatus
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.conversations.models import ConversationStep
from openalliance.site.records.tasks.convert import held_of, task_of, telling_of
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling

Rupture = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strained:
    """What was brought together for one episode, and what of it is hard at present."""

    ruptures: tuple[Rupture, ...]
    stretches: tuple[Stretch, ...]
    appointments: tuple[Appointment, ...]
    phase: Phase


def phases_of(episodes: Sequence[Episode], *, now: datetime) -> Mapping[UUID, Strained]:
    """Return what is known of each episode that the actor was let see.

    The number of queries does not grow with the caseload.
    """
    ids = [one.pk for one in episodes]
    sessions, tasks, told = _sessions(ids, now), _tasks(ids), _tellings(ids)
    ruptures = _ruptures(ids)
    return {
        one.pk: _strained(
            ruptures[one.pk], tasks[one.pk], told[one.pk], sessions[one.pk], one.ended_at or now
        )
        for one in episodes
    }


def _strained(
    ruptures: Sequence[Rupture],
    tasks: Sequence[CoreTask],
    told: Sequence[Telling],
    sessions: Sequence[Session],
    now: datetime,
) -> Strained:
    held = [held_of(one) for one in sessions if one.status == SessionStatus.ATTENDED]
    found = stretches(tasks, told, held, now=now) if tasks else ()
    appointments = tuple(
        Appointment(at=one.starts_at, came=_came(one))
        for one in sessions
        if one.status != SessionStatus.PLANNED
    )
    return Strained(
        ruptures=tuple(ruptures),
        stretches=found,
        appointments=appointments,
        phase=phase(ruptures=ruptures, tasks=tendency(found), appointments=appointments, now=now),
    )


def _came(session: Session) -> Came:
    if session.status == SessionStatus.CANCELLED:
        return Came.CALLED_OFF if session.cancelled_by == "client" else Came.OTHERWISE
    return Came.NO_SHOW if session.status == SessionStatus.NO_SHOW else Came.CAME


def _sessions(ids: Sequence[UUID], now: datetime) -> Mapping[UUID, list[Session]]:
    found: defaultdict[UUID, list[Session]] = defaultdict(list)
    rows = Session.objects.filter(episode_id__in=ids, removed_at=None, starts_at__lte=now)
    for one in rows.order_by("starts_at", "number"):
        found[one.episode_id].append(one)
    return found


def _tasks(ids: Sequence[UUID]) -> Mapping[UUID, list[CoreTask]]:
    found: defaultdict[UUID, list[CoreTask]] = defaultdict(list)
    held = [TaskStatus.AGREED, TaskStatus.LET_GO]
    for one in Task.objects.filter(episode_id__in=ids, status__in=held).defer("words"):
        found[one.episode_id].append(task_of(one))
    return found


def _tellings(ids: Sequence[UUID]) -> Mapping[UUID, list[Telling]]:
    found: defaultdict[UUID, list[Telling]] = defaultdict(list)
    rows = TaskTelling.objects.filter(episode_id__in=ids).defer("words", "obstacles")
    for one in rows.order_by("at", "told_at"):
        found[one.episode_id].append(telling_of(one))
    return found


def _ruptures(ids: Sequence[UUID]) -> Mapping[UUID, list[Rupture]]:
    """Return when ruptures were seen and repaired; not those of which both said it was nothing."""
    nothing = ConversationStep.objects.filter(
        signal=OuterRef("pk"), undone_at=None, answer=Answer.NO
    )
    seen: defaultdict[tuple[UUID, str], list[tuple[datetime, str]]] = defaultdict(list)
    rows = Signal.objects.filter(
        episode_id__in=ids, kind__in=[SignalKind.RUPTURE, SignalKind.REPAIR]
    ).exclude(Exists(nothing))
    for episode_id, rater, at, kind in rows.order_by("at").values_list(
        "episode_id", "rater", "at", "kind"
    ):
        seen[episode_id, rater or Rater.CLIENT].append((at, kind))
    found: defaultdict[UUID, list[Rupture]] = defaultdict(list)
    for (episode_id, _rater), events in seen.items():
        for place, (at, kind) in enumerate(events):
            if kind == SignalKind.RUPTURE:
                mended = (when for when, what in events[place:] if what == SignalKind.REPAIR)
                found[episode_id].append((at, next(mended, None)))
    return {one: sorted(found[one], key=lambda rupture: rupture[0]) for one in ids}
