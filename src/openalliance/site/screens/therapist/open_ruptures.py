"""Ruptures that were noted and are still open, in words, and whether they were measured again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from openalliance.core.course.repair import Marker
from openalliance.site.screens.rupture_words import MARKERS
from openalliance.site.screens.therapist.words import day
from openalliance.site.screens.wording import number

if TYPE_CHECKING:
    from openalliance.site.records.conversations.access import Ruptured


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRupture:
    """One open rupture: how it showed, since when, and whether it was measured again."""

    id: UUID
    episode_id: UUID
    what: str
    measured: str
    is_measured: bool


def open_words(held: Sequence[Ruptured], following: str) -> tuple[OpenRupture, ...]:
    """Return the words; ``following`` is when the two meet next, empty while nothing is planned."""
    return tuple(
        OpenRupture(
            id=one.record.pk,
            episode_id=one.record.episode_id,
            what=_what(one),
            measured=_measured(one, following),
            is_measured=one.remeasured.after is not None,
        )
        for one in held
    )


def _what(held: Ruptured) -> str:
    row = held.record
    label, _help = MARKERS[Marker(row.marker)]
    label = "withdrawal and confrontation" if row.marker == Marker.MIXED else label.lower()
    when = f"session {row.session.number}, {day(row.at)}" if row.session else day(row.at)
    return f"{label}, {when}"


def _measured(held: Ruptured, following: str) -> str:
    before, after = held.remeasured.before, held.remeasured.after
    if after is not None:
        rated = f"{number(before)}, then {number(after)}" if before is not None else number(after)
        return f"Measured again at the session after: alliance {rated}. What became of it?"
    if following:
        return f"To be measured again when you meet next, {following}."
    return "Not measured again yet, and no session is planned."
