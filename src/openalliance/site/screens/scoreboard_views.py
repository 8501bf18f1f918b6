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
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.expectation_words import expectation_cards, refreshed_words
from openalliance.site.screens.scoreboard_page import scoreboard_page


def scoreboard_context(request: HttpRequest, audience: str) -> dict[str, Any]:
    """Return what ``ui/components/scoreboard.html`` needs; ``audience`` names the addresses."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    return {
        "page": scoreboard_page(practice_record(by, now=at)),
        "expectations": expectation_cards(expectations(by)),
        "refresh_url": f"{audience}:refresh_expectations",
        "set_aside_url": f"{audience}:set_aside_expectation",
    }


def refreshed(request: HttpRequest, audience: str) -> HttpResponseBase:
    """Fit the expected courses to the practice's own clients and say what became of each."""
    for words in refreshed_words(refresh_expectations(by=acting(request), now=now())):
        messages.success(request, words)
    return redirect(f"{audience}:scoreboard")


def taken_back(request: HttpRequest, expectation_id: UUID, audience: str) -> HttpResponseBase:
    """Use an expected course no more."""
    set_aside(expectation_id, by=acting(request), now=now())
    messages.success(request, "What was expected before is expected again.")
    return redirect(f"{audience}:scoreboard")
