"""Messages from the public page, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from openalliance.core.errors import NotFoundError
from openalliance.site.records.endings import wishes
from openalliance.site.records.endings.access import wishes_left_behind
from openalliance.site.records.intake.access import request_for, requests_for
from openalliance.site.records.practice.access import therapists
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.request_actions import STAYS, act
from openalliance.site.screens.requests_page import day_written, request_list, request_page


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """One wish of a former client that no therapist sees; not a word of what they wrote."""

    id: UUID
    name: str
    kind: str
    when: str
    therapist: str


@require_safe
@administrator
def contact_requests(request: HttpRequest) -> HttpResponse:
    """List all requests: to be answered, waiting in order, answered; and wishes nobody sees."""
    by, at = acting(request), now()
    page = {
        "page": request_list(requests_for(by, now=at)),
        "wishes": [
            LeftBehind(
                id=one.pk, name=one.episode.client.name, kind=one.kind, when=day_written(one.at),
                therapist=one.episode.therapist.name,
            )
            for one in wishes_left_behind(by, now=at)
        ],
        "therapists": [(one.pk, one.name) for one in therapists(by)],
    }  # fmt: skip
    return show(request, "contact_requests", page | _ADDRESSES)


@require_POST
@administrator
def pass_wish(request: HttpRequest, wish_id: UUID) -> HttpResponse:
    """Say who gets in touch with somebody whose therapist left."""
    try:
        chosen = UUID(request.POST.get("therapist", ""))
    except ValueError:
        raise NotFoundError("no such therapist") from None
    wishes.pass_on(wish_id, chosen, by=acting(request), now=now())
    messages.success(request, "Passed on. They see it at the top of their caseload.")
    return redirect("administrator:contact_requests")


@require_safe
@administrator
def contact_request(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show one request with who might suit."""
    by = acting(request)
    page = request_page(request_for(by, request_id, now=now()), by=by)
    return show(request, "contact_request", {"page": page, **_ADDRESSES})


@require_POST
@administrator
def contact_action(request: HttpRequest, request_id: UUID, action: str) -> HttpResponse:
    """Do what a button of the request says."""
    told = act(action, request_id, request.POST, by=acting(request), now=now())
    messages.success(request, told)
    if action in STAYS:
        return redirect("administrator:contact_request", request_id=request_id)
    return redirect("administrator:contact_requests")


_ADDRESSES = {"one": "administrator:contact_request", "do": "administrator:contact_action"}
