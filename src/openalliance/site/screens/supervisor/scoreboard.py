"""How often signals were right in this practice: figures of many, nobody's in particular."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import staff
from openalliance.site.screens.scoreboard_views import refreshed, scoreboard_context, taken_back


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the scoreboard."""
    context = scoreboard_context(request, "supervisor")
    return render(request, "supervisor/scoreboard.html", context)


@require_POST
@staff(Role.SUPERVISOR)
def refresh(request: HttpRequest) -> HttpResponseBase:
    """Fit the expected courses to the practice's own clients."""
    return refreshed(request, "supervisor")


@require_POST
@staff(Role.SUPERVISOR)
def set_aside(request: HttpRequest, expectation_id: UUID) -> HttpResponseBase:
    """Go back to what was expected before."""
    return taken_back(request, expectation_id, "supervisor")
