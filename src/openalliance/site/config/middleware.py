"""What happens around every request: faults become calm pages, headers keep pages private."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from openalliance.site.config import faults as pages
from openalliance.site.records.practice import devices
from openalliance.site.records.practice.devices import Standing
from openalliance.site.records.practice.models import Person
from openalliance.site.screens.door import DEVICE, Away, Lapsed, now

Respond = Callable[[HttpRequest], HttpResponse]
_STAFF_PAGES = (
    "/sign-in", "/sign-out", "/account/", "/set-up", "/invitation/", "/home",
    "/therapist/", "/supervisor/", "/administrator/", "/emergency/", "/evidence/",
)  # fmt: skip
_METHODS = ("GET", "HEAD", "POST")
_READ_AWAY_AT_MOST = 32 * 1024 * 1024
_CHUNK = 64 * 1024


def alive(respond: Respond) -> Respond:
    """Answer ``/healthz`` before what can fail: it says that the process works, no more."""

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
        length = _announced(request)
        if length is None:
            return pages.page(400)
        if length > _largest(request.path):
            _read_away(request, length)
            return pages.page(413)
        response = self.respond(request)
        if response.status_code == 405 and not response.content:
            return _with_allow(pages.page(405), response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return the page for a fault that was meant or can be waited out; else let Django."""
        return pages.page_for(fault)


def _announced(request: HttpRequest) -> int | None:
    """Return how many bytes a request says it has; None when it says what cannot be."""
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else None


def _largest(path: str) -> int:
    """Return how many bytes a request to ``path`` may have."""
    most: int = settings.LARGE_UPLOADS.get(path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return most


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


def without_request(status: int) -> HttpResponse:
    """Return the page for a status, with the headers of any other, where nothing could be read."""

    def answer(_request: HttpRequest) -> HttpResponse:
        return pages.page(status)

    nothing = HttpRequest()
    if settings.HTTPS:
        nothing.META["HTTP_X_FORWARDED_PROTO"] = "https"
    framed = XFrameOptionsMiddleware(headers(answer))
    return cast("HttpResponse", SecurityMiddleware(CSPMiddleware(framed))(nothing))


def signed_in(respond: Respond) -> Respond:
    """Know the device of who is signed in; who was away too long is nobody until they are back.

    `door.staff` and the sign-in page find them in ``request.lapsed``.
    """

    def inner(request: HttpRequest) -> HttpResponse:
        person = request.user
        if isinstance(person, Person):
            _look_at_device(request, person)
        return respond(request)

    return inner


def _look_at_device(request: HttpRequest, person: Person) -> None:
    at, handed_over = now(), "handed_over" in request.session
    device = devices.find(person, request.session.get(DEVICE))
    if device is None:  # signed out elsewhere
        request.session.flush()
        request.user = AnonymousUser()
        return
    standing = devices.standing_of(device, handed_over=handed_over, now=at)
    if standing is Standing.HOLDS:
        devices.note_use(device, now=at)
        return
    if standing is Standing.IDLE:
        request.lapsed = Away(person=person, device=device)  # type: ignore[attr-defined]
    else:
        request.session.flush()
        devices.forget(device)
        # What a client typed on a handed-over tablet is not for its therapist to find.
        if not handed_over:
            request.lapsed = Lapsed(person=person)  # type: ignore[attr-defined]
    request.user = AnonymousUser()


def handed_over(respond: Respond) -> Respond:
    """While a tablet is in the client's hands, show nothing but the client's form or plan.

    The session remembers which; only the therapist's password ends it.
    """

    def inner(request: HttpRequest) -> HttpResponse:
        subject_id = request.session.get("handed_over")
        if subject_id is None:
            return respond(request)
        to = request.session.get("handed_over_to", "therapist:in_session")
        start = reverse(to, args=[UUID(subject_id)])
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
