"""Requests that ask for this therapist, or were passed to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.records.intake.access import request_for, requests_for
from openalliance.site.records.intake.arrivals import take_on
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.request_actions import STAYS, act
from openalliance.site.screens.requests_page import request_list, request_page


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest) -> HttpResponseBase:
    """List the requests the therapist may read."""
    found = request_list(requests_for(acting(request), now=now()))
    return render(request, "therapist/requests.html", {"page": found, **_ADDRESSES})


@require_safe
@staff(Role.THERAPIST)
def one(request: HttpRequest, request_id: UUID) -> HttpResponseBase:
    """Show one request with who might suit."""
    by = acting(request)
    page = request_page(request_for(by, request_id, now=now()), by=by)
    return render(request, "therapist/request.html", {"page": page, **_ADDRESSES})


@require_POST
@staff(Role.THERAPIST)
def do(request: HttpRequest, request_id: UUID, action: str) -> HttpResponseBase:
    """Do what a button of the request says."""
    told = act(action, request_id, request.POST, by=acting(request), now=now())
    messages.success(request, told)
    if action in STAYS:
        return redirect("therapist:request", request_id=request_id)
    return redirect("therapist:requests")


@require_POST
@staff(Role.THERAPIST)
def take(request: HttpRequest, request_id: UUID) -> HttpResponseBase:
    """Take them on as a client, and go on to their personal link."""
    episode = take_on(request_id, by=acting(request), now=now())
    messages.success(
        request,
        "They are on your caseload, with what they wrote. Correct the details, and hand over the"
        " link. What they like is in the plan for them to confirm.",
    )
    return redirect("therapist:link", episode_id=episode.pk)


_ADDRESSES = {"one": "therapist:request", "do": "therapist:request_action"}
