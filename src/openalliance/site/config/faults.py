"""Pages for what went wrong: warm and plain for whoever reads them, without any detail.

They are rendered without the request, because the session or the database may be what failed.
"""

from __future__ import annotations

import logging
import sys

from allauth.core.exceptions import RateLimited
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.config.logs import places
from openalliance.site.screens.tries import TooManyTriesError

_log = logging.getLogger("openalliance.faults")
_STATUS_OF = (
    (NotFoundError, 404),
    (RefusedError, 403),
    (ConflictError, 409),
    (IntegrityError, 409),  # two did the same thing at the same moment: the second comes too late
    (InputError, 400),
    (RequestDataTooBig, 413),
    (TooManyFieldsSent, 413),
    (RateLimited, 429),
    (OperationalError, 503),
    (InterfaceError, 503),
    (InternalError, 503),  # PostgreSQL on a disk, or in a role, that can only be read
)
_WAIT_SECONDS = {429: "60", 503: "5"}


def page(status: int, template: str | None = None) -> HttpResponse:
    """Return the page for an HTTP status."""
    response = HttpResponse(loader.render_to_string(template or f"{status}.html"), status=status)
    if status in _WAIT_SECONDS:
        response["Retry-After"] = _WAIT_SECONDS[status]
    return response


def page_for(fault: BaseException | None) -> HttpResponse | None:
    """Return the page for a fault that was meant or can be waited out; None for any other."""
    for kind, status in _STATUS_OF:
        if isinstance(fault, kind):
            if status == 503:
                _log.error("the database could not do its work: %s", type(fault).__name__)
            if isinstance(fault, IntegrityError):
                _log.error("the database refused a change at %s", places(fault))
            response = page(status)
            if isinstance(fault, TooManyTriesError):
                response["Retry-After"] = str(fault.seconds)
            return response
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    return page_for(exception) or page(400)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who may not do this."""
    return page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what does not exist, or not for this person."""
    return page(404)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer somebody who tries too often."""
    return page(429)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer when the fault is ours; log what and where, but no value it held."""
    fault = sys.exc_info()[1]
    known = page_for(fault)
    if known is not None:
        return known
    if fault is not None:
        _log.error("unexpected %s at %s", type(fault).__name__, places(fault))
    return page(500)


def missing_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours, or came from one grown too old."""
    return page(403, "403_csrf.html")


def locked_out(request: HttpRequest, credentials: object = None) -> HttpResponse:
    """Answer somebody whose sign-in failed too often."""
    response = page(429)
    response["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return response
