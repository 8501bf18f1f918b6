"""What belongs to the practice and to no client: its public pages, and who knocked at its door."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from openalliance.site.records.intake.models import ContactRequest, PracticePage, Profile
from openalliance.site.records.trust.actors import system
from openalliance.site.records.trust.services import Action, log_many

FORMAT = "openalliance-practice/1"
Document = dict[str, Any]
_ON_THE_PAGE = (
    "about", "place", "accessibility", "fees", "availability", "is_public", "takes_requests",
    "alternatives", "unanswered_days", "declined_days",
)  # fmt: skip
_IN_A_PROFILE = (
    "headline", "about", "trainings", "languages", "cultures", "approach", "style", "humour",
    "ways", "fees", "availability", "taking", "is_public",
)  # fmt: skip


def practice_record(practice_id: UUID, *, now: datetime) -> Document:
    """Return public pages and requests, for who holds the practice's data folder.

    That requests were read is logged. Portraits are files of their own, see `portraits`.
    """
    requests = tuple(
        ContactRequest.objects.filter(practice_id=practice_id)
        .select_related("therapist", "passed_to")
        .order_by("at", "pk")
    )
    about = [(one.pk, None) for one in requests]
    log_many(Action.READ, "contact request", about, by=system(practice_id), now=now)
    profiles = _profiles(practice_id)
    pictures = {one.pk: name for one, name in _named(profiles)}
    page = PracticePage.objects.filter(practice_id=practice_id).first()
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "public_page": {name: getattr(page, name) for name in _ON_THE_PAGE} if page else None,
        "profiles": [
            {
                "therapist": one.person.name,
                "email": one.person.email,
                "portrait": pictures.get(one.pk),
                **{name: getattr(one, name) for name in _IN_A_PROFILE},
            }
            for one in profiles
        ],
        "requests": [_request(one) for one in requests],
    }


def portraits(practice_id: UUID) -> list[tuple[str, bytes]]:
    """Return the therapists' pictures (JPEG) with the names of their files."""
    return [
        (name, bytes(one.person.portrait.image)) for one, name in _named(_profiles(practice_id))
    ]


def _named(profiles: Iterable[Profile]) -> list[tuple[Profile, str]]:
    pictured = [one for one in profiles if hasattr(one.person, "portrait")]
    return [(one, f"portrait-{number}.jpg") for number, one in enumerate(pictured, 1)]


def _profiles(practice_id: UUID) -> tuple[Profile, ...]:
    found = Profile.objects.filter(person__practice_id=practice_id)
    return tuple(found.select_related("person__portrait").order_by("person__name", "pk"))


def _request(one: ContactRequest) -> Document:
    return {
        "at": one.at.isoformat(),
        "state": one.state,
        "language": one.language,
        "name": one.name,
        "reach_by": one.reach_by,
        "reach_me": one.reach_me,
        "to_be_safe": one.safely,
        "message": one.message,
        "accessibility": one.accessibility,
        "languages": one.languages,
        "ways": one.ways,
        "asked_for": one.therapist.name if one.therapist else None,
        "passed_to": one.passed_to.name if one.passed_to else None,
        "waiting_since": one.waiting_since.isoformat() if one.waiting_since else None,
        "place": one.place,
        "handled_at": one.handled_at.isoformat() if one.handled_at else None,
    }
