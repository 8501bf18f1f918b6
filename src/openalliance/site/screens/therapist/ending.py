"""How an episode ends: planned together or not, handed over to a colleague; and opened again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care import services
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.practice.access import therapists
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.words import head_of

ENDINGS = (
    ("planned", "Planned together", "You both decided that this is a good place to end."),
    ("unplanned", "Unplanned", "It stopped without a decision you both made."),
)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Ask how the episode ended, and end it."""
    by, at = acting(request), now()
    if request.method != "POST":
        return _shown(request, episode_id)
    try:
        services.end_episode(episode_id, request.POST.get("ending", ""), by=by, now=at)
    except InputError as fault:
        return _shown(request, episode_id, error=fault.what, status=422)
    except ConflictError as fault:
        return _shown(request, episode_id, error=str(fault), status=409)
    messages.success(request, "The episode has ended. You can open it again on this page.")
    return redirect("therapist:ending", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def reopen(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Undo an ending."""
    services.reopen_episode(episode_id, by=acting(request), now=now())
    messages.success(request, "The episode is open again.")
    return redirect("therapist:client", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def transfer(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """End the episode here and start one, linked to it, with a colleague."""
    try:
        colleague = UUID(request.POST.get("therapist", ""))
    except ValueError:
        return _shown(request, episode_id, error="choose a colleague", status=422)
    try:
        services.transfer(episode_id, colleague, by=acting(request), now=now())
    except ConflictError as fault:
        return _shown(request, episode_id, error=str(fault), status=409)
    messages.success(request, "Your colleague carries on. This episode stays here to be read.")
    return redirect("therapist:client", episode_id=episode_id)


def _shown(
    request: HttpRequest, episode_id: UUID, *, error: str = "", status: int = 200
) -> HttpResponse:
    by = acting(request)
    episode = own_episode_for(by, episode_id, now=now(), reading="ending")
    context = {
        "head": head_of(episode),
        "endings": ENDINGS,
        "transferred": episode.ending == "transferred",
        "colleagues": [one for one in therapists(by) if one.pk != by.id],
        "error": error,
    }
    return render(request, "therapist/ending.html", context, status=status)
