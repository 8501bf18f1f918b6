"""A client's page: one picture of the whole course, and all that waits for a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from openalliance.charts.course import course_chart, course_wording
from openalliance.charts.render import to_pdf, to_png, to_svg
from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.access import own_episode_for, sessions_of
from openalliance.site.records.checkins.access import course_for_both, forms_of_episode
from openalliance.site.records.checkins.convert import settings_for
from openalliance.site.records.checkins.expectations import expected_for
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.access import open_ruptures, topics_for
from openalliance.site.records.conversations.track_record import precision_here
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.course_picture import (
    CourseOnPage,
    change_of,
    course_on,
    picture_for,
)
from openalliance.site.screens.course_wording import (
    ChangeWords,
    GapWords,
    gap_words,
)
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.expectation_words import rests_on
from openalliance.site.screens.leaving_words import LeavingCard, leaving_card
from openalliance.site.screens.therapist.form_marks import (
    FormMark,
    FormState,
    all_in,
    marks_by_session,
)
from openalliance.site.screens.therapist.open_ruptures import OpenRupture, open_words
from openalliance.site.screens.therapist.phase import PhaseCard, phase_card
from openalliance.site.screens.therapist.plan_page import GoalCard, goals_of
from openalliance.site.screens.therapist.tasks import TasksCard, tasks_card
from openalliance.site.screens.therapist.topics import TopicCard, cards_of
from openalliance.site.screens.therapist.words import (
    Head,
    head_of,
    is_running,
    is_unclear,
    moment,
    soon,
)
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session

_DRAWN: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str | bytes]]] = {
    "svg": ("image/svg+xml", to_svg),
    "png": ("image/png", to_png),
    "pdf": ("application/pdf", to_pdf),
}
LATEST_SESSIONS = 4
FIRST_TOPICS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMarks:
    """One of the latest sessions and where its forms stand."""

    number: int
    when: str
    unclear: bool
    running: bool
    marks: tuple[FormMark, ...]

    @property
    def all_in(self) -> bool:
        return all_in(self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPage:
    """Everything on a client's page; ``audience`` says for whose eyes."""

    head: Head
    audience: Audience
    course: CourseOnPage | None
    change: ChangeWords | None
    gap: GapWords | None
    expected: str
    open_topics: tuple[TopicCard, ...]
    settled_topics: tuple[TopicCard, ...]
    goals: tuple[GoalCard, ...]
    proposal_waits: bool
    tasks: TasksCard
    phase: PhaseCard | None
    ruptures: tuple[OpenRupture, ...]
    leaving: LeavingCard | None
    sessions: tuple[SessionMarks, ...]
    own_forms: tuple[FormMark, ...]
    client_forms: tuple[FormMark, ...]
    next_session: str

    @property
    def safety(self) -> tuple[TopicCard, ...]:
        return tuple(card for card in self.open_topics if card.is_safety)

    @property
    def first_topics(self) -> tuple[TopicCard, ...]:
        return self._other_topics[:FIRST_TOPICS]

    @property
    def more_topics(self) -> tuple[TopicCard, ...]:
        return self._other_topics[FIRST_TOPICS:]

    @property
    def others_wait(self) -> int:
        return len(self._other_topics) - 1

    @property
    def _other_topics(self) -> tuple[TopicCard, ...]:
        return tuple(card for card in self.open_topics if not card.is_safety)


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the therapist's view of a course."""
    page = _page(acting(request), episode_id, now(), Audience.THERAPIST)
    return render(request, "therapist/client.html", {"page": page, "head": page.head})


@require_safe
@staff(Role.THERAPIST)
def together(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the same course for two people at one screen, in the client's language."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="course together")
    with translation.override(episode.client.language):
        page = client_page(by, episode, at, Audience.CLIENT)
        return render(request, "therapist/together.html", {"page": page, "head": page.head})


@require_safe
@staff(Role.THERAPIST)
def download(request: HttpRequest, episode_id: UUID, suffix: str) -> HttpResponseBase:
    """Return the picture as a file; its name holds the code and not the client's name."""
    if suffix not in _DRAWN:
        raise NotFoundError("no such kind of picture")
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="course picture")
    picture = picture_for(by, episode, course_for_both(episode))
    content_type, drawn = _DRAWN[suffix]
    response = HttpResponse(
        drawn(course_chart(picture, course_wording("en"))), content_type=content_type
    )
    name = f"course-{episode.client.code}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(by: Actor, episode_id: UUID, at: datetime, audience: Audience) -> ClientPage:
    close_due(by.practice_id, now=at)
    episode = own_episode_for(by, episode_id, now=at, reading="course")
    return client_page(by, episode, at, audience)


def client_page(by: Actor, episode: Episode, at: datetime, audience: Audience) -> ClientPage:
    """Return the page of an episode that `own_episode_for` let the actor see."""
    course = course_for_both(episode)
    known = precision_here(by) if audience is Audience.THERAPIST else None
    topics = topics_for(by, episode, now=at)
    cards = cards_of(topics, audience=audience, wording=episode.wording, known=known)
    sessions = sessions_of(episode)
    marks = marks_by_session(forms_of_episode(by, episode), at)
    every = [mark for of_session in marks.values() for mark in of_session]
    usable = [mark for mark in every if mark.state is FormState.OPEN]
    goals, proposal_waits = goals_of(episode)
    language = translation.get_language() or "en"
    following = next((one for one in sessions if one.starts_at > at), None)
    next_session = soon(following.starts_at, at) if following else ""
    return ClientPage(
        head=head_of(episode),
        audience=audience,
        course=course_on(picture_for(by, episode, course), language=language, audience=audience),
        change=change_of(course, episode, audience),
        gap=gap_words(course, settings_for(episode), audience),
        expected=_expected(episode) if audience is Audience.THERAPIST else "",
        open_topics=tuple(card for card in cards if card.is_open),
        settled_topics=tuple(card for card in cards if not card.is_open),
        goals=goals,
        proposal_waits=proposal_waits,
        tasks=tasks_card(episode, at, audience),
        phase=phase_card(episode, at) if audience is Audience.THERAPIST else None,
        ruptures=_ruptures(episode, next_session) if audience is Audience.THERAPIST else (),
        leaving=leaving_card(by, episode) if audience is Audience.THERAPIST else None,
        sessions=_latest(sessions, marks, at),
        own_forms=tuple(mark for mark in usable if not mark.is_client),
        client_forms=tuple(mark for mark in usable if mark.is_client),
        next_session=next_session,
    )


def _ruptures(episode: Episode, following: str) -> tuple[OpenRupture, ...]:
    return open_words(open_ruptures([episode]).get(episode.pk, ()), following)


def _expected(episode: Episode) -> str:
    found = expected_for(episode)
    return rests_on(found) if found is not None else ""


def _latest(
    sessions: Sequence[Session],
    marks: dict[UUID, tuple[FormMark, ...]],
    at: datetime,
) -> tuple[SessionMarks, ...]:
    past = [one for one in sessions if one.starts_at <= at][-LATEST_SESSIONS:]
    return tuple(
        SessionMarks(
            number=one.number,
            when=moment(one.starts_at),
            unclear=is_unclear(one, at),
            running=is_running(one, at),
            marks=marks.get(one.pk, ()),
        )
        for one in reversed(past)
    )
