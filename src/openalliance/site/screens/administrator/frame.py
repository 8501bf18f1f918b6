"""What the administrator's pages share: who may come in, and the way between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import staff

_PLACES = (
    ("Overview", "home"),
    ("People", "people"),
    ("Supervision", "supervision"),
    ("Contact requests", "contact_requests"),
    ("Public page", "public_page"),
    ("Instruments", "instruments"),
    ("Scoreboard", "scoreboard"),
    ("What lasts", "endings"),
    ("What is known", "known"),
    ("The year", "year"),
    ("Settings", "settings"),
    ("Retention", "retention"),
    ("Access", "access"),
)
administrator = staff(Role.ADMINISTRATOR)


def show(
    request: HttpRequest, template: str, page: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return an administrator's page with the way to the others."""
    places = [
        (label, reverse(f"administrator:{name}"), name == _here(request)) for label, name in _PLACES
    ]
    return render(
        request, f"administrator/{template}.html", {**page, "places": places}, status=status
    )


def _here(request: HttpRequest) -> str:
    """Return the place that the present page belongs to."""
    match = request.resolver_match
    name = "home" if match is None else str(match.url_name)
    if name == "contact_request":
        return "contact_requests"
    belongs = {"invite", "withdraw", "person", "close", "open", "password", "second_factor"}
    return "people" if name in belongs else name
