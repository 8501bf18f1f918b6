"""Tasks between sessions from the therapist's side: agreed, noted in session, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.tasks import services
from openalliance.site.records.tasks.access import adherence_of, tellings_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.task_words import (
    TasksPicture,
    going_words,
    obstacle_choices,
    obstacle_words,
    obstacles_said,
    often_words,
    outcome_choices,
    outcome_words,
    tasks_picture,
)
from openalliance.site.screens.therapist.words import day, head_of
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.tasks.models import Task, TaskTelling

_ANSWERS = {
    "agree": "You both agree. Your client can now say how it goes.",
    "decline": "Your answer is with your client. Talk about it when you meet.",
    "take-back": "Taken back.",
}
_STANDING = {"declined": "not agreed", "withdrawn": "taken back", "let-go": "let go"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task with what was told of it last."""

    id: UUID
    words: str
    facts: str
    told: str
    why: tuple[str, ...]
    note: str
    is_asked: bool
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksCard:
    """The tasks in a few lines, for the pages about the whole course."""

    lines: tuple[TaskLine, ...]
    going: str
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPage:
    """Everything the page says."""

    running: bool
    agreed: tuple[TaskLine, ...]
    proposed: tuple[TaskLine, ...]
    over: tuple[tuple[str, str], ...]
    picture: TasksPicture | None
    in_the_way: str
    from_plan: tuple[tuple[str, str], ...]


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show what was agreed and how it has been going."""
    return _shown(request, episode_id)


@require_POST
@staff(Role.THERAPIST)
def add(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Propose a task, or note one that both agreed on in the room."""
    together = request.POST.get("how") == "together"
    made = services.note_agreed_task if together else services.propose_task
    words = request.POST.get("words", "")
    try:
        made(
            episode_id,
            words,
            strategy=request.POST.get("strategy", ""),
            once=request.POST.get("once") == "yes",
            by=acting(request),
            now=now(),
        )
    except (InputError, ConflictError) as fault:
        error = fault.what if isinstance(fault, InputError) else str(fault)
        return _shown(request, episode_id, typed=words, error=error)
    messages.success(
        request,
        "Noted as agreed together. Your client sees it, too."
        if together
        else "Your idea is with your client. It holds once they say yes.",
    )
    return redirect("therapist:tasks", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def answer(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Answer the client's idea, or take one's own back."""
    by, at, said = acting(request), now(), request.POST.get("answer", "")
    if said not in _ANSWERS:
        raise InputError("choose an answer", where="answer")
    if said == "take-back":
        task = services.take_back_task(task_id, by=by, now=at)
    else:
        task = services.answer_task(task_id, agree=said == "agree", by=by, now=at)
    messages.success(request, _ANSWERS[said])
    return redirect("therapist:tasks", episode_id=task.episode_id)


@require_POST
@staff(Role.THERAPIST)
def tell(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Note what the client said became of a task."""
    told = services.tell(
        task_id,
        request.POST.get("outcome", ""),
        obstacles=request.POST.getlist("obstacle"),
        words=request.POST.get("words", ""),
        by=acting(request),
        now=now(),
    )
    messages.success(request, "Noted. Your client can read it.")
    return redirect("therapist:tasks", episode_id=told.episode_id)


@require_POST
@staff(Role.THERAPIST)
def let_go(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """End a task."""
    task = services.let_go(task_id, by=acting(request), now=now())
    messages.success(request, "Let go. What was told of it stays in the picture.")
    return redirect("therapist:tasks", episode_id=task.episode_id)


def tasks_card(episode: Episode, at: datetime, audience: Audience) -> TasksCard:
    """Return the tasks of an episode that `own_episode_for` let the actor see, in a few lines."""
    found, told = adherence_of(episode, now=at), tellings_of(episode)
    table = found.table
    return TasksCard(
        lines=_lines(table.agreed, told, {one.pk for one in found.asked}),
        going=going_words(found, audience) if told else "",
        waits=any(one.proposed_by == "client" for one in table.proposed),
    )


def _shown(
    request: HttpRequest, episode_id: UUID, *, typed: str = "", error: str = ""
) -> HttpResponse:
    at = now()
    episode = own_episode_for(acting(request), episode_id, now=at, reading="tasks")
    context = {
        "page": _page(episode, at),
        "head": head_of(episode),
        "outcomes": outcome_choices(),
        "obstacles": obstacle_choices(),
        "typed": typed,
        "error": error,
    }
    return render(request, "therapist/tasks.html", context, status=422 if error else 200)


def _page(episode: Episode, at: datetime) -> TasksPage:
    found, told = adherence_of(episode, now=at), tellings_of(episode)
    table = found.table
    agreed = plan_of_episode(episode).agreed
    taken = {one.strategy for one in (*table.agreed, *table.proposed)}
    strategies = plan_of(agreed).strategies if agreed else ()
    return TasksPage(
        running=episode.ended_at is None,
        agreed=_lines(table.agreed, told, {one.pk for one in found.asked}),
        proposed=_lines(table.proposed, told, set()),
        over=tuple((one.words, _over(one)) for one in reversed(table.over)),
        picture=tasks_picture(found, episode, Audience.THERAPIST),
        in_the_way=obstacles_said(told),
        from_plan=tuple((one.id, one.words) for one in strategies if one.id not in taken),
    )


def _lines(
    tasks: Sequence[Task], told: Sequence[TaskTelling], asked: set[UUID]
) -> tuple[TaskLine, ...]:
    latest = {one.task_id: one for one in told}
    return tuple(_line(one, latest.get(one.pk), one.pk in asked) for one in tasks)


def _line(task: Task, told: TaskTelling | None, is_asked: bool) -> TaskLine:
    how = "agreed in session" if task.together else "agreed"
    facts = (
        f"{often_words(task)}, {how} {day(task.answered_at)}"
        if task.answered_at
        else f"{often_words(task)}, proposed {day(task.proposed_at)}"
    )
    return TaskLine(
        id=task.pk,
        words=task.words,
        facts=facts,
        told=_told(told) if told else "",
        why=obstacle_words(told.obstacles) if told else (),
        note=told.words if told else "",
        is_asked=is_asked,
        is_mine=task.proposed_by == "therapist",
    )


def _told(told: TaskTelling) -> str:
    who = "told by your client" if told.told_by == "client" else "noted by you"
    return f"{outcome_words(told.outcome)}, {who}, {day(told.at)}"


def _over(task: Task) -> str:
    return f"{_STANDING[task.status]} {day(task.ended_at or task.answered_at or task.proposed_at)}"
