"""Ruptures and what may be tried, in words for staff; in our own words, with where they come from.

Safran, J. D., & Muran, J. C. (2000). *Negotiating the therapeutic alliance.* Guilford.
Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). *Psychotherapy, 55*(4), 508-519.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.core.course.repair import Marker, Noticed, Outcome, Tried
from openalliance.site.screens.track_words import per_cent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openalliance.core.estimation.proportions import Proportion

MARKERS = {
    Marker.WITHDRAWAL: ("Withdrawal", "moving away: falling silent, short answers, pleasing"),
    Marker.CONFRONTATION: ("Confrontation", "moving against: complaints, reproach, pressure"),
    Marker.MIXED: ("Both", "a bit of either"),
}
NOTICED = {
    Noticed.CLIENT: "My client",
    Noticed.THERAPIST: "I did",
    Noticed.BOTH: "Both of us",
    Noticed.SIGNAL: "A signal here",
}
TRIED = {
    Tried.EXPLORE: (
        "Asked what it was like",
        "Ask with real interest what just happened for them.",
    ),
    Tried.OWN_SHARE: ("Owned my part", "Say what you did that may have hurt or missed them."),
    Tried.CLEAR_UP: (
        "Cleared up a misunderstanding",
        "Say again what was meant, and listen to what was heard.",
    ),
    Tried.REASONS: (
        "Explained why we do this",
        "Give the reason for a task or a goal anew, in their words.",
    ),
    Tried.CHANGE_PLAN: (
        "Changed goal, task or pace",
        "Change what you work on, or how fast, together.",
    ),
    Tried.MAKE_ROOM: (
        "Made room for anger or doubt",
        "Let the complaint stand; thank them for daring.",
    ),
    Tried.HERE_AND_NOW: (
        "Spoke about the two of us, now",
        "Put into words what seems to be between you now.",
    ),
    Tried.PATTERN: (
        "Linked it to what they know from elsewhere",
        "Only later: does this feel familiar from other people?",
    ),
}
OUTCOMES = {
    Outcome.REPAIRED: "Repaired",
    Outcome.PARTLY: "Partly",
    Outcome.NOT: "Not repaired",
}
SOURCE = (
    "Ways to repair after Safran & Muran (2000), in our words. That repair goes with better "
    "outcome is known (11 studies, 1,314 clients: Eubanks, Muran & Safran 2018); which way helps "
    "whom is not."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something was repaired here."""

    what: str
    share: str
    range: str
    counted: str


def rates(found: Mapping[str, Proportion]) -> tuple[Rate, ...]:
    """Return the practice's own figures that may be shown, in words."""
    names = {"all": "Altogether"}
    names |= {f"marker:{one.value}": words for one, (words, _) in MARKERS.items()}
    names |= {f"tried:{one.value}": words for one, (words, _) in TRIED.items()}
    return tuple(
        Rate(
            what=words,
            share=f"{per_cent(found[name].value)} %",
            range=f"{per_cent(found[name].low)} to {per_cent(found[name].high)} %",
            counted=f"{found[name].count} of {found[name].n}",
        )
        for name, words in names.items()
        if name in found
    )
