"""What happens around every request: faults become calm pages, headers keep pages private."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.config import faults as pages
from openalliance.site.records.practice.models import Person

Respond = Callable[[HttpRequest], HttpResponse]
_log = logging.getLogger("openalliance.faults")


class faults:  # noqa: N801 - named like the function it stands for
    """Turns what goes wrong into a page that says what to do, and leaks nothing."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return the page for a fault that was meant or can be waited out; else let Django."""
        if isinstance(fault, NotFoundError):
            return pages.page(request, 404)
        if isinstance(fault, RefusedError):
            return pages.page(request, 403)
        if isinstance(fault, ConflictError):
            return pages.page(request, 409)
        if isinstance(fault, RequestDataTooBig | TooManyFieldsSent):
            return pages.page(request, 413)
        if isinstance(fault, InputError):
            return pages.page(request, 400)
        if isinstance(fault, OperationalError):
            _log.error("the database could not do its work: %s", type(fault).__name__)
            response = pages.page(request, 503)
            response["Retry-After"] = "5"
            return response
        # Not the message: it may hold what somebody wrote.
        _log.error("unexpected %s at %s", type(fault).__name__, _place(fault))
        return None


def _place(fault: Exception) -> str:
    last = fault.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return "?" if last is None else f"{last.tb_frame.f_code.co_qualname}:{last.tb_lineno}"


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
        if request.path.startswith((start, "/static/", "/healthz")):
            return respond(request)
        return redirect(start)

    return inner


def practice_context(respond: Respond) -> Respond:
    """Show times in the zone of the practice whose person is signed in."""

    def inner(request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Person):
            timezone.activate(ZoneInfo(request.user.practice.time_zone))
        else:
            timezone.deactivate()
        return respond(request)

    return inner
