"""Words and choices that several of the therapist's pages share. Staff pages are in English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode

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
    """What stands at the top of every page about one episode."""

    id: UUID
    name: str
    code: str
    modality: str
    started_at: datetime
    ended_at: datetime | None
    ending: str
    language: str


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
    )


def day(at: datetime) -> str:
    """Return a day such as “3 Mar 2026”, in the practice's time."""
    return date_format(timezone.localtime(at), "j M Y")


def moment(at: datetime) -> str:
    """Return a moment such as “Tue 3 Mar, 10:30”, in the practice's time."""
    return date_format(timezone.localtime(at), "D j M, H:i")
