"""A course as a supervisor reads it: no names, nothing that was hard to say, nothing to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from openalliance.core.course.claims import Claim, Precision
from openalliance.site.records.care.access import episode_for
from openalliance.site.records.checkins.access import course_for
from openalliance.site.records.checkins.convert import claim_of_row
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.access import Topic, topics_for
from openalliance.site.records.conversations.track_record import precision_here
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.answer_wording import answer_words
from openalliance.site.screens.course_picture import (
    CourseOnPage,
    change_of,
    course_on,
    picture_for,
)
from openalliance.site.screens.course_wording import ChangeWords
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.track_words import method_name, track_record
from openalliance.site.screens.wording import (
    Audience,
    card_kind,
    signal_words,
)

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import Signal

_STAGES = (("seen", "Seen"), ("talked-about", "Talked about"), ("changed", "Changed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A signal and how far it was taken up; notes stay between therapist and client."""

    key: str
    kind: str
    kind_label: str
    when: str
    seen: str
    sure: str
    probability: float | None
    record: str
    method: str
    why: str
    answer: str
    talk_about: str
    steps: tuple[tuple[str, str, str], ...]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePage:
    """Everything on a supervisor's page about one episode."""

    code: str
    therapist: str
    modality: str
    started_at: datetime
    course: CourseOnPage | None
    change: ChangeWords | None
    open_topics: tuple[Card, ...]
    settled_topics: tuple[Card, ...]


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the course of a supervised therapist's client."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = episode_for(by, episode_id, now=at, reading="course")
    course, known = course_for(by, episode), precision_here(by)
    cards = [
        _card(topic, topic.signal, known)
        for topic in topics_for(by, episode, now=at)
        if topic.signal is not None
    ]
    page = CoursePage(
        code=episode.client.code,
        therapist=episode.therapist.name,
        modality=episode.modality_label,
        started_at=episode.started_at,
        course=course_on(picture_for(by, episode, course), language="en"),
        change=change_of(course, episode, Audience.THERAPIST),
        open_topics=tuple(card for card in cards if card.is_open),
        settled_topics=tuple(card for card in cards if not card.is_open),
    )
    return render(request, "supervisor/course.html", {"page": page})


def _card(topic: Topic, signal: Signal, known: Mapping[Claim, Precision]) -> Card:
    words = signal_words(signal, Audience.THERAPIST)
    return Card(
        key=f"topic-{signal.pk}",
        kind=card_kind(signal),
        kind_label=words.title,
        when=_day(signal.at),
        seen=words.seen,
        sure=words.how_sure,
        probability=signal.probability,
        record=track_record(claim_of_row(signal), known),
        method=method_name(signal.method),
        why=words.why,
        answer=answer_words(topic.answer),
        talk_about="",
        steps=_steps(topic),
        is_open=topic.is_open,
    )


def _steps(topic: Topic) -> tuple[tuple[str, str, str], ...]:
    order = [stage for stage, _label in _STAGES]
    taken = {step.stage: _day(step.at) for step in topic.steps}
    reached = order.index(topic.stage) if topic.stage else -1
    return tuple(
        (label, taken.get(stage, ""), "done" if place <= reached else "")
        for place, (stage, label) in enumerate(_STAGES)
    )


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y")
