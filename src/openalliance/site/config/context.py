"""What every template may use: the practice, the way around, the language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from openalliance.site.records.practice.access import actor_for, practice_of, public_practice
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor, Role

_PLACES = (
    (Role.THERAPIST, "Caseload", "therapist:caseload"),
    (Role.SUPERVISOR, "Supervision", "supervisor:home"),
    (Role.ADMINISTRATOR, "Practice", "administrator:home"),
)


def site(request: HttpRequest) -> dict[str, Any]:
    """Return ``practice``, ``by``, ``navigation``, where home and sign-in are, and the marking."""
    by: Actor | None = getattr(request, "by", None)
    person = getattr(request, "user", None)
    if by is None and isinstance(person, Person):
        by = actor_for(person)
    practice = _practice(request, by)
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
        "home_url": reverse("public:landing") if navigation else reverse("public:home"),
        "sign_in_url": None if by else reverse("account_login"),
        "is_demonstration": bool(practice and practice.is_demonstration),
        "demonstration_url": "/#sign-ins" if settings.DEMONSTRATION else None,
    }


def _practice(request: HttpRequest, by: Actor | None) -> Practice | None:
    if by is None:
        return public_practice()
    # A client's link and a person who signed in came with their practice.
    came = getattr(request, "link", None) or getattr(request, "user", None)
    return practice_of(by) if came is None or not hasattr(came, "practice") else came.practice
