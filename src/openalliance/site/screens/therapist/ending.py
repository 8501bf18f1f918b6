"""How an episode ends: looked back on together, planned or not, handed over; and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.course.leaving import Leaving
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.services import transfer as hand_on
from openalliance.site.records.endings import services
from openalliance.site.records.endings.access import (
    ending_of,
    exit_of,
    leaving_in,
    reason_in,
    staying_well_of,
)
from openalliance.site.records.endings.tickets import ticket_for
from openalliance.site.records.plans.services import rate
from openalliance.site.records.practice.access import therapists
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.ending_words import (
    goals_asked,
    goals_typed,
    leaving_words,
    looked_back,
    questions_at_the_end,
    reason_words,
    review_typed,
    sheet_parts,
    sheet_typed,
)
from openalliance.site.screens.therapist.words import head_of, moment

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode

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
    mails = request.POST.get("mail_question") == "1"
    kind = request.POST.get("ending", "")
    try:
        services.end_episode(episode_id, kind, mail_question=mails, by=by, now=at)
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
        hand_on(episode_id, colleague, by=acting(request), now=now())
    except ConflictError as fault:
        return _shown(request, episode_id, error=str(fault), status=409)
    messages.success(request, "Your colleague carries on. This episode stays here to be read.")
    return redirect("therapist:client", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def begin(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Ask both sides to look back, or take that back."""
    by, at = acting(request), now()
    if request.POST.get("do") == "carry-on":
        services.carry_on(episode_id, by=by, now=at)
        messages.success(request, "You carry on. What was written stays.")
    else:
        services.look_back(episode_id, by=by, now=at)
        messages.success(request, "Your client is asked on their own page as well.")
    return redirect("therapist:ending", episode_id=episode_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def look_back(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Look back from the therapist's side: goals, what changed, what helped, what is open."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="ending")
    if request.method != "POST":
        return _look_back_shown(request, episode)
    given = review_typed(request.POST)
    try:
        services.review(episode_id, given, by=by, now=at)
    except InputError as fault:
        return _look_back_shown(request, episode, typed=given, error=fault.what, status=422)
    rate(episode_id, goals_typed(request.POST, episode), by=by, now=at)
    messages.success(request, "Kept. You see each other’s answers once both are there.")
    return redirect("therapist:ending", episode_id=episode_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def staying_well(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Read the client's sheet for staying well; write on it together while the episode runs."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="staying well")
    context: dict[str, Any] = {"head": head_of(episode), "error": ""}
    status = 200
    if request.method == "POST":
        try:
            services.write_staying_well(episode_id, sheet_typed(request.POST), by=by, now=at)
        except InputError as fault:
            context["error"], status = fault.what, 422
        except ConflictError as fault:
            context["error"], status = str(fault), 409
        else:
            messages.success(request, "Kept. Your client has it on their own page.")
            return redirect("therapist:staying_well", episode_id=episode_id)
    context["parts"] = sheet_parts(staying_well_of(by, episode))
    return render(request, "therapist/staying_well.html", context, status=status)


@require_POST
@staff(Role.THERAPIST)
def mail_question(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Mail the link to the one question, once."""
    if services.mail_question(episode_id, by=acting(request), now=now()):
        messages.success(request, "The question is on its way. It goes out once, and never again.")
    else:
        messages.info(request, "The question was mailed before. It goes out once only.")
    return redirect("therapist:ending", episode_id=episode_id)


def _look_back_shown(
    request: HttpRequest,
    episode: Episode,
    *,
    typed: services.Review | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    so_far = ending_of(acting(request), episode)
    held = typed or so_far.own
    context = {
        "head": head_of(episode),
        "begun": so_far.looking_back is not None,
        "goals": goals_asked(episode, for_client=False),
        "questions": [
            (name, words, getattr(held, name) if held else "")
            for name, words in questions_at_the_end()
        ],
        "error": error,
    }
    return render(request, "therapist/look_back.html", context, status=status)


def _shown(
    request: HttpRequest, episode_id: UUID, *, error: str = "", status: int = 200
) -> HttpResponse:
    by = acting(request)
    episode = own_episode_for(by, episode_id, now=now(), reading="ending")
    so_far = ending_of(by, episode)
    context = {
        "head": head_of(episode),
        "endings": ENDINGS,
        "transferred": episode.ending == "transferred",
        "colleagues": [one for one in therapists(by) if one.pk != by.id],
        "error": error,
        "looking_back": so_far.looking_back,
        "own": looked_back(so_far.own),
        "other": looked_back(so_far.other),
        "other_is_in": so_far.other_is_in,
        "sheet": sheet_parts(staying_well_of(by, episode)),
        "can_mail": bool(episode.client.email) and settings.MAIL_IS_SET_UP,
        **_exit_context(request, episode),
    }
    return render(request, "therapist/ending.html", context, status=status)


def _exit_context(request: HttpRequest, episode: Episode) -> dict[str, Any]:
    """Return where the question to a client who left stands, and how they left."""
    by, at = acting(request), now()
    form, leaving = exit_of(by, episode), leaving_in(by, episode)
    is_open = form is not None and form.submitted_at is None and form.closes_at > at
    link = ""
    if form is not None and is_open:
        path = reverse("client_questions:start", args=[ticket_for(form)])
        link = request.build_absolute_uri(path)
    return {
        "asked": form is not None,
        "exit_link": link,
        "exit_until": moment(form.closes_at) if form is not None and is_open else "",
        "reason": reason_words(reason_in(form)),
        "leaving": leaving_words(leaving),
        "leaving_known": leaving is not Leaving.UNKNOWN,
    }
