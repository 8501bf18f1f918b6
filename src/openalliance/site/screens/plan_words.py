"""A plan, and what differs between two plans, in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openalliance.core.plan import Pace, PlanChange, PlanChangeKind, Way
from openalliance.site.screens.plan_fields import importance_choices, way_field


def pace_words(pace: Pace) -> str:
    """Return how often and how long the two meet."""
    weeks = pace.sessions_every_weeks
    how_often = ngettext("Once a week", "Every %(n)d weeks", weeks) % {"n": weeks}
    return _("%(how_often)s, %(minutes)d minutes") % {
        "how_often": how_often,
        "minutes": pace.minutes,
    }


def change_words(change: PlanChange, *, own: bool = False) -> str:
    """Return one difference between two plans as a sentence; ``own``: to the client."""
    part = change.what.partition(":")[0]
    if part.startswith("pace"):
        return _pace_change(change)
    if part in {"preference", "importance"}:
        return _chosen_change(change, own=own)
    names = {
        "goal": _("Goal"),
        "goals": _("Goals"),
        "levels": _("Steps towards a goal"),
        "strategy": _("What we do"),
    }
    values = {
        "part": names.get(part, _("What we do")),
        "before": change.before or "–",
        "after": change.after or _("in general"),
    }
    match change.kind:
        case PlanChangeKind.ADDED:
            return _("%(part)s, new: %(after)s") % values
        case PlanChangeKind.REMOVED:
            return _("%(part)s, no longer there: %(before)s") % values
        case PlanChangeKind.REORDERED:
            return _("%(part)s in a new order: %(after)s") % values
        case PlanChangeKind.MOVED:
            return _("%(part)s, now for another goal: %(after)s") % values
        case PlanChangeKind.REWORDED:
            return _("%(part)s: “%(before)s” becomes “%(after)s”") % values


def _pace_change(change: PlanChange) -> str:
    if change.what == "pace.sessions_every_weeks":
        weeks = (_every(int(text)) if text else "–" for text in (change.before, change.after))
        return _becomes(_("You meet"), *weeks)
    names = {
        "pace.minutes": _("Minutes of a session"),
        "pace.words": _("How fast we go"),
        "pace.too_fast": _("Too fast is when"),
        "pace.too_slow": _("Too slow is when"),
    }
    return _becomes(names[change.what], change.before or "–", change.after or "–")


def _every(weeks: int) -> str:
    return ngettext("every week", "every %(n)d weeks", weeks) % {"n": weeks}


def _becomes(part: str, before: str, after: str) -> str:
    return _("%(part)s: “%(before)s” becomes “%(after)s”") % {
        "part": part,
        "before": before,
        "after": after,
    }


def _chosen_change(change: PlanChange, *, own: bool) -> str:
    """Return a change of how important a goal is, or of a way of working."""
    part, _colon, which = change.what.partition(":")
    if part == "importance":
        names = dict(importance_choices())
        before, after = names[change.before or "1"], names[change.after or "1"]
        title = _("How important a goal is")
    else:
        field = way_field(Way(which), own=own)
        title = field.title
        before, after = (_way_value(field.steps, text) for text in (change.before, change.after))
    return _becomes(title, before, after)


def _way_value(steps: Iterable[tuple[str, str]], text: str | None) -> str:
    if text is None:
        return "–"
    number, _space, words = text.partition(" ")
    said = dict(steps)[str(int(number))]
    return f"{said} ({words})" if words else said
