"""What happens around every request: faults become calm pages, headers keep pages private."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from openalliance.site.config import faults as pages
from openalliance.site.records.practice.models import Person

Respond = Callable[[HttpRequest], HttpResponse]
_STAFF_PAGES = (
    "/sign-in", "/sign-out", "/account/", "/set-up", "/invitation/", "/home",
    "/therapist/", "/supervisor/", "/administrator/",
)  # fmt: skip
_METHODS = ("GET", "HEAD", "POST")
_READ_AWAY_AT_MOST = 32 * 1024 * 1024
_CHUNK = 64 * 1024


def alive(respond: Respond) -> Respond:
    """Answer ``/healthz`` before anything else: it says that the process works, no more."""

    def inner(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        return respond(request)

    return inner


class faults:  # noqa: N801 - named like the function it stands for
    """Turns what goes wrong into a page that says what to do, and leaks nothing."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse unknown methods and huge bodies; give bare refusals a page."""
        if request.method not in _METHODS:
            return _with_allow(pages.page(405), ", ".join(_METHODS))
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            _read_away(request, length)
            return pages.page(413)
        response = self.respond(request)
        if response.status_code == 405 and not response.content:
            return _with_allow(pages.page(405), response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return the page for a fault that was meant or can be waited out; else let Django."""
        return pages.page_for(fault)


def _with_allow(response: HttpResponse, methods: str) -> HttpResponse:
    response["Allow"] = methods
    return response


def _read_away(request: HttpRequest, length: int) -> None:
    """Take what is being sent, so that the sender is still there to read the answer."""
    left = min(length, _READ_AWAY_AT_MOST)
    while left > 0 and (chunk := request.META["wsgi.input"].read(min(left, _CHUNK))):
        left -= len(chunk)


def headers(respond: Respond) -> Respond:
    """Keep every page but static files out of caches, and away from other sites."""

    def inner(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        response.setdefault("Cache-Control", "no-store, private")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()"
        )
        return response

    return inner


def handed_over(respond: Respond) -> Respond:
    """While a tablet is in the client's hands, show nothing but the client's form.

    The session remembers the form; only the therapist's password ends it.
    """

    def inner(request: HttpRequest) -> HttpResponse:
        form_id = request.session.get("handed_over")
        if form_id is None:
            return respond(request)
        start = reverse("therapist:in_session", args=[UUID(form_id)])
        if request.path.startswith((start, "/static/")):
            return respond(request)
        return redirect(start)

    return inner


def practice_context(respond: Respond) -> Respond:
    """Show staff times in their practice's zone, and their pages in the one language they have."""

    def inner(request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Person):
            timezone.activate(ZoneInfo(request.user.practice.time_zone))
        else:
            timezone.deactivate()
        if request.path.startswith(_STAFF_PAGES):
            translation.activate("en")
        return respond(request)

    return inner
