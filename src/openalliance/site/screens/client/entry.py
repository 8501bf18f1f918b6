"""What the client's pages share: who comes in, in which language, and warm words for faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import link_by
from openalliance.site.screens.door import client, now

if TYPE_CHECKING:
    from openalliance.site.records.care.models import PersonalLink

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]


def client_page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Let a client in, speak their language and their practice's time, and soften faults."""

    @client
    def within(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link: PersonalLink = request.link  # type: ignore[attr-defined]
        with speaking(request, link) as language:
            try:
                response = view(request, token, *args, **kwargs)
            except NotFoundError:
                response = show(request, token, "client/not_found.html", status=404)
            except ConflictError:
                response = show(request, token, "client/moved_on.html", status=409)
            except InputError:
                response = show(request, token, "client/not_understood.html", status=422)
            response.headers["Content-Language"] = language
            return response

    @wraps(view)
    def inner(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return within(request, token, *args, **kwargs)
        except NotFoundError:
            return no_link(request)

    return inner


def link_page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Serve a page that needs the link but not the code, such as the page that asks for it."""

    @wraps(view)
    def inner(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = link_by(token, now=now())
        if link is None:
            return no_link(request)
        request.link = link  # type: ignore[attr-defined]
        with speaking(request, link) as language:
            response = view(request, token, *args, **kwargs)
            response.headers["Content-Language"] = language
            return response

    return inner


def link_of(request: HttpRequest) -> PersonalLink:
    """Return the link the visitor came by."""
    link: PersonalLink = request.link  # type: ignore[attr-defined]
    return link


@contextmanager
def speaking(request: HttpRequest, link: PersonalLink) -> Iterator[str]:
    """Speak the language the client chose on this device, else their own; in practice time."""
    known = {code for code, _name in settings.LANGUAGES}
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    language = next(
        (code for code in (chosen, link.client.language) if code in known),
        settings.LANGUAGE_CODE,
    )
    with translation.override(language), timezone.override(ZoneInfo(link.practice.time_zone)):
        request.LANGUAGE_CODE = language
        yield language


def show(
    request: HttpRequest,
    token: str,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return a page of the client's, with what their pages have in common."""
    here = translation.get_language()
    shared = {
        "token": token,
        "practice": link_of(request).practice,
        "other_languages": [pair for pair in settings.LANGUAGES if pair[0] != here],
        "is_in": hasattr(request, "by"),
    }
    return render(request, template, shared | (context or {}), status=status)


def no_link(request: HttpRequest) -> HttpResponse:
    """Answer for a link that is guessed, revoked or has run out: all look the same."""
    return render(request, "client/no_link.html", status=404)
