"""What the two agreed to try between sessions: told in one tap, proposed, answered, let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.course.adherence import Outcome
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.tasks import services
from openalliance.site.records.tasks.access import adherence_of, tellings_of
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.task_words import (
    TasksPicture,
    obstacle_choices,
    obstacle_words,
    often_words,
    outcome_choices,
    outcome_words,
    tasks_picture,
)
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.tasks.models import Task, TaskTelling

OFFERED = 5
"""Strategies of the plan that can be taken as a task with one tap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard:
    """One task: its words, who it is from, and what was told last."""

    id: UUID
    words: str
    often: str
    about: str
    told: str
    told_when: str
    why: tuple[str, ...]
    note: str
    is_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTask:
    """One task that waits for a yes."""

    id: UUID
    words: str
    often: str
    own: bool
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPage:
    """Everything the page of tasks says."""

    therapist: str
    running: bool
    agreed: tuple[TaskCard, ...]
    proposed: tuple[ProposedTask, ...]
    over: tuple[tuple[str, str], ...]
    picture: TasksPicture | None
    from_plan: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[str, str], ...]


@require_safe
@client_page
def tasks(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the tasks."""
    return _shown(request, token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def propose(request: HttpRequest, token: str) -> HttpResponseBase:
    """Suggest a task to the therapist, in one's own words or from the plan."""
    if request.method != "POST":
        return redirect("client:tasks", token=token)
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="tasks")
    words = request.POST.get("words", "")
    try:
        services.propose_task(
            episode.pk,
            words,
            strategy=request.POST.get("strategy", ""),
            once=request.POST.get("once") == "yes",
            by=by,
            now=at,
        )
    except InputError:
        error = _("Please write a few words, with at most %(n)d letters.") % {
            "n": services.LONGEST_TASK
        }
        return _shown(request, token, typed=words, error=error)
    except ConflictError:
        error = _("You have a lot of tasks already. Let one go first.")
        return _shown(request, token, typed=words, error=error)
    messages.success(request, _("Your therapist sees your idea. It holds once they say yes."))
    return redirect("client:tasks", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def answer(request: HttpRequest, token: str, task_id: UUID) -> HttpResponseBase:
    """Say yes or not like this to a task, or take one's own back."""
    if request.method != "POST":
        return redirect("client:tasks", token=token)
    by, at, said = acting(request), now(), request.POST.get("answer", "")
    if said == "take-back":
        services.take_back_task(task_id, by=by, now=at)
        messages.success(request, _("Taken back."))
    elif said in {"agree", "decline"}:
        services.answer_task(task_id, agree=said == "agree", by=by, now=at)
        messages.success(
            request,
            _("Agreed. You can say here how it went.")
            if said == "agree"
            else _("Your therapist sees that you would like something else."),
        )
    else:
        raise InputError("choose an answer", where="answer")
    return redirect("client:tasks", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def let_go(request: HttpRequest, token: str, task_id: UUID) -> HttpResponseBase:
    """End a task."""
    if request.method != "POST":
        return redirect("client:tasks", token=token)
    services.let_go(task_id, by=acting(request), now=now())
    messages.success(request, _("All right, this one is over. Your therapist sees it too."))
    return redirect("client:tasks", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def tell(request: HttpRequest, token: str, task_id: UUID) -> HttpResponseBase:
    """Keep what became of a task; unless it was simply done, ask what was in the way."""
    if request.method != "POST":
        return redirect("client:tasks", token=token)
    outcome = request.POST.get("outcome", "")
    told = services.tell(task_id, outcome, by=acting(request), now=now())
    if outcome == Outcome.DONE:
        messages.success(request, _("Kept. Thank you."))
        return redirect("client:home", token=token)
    messages.success(request, _("Kept. Thank you for telling; that helps you both."))
    return redirect("client:task_why", token=token, telling_id=told.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def why(request: HttpRequest, token: str, telling_id: UUID) -> HttpResponseBase:
    """Ask, as an offer, what was in the way or how it was done instead."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="tasks")
    told = next((one for one in tellings_of(episode) if one.pk == telling_id), None)
    if told is None or told.told_by != "client":
        return redirect("client:tasks", token=token)
    if request.method != "POST":
        return _asked_why(request, token, told)
    words = request.POST.get("words", "")
    try:
        services.tell_why(
            telling_id, obstacles=request.POST.getlist("obstacle"), words=words, by=by, now=at
        )
    except InputError:
        error = _("That is too long. Please keep it under %(n)d letters.") % {
            "n": services.LONGEST_TELLING
        }
        return _asked_why(request, token, told, words=words, error=error)
    messages.success(request, _("Kept. You can talk about it when you meet."))
    return redirect("client:home", token=token)


def _asked_why(
    request: HttpRequest, token: str, told: TaskTelling, *, words: str = "", error: str = ""
) -> HttpResponse:
    context = {
        "task": told.task.words,
        "outcome": outcome_words(told.outcome),
        "changed": told.outcome == Outcome.CHANGED,
        "obstacles": obstacle_choices(),
        "chosen": request.POST.getlist("obstacle"),
        "words": words,
        "error": error,
    }
    return show(request, token, "client/task_why.html", context, status=422 if error else 200)


def _shown(request: HttpRequest, token: str, *, typed: str = "", error: str = "") -> HttpResponse:
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="tasks")
    context = {"page": _page(episode, at), "typed": typed, "error": error}
    return show(request, token, "client/tasks.html", context, status=422 if error else 200)


def _page(episode: Episode, at: datetime) -> TasksPage:
    found = adherence_of(episode, now=at)
    table = found.table
    asked = {one.pk for one in found.asked}
    latest = {one.task_id: one for one in tellings_of(episode)}
    agreed = plan_of_episode(episode).agreed
    taken = {one.strategy for one in (*table.agreed, *table.proposed)}
    strategies = plan_of(agreed).strategies if agreed else ()
    return TasksPage(
        therapist=episode.therapist.name,
        running=episode.ended_at is None,
        agreed=tuple(task_card(one, latest.get(one.pk), one.pk in asked) for one in table.agreed),
        proposed=tuple(_proposed(one) for one in table.proposed),
        over=_over(table.over),
        picture=tasks_picture(found, episode, Audience.CLIENT),
        from_plan=tuple((one.id, one.words) for one in strategies if one.id not in taken)[:OFFERED],
        outcomes=outcome_choices(),
    )


def task_card(task: Task, told: TaskTelling | None, is_asked: bool) -> TaskCard:
    """Return a task as the client sees it."""
    when = day(task.answered_at or task.proposed_at)
    about = _("Agreed in your session, %(when)s") if task.together else _("Agreed on %(when)s")
    return TaskCard(
        id=task.pk,
        words=task.words,
        often=often_words(task),
        about=about % {"when": when},
        told=_told(told) if told else "",
        told_when=day(told.at) if told else "",
        why=obstacle_words(told.obstacles) if told else (),
        note=told.words if told else "",
        is_asked=is_asked,
    )


def _told(told: TaskTelling) -> str:
    names = {"outcome": outcome_words(told.outcome)}
    if told.told_by == "client":
        return _("You said: %(outcome)s") % names
    return _("Noted in your session: %(outcome)s") % names


def _proposed(task: Task) -> ProposedTask:
    return ProposedTask(
        id=task.pk,
        words=task.words,
        often=often_words(task),
        own=task.proposed_by == "client",
        when=day(task.proposed_at),
    )


def _over(found: Sequence[Task]) -> tuple[tuple[str, str], ...]:
    words = {
        "declined": _("not agreed, %(when)s"),
        "withdrawn": _("taken back, %(when)s"),
        "let-go": _("until %(when)s"),
    }
    return tuple(
        (
            one.words,
            words[one.status] % {"when": day(one.ended_at or one.answered_at or one.proposed_at)},
        )
        for one in reversed(found)
    )
