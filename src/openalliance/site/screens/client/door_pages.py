"""Coming in by link and code, leaving, choosing a language, and the page with help."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.site.records.care.access import link_by
from openalliance.site.records.care.services import (
    WRONG_CODES_ALLOWED,
    TooManyCodesError,
    WrongCodeError,
    enter_code,
)
from openalliance.site.screens.client.entry import link_page, no_link, show
from openalliance.site.screens.client.words import clock, day_and_time, is_today
from openalliance.site.screens.door import let_client_in, let_client_out, now


@require_http_methods(["GET", "HEAD", "POST"])
@link_page
def code(request: HttpRequest, token: str) -> HttpResponseBase:
    """Ask for the code, and lead on to what was wanted when it is right."""
    if request.method != "POST":
        return show(request, token, "client/code.html", {"error": ""})
    typed = "".join(request.POST.get("code", "").split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        error = _("The code has six digits. Please look at it once more.")
        return show(request, token, "client/code.html", {"error": error}, status=422)
    try:
        link = enter_code(token, typed, now=now())
    except TooManyCodesError:
        return _rests(request, token)
    except WrongCodeError:
        return _wrong(request, token)
    wanted = let_client_in(request, link.pk)
    return redirect(_own_page(wanted, token))


def _wrong(request: HttpRequest, token: str) -> HttpResponseBase:
    at = now()
    link = link_by(token, now=at)
    if link is None:
        return no_link(request)
    if link.locked_until is not None and link.locked_until > at:
        return _rests(request, token)
    left = WRONG_CODES_ALLOWED - link.wrong_codes % WRONG_CODES_ALLOWED
    error = _("That is not the right code.") + " " + ngettext(
        "You have %(left)d more try. After that this page rests for a while to keep you safe.",
        "You have %(left)d more tries.",
        left,
    ) % {"left": left}  # fmt: skip
    return show(request, token, "client/code.html", {"error": error}, status=422)


def _rests(request: HttpRequest, token: str) -> HttpResponseBase:
    at = now()
    link = link_by(token, now=at)
    until = link.locked_until if link and link.locked_until else at
    context = {"until": clock(until) if is_today(until, at) else day_and_time(until)}
    response = show(request, token, "client/code_rests.html", context, status=429)
    response.headers["Retry-After"] = str(max(1, round((until - at).total_seconds())))
    return response


def _own_page(wanted: str | None, token: str) -> str:
    home = reverse("client:home", args=[token])
    return home + (wanted or "")


@require_safe
@link_page
def help_now(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the practice's crisis information; it needs no code."""
    return show(request, token, "client/help.html")


@require_POST
@link_page
def language(request: HttpRequest, token: str) -> HttpResponseBase:
    """Speak another language on this device from now on."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    home = reverse("client:home", args=[token])
    ours = came_from.netloc == request.get_host() and came_from.path.startswith(home)
    response = redirect(came_from.path if ours else home)
    chosen = request.POST.get("language", "")
    if chosen in {tag for tag, _name in settings.LANGUAGES}:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=60 * 60 * 24 * 365,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@link_page
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """Forget the client on this device; their link and code let them in again."""
    if request.method == "POST":
        let_client_out(request)
        return show(request, token, "client/left.html")
    return show(request, token, "client/leave.html")
