"""Five minutes before a session: one page of what to talk about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.core.course import Course
from openalliance.core.course.measures import half_width
from openalliance.core.instruments import ItemKind, Rater
from openalliance.site.records.care.access import own_episode_for, sessions_of
from openalliance.site.records.checkins.access import course_for_both, last_check_in
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.checkins.steps import Step, steps_of
from openalliance.site.records.conversations.access import topics_for
from openalliance.site.records.conversations.track_record import precision_here
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.course_picture import change_of, outcome_title
from openalliance.site.screens.course_wording import ChangeWords
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.therapist.plan_page import PlanPage, plan_page
from openalliance.site.screens.therapist.tasks import TasksCard, tasks_card
from openalliance.site.screens.therapist.topics import TopicCard, cards_of
from openalliance.site.screens.therapist.words import (
    Head,
    clock,
    head_of,
    is_running,
    moment,
    soon,
    status_words,
)
from openalliance.site.screens.wording import Audience, number

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.checkins.models import AskedForm

MOST_TOPICS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """The client's latest check-in: each question with its answer."""

    when: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparePage:
    """What a therapist wants to know before the door opens."""

    head: Head
    session: str
    topics: tuple[TopicCard, ...]
    more_topics: int
    since: tuple[tuple[str, str, str], ...]
    change: ChangeWords | None
    check_in: CheckIn | None
    plan: PlanPage
    tasks: TasksCard
    audience: Audience = Audience.THERAPIST


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the page; it prints on one sheet."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = own_episode_for(by, episode_id, now=at, reading="prepare")
    page = prepare_page(by, episode, at)
    return render(request, "therapist/prepare.html", {"page": page, "head": page.head})


def prepare_page(by: Actor, episode: Episode, at: datetime) -> PreparePage:
    """Return the page of an episode that `own_episode_for` let the actor see."""
    course = course_for_both(episode)
    sessions = sessions_of(episode)
    cards = cards_of(
        topics_for(by, episode, now=at),
        audience=Audience.THERAPIST,
        wording=episode.wording,
        known=precision_here(by),
    )
    waiting = [card for card in cards if card.is_open]
    checked_in = last_check_in(by, episode)
    return PreparePage(
        head=head_of(episode),
        session=_session_words(sessions, at),
        topics=tuple(waiting[:MOST_TOPICS]),
        more_topics=max(0, len(waiting) - MOST_TOPICS),
        since=_since(course, sessions, outcome_title(episode), at),
        change=change_of(course, episode, Audience.THERAPIST),
        check_in=_check_in(checked_in) if checked_in else None,
        plan=plan_page(episode),
        tasks=tasks_card(episode, at, Audience.THERAPIST),
    )


def _session_words(sessions: Sequence[Session], at: datetime) -> str:
    for session in sessions:
        if is_running(session, at):
            return f"Session {session.number}, now, since {clock(session.starts_at)}"
        if session.starts_at > at:
            return f"Session {session.number}, {soon(session.starts_at, at)}"
    return "No session is planned"


def _since(
    course: Course, sessions: Sequence[Session], measure: str, at: datetime
) -> tuple[tuple[str, str, str], ...]:
    figures: list[tuple[str, str, str]] = []
    past = [one for one in sessions if one.starts_at <= at and not is_running(one, at)]
    if past:
        last = past[-1]
        figures.append(("Last session", moment(last.starts_at), status_words(last, at)))
    if course.outcome:
        point = course.outcome[-1]
        before = f"before: {number(course.outcome[-2].value)}" if len(course.outcome) > 1 else ""
        figures.append((measure or "How life has been", number(point.value), before))
    for rater, name in ((Rater.CLIENT, "your client"), (Rater.THERAPIST, "you")):
        points = course.alliance.get(rater, ())
        if points:
            level = f"level {number(points[-1].level)} ± {number(half_width(points[-1].se))}"
            figures.append((f"Working together, {name}", number(points[-1].rating), level))
    return tuple(figures)


def _check_in(form: AskedForm) -> CheckIn:
    return CheckIn(
        when=moment(form.submitted_at) if form.submitted_at else "",
        answers=tuple((words_in(step.item.text, "en"), _answer(step)) for step in steps_of(form)),
    )


def _answer(step: Step) -> str:
    if step.answer is None:
        return "left out"
    if step.item.kind is ItemKind.CHOICE:
        for option in step.item.options:
            if option.value == step.answer:
                return words_in(option.label, "en")
    return f"{step.answer:g} / {step.item.maximum:g}"
