"""The client's side of an ending: looking back, and the sheet for staying well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import InputError
from openalliance.site.records.endings import services
from openalliance.site.records.endings.access import ending_of, own_staying_well
from openalliance.site.records.plans.services import rate
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.ending_words import (
    feels_options,
    goals_asked,
    goals_typed,
    looked_back,
    questions_at_the_end,
    review_typed,
    sheet_parts,
    sheet_typed,
)

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def look_back(request: HttpRequest, token: str) -> HttpResponseBase:
    """Ask how it was, from the client's side; show the other side once both have looked back."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="ending")
    if request.method != "POST":
        return _shown(request, token, episode)
    given = review_typed(request.POST)
    try:
        services.review(episode.pk, given, by=by, now=at)
    except InputError:
        error = _("That was a little too long. Please make it shorter.")
        return _shown(request, token, episode, typed=given, error=error, status=422)
    rate(episode.pk, goals_typed(request.POST, episode), by=by, now=at)
    messages.success(request, _("Thank you. What you wrote is kept."))
    return redirect("client:look_back", token=token)


@require_POST
@client_page
def begin(request: HttpRequest, token: str) -> HttpResponseBase:
    """Tell the therapist that the client would like to bring it to an end together."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="ending")
    services.look_back(episode.pk, by=by, now=at)
    messages.success(request, _("Your therapist sees this and talks about it with you."))
    return redirect("client:look_back", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def staying_well(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the client's own sheet; keep what they change, also years after."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="staying well")
    if request.method == "POST":
        try:
            services.write_staying_well(episode.pk, sheet_typed(request.POST), by=by, now=at)
        except InputError:
            context = {
                "parts": sheet_parts(None),
                "typed": {
                    part: request.POST.get(part, "") for part in ("signs", "steps", "people")
                },
                "error": _("Please keep it to eight short lines in each part."),
                "edits": True,
            }
            return show(request, token, "client/staying_well.html", context, status=422)
        messages.success(request, _("Your sheet is kept."))
        return redirect("client:staying_well", token=token)
    held = own_staying_well(by)
    context = {
        "parts": sheet_parts(held),
        "written": held is not None,
        "edits": held is None or request.GET.get("change") == "1",
    }
    return show(request, token, "client/staying_well.html", context)


def _shown(
    request: HttpRequest,
    token: str,
    episode: Episode,
    *,
    typed: services.Review | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponseBase:
    so_far = ending_of(acting(request), episode)
    held = typed or so_far.own
    context: dict[str, Any] = {
        "begun": so_far.looking_back is not None,
        "ended": episode.ended_at is not None,
        "own": looked_back(so_far.own),
        "other": looked_back(so_far.other),
        "other_is_in": so_far.other_is_in,
        "edits": (
            so_far.looking_back is not None
            and (so_far.own is None or (episode.ended_at is None and "change" in request.GET))
        )
        or typed is not None,
        "therapist": episode.therapist.name,
        "goals": goals_asked(episode, for_client=True),
        "feels_options": feels_options(),
        "feels": str(held.feels) if held and held.feels else "",
        "questions": [
            (name, words, getattr(held, name) if held else "")
            for name, words in questions_at_the_end()
        ],
        "error": error,
    }
    return show(request, token, "client/look_back.html", context, status=status)
