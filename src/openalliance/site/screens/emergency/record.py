"""A record that was opened in an emergency: what helps now, to be read and nothing else.

What was hard to say and sealed check-outs stay with those they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from openalliance.core.course import SignalKind
from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.checkins.access import course_for
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.access import topics_for
from openalliance.site.records.emergency.access import episode_in_emergency
from openalliance.site.records.emergency.services import close_record
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.course_picture import (
    CourseOnPage,
    change_of,
    course_on,
    picture_for,
)
from openalliance.site.screens.course_wording import ChangeWords
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.emergency_words import clock, moment
from openalliance.site.screens.wording import Audience, card_kind, signal_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.conversations.access import Topic
    from openalliance.site.records.emergency.models import Opening

LATEST = 5
_STATUS: Mapping[str, str] = {
    "planned": "planned", "attended": "attended", "cancelled": "cancelled",
    "no-show": "did not come",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A signal that waits for a conversation."""

    key: str
    kind: str
    kind_label: str
    when: str
    seen: str
    sure: str
    probability: float | None
    why: str
    is_safety: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyPage:
    """Everything on the page of an opened record; safety stands first."""

    id: UUID
    until: str
    name: str
    code: str
    email: str
    language: str
    therapist: str
    modality: str
    since: str
    ended: str
    safety: tuple[Card, ...]
    signals: tuple[Card, ...]
    course: CourseOnPage | None
    change: ChangeWords | None
    goals: tuple[str, ...]
    strategies: tuple[str, ...]
    sessions: tuple[tuple[str, str], ...]


@require_safe
@staff(Role.THERAPIST, Role.SUPERVISOR)
def show(request: HttpRequest, opening_id: UUID) -> HttpResponseBase:
    """Show the record while it is open; after that it is as if there were none."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    opening, episode = episode_in_emergency(by, opening_id, now=at, reading="whole record")
    course = course_for(by, episode)
    topics = [topic for topic in topics_for(by, episode, now=at) if topic.is_open]
    page = _page(
        opening, episode, _cards(topics),
        (course_on(picture_for(by, episode, course), language="en"),
         change_of(course, episode, Audience.THERAPIST)),
        sessions_of(episode), at,
    )  # fmt: skip
    return render(request, "emergency/record.html", {"page": page})


@require_POST
@staff(Role.THERAPIST, Role.SUPERVISOR)
def end(request: HttpRequest, opening_id: UUID) -> HttpResponseBase:
    """Close the record before its time is over."""
    close_record(opening_id, by=acting(request), now=now())
    messages.success(request, "The record is closed again.")
    return redirect("emergency:open")


def _page(
    opening: Opening,
    episode: Episode,
    cards: tuple[Card, ...],
    seen: tuple[CourseOnPage | None, ChangeWords | None],
    sessions: Sequence[Session],
    at: datetime,
) -> EmergencyPage:
    client = episode.client
    agreed = plan_of_episode(episode).agreed
    plan = plan_of(agreed) if agreed else None
    return EmergencyPage(
        id=opening.pk,
        until=clock(opening.ends_at),
        name=client.name,
        code=client.code,
        email=client.email or "",
        language=client.language,
        therapist=episode.therapist.name,
        modality=episode.modality_label,
        since=_day(episode.started_at),
        ended=_day(episode.ended_at) if episode.ended_at else "",
        safety=tuple(card for card in cards if card.is_safety),
        signals=tuple(card for card in cards if not card.is_safety),
        course=seen[0],
        change=seen[1],
        goals=tuple(goal.words for goal in plan.goals) if plan else (),
        strategies=tuple(one.words for one in plan.strategies) if plan else (),
        sessions=tuple((moment(one.starts_at), _STATUS[one.status]) for one in _near(sessions, at)),
    )


def _near(sessions: Sequence[Session], at: datetime) -> Sequence[Session]:
    """Return the next session and the latest ones, newest first."""
    coming = [one for one in sessions if one.starts_at > at][:1]
    past = [one for one in sessions if one.starts_at <= at][-LATEST:]
    return [*coming, *reversed(past)]


def _cards(topics: Sequence[Topic]) -> tuple[Card, ...]:
    cards = []
    for topic in topics:
        if topic.signal is None:
            continue
        words = signal_words(topic.signal, Audience.THERAPIST)
        cards.append(
            Card(
                key=f"topic-{topic.signal.pk}",
                kind=card_kind(topic.signal),
                kind_label=words.title,
                when=_day(topic.signal.at),
                seen=words.seen,
                sure=words.how_sure,
                probability=topic.signal.probability,
                why=words.why,
                is_safety=topic.signal.kind == SignalKind.SAFETY,
            )
        )
    return tuple(cards)


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y")
