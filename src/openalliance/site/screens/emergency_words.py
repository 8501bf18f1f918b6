"""Emergencies in words, for the pages of staff that show that one happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from openalliance.site.records.emergency.models import Opening

CAUSES = (
    ("safety", "Somebody’s safety is at risk"),
    ("asked", "The client asks the practice for help"),
    ("away", "Their therapist cannot be reached, and something cannot wait"),
    ("other", "Something else that cannot wait"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That a record was opened: whose, by whom, when and why, and whether it was looked at."""

    id: UUID
    code: str
    who: str
    when: str
    why: str
    reviewed: str


def notices_of(openings: Iterable[Opening]) -> tuple[Notice, ...]:
    """Return openings as a list shows them."""
    return tuple(notice_of(one) for one in openings)


def notice_of(opening: Opening) -> Notice:
    """Return one opening as a list shows it."""
    return Notice(
        id=opening.pk,
        code=opening.client.code,
        who=opening.person.name,
        when=f"{moment(opening.opened_at)}–{clock(until(opening))}",
        why=dict(CAUSES)[opening.cause],
        reviewed=_reviewed(opening),
    )


def until(opening: Opening) -> datetime:
    """Return when an opening ended or will end."""
    return opening.ended_at or opening.ends_at


def _reviewed(opening: Opening) -> str:
    if opening.reviewed_at is None or opening.reviewed_by is None:
        return "not reviewed yet"
    return f"reviewed by {opening.reviewed_by.name}, {moment(opening.reviewed_at)}"


def moment(at: datetime) -> str:
    """Return a moment such as “3 Mar 2026, 10:30”, in the practice's time."""
    return date_format(timezone.localtime(at), "j M Y, H:i")


def clock(at: datetime) -> str:
    """Return the time of day, in the practice's time."""
    return date_format(timezone.localtime(at), "H:i")
