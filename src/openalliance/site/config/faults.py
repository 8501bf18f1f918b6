"""Pages for what went wrong: warm and plain for whoever reads them, without any detail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import loader


def page(request: HttpRequest, status: int) -> HttpResponse:
    """Return the page for an HTTP status."""
    return HttpResponse(loader.render_to_string(f"{status}.html", request=request), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    return page(request, 400)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who may not do this."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what does not exist, or not for this person."""
    return page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer when the fault is ours."""
    return page(request, 500)


def missing_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours, or came from one grown too old."""
    return HttpResponse(loader.render_to_string("403_csrf.html", request=request), status=403)
