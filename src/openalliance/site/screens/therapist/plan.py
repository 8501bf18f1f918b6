"""The shared plan from the therapist's side: propose, answer, take back, rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.plans import services
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.plan_fields import importance_choices, level_names
from openalliance.site.screens.plan_review import answers_typed, questions
from openalliance.site.screens.therapist.plan_form import (
    LONGEST_NOTE,
    Proposal,
    proposal_from,
    proposal_typed,
)
from openalliance.site.screens.therapist.plan_page import plan_page
from openalliance.site.screens.therapist.words import Head, head_of
from openalliance.site.screens.wording_packs import plan_words

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.models import PlanVersion

_ANSWERS = {
    "agree": "You both agree. This is your plan now.",
    "decline": "Your answer is with your client. Talk about it when you meet.",
    "take-back": "Your proposal was taken back.",
}


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the plan, what is proposed, and how it came about."""
    episode = own_episode_for(acting(request), episode_id, now=now(), reading="plan")
    context = {
        "page": plan_page(episode),
        "head": head_of(episode),
        "words": plan_words(episode.wording),
        "scale": range(11),
    }
    return render(request, "therapist/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def propose(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Ask for a proposal, starting from the plan that holds."""
    episode = own_episode_for(acting(request), episode_id, now=now(), reading="plan")
    return _asked(request, episode, plan_of_episode(episode).agreed, instead_of=None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def counter(request: HttpRequest, episode_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Answer the client's proposal with another one, starting from theirs."""
    episode = own_episode_for(acting(request), episode_id, now=now(), reading="plan")
    proposed = plan_of_episode(episode).proposed
    if proposed is None or proposed.pk != version_id or proposed.proposed_by != "client":
        raise ConflictError("this proposal is no longer open")
    return _asked(request, episode, proposed, instead_of=proposed)


@require_POST
@staff(Role.THERAPIST)
def comment(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    """Keep a remark on the open proposal."""
    made = services.comment(
        version_id, request.POST.get("words", ""), by=acting(request), now=now()
    )
    messages.success(request, "Your client can read it now.")
    return redirect("therapist:plan", episode_id=made.episode_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def review(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Ask how each part of the plan is going, as the therapist sees it."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="plan")
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        raise NotFoundError("no plan yet")
    plan = plan_of(agreed)
    if request.method != "POST":
        context = {"head": head_of(episode), "questions": questions(plan, for_client=False)}
        return render(request, "therapist/plan_review.html", context)
    given = answers_typed(request.POST, plan)
    services.rate(episode.pk, given, by=by, now=at)
    if given:
        messages.success(request, "Your answers are kept.")
    return redirect("therapist:plan", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def answer(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    """Agree to the client's proposal, decline it, or take one's own back."""
    by, at = acting(request), now()
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    what = request.POST.get("answer", "")
    if what == "agree":
        version = services.agree(version_id, note=note, by=by, now=at)
    elif what == "decline":
        version = services.decline(version_id, note=note, by=by, now=at)
    elif what == "take-back":
        version = services.take_back(version_id, by=by, now=at)
    else:
        raise InputError("choose an answer", where="answer")
    messages.success(request, _ANSWERS[what])
    return redirect("therapist:plan", episode_id=version.episode_id)


@require_POST
@staff(Role.THERAPIST)
def rate(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Keep the therapist's rating of one goal."""
    try:
        value = int(request.POST.get("value", ""))
    except ValueError:
        raise InputError("choose a number from 0 to 10", where="value") from None
    services.rate_goal(
        episode_id, request.POST.get("goal", ""), value, by=acting(request), now=now()
    )
    messages.success(request, "Your rating is kept.")
    return redirect("therapist:plan", episode_id=episode_id)


def _asked(
    request: HttpRequest,
    episode: Episode,
    start: PlanVersion | None,
    *,
    instead_of: PlanVersion | None,
) -> HttpResponseBase:
    head = head_of(episode)
    if request.method != "POST":
        return _form(request, head, proposal_from(plan_of(start) if start else None), instead_of)
    typed = proposal_typed(request.POST)
    if "more" in request.POST:
        return _form(request, head, typed, instead_of)
    by, at, note = acting(request), now(), typed.note.strip()
    try:
        if instead_of is not None:
            services.counter(instead_of.pk, typed.plan(), note=note, by=by, now=at)
        else:
            services.propose(episode.pk, typed.plan(), note=note, by=by, now=at)
    except InputError as fault:
        wrong = [(fault.what, fault.where or "")]
        return _form(request, head, typed, instead_of, errors=wrong, status=422)
    except ConflictError as fault:
        return _form(request, head, typed, instead_of, errors=[(str(fault), "")], status=409)
    messages.success(request, "Your proposal is with your client. They say yes, or not like this.")
    return redirect("therapist:plan", episode_id=episode.pk)


def _form(
    request: HttpRequest,
    head: Head,
    typed: Proposal,
    instead_of: PlanVersion | None,
    *,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "head": head,
        "words": plan_words(head.wording),
        "typed": typed,
        "errors": errors,
        "instead": instead_of is not None,
        "level_names": level_names(),
        "importance_choices": importance_choices(),
    }
    return render(request, "therapist/propose.html", context, status=status)
