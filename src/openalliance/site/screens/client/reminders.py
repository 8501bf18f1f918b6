"""When and how a client is reminded of appointments; nobody is, who did not choose it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.site.records.letters.reminders import (
    HOURS,
    Wanted,
    channels,
    choose,
    own_choice,
    stop,
)
from openalliance.site.screens.client.entry import client_page, link_of, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from django.http import QueryDict


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def reminders(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show and keep the choice."""
    by, at = acting(request), now()
    own_episode(by, now=at, reading="reminders")
    if request.method != "POST":
        return _shown(request, token, _held(request))
    if request.POST.get("do") == "stop":
        stop(by=by, now=at)
        messages.success(request, _("You get no reminders any more."))
        return redirect("client:calendar", token=token)
    try:
        choose(_wanted(request.POST), by=by, now=at)
    except InputError as fault:
        return _shown(request, token, _typed(request.POST), wrong=fault.where or "", status=422)
    messages.success(request, _("We will remind you."))
    return redirect("client:calendar", token=token)


def _shown(
    request: HttpRequest, token: str, typed: dict[str, Any], *, wrong: str = "", status: int = 200
) -> HttpResponseBase:
    hours = [
        (str(n), ngettext("%(n)d hour before", "%(n)d hours before", n) % {"n": n})
        if n < 24
        else (str(n), ngettext("%(n)d day before", "%(n)d days before", n // 24) % {"n": n // 24})
        for n in HOURS
    ]
    names = {"mail": _("by e-mail"), "text": _("by text message")}
    faults = {
        "channel": _("Please choose how."),
        "hours": _("Please choose when."),
        "address": _("Please write an address or a number that works."),
        "quiet_from": _("Please choose hours from 0 to 23."),
    }
    context = {
        **typed,
        "hour_choices": hours,
        "channel_choices": [(one.value, names[one.value]) for one in channels()],
        "clock": [(str(hour), f"{hour:02d}:00") for hour in range(24)],
        "error": faults.get(wrong, ""),
    }
    return show(request, token, "client/reminders.html", context, status=status)


def _held(request: HttpRequest) -> dict[str, Any]:
    choice = own_choice(acting(request))
    if choice is None:
        address = link_of(request).client.email or ""
        return {
            "chosen": False, "hours": ["24"], "channel": "mail", "address": address,
            "quiet_from": "21", "quiet_until": "8",
        }  # fmt: skip
    return {
        "chosen": True,
        "hours": [str(n) for n in choice.hours],
        "channel": choice.channel,
        "address": choice.address,
        "quiet_from": str(choice.quiet_from),
        "quiet_until": str(choice.quiet_until),
    }


def _typed(post: QueryDict) -> dict[str, Any]:
    return {
        "chosen": True,
        "hours": post.getlist("hours"),
        **{name: post.get(name, "") for name in ("channel", "address")},
        **{name: post.get(name, "") for name in ("quiet_from", "quiet_until")},
    }


def _wanted(post: QueryDict) -> Wanted:
    return Wanted(
        channel=post.get("channel", ""),
        address=post.get("address", ""),
        hours=tuple(_whole(one) for one in post.getlist("hours")),
        quiet_from=_whole(post.get("quiet_from", "")),
        quiet_until=_whole(post.get("quiet_until", "")),
    )


def _whole(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1
