"""How often signals were right in this practice: figures of many, nobody's in particular."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.screens.administrator.frame import administrator
from openalliance.site.screens.administrator.frame import show as shown
from openalliance.site.screens.scoreboard_views import refreshed, scoreboard_context, taken_back


@require_safe
@administrator
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the scoreboard."""
    return shown(request, "scoreboard", scoreboard_context(request, "administrator"))


@require_POST
@administrator
def refresh(request: HttpRequest) -> HttpResponseBase:
    """Fit the expected courses to the practice's own clients."""
    return refreshed(request, "administrator")


@require_POST
@administrator
def set_aside(request: HttpRequest, expectation_id: UUID) -> HttpResponseBase:
    """Go back to what was expected before."""
    return taken_back(request, expectation_id, "administrator")
