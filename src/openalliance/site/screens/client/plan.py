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
from openalliance.core.plan import Plan, diff, review_is_due
from openalliance.site.records.plans import services
from openalliance.site.records.plans.access import (
    comments_on,
    plan_of_episode,
    progress_of,
    sessions_since_review,
    standing_of_episode,
)
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import agree, decline, rate_goal, take_back
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day, day_with_year
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.plan_fields import WayField, importance_choices, way_fields
from openalliance.site.screens.plan_review import PictureLine, picture
from openalliance.site.screens.plan_words import change_words, pace_words
from openalliance.site.screens.wording_packs import plan_words

if TYPE_CHECKING:
    from openalliance.core.plan import Standing
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.access import PlanOnTable
    from openalliance.site.records.plans.models import PlanRating, PlanVersion

LONGEST_NOTE = 2000
HOPED_FOR = 50.0
"""Goal attainment where every goal came out as expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCard:
    """One agreed goal with its strategies and the latest ratings of both."""

    id: str
    words: str
    strategies: tuple[str, ...]
    levels: tuple[str, ...]
    importance: str
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
    too_fast: str
    too_slow: str
    ways: tuple[WayField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark on the open proposal."""

    own: bool
    when: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The open proposal: whose it is, and what it would change."""

    own: bool
    when: str
    note: str
    changes: tuple[str, ...]
    plan: PlanShown
    remarks: tuple[Remark, ...]
    answer_url: str
    counter_url: str
    comment_url: str
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
    picture: tuple[PictureLine, ...]
    attainment: str
    review_due: bool
    history: tuple[PastVersion, ...]

    @property
    def far_apart(self) -> tuple[PictureLine, ...]:
        """Return what the two see quite differently."""
        return tuple(line for line in self.picture if line.far_apart)


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
        if not (typed.isascii() and typed.isdigit() and len(typed) < 5):
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


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def comment(request: HttpRequest, token: str, version_id: UUID) -> HttpResponseBase:
    """Keep a remark on the open proposal."""
    if request.method != "POST":
        return redirect("client:plan", token=token)
    words = request.POST.get("words", "")
    try:
        services.comment(version_id, words, by=acting(request), now=now())
    except InputError:
        error = _("Please write something, with at most %(n)d letters.") % {
            "n": services.LONGEST_COMMENT
        }
        return _shown(request, token, remark=words, remark_error=error)
    messages.success(request, _("Your therapist can read it now."))
    return redirect(f"{reverse('client:plan', args=[token])}#proposal")


def _shown(
    request: HttpRequest,
    token: str,
    *,
    wrong: Mapping[str, str] | None = None,
    **typed: str,
) -> HttpResponse:
    episode = own_episode(acting(request), now=now(), reading="plan")
    page = _page(episode, plan_of_episode(episode), progress_of(episode), token)
    context = {
        "page": page,
        "words": plan_words(episode.wording),
        "wrong": wrong or {},
        **typed,
    }
    status = 422 if wrong or typed else 200
    return show(request, token, "client/plan.html", context, status=status)


def _page(
    episode: Episode, on_table: PlanOnTable, ratings: Sequence[PlanRating], token: str
) -> PlanPage:
    agreed = on_table.agreed
    held = plan_of(agreed) if agreed else Plan()
    standing = standing_of_episode(episode)
    return PlanPage(
        therapist=episode.therapist.name,
        agreed=_plan_shown(held, ratings) if agreed else None,
        agreed_on=day_with_year(agreed.answered_at or agreed.proposed_at) if agreed else "",
        proposal=_proposal(on_table.proposed, held, token) if on_table.proposed else None,
        picture=picture(held, standing, own=True) if standing else (),
        attainment=_attainment(standing),
        review_due=review_is_due(sessions_since_review(episode, by_side="client")),
        history=_history(on_table.history, episode.therapist.name),
    )


def _plan_shown(held: Plan, ratings: Sequence[PlanRating]) -> PlanShown:
    latest = {(one.part, one.rater): one for one in ratings}
    cards = []
    for goal in held.goals:
        own, other = latest.get((goal.id, "client")), latest.get((goal.id, "therapist"))
        cards.append(
            GoalCard(
                id=goal.id,
                words=goal.words,
                strategies=tuple(s.words for s in held.strategies if s.goal_id == goal.id),
                levels=goal.levels,
                importance=dict(importance_choices())[str(goal.importance)],
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
        too_fast=held.pace.too_fast,
        too_slow=held.pace.too_slow,
        ways=tuple(one for one in way_fields(held.preferences, own=True) if one.value),
    )


def _attainment(standing: Standing | None) -> str:
    """Return how far the described steps were reached altogether, as the client sees it."""
    score = standing.attainment.get("client") if standing else None
    if score is None:
        return ""
    if abs(score - HOPED_FOR) < 1:
        return _("All in all, you are where you hoped to be.")
    return (
        _("All in all, you have come further than you hoped.")
        if score > HOPED_FOR
        else _("All in all, you are on your way to where you hope to be.")
    )


def _proposal(version: PlanVersion, held: Plan, token: str) -> Proposal:
    proposed = plan_of(version)
    return Proposal(
        own=version.proposed_by == "client",
        when=day(version.proposed_at),
        note=version.note,
        changes=tuple(change_words(change, own=True) for change in diff(held, proposed)),
        plan=_plan_shown(proposed, ()),
        remarks=tuple(
            Remark(own=one.by_side == "client", when=day(one.at), words=one.words)
            for one in comments_on(version)
        ),
        answer_url=reverse("client:plan_answer", args=[token, version.pk]),
        counter_url=reverse("client:plan_counter", args=[token, version.pk]),
        comment_url=reverse("client:plan_comment", args=[token, version.pk]),
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
                changes=tuple(change_words(change, own=True) for change in diff(held, now_held)),
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
    if version.together:
        return _standing_together(version.status) % when
    words = {
        "agreed": _("Agreed on %(when)s. This is the plan you have now."),
        "replaced": _("Agreed on %(when)s, and later replaced by a newer plan."),
        "declined": _("Not agreed, on %(when)s."),
        "withdrawn": _("Taken back on %(when)s."),
        "countered": _("Answered with another proposal on %(when)s."),
    }
    return words.get(version.status, "") % when


def _standing_together(status: str) -> str:
    return {
        "agreed": _("Agreed on %(when)s, together at one screen. This is the plan you have now."),
        "replaced": _("Agreed on %(when)s, together at one screen. A newer plan took its place."),
    }.get(status, _("Not agreed, on %(when)s, together at one screen."))
