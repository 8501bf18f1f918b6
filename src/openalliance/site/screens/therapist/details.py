"""What is known of a client: corrected here, with the measure their course is followed by."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.checkins.outcomes import change_details
from openalliance.site.records.intake.access import arrival_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.requests_page import arrival_facts
from openalliance.site.screens.therapist.add_client import DetailsForm
from openalliance.site.screens.therapist.rights import rights_lines
from openalliance.site.screens.therapist.way_of_working import way_line
from openalliance.site.screens.therapist.words import head_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def edit(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show name, address, language and measure; keep what is changed."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="details")
    kept = (episode.outcome_instrument, episode.outcome_scale)
    known = {
        "name": episode.client.name,
        "email": episode.client.email,
        "language": episode.client.language,
        "outcome": ":".join(kept),
    }
    form = DetailsForm(request.POST or None, initial=known, kept=kept)
    if request.method == "POST" and form.is_valid():
        try:
            change_details(episode.pk, form.details(), by=by, now=at)
        except InputError as fault:
            form.add_error(fault.where if fault.where in form.fields else None, fault.what)
        else:
            messages.success(request, "Saved.")
            return redirect("therapist:details", episode_id=episode.pk)
    context = {
        "form": form,
        "head": head_of(episode),
        "rights": rights_lines(episode),
        "way": way_line(episode),
        "arrival": arrival_facts(arrival_of(episode)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "therapist/details.html", context, status=status)
