"""Coming in by link and code, leaving, choosing a language, and the page with help."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.care.access import link_by
from openalliance.site.records.care.links import (
    WRONG_CODES_ALLOWED,
    TooManyCodesError,
    WrongCodeError,
    choose_code,
    enter_code,
    require_good_code,
)
from openalliance.site.screens.browsers import browser_of
from openalliance.site.screens.client.entry import client_page, link_page, no_link, show
from openalliance.site.screens.client.known_device import (
    forget_device,
    know_device,
    knows_device,
)
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import clock, day_and_time, is_today
from openalliance.site.screens.door import (
    acting,
    keep_client_in,
    let_client_in,
    let_client_out,
    now,
)
from openalliance.site.screens.tries import Limit


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
    limit = None if knows_device(request) else Limit(request, "client_code")
    if limit is not None and not limit.allows:
        return _rests_until(request, token, now() + timedelta(seconds=limit.seconds))
    try:
        link = enter_code(token, typed, now=now(), device=_device(request))
    except TooManyCodesError:
        return _rests(request, token)
    except WrongCodeError:
        return _wrong(request, token)
    if limit is not None:
        limit.take_back()
    wanted = let_client_in(request, link)
    response = redirect(_own_page(wanted, token))
    know_device(response, link)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def own_code(request: HttpRequest, token: str) -> HttpResponseBase:
    """Let the client choose a code that nobody else knows; the present one is asked for first."""
    own_episode(acting(request), now=now(), reading="own page")
    if request.method != "POST":
        return show(request, token, "client/own_code.html", {"error": ""})
    present, new, again = (
        "".join(request.POST.get(name, "").split()) for name in ("present", "new", "again")
    )
    if new != again:
        return _own_code_error(request, token, _("The two new codes are not the same."))
    try:
        require_good_code(new)
        enter_code(token, present, now=now(), device=_device(request))
    except InputError:
        words = _("Please take six digits that are not easy to guess.")
        return _own_code_error(request, token, words)
    except TooManyCodesError:
        return _rests(request, token)
    except WrongCodeError:
        return _wrong(request, token, template="client/own_code.html")
    keep_client_in(request, choose_code(token, new, by=acting(request), now=now()))
    messages.success(request, _("Your new code holds from now on. Only you know it."))
    return redirect("client:home", token=token)


def _own_code_error(request: HttpRequest, token: str, error: str) -> HttpResponseBase:
    return show(request, token, "client/own_code.html", {"error": error}, status=422)


def _device(request: HttpRequest) -> str:
    return browser_of(request.headers.get("User-Agent", ""))


def _wrong(
    request: HttpRequest, token: str, *, template: str = "client/code.html"
) -> HttpResponseBase:
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
    return show(request, token, template, {"error": error}, status=422)


def _rests(request: HttpRequest, token: str) -> HttpResponseBase:
    at = now()
    link = link_by(token, now=at)
    return _rests_until(request, token, link.locked_until if link and link.locked_until else at)


def _rests_until(request: HttpRequest, token: str, until: datetime) -> HttpResponseBase:
    at = now()
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
        response = show(request, token, "client/left.html")
        forget_device(response)
        return response
    return show(request, token, "client/leave.html")
