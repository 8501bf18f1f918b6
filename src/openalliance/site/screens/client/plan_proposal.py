"""Proposing a change to the plan: rows for goals, for what is done about them, and the pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import ConflictError, InputError
from openalliance.core.plan import Pace, Plan, Strategy
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import counter, propose
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.plan_fields import (
    GoalDetails,
    WayField,
    details_of,
    details_typed,
    goal_typed,
    importance_choices,
    level_names,
    preferences_chosen,
    way_fields,
    way_fields_typed,
)
from openalliance.site.screens.wording_packs import PlanWords, plan_words

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.models import PlanVersion

EMPTY_ROWS = 2
MOST_ROWS = 20
LONGEST_ROW = 300
LONGEST_NOTE = 2000
WEEKS = (1, 2, 3, 4, 6, 8)
MINUTES = (25, 30, 45, 50, 60, 75, 80, 90, 100, 120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the form. ``goal`` is the number of the goal a strategy serves, or empty."""

    id: str
    words: str = ""
    goal: str = ""
    details: GoalDetails = field(default_factory=GoalDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalForm:
    """What was typed, with what to mend."""

    goals: tuple[Row, ...]
    strategies: tuple[Row, ...]
    goal_choices: tuple[tuple[str, str], ...]
    weeks: str
    weeks_choices: tuple[tuple[str, str], ...]
    minutes: str
    minutes_choices: tuple[str, ...]
    pace_words: str
    too_fast: str
    too_slow: str
    note: str
    ways: tuple[WayField, ...]
    errors: tuple[tuple[str, str], ...] = ()


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def propose_change(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the plan as a form; send what was changed as a proposal."""
    episode = own_episode(acting(request), now=now(), reading="plan")
    on_table = plan_of_episode(episode)
    if on_table.proposed is not None:
        messages.info(request, _("One proposal is already waiting. Please finish that one first."))
        return redirect("client:plan", token=token)
    return _asked(request, token, episode, on_table.agreed, instead_of=None)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def counter_proposal(request: HttpRequest, token: str, version_id: UUID) -> HttpResponseBase:
    """Show the therapist's proposal as a form; answer it with another one."""
    episode = own_episode(acting(request), now=now(), reading="plan")
    on_table = plan_of_episode(episode)
    proposed = on_table.proposed
    if proposed is None or proposed.pk != version_id or proposed.proposed_by == "client":
        raise ConflictError("this proposal is no longer open")
    return _asked(request, token, episode, proposed, instead_of=proposed)


def _asked(
    request: HttpRequest,
    token: str,
    episode: Episode,
    start: PlanVersion | None,
    *,
    instead_of: PlanVersion | None,
) -> HttpResponseBase:
    words = plan_words(episode.wording)
    if request.method != "POST":
        form = _from_plan(plan_of(start) if start else Plan())
        return _shown(request, token, form, instead_of, words)
    if "more" in request.POST:
        return _shown(request, token, _typed(request.POST, more=EMPTY_ROWS), instead_of, words)
    errors = _errors(request.POST)
    if not errors:
        try:
            _send(request, token, instead_of)
        except InputError:
            errors = ((_("Nothing is different from the plan you have yet."), "goals-0"),)
        else:
            messages.success(
                request, _("Your proposal is on its way. It becomes the plan when you both agree.")
            )
            return redirect("client:plan", token=token)
    form = _typed(request.POST, errors=errors)
    return _shown(request, token, form, instead_of, words, status=422)


def _send(request: HttpRequest, token: str, instead_of: PlanVersion | None) -> None:
    by, at = acting(request), now()
    plan, note = _plan(request.POST), request.POST.get("note", "").strip()
    if instead_of is not None:
        counter(instead_of.pk, plan, note=note, by=by, now=at)
        return
    episode = own_episode(by, now=at, reading="plan")
    propose(episode.pk, plan, note=note, by=by, now=at)


def _shown(
    request: HttpRequest,
    token: str,
    form: ProposalForm,
    instead_of: PlanVersion | None,
    words: PlanWords,
    *,
    status: int = 200,
) -> HttpResponseBase:
    context = {
        "form": form,
        "words": words,
        "instead": instead_of is not None,
        "level_names": level_names(),
        "importance_choices": importance_choices(),
    }
    return show(request, token, "client/plan_propose.html", context, status=status)


def _from_plan(held: Plan) -> ProposalForm:
    places = {goal.id: str(place) for place, goal in enumerate(held.goals)}
    details = details_of(held)
    goals = [Row(id=goal.id, words=goal.words, details=details[goal.id]) for goal in held.goals]
    strategies = [
        Row(id=one.id, words=one.words, goal=places.get(one.goal_id or "", ""))
        for one in held.strategies
    ]
    return _form(
        goals,
        strategies,
        weeks=str(held.pace.sessions_every_weeks),
        minutes=str(held.pace.minutes),
        pace_words=held.pace.words,
        too_fast=held.pace.too_fast,
        too_slow=held.pace.too_slow,
        note="",
        ways=way_fields(held.preferences, own=True),
    )


def _typed(
    post: QueryDict, *, more: int = 0, errors: tuple[tuple[str, str], ...] = ()
) -> ProposalForm:
    return _form(
        _goal_rows(post),
        _rows(post, "strategy"),
        weeks=post.get("weeks", ""),
        minutes=post.get("minutes", ""),
        pace_words=post.get("pace_words", ""),
        too_fast=post.get("too_fast", ""),
        too_slow=post.get("too_slow", ""),
        note=post.get("note", ""),
        ways=way_fields_typed(post, own=True),
        empty=EMPTY_ROWS + more,
        errors=errors,
    )


def _form(
    goals: Sequence[Row],
    strategies: Sequence[Row],
    *,
    empty: int = EMPTY_ROWS,
    errors: tuple[tuple[str, str], ...] = (),
    ways: tuple[WayField, ...],
    **typed: str,
) -> ProposalForm:
    all_goals = _with_empty(goals, empty)
    weeks = sorted({*WEEKS, *_whole(typed["weeks"])})
    minutes = sorted({*MINUTES, *_whole(typed["minutes"])})
    return ProposalForm(
        goals=all_goals,
        strategies=_with_empty(strategies, empty),
        goal_choices=tuple(
            (str(place), row.words or _("goal %(n)d") % {"n": place + 1})
            for place, row in enumerate(all_goals)
        ),
        weeks_choices=tuple(
            (str(n), ngettext("every week", "every %(n)d weeks", n) % {"n": n}) for n in weeks
        ),
        minutes_choices=tuple(str(n) for n in minutes),
        ways=ways,
        errors=errors,
        **typed,
    )


def _with_empty(rows: Sequence[Row], empty: int) -> tuple[Row, ...]:
    filled = [row for row in rows if row.words.strip()]
    count = max(1, min(empty, MOST_ROWS - len(filled)))
    return (*filled, *(Row(id=str(uuid4())) for _place in range(count)))


def _rows(post: QueryDict, name: str) -> list[Row]:
    ids, words = post.getlist(f"{name}_id"), post.getlist(name)
    goals = post.getlist(f"{name}_goal") or [""] * len(words)
    return [
        Row(id=one_id[:36] or str(uuid4()), words=one_words, goal=goal)
        for one_id, one_words, goal in zip(ids, words, goals, strict=False)
    ]


def _goal_rows(post: QueryDict) -> list[Row]:
    rows = _rows(post, "goal")
    details = details_typed(post, [row.id for row in rows])
    return [replace(row, details=details[row.id]) for row in rows]


def _errors(post: QueryDict) -> tuple[tuple[str, str], ...]:
    found = []
    too_long = _("Please keep each line under %(n)d letters.") % {"n": LONGEST_ROW}
    for name in ("goal", "strategy"):
        rows = [row for row in _rows(post, name) if row.words.strip()]
        for place, row in enumerate(rows):
            if len(row.words) > LONGEST_ROW:
                found.append((too_long, f"{name}-{place}"))
        if len(rows) > MOST_ROWS or len({row.id for row in rows}) < len(rows):
            found.append((_("That did not work. Please reload this page."), f"{name}-0"))
    found += _detail_errors(post, too_long)
    if len(post.get("note", "")) > LONGEST_NOTE:
        found.append(
            (_("Please keep the message under %(n)d letters.") % {"n": LONGEST_NOTE}, "note")
        )
    for name, low, high in (("weeks", 1, 52), ("minutes", 5, 480)):
        if not any(low <= n <= high for n in _whole(post.get(name, ""))):
            found.append((_("Please choose one of the answers shown."), name))
    return tuple(found)


def _detail_errors(post: QueryDict, too_long: str) -> list[tuple[str, str]]:
    half = _("Please describe all five steps, or none.")
    return [
        *(
            (too_long, name)
            for name in ("pace_words", "too_fast", "too_slow")
            if len(post.get(name, "")) > LONGEST_ROW
        ),
        *(
            (half, f"level-{row.id}-0")
            for row in _goal_rows(post)
            if row.words.strip() and row.details.is_half
        ),
    ]


def _plan(post: QueryDict) -> Plan:
    typed_goals = _goal_rows(post)
    goals = {row.id: row for row in typed_goals if row.words.strip()}

    def served(row: Row) -> str | None:
        places = [n for n in _whole(row.goal) if n < len(typed_goals)]
        goal_id = typed_goals[places[0]].id if places else None
        return goal_id if goal_id in goals else None

    return Plan(
        goals=tuple(goal_typed(row.id, row.words, row.details) for row in goals.values()),
        strategies=tuple(
            Strategy(id=row.id, words=row.words.strip(), goal_id=served(row))
            for row in _rows(post, "strategy")
            if row.words.strip()
        ),
        pace=Pace(
            sessions_every_weeks=int(post.get("weeks", "")),
            minutes=int(post.get("minutes", "")),
            words=post.get("pace_words", "").strip(),
            too_fast=post.get("too_fast", "").strip(),
            too_slow=post.get("too_slow", "").strip(),
        ),
        preferences=preferences_chosen(way_fields_typed(post)),
    )


def _whole(typed: str) -> list[int]:
    return [int(typed)] if typed.isascii() and typed.isdigit() and len(typed) < 5 else []
