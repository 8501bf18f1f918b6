"""What the public pages say of a therapist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from openalliance.site.records.intake.convert import ways_of
from openalliance.site.screens.plan_fields import way_fields

if TYPE_CHECKING:
    from openalliance.site.records.intake.models import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One therapist among others."""

    id: UUID
    name: str
    headline: str
    languages: str
    approach: str
    taking: str
    portrait: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One therapist's own page: what they say, by heading, and how they usually work."""

    card: Card
    parts: tuple[tuple[str, str], ...]
    ways: tuple[tuple[str, str, str], ...]


def card_of(profile: Profile) -> Card:
    """Return a therapist's card; ``portrait`` is what tells one picture from the next, if any."""
    taking = {
        "yes": _("has room for new clients"),
        "waiting": _("has a waiting list"),
        "no": _("has no room at the moment"),
    }
    picture = getattr(profile.person, "portrait", None)
    return Card(
        id=profile.person.pk,
        name=profile.person.name,
        headline=profile.headline,
        languages=profile.languages,
        approach=profile.approach,
        taking=taking[profile.taking],
        portrait=picture.digest if picture else "",
    )


def whole_of(profile: Profile) -> Whole:
    """Return all that a therapist says, without what they left empty."""
    parts = (
        (_("About me"), profile.about),
        (_("What I have learnt"), profile.trainings),
        (_("Cultures I know from inside"), profile.cultures),
        (_("How it is to talk with me"), profile.style),
        (_("Humour"), profile.humour),
        (_("When I have time"), profile.availability),
        (_("What it costs"), profile.fees),
    )
    return Whole(
        card=card_of(profile),
        parts=tuple((heading, words) for heading, words in parts if words.strip()),
        ways=tuple(
            (field.title, dict(field.steps)[field.value], field.words)
            for field in way_fields(ways_of(profile.ways))
            if field.value
        ),
    )
