"""The client looks at the plan: each part in a question, any of which may be left out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import NotFoundError
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import rate
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.plan_review import answers_typed, questions


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def review(request: HttpRequest, token: str) -> HttpResponseBase:
    """Ask how each part of the plan is going; keep what was answered."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="plan")
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        raise NotFoundError("no plan yet")
    plan = plan_of(agreed)
    if request.method != "POST":
        context = {"questions": questions(plan, for_client=True)}
        return show(request, token, "client/plan_review.html", context)
    given = answers_typed(request.POST, plan)
    rate(episode.pk, given, by=by, now=at)
    if given:
        messages.success(request, _("Thank you. Your answers are kept."))
    return redirect("client:plan", token=token)
