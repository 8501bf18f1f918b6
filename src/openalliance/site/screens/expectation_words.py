"""On what the expected course rests, in words; for staff, in English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

from openalliance.site.records.checkins.expectations import Expected, Refreshed
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.track_words import per_cent


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationCard:
    """What is expected of one measure; ``set_aside`` names the row that can be taken back."""

    title: str
    words: str
    source: str
    notes: tuple[str, ...]
    set_aside: UUID | None


def expectation_cards(found: Sequence[Expected]) -> tuple[ExpectationCard, ...]:
    """Return what a practice expects of each of its measures."""
    return tuple(
        ExpectationCard(
            title=measure_title(one.instrument),
            words=rests_on(one),
            source=one.source,
            notes=tuple(one.fitted.notes) if one.fitted else (),
            set_aside=one.fitted.pk if one.fitted else None,
        )
        for one in found
    )


def rests_on(expected: Expected) -> str:
    """Return on what an expected course rests, in one sentence."""
    fitted = expected.fitted
    if fitted is None:
        if not expected.source:
            return (
                "Nothing is expected of this measure yet, so nothing is called slower than hoped."
            )
        return (
            "The expected course rests on working values alone, and on none of this practice’s own"
            " clients yet."
        )
    clients = "client" if fitted.clients == 1 else "clients"
    when = date_format(timezone.localtime(fitted.fitted_at), "j M Y")
    if fitted.own_weight >= 1.0:
        return (
            f"The expected course comes from {fitted.clients} of this practice’s {clients} alone"
            f" ({when}): nothing was published for this measure."
        )
    return (
        f"The expected course comes from {fitted.clients} of this practice’s {clients} and working"
        f" values; the practice’s own weigh {per_cent(fitted.own_weight)} % ({when})."
    )


def refreshed_words(done: Sequence[Refreshed]) -> tuple[str, ...]:
    """Return what became of each measure."""
    return tuple(
        f"{measure_title(one.instrument)}: "
        + (
            f"now with the practice’s own data, at {per_cent(one.expectation.own_weight)} %."
            if one.expectation
            else f"unchanged, {one.reason}."
        )
        for one in done
    )


def measure_title(key: str) -> str:
    """Return the English title of a measure."""
    return words_in(instrument(key).title, "en")
