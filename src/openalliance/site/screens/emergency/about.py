"""One emergency, for whom it concerns: who, when, why, what was read; the supervisor's review."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from openalliance.core.errors import ConflictError
from openalliance.site.records.emergency.access import may_review, opening_for, read_during
from openalliance.site.records.emergency.services import mark_reviewed
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.emergency_words import clock, notice_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openalliance.site.records.trust.models import AccessEntry


@require_safe
@staff(Role.THERAPIST, Role.SUPERVISOR)
def show(request: HttpRequest, opening_id: UUID) -> HttpResponseBase:
    """Show an emergency to the client's therapist, to supervisors, and to who opened the record."""
    by, at = acting(request), now()
    opening = opening_for(by, opening_id, now=at)
    context = {
        "notice": notice_of(opening),
        "reason": opening.reason,
        "readings": _readings(read_during(by, opening)),
        "may_review": may_review(by, opening),
        "runs_until": clock(opening.ends_at)
        if opening.ended_at is None and opening.ends_at > at
        else "",
    }
    return render(request, "emergency/about.html", context)


@require_POST
@staff(Role.SUPERVISOR)
def reviewed(request: HttpRequest, opening_id: UUID) -> HttpResponseBase:
    """Keep that a supervisor has looked at it."""
    try:
        mark_reviewed(opening_id, by=acting(request), now=now())
    except ConflictError:
        messages.info(request, "Somebody has reviewed this meanwhile.")
    else:
        messages.success(request, "Marked as reviewed.")
    return redirect("emergency:about", opening_id=opening_id)


def _readings(entries: Iterable[AccessEntry]) -> tuple[str, ...]:
    """Return each time the record was opened, in order."""
    return tuple(dict.fromkeys(clock(one.at) for one in entries))
