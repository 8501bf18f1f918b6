"""The client's own page: what waits, what comes next, how it has been, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.checkins.access import open_forms
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.conversations.access import topics_for
from openalliance.site.records.endings.access import is_asked_to_look_back, own_wish
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.rights.consent import ConsentKind, own_consents
from openalliance.site.records.tasks.access import adherence_of
from openalliance.site.screens.client.course import OwnCourse, own_course
from openalliance.site.screens.client.entry import client_page, link_of, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.taken_up import TopicCard, topic_cards
from openalliance.site.screens.client.words import day, day_and_time, form_name
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.task_words import outcome_choices

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.plans.access import PlanOnTable
    from openalliance.site.records.tasks.models import Task
    from openalliance.site.records.trust.actors import Actor

SHOWN_TOPICS = 3
SHOWN_TASKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One form that waits for answers, as a big button."""

    title: str
    about: str
    until: str
    action: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """The plan in a few lines."""

    goals: tuple[str, ...]
    waits_for_you: bool
    waits_for_therapist: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksSummary:
    """Tasks of which nothing was told since the last session, and what else there is."""

    asked: tuple[Task, ...]
    more: int
    waits_for_you: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """Everything the client's own page says."""

    name: str
    therapist: str
    waiting: tuple[Waiting, ...]
    asks_consent: bool
    looks_back: bool
    has_wish: bool
    next_session: str
    ended: bool
    course: OwnCourse | None
    plan: PlanSummary
    tasks: TasksSummary
    outcomes: tuple[tuple[str, str], ...]
    topics: tuple[TopicCard, ...]
    more_topics: bool

    @property
    def nothing_waits(self) -> bool:
        """Whether there is nothing at all to answer, look at or tell."""
        asks = self.waiting or self.tasks.asked or self.tasks.waits_for_you
        return not (asks or self.plan.waits_for_you or self.looks_back or self.asks_consent)


@require_safe
@client_page
def home(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the client's own page."""
    by, at = acting(request), now()
    client = link_of(request).client
    close_due(by.practice_id, now=at)
    episode = own_episode(by, now=at, reading="own page")
    on_table = plan_of_episode(episode)
    cards = topic_cards(topics_for(by, episode, now=at), episode, token)
    page = HomePage(
        name=client.name,
        therapist=episode.therapist.name,
        waiting=tuple(_waiting(form, token) for form in open_forms(by, now=at)),
        asks_consent=_asks_consent(by),
        looks_back=is_asked_to_look_back(by, episode),
        has_wish=episode.ended_at is not None and own_wish(by) is not None,
        next_session=_next_session(sessions_of(episode), at),
        ended=episode.ended_at is not None,
        course=own_course(by, episode),
        plan=_plan_summary(on_table),
        tasks=_tasks_summary(episode, at),
        outcomes=outcome_choices(),
        topics=cards[:SHOWN_TOPICS],
        more_topics=len(cards) > SHOWN_TOPICS,
    )
    return show(request, token, "client/home.html", {"page": page})


def _asks_consent(by: Actor) -> bool:
    """Whether the client was not yet asked, in its present words, if these pages may be used."""
    return any(one.kind is ConsentKind.USE and not one.answered for one in own_consents(by))


def _waiting(form: AskedForm, token: str) -> Waiting:
    session = form.session
    when = day(session.starts_at) if session else ""
    about = {
        "check-in": _("How things have been, before your session on %(when)s"),
        "check-out": _("How your session on %(when)s was for you"),
        "follow-up": _("How are you? It takes less than a minute."),
        "exit": _("One question. You do not have to answer it."),
    }.get(form.moment, _("A few short questions"))
    started = form.started_at is not None
    return Waiting(
        title=form_name(form.moment),
        about=about % {"when": when},
        until=_("Open until %(when)s") % {"when": day_and_time(form.closes_at)},
        action=_("Carry on where you left off") if started else _length(form),
        url=reverse("client:form", args=[token, form.pk]),
    )


def _length(form: AskedForm) -> str:
    count = len(steps_of(form))
    return _("%(n)d short questions") % {"n": count}


def _next_session(sessions: Sequence[Session], now: datetime) -> str:
    coming = [one for one in sessions if one.starts_at > now and one.status == "planned"]
    return day_and_time(coming[0].starts_at) if coming else ""


def _plan_summary(on_table: PlanOnTable) -> PlanSummary:
    goals = plan_of(on_table.agreed).goals if on_table.agreed else ()
    proposed = on_table.proposed
    return PlanSummary(
        goals=tuple(goal.words for goal in goals),
        waits_for_you=proposed is not None and proposed.proposed_by != "client",
        waits_for_therapist=proposed is not None and proposed.proposed_by == "client",
    )


def _tasks_summary(episode: Episode, at: datetime) -> TasksSummary:
    found = adherence_of(episode, now=at)
    asked = found.asked if episode.ended_at is None else ()
    return TasksSummary(
        asked=asked[:SHOWN_TASKS],
        more=max(0, len(asked) - SHOWN_TASKS),
        waits_for_you=any(one.proposed_by != "client" for one in found.table.proposed),
    )
