"""The plan on one screen that both look at: changed together, then each says yes for themselves.

The therapist's yes is to go on with what both wrote; then the device shows nothing but that plan
until the client has answered and the therapist's password brings their pages back. What the client
answers is done and logged as the client, at this device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.core.plan import Plan, diff
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.plans.access import (
    client_beside_plan,
    plan_of_episode,
    plan_version_for,
)
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import agree, decline
from openalliance.site.records.plans.together import propose_together
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.plan_fields import importance_choices, level_names
from openalliance.site.screens.plan_words import change_words, pace_words
from openalliance.site.screens.therapist.hand_over import (
    hand_over,
    is_handed_over,
    taken_back,
    wrong_password,
)
from openalliance.site.screens.therapist.plan_form import (
    Proposal,
    proposal_from,
    proposal_typed,
)
from openalliance.site.screens.wording_packs import plan_words

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.models import PlanVersion

View = Callable[..., HttpResponseBase]
_IN_ROOM = "therapist:plan_in_room"
PROPOSED = "proposed"


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def change(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the plan as a form for both; with the therapist's yes, go on to the client's."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="plan together")
    on_table = plan_of_episode(episode)
    start = on_table.proposed or on_table.agreed
    with translation.override(episode.client.language):
        if request.method != "POST":
            return _form(request, episode, proposal_from(plan_of(start) if start else None))
        typed = proposal_typed(request.POST)
        if "more" in request.POST:
            return _form(request, episode, typed)
        try:
            version = propose_together(episode.pk, typed.plan(), by=by, now=at)
        except InputError as fault:
            return _form(request, episode, typed, errors=[_wrong(fault)], status=422)
    if version.status != PROPOSED:
        messages.success(request, "You both agree. This is your plan now.")
        return redirect("therapist:plan", episode_id=episode.pk)
    return hand_over(request, version.pk, _IN_ROOM)


def beside(view: View) -> View:
    """Let the client beside the therapist in, as themselves and in their language."""

    @wraps(view)
    @staff(Role.THERAPIST)
    def inner(request: HttpRequest, version_id: UUID, **kwargs: Any) -> HttpResponseBase:
        client = client_beside_plan(acting(request), version_id)
        version = plan_version_for(client, version_id, now=now())
        if not is_handed_over(request, version_id):
            return redirect("therapist:plan", episode_id=version.episode_id)
        request.by = client  # type: ignore[attr-defined]
        with translation.override(version.episode.client.language):
            return view(request, version, **kwargs)

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
@beside
def answer(request: HttpRequest, version: PlanVersion) -> HttpResponseBase:
    """Ask the client for their own yes; keep what they say."""
    said = request.POST.get("answer", "") if request.method == "POST" else ""
    by, at = acting(request), now()
    if version.status == PROPOSED and said in {"agree", "decline"}:
        answered = agree if said == "agree" else decline
        version = answered(version.pk, together=True, by=by, now=at)
        return redirect(_IN_ROOM, version_id=version.pk)
    if said == "later" or version.status != PROPOSED:
        return _thanks(request, version)
    on_table = plan_of_episode(version.episode)
    held = plan_of(on_table.agreed) if on_table.agreed else Plan()
    plan = plan_of(version)
    context = {
        "version": version,
        "therapist": version.episode.therapist.name,
        "changes": tuple(change_words(one) for one in diff(held, plan)) if on_table.agreed else (),
        "plan": plan,
        "general": tuple(one.words for one in plan.strategies if one.goal_id is None),
        "goals": tuple(
            (goal.words, tuple(one.words for one in plan.strategies if one.goal_id == goal.id))
            for goal in plan.goals
        ),
        "pace": pace_words(plan.pace),
        "words": plan_words(version.episode.wording),
        "error": _("Please choose an answer.") if request.method == "POST" else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "therapist/in_room_answer.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@beside
def back(request: HttpRequest, version: PlanVersion) -> HttpResponseBase:
    """Ask the therapist's password; only it brings the therapist's pages back."""
    fault = wrong_password(request) if request.method == "POST" else ("", 200)
    if fault is not None:
        with translation.override("en"):
            words, status = fault
            context = {"back_url": reverse(_IN_ROOM, args=[version.pk]), "error": words}
            return render(request, "therapist/take_back.html", context, status=status)
    taken_back(request)
    told = {
        "agreed": (messages.SUCCESS, "You both agree. This is your plan now."),
        "declined": (
            messages.INFO,
            "Your client would like it differently. It is worth a conversation, now or later.",
        ),
    }
    level, words = told.get(
        version.status,
        (messages.INFO, "Your client has not answered. They can do it on their own page."),
    )
    messages.add_message(request, level, words)
    return redirect("therapist:plan", episode_id=version.episode_id)


def _thanks(request: HttpRequest, version: PlanVersion) -> HttpResponse:
    lead = {
        "agreed": _("You both said yes. This is your plan now."),
        "declined": _("You would like it differently. You can talk about it now."),
    }.get(
        version.status,
        _("Nothing is agreed yet. You can answer later on your own page."),
    )
    context = {"version": version, "lead": lead}
    return render(request, "therapist/in_room_thanks.html", context)


def _wrong(fault: InputError) -> tuple[str, str]:
    """Return what is wrong, in the language that both read, and where."""
    where = fault.where or ""
    words = {
        "goal": _("Please write at least one goal."),
        "level": _("Please describe all five steps, or none."),
        "plan": _("Nothing is different from the plan you have yet."),
    }.get(where.partition("-")[0], _("Please choose one of the answers shown."))
    return words, "" if where == "plan" else where


def _form(
    request: HttpRequest,
    episode: Episode,
    typed: Proposal,
    *,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "episode": episode,
        "therapist": episode.therapist.name,
        "typed": typed,
        "errors": errors,
        "words": plan_words(episode.wording),
        "level_names": level_names(),
        "importance_choices": importance_choices(),
    }
    return render(request, "therapist/in_room_change.html", context, status=status)
