"""Words and choices that several of the therapist's pages share. Staff pages are in English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

from openalliance.site.screens.door import now

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session

MODALITIES = (
    ("cbt", "CBT"),
    ("psychodynamic", "Psychodynamic"),
    ("person-centered", "Person-centered"),
    ("other", "Another one"),
)
STATUSES = (
    ("planned", "planned"),
    ("attended", "attended"),
    ("cancelled", "cancelled"),
    ("no-show", "did not come"),
)
FORM_NAMES = {
    "check-in": "check-in",
    "check-out": "check-out",
    "follow-up": "follow-up",
    "exit": "last question",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands at the top of every page about one episode; ``joined``: it follows another."""

    id: UUID
    name: str
    code: str
    modality: str
    started_at: datetime
    ended_at: datetime | None
    ending: str
    language: str
    wording: str
    joined: bool


def head_of(episode: Episode) -> Head:
    """Return the head of an episode's pages."""
    return Head(
        id=episode.pk,
        name=episode.client.name,
        code=episode.client.code,
        modality=episode.modality_label,
        started_at=episode.started_at,
        ended_at=episode.ended_at,
        ending=episode.get_ending_display() if episode.ending else "",
        language=episode.client.language,
        wording=episode.wording,
        joined=episode.previous_id is not None,
    )


def day(at: datetime) -> str:
    """Return a day such as “3 Mar 2026”, in the practice's time."""
    return date_format(timezone.localtime(at), "j M Y")


def moment(at: datetime) -> str:
    """Return a moment such as “Tue 3 Mar, 10:30”, in the practice's time; with another year's."""
    local = timezone.localtime(at)
    this_year = local.year == timezone.localtime(now()).year
    return date_format(local, "D j M, H:i" if this_year else "D j M Y, H:i")


def clock(at: datetime) -> str:
    """Return the time of day, in the practice's time."""
    return date_format(timezone.localtime(at), "H:i")


def soon(at: datetime, from_now: datetime) -> str:
    """Return a moment to come; today and tomorrow by these words."""
    days = (timezone.localtime(at).date() - timezone.localtime(from_now).date()).days
    near = {0: "today", 1: "tomorrow"}.get(days)
    return f"{near}, {clock(at)}" if near else moment(at)


def is_running(session: Session, at: datetime) -> bool:
    """Whether a session is being held at this moment, as far as the calendar tells."""
    ends = session.starts_at + timedelta(minutes=session.minutes)
    return session.status in {"planned", "attended"} and session.starts_at <= at < ends


def is_unclear(session: Session, at: datetime) -> bool:
    """Whether a session is over and nobody has said what became of it."""
    return session.status == "planned" and session.starts_at <= at and not is_running(session, at)


def called_off_words(session: Session) -> str:
    """Return who called a session off and how early; empty where it was not, or nobody said."""
    if not session.cancelled_by or session.cancelled_at is None:
        return ""
    who = "your client" if session.cancelled_by == "client" else "you"
    hours = (session.starts_at - session.cancelled_at).total_seconds() / 3600
    if hours < 1:
        early = "less than an hour before"
    elif hours < 48:
        early = f"{hours:.0f} hour{'s' if round(hours) != 1 else ''} before"
    else:
        early = f"{hours / 24:.0f} days before"
    return f"by {who}, {early}"


def status_words(session: Session, at: datetime) -> str:
    """Return what became of a session."""
    return "did it take place?" if is_unclear(session, at) else dict(STATUSES)[session.status]
