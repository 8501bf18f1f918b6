"""What every template may use: the practice, the way around, the language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from openalliance.site.records.practice.access import practice_of, public_practice
from openalliance.site.records.trust.actors import Actor, Role

_PLACES = (
    (Role.THERAPIST, "Caseload", "therapist:caseload"),
    (Role.SUPERVISOR, "Supervision", "supervisor:home"),
    (Role.ADMINISTRATOR, "Practice", "administrator:home"),
)


def site(request: HttpRequest) -> dict[str, Any]:
    """Return ``practice``, ``navigation``, ``is_demonstration`` and ``handed_over``."""
    by: Actor | None = getattr(request, "by", None)
    practice = practice_of(by) if by else public_practice()
    navigation = []
    if by is not None and not by.is_client:
        navigation = [
            (label, reverse(name), request.path.startswith(reverse(name)))
            for role, label, name in _PLACES
            if by.has(role)
        ]
    return {
        "practice": practice,
        "by": by,
        "navigation": navigation,
        "is_demonstration": bool(practice and practice.is_demonstration),
    }
