"""The plan as both hold it: what is agreed, what is proposed, how goals go, how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.core.plan import Plan, diff
from openalliance.site.records.plans.access import plan_of_episode, ratings_of
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import agree, decline, rate_goal, take_back
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.plan_words import change_words, pace_words
from openalliance.site.screens.client.words import day, day_with_year
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.access import PlanOnTable
    from openalliance.site.records.plans.models import GoalRating, PlanVersion

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCard:
    """One agreed goal with its strategies and the latest ratings of both."""

    id: str
    words: str
    strategies: tuple[str, ...]
    own: int | None
    own_when: str
    therapist: int | None
    therapist_when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    """One plan in words."""

    goals: tuple[GoalCard, ...]
    strategies: tuple[str, ...]
    pace: str
    pace_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The open proposal: whose it is, and what it would change."""

    own: bool
    when: str
    note: str
    changes: tuple[str, ...]
    plan: PlanShown
    answer_url: str
    take_back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVersion:
    """One earlier version, readable as it was."""

    title: str
    standing: str
    note: str
    answer_note: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """Everything the plan page says."""

    therapist: str
    agreed: PlanShown | None
    agreed_on: str
    proposal: Proposal | None
    history: tuple[PastVersion, ...]


@require_safe
@client_page
def plan(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the plan."""
    return _shown(request, token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def rate(request: HttpRequest, token: str) -> HttpResponseBase:
    """Keep how far along a goal feels, 0 to 10."""
    if request.method != "POST":
        return redirect("client:plan", token=token)
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="plan")
    typed = request.POST.get("rating", "")
    try:
        if not (typed.isascii() and typed.isdigit()):
            raise InputError("choose a number from 0 to 10", where="rating")
        rate_goal(episode.pk, request.POST.get("goal", ""), int(typed), by=by, now=at)
    except InputError:
        wrong = {request.POST.get("goal", ""): _("Please choose a number from 0 to 10.")}
        return _shown(request, token, wrong=wrong)
    messages.success(request, _("Thank you. Your rating is kept."))
    return redirect("client:plan", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def answer(request: HttpRequest, token: str, version_id: UUID) -> HttpResponseBase:
    """Say yes, or not like this, to the therapist's proposal."""
    if request.method != "POST":
        return redirect("client:plan", token=token)
    note = request.POST.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        error = _("That is too long. Please keep it under %(n)d letters.") % {"n": LONGEST_NOTE}
        return _shown(request, token, note=note, note_error=error)
    answered = {"agree": agree, "decline": decline}.get(request.POST.get("answer", ""))
    if answered is None:
        return _shown(request, token, note=note, note_error=_("Please choose an answer."))
    answered(version_id, note=note, by=acting(request), now=now())
    messages.success(
        request,
        _("This is now your plan.")
        if answered is agree
        else _("Your therapist sees that you would like it differently. You can talk about it."),
    )
    return redirect("client:plan", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def withdraw(request: HttpRequest, token: str, version_id: UUID) -> HttpResponseBase:
    """Take back one's own proposal."""
    if request.method != "POST":
        return redirect("client:plan", token=token)
    take_back(version_id, by=acting(request), now=now())
    messages.success(request, _("Your proposal is taken back. The plan stays as it was."))
    return redirect("client:plan", token=token)


def _shown(
    request: HttpRequest,
    token: str,
    *,
    wrong: Mapping[str, str] | None = None,
    note: str = "",
    note_error: str = "",
) -> HttpResponse:
    episode = own_episode(acting(request), now=now(), reading="plan")
    page = _page(episode, plan_of_episode(episode), ratings_of(episode), token)
    context = {"page": page, "wrong": wrong or {}, "note": note, "note_error": note_error}
    status = 422 if wrong or note_error else 200
    return show(request, token, "client/plan.html", context, status=status)


def _page(
    episode: Episode, on_table: PlanOnTable, ratings: Sequence[GoalRating], token: str
) -> PlanPage:
    agreed = on_table.agreed
    held = plan_of(agreed) if agreed else Plan()
    return PlanPage(
        therapist=episode.therapist.name,
        agreed=_plan_shown(held, ratings) if agreed else None,
        agreed_on=day_with_year(agreed.answered_at or agreed.proposed_at) if agreed else "",
        proposal=_proposal(on_table.proposed, held, token) if on_table.proposed else None,
        history=_history(on_table.history, episode.therapist.name),
    )


def _plan_shown(held: Plan, ratings: Sequence[GoalRating]) -> PlanShown:
    latest = {(one.goal_id, one.rater): one for one in ratings}
    cards = []
    for goal in held.goals:
        own, other = latest.get((goal.id, "client")), latest.get((goal.id, "therapist"))
        cards.append(
            GoalCard(
                id=goal.id,
                words=goal.words,
                strategies=tuple(s.words for s in held.strategies if s.goal_id == goal.id),
                own=own.value if own else None,
                own_when=day(own.at) if own else "",
                therapist=other.value if other else None,
                therapist_when=day(other.at) if other else "",
            )
        )
    return PlanShown(
        goals=tuple(cards),
        strategies=tuple(s.words for s in held.strategies if s.goal_id is None),
        pace=pace_words(held.pace),
        pace_words=held.pace.words,
    )


def _proposal(version: PlanVersion, held: Plan, token: str) -> Proposal:
    proposed = plan_of(version)
    return Proposal(
        own=version.proposed_by == "client",
        when=day(version.proposed_at),
        note=version.note,
        changes=tuple(change_words(change) for change in diff(held, proposed)),
        plan=_plan_shown(proposed, ()),
        answer_url=reverse("client:plan_answer", args=[token, version.pk]),
        take_back_url=reverse("client:plan_take_back", args=[token, version.pk]),
    )


def _history(versions: Sequence[PlanVersion], therapist: str) -> tuple[PastVersion, ...]:
    """Return all versions that were answered, newest first, each with what it changed."""
    held = Plan()
    found = []
    for version in sorted(versions, key=lambda one: one.number):
        if version.status == "proposed":
            continue
        now_held = plan_of(version)
        found.append(
            PastVersion(
                title=_title(version, therapist),
                standing=_standing(version),
                note=version.note,
                answer_note=version.answer_note,
                changes=tuple(change_words(change) for change in diff(held, now_held)),
            )
        )
        if version.status in {"agreed", "replaced"}:
            held = now_held
    return tuple(reversed(found))


def _title(version: PlanVersion, therapist: str) -> str:
    values = {"when": day_with_year(version.proposed_at), "therapist": therapist}
    if version.proposed_by == "client":
        return _("You proposed this on %(when)s") % values
    return _("%(therapist)s proposed this on %(when)s") % values


def _standing(version: PlanVersion) -> str:
    when = {"when": day_with_year(version.answered_at or version.proposed_at)}
    words = {
        "agreed": _("Agreed on %(when)s. This is the plan you have now."),
        "replaced": _("Agreed on %(when)s, and later replaced by a newer plan."),
        "declined": _("Not agreed, on %(when)s."),
        "withdrawn": _("Taken back on %(when)s."),
    }
    return words.get(version.status, "") % when
