"""A plan, and what differs between two plans, in plain words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openalliance.core.plan import Pace, PlanChange, PlanChangeKind


def pace_words(pace: Pace) -> str:
    """Return how often and how long the two meet."""
    weeks = pace.sessions_every_weeks
    how_often = ngettext("Once a week", "Every %(n)d weeks", weeks) % {"n": weeks}
    return _("%(how_often)s, %(minutes)d minutes") % {
        "how_often": how_often,
        "minutes": pace.minutes,
    }


def change_words(change: PlanChange) -> str:
    """Return one difference between two plans as a sentence."""
    part = change.what.partition(":")[0]
    if part.startswith("pace"):
        return _pace_change(change)
    names = {"goal": _("Goal"), "goals": _("Goals"), "strategy": _("What we do")}
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
    names = {
        "pace.sessions_every_weeks": _("Weeks from one session to the next"),
        "pace.minutes": _("Minutes of a session"),
        "pace.words": _("How fast we go"),
    }
    return _("%(part)s: “%(before)s” becomes “%(after)s”") % {
        "part": names[change.what],
        "before": change.before or "–",
        "after": change.after or "–",
    }
