"""Agreeing on tasks, letting them go, and telling what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from openalliance.core.course.adherence import Obstacle, Outcome
from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for, rater_of
from openalliance.site.records.care.models import Episode, SessionStatus
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.practice.access import require
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

LONGEST_TASK = 300
LONGEST_TELLING = 1000
MOST_OPEN = 12
"""Tasks at once, proposed ones among them: nobody does more, and a page stays a page."""

NOTED_WITHIN = timedelta(days=3)
"""How long after a session a therapist's note still speaks of it."""


@transaction.atomic
def propose_task(
    episode_id: UUID,
    words: str,
    *,
    strategy: str = "",
    once: bool = False,
    by: Actor,
    now: datetime,
) -> Task:
    """Propose a task to the other side; it holds once they say yes.

    Raises
    ------
    InputError
        Nothing was said, too much, or there is no such strategy in the plan.
    ConflictError
        The episode has ended, or there are tasks enough.
    """
    episode = _running(episode_id, by, now)
    return _add(episode, words, strategy, once, status=TaskStatus.PROPOSED, by=by, now=now)


@transaction.atomic
def note_agreed_task(
    episode_id: UUID,
    words: str,
    *,
    strategy: str = "",
    once: bool = False,
    by: Actor,
    now: datetime,
) -> Task:
    """Note a task to which both said yes in the room. The client sees that it was noted so.

    Raises
    ------
    InputError, ConflictError
        As in `propose_task`.
    """
    require(by, Role.THERAPIST)
    episode = _running(episode_id, by, now)
    return _add(episode, words, strategy, once, status=TaskStatus.AGREED, by=by, now=now)


@transaction.atomic
def answer_task(task_id: UUID, *, agree: bool, by: Actor, now: datetime) -> Task:
    """Say yes to the other side's task, or “not like this”.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    """
    task = _task(task_id, by, now, status=TaskStatus.PROPOSED)
    if task.proposed_by == rater_of(by):
        raise ConflictError("the other side answers this proposal")
    status = TaskStatus.AGREED if agree else TaskStatus.DECLINED
    return _answered(task, status, by, now)


@transaction.atomic
def take_back_task(task_id: UUID, *, by: Actor, now: datetime) -> Task:
    """Take back one's own proposal.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the other side's.
    """
    task = _task(task_id, by, now, status=TaskStatus.PROPOSED)
    if task.proposed_by != rater_of(by):
        raise ConflictError("only the side that proposed can take a proposal back")
    return _answered(task, TaskStatus.WITHDRAWN, by, now)


@transaction.atomic
def let_go(task_id: UUID, *, by: Actor, now: datetime) -> Task:
    """End a task, done or not; either side may, for a task holds only while both want it.

    Raises
    ------
    ConflictError
        It does not hold.
    """
    task = _task(task_id, by, now, status=TaskStatus.AGREED)
    task.status, task.ended_at = TaskStatus.LET_GO, now
    task.save(update_fields=["status", "ended_at"])
    _log(Action.CHANGED, task, by, now)
    return task


@transaction.atomic
def tell(
    task_id: UUID,
    outcome: str,
    *,
    obstacles: Iterable[str] = (),
    words: str = "",
    by: Actor,
    now: datetime,
) -> TaskTelling:
    """Keep what became of a task. Telling again is no fault: the latest word counts.

    Raises
    ------
    InputError
        There is no such outcome or obstacle, or too much was said.
    ConflictError
        The task does not hold, or the episode has ended.
    """
    found, said = _obstacles(obstacles), words.strip()
    if outcome not in set(Outcome):
        raise InputError("choose what became of it", where="outcome")
    if len(said) > LONGEST_TELLING:
        raise InputError(f"keep it under {LONGEST_TELLING} letters", where="words")
    task = _task(task_id, by, now, status=TaskStatus.AGREED)
    if task.episode.ended_at is not None:
        raise ConflictError("this episode has ended")
    made = TaskTelling.objects.create(
        practice_id=by.practice_id, episode_id=task.episode_id, task=task, outcome=outcome,
        obstacles=found, words=said, told_by=rater_of(by), at=_speaks_of(task, by, now),
        told_at=now,
    )  # fmt: skip
    log(Action.ADDED, "task", made.pk, by=by, now=now, client_id=task.episode.client_id)
    return made


@transaction.atomic
def tell_why(
    telling_id: UUID, *, obstacles: Iterable[str] = (), words: str = "", by: Actor, now: datetime
) -> TaskTelling:
    """Add to one's own telling what was in the way. What was told before stays as it was.

    Raises
    ------
    NotFoundError
        There is none, or somebody else told it.
    """
    told = TaskTelling.objects.filter(
        pk=telling_id, practice_id=by.practice_id, told_by=rater_of(by)
    ).first()
    if told is None:
        raise NotFoundError("no such telling")
    return tell(told.task_id, told.outcome, obstacles=obstacles, words=words, by=by, now=now)


def _obstacles(given: Iterable[str]) -> list[str]:
    chosen = set(given)
    if chosen - set(Obstacle):
        raise InputError("choose what was in the way from the list", where="obstacles")
    return [one.value for one in Obstacle if one in chosen]


def _speaks_of(task: Task, by: Actor, now: datetime) -> datetime:
    """Return the moment a telling is about: for a therapist's note, the session it was said in."""
    if by.is_client:
        return now
    session = (
        task.episode.sessions.filter(
            removed_at=None,
            status__in=[SessionStatus.PLANNED, SessionStatus.ATTENDED],
            starts_at__gt=max(now - NOTED_WITHIN, task.answered_at or task.proposed_at),
            starts_at__lte=now,
        )
        .order_by("-starts_at")
        .first()
    )
    return session.starts_at if session else now


def _running(episode_id: UUID, by: Actor, now: datetime) -> Episode:
    episode = own_episode_for(by, episode_id, now=now, reading="task")
    if episode.ended_at is not None:
        raise ConflictError("this episode has ended")
    return episode


def _add(
    episode: Episode,
    words: str,
    strategy: str,
    once: bool,
    *,
    status: TaskStatus,
    by: Actor,
    now: datetime,
) -> Task:
    said = _task_words(episode, words.strip(), strategy)
    # The episode's row is locked, so that two who add at once do not pass the limit.
    Episode.objects.select_for_update(of=("self",)).get(pk=episode.pk)
    open_now = Task.objects.filter(
        episode=episode, status__in=[TaskStatus.PROPOSED, TaskStatus.AGREED]
    ).count()
    if open_now >= MOST_OPEN:
        raise ConflictError(f"there are {MOST_OPEN} tasks already; let one go first")
    agreed = status == TaskStatus.AGREED
    task = Task.objects.create(
        practice_id=by.practice_id, episode=episode, strategy=strategy, words=said, once=once,
        status=status, together=agreed, proposed_by=rater_of(by), proposed_at=now,
        answered_at=now if agreed else None,
    )  # fmt: skip
    _log(Action.ADDED, task, by, now)
    return task


def _task_words(episode: Episode, words: str, strategy: str) -> str:
    """Return a task's words: as typed, else those of the strategy it comes from."""
    if strategy:
        agreed = plan_of_episode(episode).agreed
        found = {one.id: one.words for one in plan_of(agreed).strategies} if agreed else {}
        if strategy not in found:
            raise InputError("there is no such strategy in the plan", where="strategy")
        words = words or found[strategy]
    if not words:
        raise InputError("say it in a few words", where="words")
    if len(words) > LONGEST_TASK:
        raise InputError(f"keep it under {LONGEST_TASK} letters", where="words")
    return words


def _task(task_id: UUID, by: Actor, now: datetime, *, status: TaskStatus) -> Task:
    task = (
        Task.objects.select_for_update(of=("self",))
        .filter(pk=task_id, practice_id=by.practice_id)
        .first()
    )
    if task is None:
        raise NotFoundError("no such task")
    task.episode = own_episode_for(by, task.episode_id, now=now, reading="task")
    if task.status != status:
        raise ConflictError("this task has moved on; look at it again")
    return task


def _answered(task: Task, status: TaskStatus, by: Actor, now: datetime) -> Task:
    task.status, task.answered_at = status, now
    task.save(update_fields=["status", "answered_at"])
    _log(Action.CHANGED, task, by, now)
    return task


def _log(action: Action, task: Task, by: Actor, now: datetime) -> None:
    log(action, "task", task.pk, by=by, now=now, client_id=task.episode.client_id)
