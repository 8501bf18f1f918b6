"""Where somebody of the staff is signed in, and signing out there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.records.practice import devices
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import DEVICE, acting, now, staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device, in words."""

    id: UUID
    browser: str
    since: datetime
    last_used_at: datetime
    is_this: bool


@require_safe
@staff(*Role)
def show(request: HttpRequest) -> HttpResponseBase:
    """List the devices; this one comes first."""
    here = request.session.get(DEVICE)
    rows = [
        Row(
            id=one.pk,
            browser=one.browser or "A browser that does not say what it is",
            since=one.since,
            last_used_at=one.last_used_at,
            is_this=str(one.pk) == here,
        )
        for one in devices.devices_of(acting(request), now=now())
    ]
    rows.sort(key=lambda row: not row.is_this)
    return render(request, "account/devices.html", {"rows": rows, "others": len(rows) > 1})


@require_POST
@staff(*Role)
def sign_out(request: HttpRequest, device_id: UUID) -> HttpResponseBase:
    """Sign out on one device, be it this one."""
    devices.sign_out(device_id, by=acting(request), now=now())
    if str(device_id) == request.session.get(DEVICE):
        return _gone(request)
    messages.success(request, "That device is signed out.")
    return redirect("account_devices")


@require_POST
@staff(*Role)
def sign_out_everywhere(request: HttpRequest) -> HttpResponseBase:
    """Sign out on every device, or on all but this one."""
    by, stays = acting(request), request.POST.get("but") == "this"
    here = request.session.get(DEVICE) if stays else None
    devices.sign_out_everywhere(by.id, but=here, by=by, now=now())
    if not stays:
        return _gone(request)
    messages.success(request, "You are signed out on every other device.")
    return redirect("account_devices")


def _gone(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect("account_login")
