"""The time after: being asked now and then, what was kept, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import InputError
from openalliance.site.records.endings import follow_ups, wishes
from openalliance.site.records.endings.access import (
    follow_ups_of,
    own_staying_well,
    own_wish,
    wishes_in,
)
from openalliance.site.records.endings.consent import Reachable, newest_consent, question
from openalliance.site.records.letters.reminders import channels
from openalliance.site.records.practice.access import works_here
from openalliance.site.screens.client.entry import client_page, link_of, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.ending_words import day_of, months_words, sheet_parts
from openalliance.site.screens.life_page import kept_words, life_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import QueryDict

    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.endings.models import FollowUp
    from openalliance.site.records.trust.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """One time at which the client is, or was, asked."""

    when: str
    after: str
    state: str


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def after(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what comes after the ending; keep whether and how the client wants to be asked."""
    by, at = acting(request), now()
    own_episode(by, now=at, reading="follow-ups")
    if request.method != "POST":
        return _shown(request, token)
    given = request.POST.get("do") != "stop"
    how = _typed(request.POST) if given else Reachable()
    try:
        follow_ups.agree(given, how, by=by, now=at)
    except InputError as fault:
        return _shown(request, token, typed=how, wrong=fault.where or "", status=422)
    messages.success(
        request,
        _("Thank you. We will ask you now and then.") if given else _("We will not ask you."),
    )
    return redirect("client:after", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def come_back(request: HttpRequest, token: str) -> HttpResponseBase:
    """One tap: the client would like to come back. Words may follow, and it can be undone."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="own page")
    if request.method == "POST":
        try:
            wishes.wish(
                "return", words=request.POST.get("words", "").strip(), by=by, now=at
            )  # fmt: skip
        except InputError:
            error = _("That was a little too long. Please make it shorter.")
            context = _back(by, episode) | {"error": error}
            return show(request, token, "client/come_back.html", context, status=422)
        return redirect("client:come_back", token=token)
    return show(request, token, "client/come_back.html", _back(by, episode))


def _back(by: Actor, episode: Episode) -> dict[str, Any]:
    return {
        "wish": own_wish(by),
        "ended": episode.ended_at is not None,
        "therapist": episode.therapist.name,
        "therapist_left": not works_here(by, episode.therapist_id),
        "answered": any(one.answered_at for one in wishes_in(by, episode)),
    }


@require_POST
@client_page
def take_back(request: HttpRequest, token: str) -> HttpResponseBase:
    """Undo the wish to come back."""
    wishes.take_back(by=acting(request), now=now())
    messages.success(request, _("All right. You can say it again at any time."))
    return redirect("client:home", token=token)


def _shown(
    request: HttpRequest,
    token: str,
    *,
    typed: Reachable | None = None,
    wrong: str = "",
    status: int = 200,
) -> HttpResponseBase:
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="own page")
    consent = newest_consent(by.id)
    given = consent is not None and consent.given
    names = {"mail": _("by e-mail"), "text": _("by text message")}
    faults = {
        "channel": _("Please choose how."),
        "address": _("Please write an address or a number that works."),
        "quiet_from": _("Please choose hours from 0 to 23."),
    }
    context: dict[str, Any] = {
        "ended": episode.ended_at is not None,
        "given": given,
        "answered": consent is not None,
        "question": question(),
        "times": _times(follow_ups_of(by, episode), at),
        "channel_choices": [
            *((one.value, names[one.value]) for one in channels()),
            ("page", _("only here, on my page")),
        ],
        "clock": [(str(hour), f"{hour:02d}:00") for hour in range(24)],
        "error": faults.get(wrong, ""),
        "sheet": sheet_parts(own_staying_well(by)),
        "kept": kept_words(episode, now=at, for_client=True),
        "life": life_page(by, episode, now=at),
        **_held(request, typed),
    }
    return show(request, token, "client/after.html", context, status=status)


def _held(request: HttpRequest, typed: Reachable | None) -> dict[str, str]:
    consent = newest_consent(acting(request).id)
    if typed is None and consent is not None and consent.given:
        typed = Reachable(
            channel=consent.channel, address=consent.address,
            quiet_from=consent.quiet_from, quiet_until=consent.quiet_until,
        )  # fmt: skip
    if typed is None:
        typed = Reachable(
            channel="mail" if "mail" in channels() else "",
            address=link_of(request).client.email or "",
        )
    return {
        "channel": typed.channel or "page",
        "address": typed.address,
        "quiet_from": str(typed.quiet_from),
        "quiet_until": str(typed.quiet_until),
    }


def _typed(post: QueryDict) -> Reachable:
    channel = post.get("channel", "page")
    return Reachable(
        channel="" if channel == "page" else channel,
        address=post.get("address", "") if channel != "page" else "",
        quiet_from=_whole(post.get("quiet_from", "21")),
        quiet_until=_whole(post.get("quiet_until", "8")),
    )


def _whole(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1


def _times(rows: Sequence[FollowUp], at: datetime) -> tuple[Time, ...]:
    return tuple(
        Time(
            when=day_of(one.due_at),
            after=_("after %(length)s") % {"length": months_words(one.months)},
            state=_state(one, at),
        )
        for one in rows
    )


def _state(one: FollowUp, at: datetime) -> str:
    if one.form is None:
        days = (one.due_at - at).days
        if days > 31:
            return _("to come")
        return ngettext("in %(n)d day", "in %(n)d days", max(days, 1)) % {"n": max(days, 1)}
    if one.form.submitted_at is not None:
        return _("answered, thank you")
    return _("waiting for you") if one.form.closes_at > at else _("skipped, and that is fine")
