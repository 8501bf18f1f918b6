"""Having what is about them deleted: what goes when, what is kept and why, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.site.records.rights import erasure
from openalliance.site.records.rights.consent import ConsentKind, own_consents
from openalliance.site.records.rights.retention import rule_of
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day_with_year
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.site.records.trust.actors import Actor


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def delete(request: HttpRequest, token: str) -> HttpResponseBase:
    """Say what would go when; on a yes, note it."""
    by, at = acting(request), now()
    own_episode(by, now=at, reading="erasure")
    if request.method == "POST":
        erasure.ask(by=by, now=at)
        messages.success(request, _("We have noted it. You can take it back for a week."))
        return redirect("client:delete", token=token)
    return show(request, token, "client/delete.html", _context(by, at))


@require_POST
@client_page
def keep(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take the request back."""
    by, at = acting(request), now()
    erasure.take_back(by=by, now=at)
    messages.success(request, _("Taken back. What is still here stays."))
    return redirect("client:delete", token=token)


def _context(by: Actor, at: datetime) -> dict[str, Any]:
    standing = erasure.standing(by)
    until = erasure.own_kept_until(by)
    rule = rule_of(by.practice_id)
    first = standing.first_step_at if standing else at + erasure.GRACE
    return {
        "asked": day_with_year(standing.request.asked_at) if standing else "",
        "begun": bool(standing and standing.request.begun_at),
        "first": day_with_year(first),
        "until": day_with_year(max(until, first)) if until else "",
        "years": rule.years,
        "reason": rule.reason,
        "numbers_stay": any(
            one.given for one in own_consents(by) if one.kind is ConsentKind.RESEARCH
        ),
    }
