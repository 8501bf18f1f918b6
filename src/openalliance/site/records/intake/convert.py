"""Rows of the door ↔ wishes and offers of the core."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openalliance.core.plan import Preference, Way
from openalliance.core.plan.fit import Offer, Wish, languages_in
from openalliance.site.records.intake.models import ContactRequest, Profile, Taking
from openalliance.site.records.practice.models import Person


def ways_of(kept: Sequence[dict[str, Any]] | None) -> tuple[Preference, ...]:
    """Return ways of working that were kept."""
    return tuple(
        Preference(way=Way(one["way"]), value=one["value"], words=one["words"])
        for one in kept or ()
    )


def ways_kept(ways: Iterable[Preference]) -> list[dict[str, Any]]:
    """Return what is kept of ways of working."""
    return [{"way": one.way, "value": one.value, "words": one.words} for one in ways]


def wish_of(request: ContactRequest) -> Wish:
    """Return what somebody who wrote to the practice would like."""
    return Wish(languages=tuple(request.languages or ()), preferences=ways_of(request.ways))


def offer_of(person: Person, profile: Profile | None) -> Offer:
    """Return what a therapist says of themselves; of one without a profile, nothing."""
    if profile is None:
        return Offer(id=str(person.pk))
    return Offer(
        id=str(person.pk),
        languages=languages_in(profile.languages),
        preferences=ways_of(profile.ways),
        has_room=profile.taking != Taking.NO,
    )
