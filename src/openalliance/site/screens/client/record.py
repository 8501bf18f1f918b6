"""Everything about the client, to read, print and take along."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.plans.convert import plan_from
from openalliance.site.records.rights.plan_files import own_plans
from openalliance.site.records.rights.record import own_record
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.taken_up import about_words
from openalliance.site.screens.client.words import day_with_year, form_name
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.plan_fields import way_fields
from openalliance.site.screens.plan_words import pace_words
from openalliance.site.screens.tables import Table
from openalliance.site.screens.task_words import obstacle_words, outcome_words

_SCORES = ("at", "session", "rater", "instrument", "version", "scale", "value", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPrinted:
    """One goal with its steps and what is done for it."""

    words: str
    levels: tuple[str, ...]
    work: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPrinted:
    """The agreed plan, whole, as it stands on paper."""

    agreed_on: str
    goals: tuple[GoalPrinted, ...]
    work: tuple[str, ...]
    pace: tuple[str, ...]
    ways: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRecord:
    """One therapy: when and with whom, and what was answered, planned and said."""

    title: str
    sessions: Table
    scores: Table
    answers: tuple[Table, ...]
    phases: tuple[str, ...]
    plan: PlanPrinted | None
    tasks: Table
    strains: Table
    said: tuple[tuple[str, str], ...]


@require_safe
@client_page
def everything(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show all of it on one page that prints well."""
    found = own_record(acting(request), now=now())
    context = {
        "about": found["about"],
        "first": found["first_message"],
        "first_day": _day(found["first_message"]["at"]) if found["first_message"] else "",
        "episodes": tuple(_episode(one) for one in found["episodes"]),
        "readings": len(found["read_by"]),
        "made": day_with_year(now()),
    }
    return show(request, token, "client/record.html", context)


@require_safe
@client_page
def as_json(request: HttpRequest, token: str) -> HttpResponseBase:
    """Hand it over for another program."""
    found = own_record(acting(request), now=now())
    text = json.dumps(found, ensure_ascii=False, indent=2)
    return _file(text, "application/json", "my-record.json")


@require_safe
@client_page
def plan_as_fhir(request: HttpRequest, token: str) -> HttpResponseBase:
    """Hand the plan over in the shape that other health programs read."""
    found = own_plans(acting(request), now=now())
    text = json.dumps(found, ensure_ascii=False, indent=2)
    return _file(text, "application/fhir+json", "my-plan.json")


@require_safe
@client_page
def as_csv(request: HttpRequest, token: str) -> HttpResponseBase:
    """Hand the numbers over as a table."""
    found = own_record(acting(request), now=now())
    target = io.StringIO()
    writer = csv.DictWriter(target, _SCORES, extrasaction="ignore")
    writer.writeheader()
    for episode in found["episodes"]:
        writer.writerows(episode["scores"])
    return _file(target.getvalue(), "text/csv", "my-numbers.csv")


def _file(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _episode(found: dict[str, Any]) -> EpisodeRecord:
    agreed = [one for one in found["plan"] if one["status"] == "agreed"]
    return EpisodeRecord(
        title=_("With %(therapist)s, since %(day)s")
        % {"therapist": found["therapist"], "day": _day(found["started_at"])},
        sessions=_sessions(found["sessions"]),
        scores=_scores(found["scores"]),
        answers=tuple(_answers(one) for one in found["answers"]),
        phases=_phases(found["phases"]),
        plan=_plan(agreed[0]) if agreed else None,
        tasks=_tasks(found["tasks"]),
        strains=_strains(found["ruptures"]),
        said=tuple(
            (f"{about_words(one['about'])}, {_day(one['at'])}", one["words"])
            for one in found["hard_to_say"]
        ),
    )


def _phases(found: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return how the work was done; nothing while it was done in one way."""
    if len(found) < 2:
        return ()
    return tuple(
        _("%(way)s, since %(day)s") % {"way": one["modality"], "day": _day(one["since"])}
        for one in found
    )


def _plan(version: dict[str, Any]) -> PlanPrinted:
    held = plan_from(version["content"])
    pace = (
        pace_words(held.pace),
        held.pace.words,
        f"{_('Too fast is when')}: {held.pace.too_fast}" if held.pace.too_fast else "",
        f"{_('Too slow is when')}: {held.pace.too_slow}" if held.pace.too_slow else "",
    )
    return PlanPrinted(
        agreed_on=_day(version["answered_at"] or version["proposed_at"]),
        goals=tuple(
            GoalPrinted(
                words=goal.words,
                levels=goal.levels,
                work=tuple(one.words for one in held.strategies if one.goal_id == goal.id),
            )
            for goal in held.goals
        ),
        work=tuple(one.words for one in held.strategies if one.goal_id is None),
        pace=tuple(words for words in pace if words),
        ways=tuple(
            (one.title, dict(one.steps)[one.value], one.words)
            for one in way_fields(held.preferences, own=True)
            if one.value
        ),
    )


def _sessions(found: Sequence[dict[str, Any]]) -> Table:
    status = {
        "planned": _("planned"),
        "attended": _("took place"),
        "cancelled": _("cancelled"),
        "no-show": _("did not take place"),
    }
    return Table(
        caption=_("Sessions"),
        headings=(_("Number"), _("Day"), _("Length in minutes"), _("What became of it")),
        rows=tuple(
            (
                str(one["number"]),
                _day(one["starts_at"]),
                str(one["minutes"]),
                status.get(one["status"], one["status"]),
            )
            for one in found
        ),
    )


def _tasks(found: Sequence[dict[str, Any]]) -> Table:
    return Table(
        caption=_("What you tried between sessions"),
        headings=(_("What you agreed to try"), _("Day"), _("What became of it")),
        rows=tuple(
            (task["words"], _day(told["at"]), _task_told(told))
            for task in found
            for told in task["told"] or [{"at": task["proposed_at"], "outcome": None}]
        ),
    )


def _strains(found: Sequence[dict[str, Any]]) -> Table:
    became = {
        "repaired": _("mended"), "partly": _("partly mended"), "not": _("not mended"),
        "": _("still open"),
    }  # fmt: skip
    return Table(
        caption=_("Strains between us, as your therapist noted them"),
        headings=(_("Day"), _("What happened, and what was tried"), _("What became of it")),
        rows=tuple(
            (
                _day(one["at"]),
                "; ".join(filter(None, (one["words"], one["tried_words"]))),
                "; ".join(filter(None, (became[one["outcome"]], one["outcome_words"]))),
            )
            for one in found
        ),
    )


def _task_told(told: dict[str, Any]) -> str:
    parts = (
        outcome_words(told["outcome"]),
        *obstacle_words(told.get("obstacles", ())),
        told.get("words", ""),
    )
    return "; ".join(part for part in parts if part)


def _scores(found: Sequence[dict[str, Any]]) -> Table:
    sides = {"client": _("you"), "therapist": _("your therapist"), "observer": _("somebody else")}
    return Table(
        caption=_("Numbers"),
        headings=(_("Day"), _("Who answered"), _("About"), _("Value")),
        rows=tuple(
            (
                _day(one["at"]),
                sides.get(one["rater"], one["rater"]),
                _scale_words(one["instrument"], one["scale"]),
                "–" if one["value"] is None else formats.number_format(round(one["value"], 2)),
            )
            for one in found
        ),
    )


def _answers(found: dict[str, Any]) -> Table:
    title = f"{form_name(found['moment'])}, {_day(found['sent_at'])}"
    return Table(
        caption=title,
        headings=(_("Question"), _("Your answer")),
        rows=tuple(
            (_question(one["instrument"], one["item"]), formats.number_format(one["answer"]))
            for one in found["answers"]
            if one["answer"] is not None
        ),
    )


def _question(key: str, item_id: str) -> str:
    try:
        items = instrument(key).items
    except InputError:
        return item_id
    found = next((one for one in items if one.id == item_id), None)
    return (words_in(found.text, _language()) if found and found.text else "") or item_id


def _scale_words(key: str, scale_key: str) -> str:
    try:
        scales = instrument(key).scales
    except InputError:
        return scale_key
    found = next((one for one in scales if one.key == scale_key), None)
    return (words_in(found.title, _language()) if found else "") or scale_key


def _language() -> str:
    return translation.get_language() or "en"


def _day(at: str | None) -> str:
    return day_with_year(datetime.fromisoformat(at)) if at else "–"
