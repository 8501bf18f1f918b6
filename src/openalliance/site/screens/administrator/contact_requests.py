"""Messages from the public page that wait for an answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.records.practice import access, services
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now


@require_safe
@administrator
def contact_requests(request: HttpRequest) -> HttpResponse:
    """List the messages nobody has taken up yet, oldest first."""
    waiting = access.contact_requests(acting(request))
    return show(request, "contact_requests", {"waiting": waiting})


@require_POST
@administrator
def done(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Mark a message as answered."""
    services.close_contact_request(request_id, by=acting(request), now=now())
    messages.success(request, "Marked as answered.")
    return redirect("administrator:contact_requests")
