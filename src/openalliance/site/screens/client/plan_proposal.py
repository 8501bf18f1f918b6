"""Proposing a change to the plan: rows for goals, for what is done about them, and the pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.core.plan import Goal, Pace, Plan, Strategy
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.plans.services import propose
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now

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
    note: str
    errors: tuple[tuple[str, str], ...] = ()


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def propose_change(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the plan as a form; send what was changed as a proposal."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="plan")
    on_table = plan_of_episode(episode)
    if on_table.proposed is not None:
        messages.info(request, _("One proposal is already waiting. Please finish that one first."))
        return redirect("client:plan", token=token)
    if request.method != "POST":
        held = plan_of(on_table.agreed) if on_table.agreed else Plan()
        return _shown(request, token, _from_plan(held))
    if "more" in request.POST:
        return _shown(request, token, _typed(request.POST, more=EMPTY_ROWS))
    errors = _errors(request.POST)
    if not errors:
        try:
            note = request.POST.get("note", "").strip()
            propose(episode.pk, _plan(request.POST), note=note, by=by, now=at)
        except InputError:
            errors = ((_("Nothing is different from the plan you have yet."), "goals-0"),)
        else:
            messages.success(
                request, _("Your proposal is on its way. It becomes the plan when you both agree.")
            )
            return redirect("client:plan", token=token)
    return _shown(request, token, _typed(request.POST, errors=errors), status=422)


def _shown(
    request: HttpRequest, token: str, form: ProposalForm, *, status: int = 200
) -> HttpResponseBase:
    return show(request, token, "client/plan_propose.html", {"form": form}, status=status)


def _from_plan(held: Plan) -> ProposalForm:
    places = {goal.id: str(place) for place, goal in enumerate(held.goals)}
    goals = [Row(id=goal.id, words=goal.words) for goal in held.goals]
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
        note="",
    )


def _typed(
    post: QueryDict, *, more: int = 0, errors: tuple[tuple[str, str], ...] = ()
) -> ProposalForm:
    return _form(
        _rows(post, "goal"),
        _rows(post, "strategy"),
        weeks=post.get("weeks", ""),
        minutes=post.get("minutes", ""),
        pace_words=post.get("pace_words", ""),
        note=post.get("note", ""),
        empty=EMPTY_ROWS + more,
        errors=errors,
    )


def _form(
    goals: Sequence[Row],
    strategies: Sequence[Row],
    *,
    empty: int = EMPTY_ROWS,
    errors: tuple[tuple[str, str], ...] = (),
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
    if len(post.get("pace_words", "")) > LONGEST_ROW:
        found.append((too_long, "pace_words"))
    if len(post.get("note", "")) > LONGEST_NOTE:
        found.append(
            (_("Please keep the message under %(n)d letters.") % {"n": LONGEST_NOTE}, "note")
        )
    for name, low, high in (("weeks", 1, 52), ("minutes", 5, 480)):
        if not any(low <= n <= high for n in _whole(post.get(name, ""))):
            found.append((_("Please choose one of the answers shown."), name))
    return tuple(found)


def _plan(post: QueryDict) -> Plan:
    typed_goals = _rows(post, "goal")
    goals = {row.id: row for row in typed_goals if row.words.strip()}

    def served(row: Row) -> str | None:
        places = [n for n in _whole(row.goal) if n < len(typed_goals)]
        goal_id = typed_goals[places[0]].id if places else None
        return goal_id if goal_id in goals else None

    return Plan(
        goals=tuple(Goal(id=row.id, words=row.words.strip()) for row in goals.values()),
        strategies=tuple(
            Strategy(id=row.id, words=row.words.strip(), goal_id=served(row))
            for row in _rows(post, "strategy")
            if row.words.strip()
        ),
        pace=Pace(
            sessions_every_weeks=int(post.get("weeks", "")),
            minutes=int(post.get("minutes", "")),
            words=post.get("pace_words", "").strip(),
        ),
    )


def _whole(typed: str) -> list[int]:
    return [int(typed)] if typed.isascii() and typed.isdigit() and len(typed) < 5 else []
