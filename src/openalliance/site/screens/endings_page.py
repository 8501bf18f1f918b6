"""What lasts in a practice, with all its words: how clients left, who answers, what is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.render import to_svg
from openalliance.charts.scoreboard import ShareRow, shares_chart
from openalliance.charts.theme import Theme
from openalliance.core.course.after import (
    LEAST_ANSWERS,
    LEAST_LEFT,
    MONTHS,
    Kept,
    kept_in_practice,
)
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.leaving import LEAST_ENDINGS, LeavingRecord, leaving_record
from openalliance.core.course.maintenance.fate import Fate
from openalliance.core.estimation.proportions import Proportion
from openalliance.site.records.endings.figures import practice_endings, rule
from openalliance.site.screens.ending_words import months_words
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import per_cent

if TYPE_CHECKING:
    from openalliance.core.course.maintenance.analysis import Maintenance
    from openalliance.site.records.trust.actors import Actor

USUAL_HORIZON = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingsPage:
    """Everything on the page; ``why_not`` says what is missing where there is no picture."""

    until: int
    horizons: tuple[tuple[str, str], ...]
    left: tuple[str, ...]
    response: PageChart | None
    waves: Table | None
    fates: PageChart | None
    survival: Table | None
    notes: tuple[str, ...]
    who: str
    why_not: str


def endings_page(by: Actor, wanted: str, *, now: datetime) -> EndingsPage:
    """Return the page up to a wave, in months; anything else is the usual one."""
    until = int(wanted) if wanted in {str(month) for month in MONTHS} else USUAL_HORIZON
    figures, how = practice_endings(by, now=now), rule()
    kept = kept_in_practice(figures.departed, how, until=until)
    found = kept.found
    return EndingsPage(
        until=until,
        horizons=tuple((str(month), months_words(month)) for month in MONTHS),
        left=_left(leaving_record(figures.left)),
        response=_response(kept) if kept.left >= LEAST_LEFT else None,
        waves=_waves(found) if found is not None else None,
        fates=_fates(found) if found is not None else None,
        survival=_survival(found) if found is not None else None,
        notes=found.notes if found is not None else (),
        who=f"{kept.left} clients left at least {months_words(until)} ago and have a check-in near"
        " their ending. Everything below rests on them, whether they answer or not.",
        why_not=""
        if found is not None
        else f"No picture yet. It needs {LEAST_LEFT} clients who left long enough ago (now"
        f" {kept.left}) and {LEAST_ANSWERS} answers at one of the times: with fewer, the figures"
        " would be guesses, and perhaps somebody’s.",
    )


def _left(record: LeavingRecord) -> tuple[str, ...]:
    if not record.is_told:
        return (
            (
                f"Not told yet: it needs the word of clients about {LEAST_ENDINGS} endings, of"
                f" {LEAST_CLIENTS} clients at least."
            ),
        )
    return (
        (
            f"{record.endings} endings, {record.planned} of them planned. Clients said how it was"
            f" about {record.known} of them."
        ),
        (
            f"Left well: {_share(record.well)}. If all who said nothing left that way, or none,"
            f" {per_cent(record.well_at_least)} to {per_cent(record.well_at_most)} %."
        ),
        (
            f"Left badly: {_share(record.badly)}. If all who said nothing left that way, or none,"
            f" {per_cent(record.badly_at_least)} to {per_cent(record.badly_at_most)} %."
        ),
        "The two are outcomes of their own: some left neither way.",
    )


def _share(found: Proportion) -> str:
    return (
        f"{per_cent(found.value)} % of those who said ({found.count} of {found.n}; 95 % interval"
        f" {per_cent(found.low)} to {per_cent(found.high)} %)"
    )


def _response(kept: Kept) -> PageChart:
    rows = [
        ShareRow(
            label=f"After {months_words(one.months)}",
            words=f"{one.response.count} of {one.response.n}",
            value=one.response.value, low=one.response.low, high=one.response.high,
        )
        for one in kept.response
    ]  # fmt: skip
    return _shares(
        rows, key="response", axis="Share of all who left that answered, with 95 % interval",
        title="Who answers. Silence is not chance: those who do well, or badly, may be the silent"
        " ones.",
    )  # fmt: skip


def _fates(found: Maintenance) -> PageChart:
    names = {
        Fate.KEPT: "Kept", Fate.GROWN: "Grown", Fate.LOST: "Lost", Fate.UNKNOWN: "Never answered",
    }  # fmt: skip
    rows = [
        ShareRow(
            label=names[fate], words=f"{share.count} of {share.n}",
            value=share.value, low=share.low, high=share.high,
        )
        for fate, share in found.summary.items()
    ]  # fmt: skip
    return _shares(
        rows, key="fates", axis="Share, with 95 % interval",
        title="Kept, grown and lost at the newest answer against the ending, beyond the error of"
        " measurement; of those who answered.",
    )  # fmt: skip


def _waves(found: Maintenance) -> Table:
    rows = []
    for one in found.waves:
        weighted, ends = one.weighted.mean, one.bounds
        rows.append(
            (
                "At the ending" if one.wave == 0 else f"After {months_words(int(one.wave))}",
                f"{one.response.count} of {one.response.n}",
                f"{one.observed.value:.1f}",
                f"{weighted.value:.1f} ({weighted.low:.1f} to {weighted.high:.1f})"
                if one.wave
                else f"{weighted.value:.1f}",
                f"{ends.worst:.1f} to {ends.best:.1f}" if ends is not None and one.wave else "–",
            )
        )
    return Table(
        caption="How life is, from 0 to 10",
        headings=(
            "When", "Answered", "Mean of those who answered", "Weighted for all who left",
            "If all the silent were at their worst, or best",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _survival(found: Maintenance) -> Table | None:
    if found.survival is None:
        return None
    rows = []
    for step in found.survival.steps:
        if not step.time or step.at_risk < LEAST_ANSWERS:
            continue
        span = f" ({per_cent(step.low)} to {per_cent(step.high)})" if step.low == step.low else ""
        rows.append(
            (
                f"After {months_words(int(step.time))}",
                str(step.at_risk),
                f"{per_cent(step.survival)} %{span}",
            )
        )
    return Table(
        caption="Time to relapse",
        headings=("When", "Still watched and free", "Free of relapse, with 95 % interval"),
        rows=tuple(rows),
    )


def _shares(rows: Sequence[ShareRow], *, key: str, axis: str, title: str) -> PageChart:
    said = "; ".join(f"{row.label}: {row.words}" for row in rows)
    return chart_on_page(
        lambda width: shares_chart(rows, axis=axis, width=width, theme=Theme.PAGE),
        key=key, title=title, description=f"{axis}. {said}.", drawn=_drawn,
    )  # fmt: skip


def _drawn(specification: Mapping[str, Any]) -> str:
    return _remembered(json.dumps(specification, sort_keys=True))


@lru_cache(maxsize=32)
def _remembered(specification: str) -> str:
    return to_svg(json.loads(specification))
