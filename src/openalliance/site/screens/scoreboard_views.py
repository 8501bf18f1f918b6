"""The views behind the practice's scoreboard, for each audience that may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from openalliance.site.records.checkins.expectations import (
    expectations,
    refresh_expectations,
    set_aside,
)
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.track_record import practice_record
from openalliance.site.records.tasks.leaving import refresh_leaving, standing_model
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.expectation_words import expectation_cards, refreshed_words
from openalliance.site.screens.leaving_words import (
    no_model_words,
    refreshed_leaving_words,
    worth_of,
)
from openalliance.site.screens.scoreboard_page import scoreboard_page


def scoreboard_context(request: HttpRequest, audience: str) -> dict[str, Any]:
    """Return what ``ui/components/scoreboard.html`` needs; ``audience`` names the addresses."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    known = standing_model(by.practice_id)
    return {
        "page": scoreboard_page(practice_record(by, now=at)),
        "expectations": expectation_cards(expectations(by)),
        "leaving": worth_of(*known) if known else None,
        "no_leaving": no_model_words(),
        "refresh_url": f"{audience}:refresh_expectations",
        "set_aside_url": f"{audience}:set_aside_expectation",
    }


def refreshed(request: HttpRequest, audience: str) -> HttpResponseBase:
    """Learn anew from the practice's own clients, and say what became of each measure."""
    by, at = acting(request), now()
    for words in refreshed_words(refresh_expectations(by=by, now=at)):
        messages.success(request, words)
    messages.success(request, refreshed_leaving_words(refresh_leaving(by=by, now=at)))
    return redirect(f"{audience}:scoreboard")


def taken_back(request: HttpRequest, expectation_id: UUID, audience: str) -> HttpResponseBase:
    """Use an expected course no more."""
    set_aside(expectation_id, by=acting(request), now=now())
    messages.success(request, "What was expected before is expected again.")
    return redirect(f"{audience}:scoreboard")
