"""What may be hard at present: ruptures, tasks and appointments together, and how to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.tasks.phases import Strained, phases_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.phase_words import (
    SignWords,
    TimeLine,
    sign_words,
    time_line,
)
from openalliance.site.screens.therapist.words import Head, day, head_of

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCard:
    """What came together lately, in words; ``since`` is empty where it is no difficult phase."""

    signs: tuple[SignWords, ...]
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePage:
    """The time line with what came together."""

    head: Head
    card: PhaseCard
    line: TimeLine | None


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the time line of one client; it prints on one sheet."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="difficult phase")
    found = phases_of([episode], now=at)[episode.pk]
    zone = ZoneInfo(episode.practice.time_zone)
    page = PhasePage(head=head_of(episode), card=_card(found), line=time_line(found, zone))
    return render(request, "therapist/phase.html", {"page": page, "head": page.head})


def phase_card(episode: Episode, at: datetime) -> PhaseCard | None:
    """Return a difficult phase of a running episode in words; nothing where there is none."""
    if episode.ended_at is not None:
        return None
    found = phases_of([episode], now=at)[episode.pk]
    return _card(found) if found.phase.is_difficult else None


def _card(found: Strained) -> PhaseCard:
    since = found.phase.since
    return PhaseCard(
        signs=tuple(sign_words(one) for one in found.phase.signs),
        since=day(since) if since is not None and found.phase.is_difficult else "",
    )
