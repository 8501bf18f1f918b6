"""The client’s appointments: what comes, calling one off, the address for a calendar program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.core.errors import ConflictError
from openalliance.site.records.care.access import session_for, sessions_of
from openalliance.site.records.care.calendars import has_feed, make_feed, stop_feed
from openalliance.site.records.checkins.sessions import cancel_session
from openalliance.site.records.letters.reminders import channels
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day_and_time
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One appointment that is to come, or was called off before its time."""

    when: str
    minutes: int
    cancelled: str
    cancel_url: str


@require_safe
@client_page
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what is to come."""
    return _shown(request, token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def cancel(request: HttpRequest, token: str, session_id: UUID) -> HttpResponseBase:
    """Ask once more, then call the appointment off."""
    by, at = acting(request), now()
    session = session_for(by, session_id, now=at)
    if session.status != "planned" or session.starts_at <= at:
        raise ConflictError("this session is not planned any more")
    if request.method == "POST":
        cancel_session(session_id, by=by, now=at)
        messages.success(request, _("Your therapist can see that you are not coming."))
        return redirect("client:calendar", token=token)
    context = {"when": day_and_time(session.starts_at)}
    return show(request, token, "client/calendar_cancel.html", context)


@require_POST
@client_page
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Make a new address for a calendar program, shown once, or let it stop working."""
    by, at = acting(request), now()
    if request.POST.get("do") == "stop":
        stop_feed(by=by, now=at)
        messages.success(request, _("The address does not work any more."))
        return redirect("client:calendar", token=token)
    # Shown in the answer itself: kept nowhere but as a hash.
    secret = make_feed(by=by, now=at)
    address = request.build_absolute_uri(reverse("public:calendar", args=[secret]))
    return _shown(request, token, feed=address)


def _shown(request: HttpRequest, token: str, *, feed: str = "") -> HttpResponseBase:
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="sessions")
    context = {
        "coming": tuple(_coming(one, token) for one in sessions_of(episode) if one.starts_at > at),
        "ended": episode.ended_at is not None,
        "can_remind": bool(channels()),
        "has_feed": has_feed(by),
        "feed": feed,
    }
    return show(request, token, "client/calendar.html", context)


def _coming(session: Session, token: str) -> Coming:
    cancelled = ""
    if session.status == "cancelled":
        cancelled = {
            "client": _("You called it off."),
            "therapist": _("Your therapist called it off."),
        }.get(session.cancelled_by, _("Called off."))
    return Coming(
        when=day_and_time(session.starts_at),
        minutes=session.minutes,
        cancelled=cancelled,
        cancel_url="" if cancelled else reverse("client:calendar_cancel", args=[token, session.pk]),
    )
