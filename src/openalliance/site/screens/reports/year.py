"""Reports of a year: a therapist's own, and the practice's."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils import formats

from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.scoreboard import ShareRow, shares_chart
from openalliance.charts.theme import Theme
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Hidden
from openalliance.core.course.year import Told, What, Year
from openalliance.site.records.conversations.access import repaired_here
from openalliance.site.records.conversations.track_record import practice_record
from openalliance.site.records.conversations.year import own_year, practice_year
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.endings_page import endings_page
from openalliance.site.screens.known_page import known_page
from openalliance.site.screens.modality_figures import WHY_HIDDEN
from openalliance.site.screens.reports.document import made_at, speaking
from openalliance.site.screens.reports.parts import PAPER_WIDTH, PHONE_WIDTH
from openalliance.site.screens.reports.value import Figure, Grid, Method, Report, Section
from openalliance.site.screens.rupture_words import rates
from openalliance.site.screens.scoreboard_page import scoreboard_page
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import per_cent
from openalliance.site.screens.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from openalliance.site.records.practice.models import Person, Practice
    from openalliance.site.records.trust.actors import Actor
    from openalliance.site.screens.reports.period import Period

_NAMES: Mapping[What, tuple[str, str]] = {
    What.HELD: ("Sessions held", "Sessions that took place, of all that were due"),
    What.CHECK_INS: ("Check-ins answered", "Check-ins that were answered"),
    What.CHECK_OUTS: ("Check-outs answered", "Check-outs that clients answered"),
    What.FOLLOW_UPS: ("Follow-ups answered", "Follow-ups that were answered"),
    What.TAKEN_UP: ("Signals talked about", "Signals that were talked about"),
    What.REPAIRED: ("Ruptures repaired", "Noted and closed ruptures that were repaired"),
    What.TOGETHER: ("Ended as planned", "Endings that both planned"),
    What.BETTER: ("Reliably better", "Endings with a reliably better outcome"),
    What.ALLIANCE: ("Alliance", "The alliance as clients rate it, 0 to 10"),
}
"""A short name for the picture and a whole one for the table."""

_STATUSES = {
    "attended": "Took place", "cancelled": "Called off", "no-show": "Did not come",
    "planned": "Not yet noted",
}  # fmt: skip


def own_year_report(by: Actor, person: Person, period: Period, *, now: datetime) -> Report:
    """Return a therapist's own year; nothing of it is hidden from them, and nobody is compared."""
    practice = person.practice
    with speaking("en", practice):
        year = own_year(
            by, person.pk, since=period.since, until=period.until, zone=period.zone, now=now
        )
        return Report(
            key="own-year", language="en", practice=practice.name, title="A year of my work",
            lead="For the therapist whose it is. Shares of one caseload are small numbers: read"
            " the intervals, and nobody is compared.",
            about=(("Therapist", person.name), ("Period", period.words)),
            sections=_year(year), made=made_at(now, practice),
            is_demonstration=practice.is_demonstration,
        )  # fmt: skip


def practice_year_report(by: Actor, practice: Practice, period: Period, *, now: datetime) -> Report:
    """Return a practice's year, then what its records of all years say."""
    with speaking("en", practice):
        year = practice_year(by, since=period.since, until=period.until, zone=period.zone, now=now)
        return Report(
            key="year", language="en", practice=practice.name, title="A year of the practice",
            lead="Figures of many clients together. What rests on fewer than five clients, or on"
            " one therapist alone, is hidden; therapists are never listed or compared.",
            about=(("Period", period.words),),
            sections=(*_year(year), _signals(by, now), _repair(by), _lasting(by, now),
                      *_known(by, now)),
            made=made_at(now, practice), is_demonstration=practice.is_demonstration,
        )  # fmt: skip


def _year(year: Year) -> tuple[Section, ...]:
    if not (year.months or year.hidden_months or year.figures):
        nothing = ("Nothing was kept in this period.",)
        return (Section(key="work", title="The work", words=nothing),)
    counted = (
        ("Clients met", year.clients), ("Therapies begun", year.begun),
        ("Therapies ended", year.ended),
    )  # fmt: skip
    figures = tuple(
        Figure(
            label=label,
            method=Method.YEAR,
            value=f"fewer than {LEAST_CLIENTS}" if count is None else str(count),
        )
        for label, count in counted
    )
    return (
        Section(key="work", title="The work", figures=figures, grids=_months(year)),
        Section(
            key="figures", title="How it went", chart=_chart(year), method=Method.YEAR,
            grids=(Grid(table=_figures(year), method=Method.YEAR),) if year.figures else (),
            small=("Intervals hold at 95 % and allow for several observations of one client.",),
        ),
    )  # fmt: skip


def _months(year: Year) -> tuple[Grid, ...]:
    if not (year.months or year.hidden_months):
        return ()
    told = year.together
    used = [one for one in _STATUSES if told is None or told[one]]
    rows = [
        (
            formats.date_format(date(*month, 1), "F Y"),
            *_month(year.months.get(month), year.hidden_months.get(month), used),
        )
        for month in sorted({*year.months, *year.hidden_months})
    ]
    total = _month(told, Hidden.FEW_CLIENTS, used)
    table = Table(
        caption="Sessions by month", headings=("Month", *(_STATUSES[one] for one in used)),
        rows=(*rows, ("Together", *total)),
    )  # fmt: skip
    return (Grid(table=table, method=Method.YEAR),)


def _month(
    held: Mapping[str, int] | None, hidden: Hidden | None, used: Sequence[str]
) -> tuple[str, ...]:
    if held is None:
        return (WHY_HIDDEN[hidden or Hidden.FEW_CLIENTS], *("–" for _one in used[1:]))
    return tuple(str(held[one]) for one in used)


def _figures(year: Year) -> Table:
    return Table(
        caption="Of what happened in this period",
        headings=("What", "Figure", "95 % interval", "Counted"),
        rows=tuple(
            (words, *_cells(what, year.figures[what]))
            for what, (_short, words) in _NAMES.items()
            if what in year.figures
        ),
    )


def _cells(what: What, told: Told) -> tuple[str, str, str]:
    found = told.estimate
    if found is None:
        return WHY_HIDDEN[told.hidden or Hidden.TOO_LITTLE], "–", "–"
    clients = f"{found.clients} client{'' if found.clients == 1 else 's'}"
    if what is What.ALLIANCE:
        span = f"{number(found.low)} to {number(found.high)}" if found.clients > 1 else "–"
        return number(found.value), span, f"{found.n} ratings of {clients}"
    count = round(found.value * found.n)
    return (
        f"{per_cent(found.value)}\u00a0%",
        f"{per_cent(found.low)} to {per_cent(found.high)}\u00a0%",
        f"{count} of {found.n}, {clients}",
    )


def _chart(year: Year) -> PageChart | None:
    rows = [
        ShareRow(
            label=short, words=f"{per_cent(found.value)}\u00a0%", value=found.value,
            low=found.low, high=found.high,
        )
        for what, (short, _words) in _NAMES.items()
        if what is not What.ALLIANCE and what in year.figures
        for found in [year.figures[what].estimate]
        if found is not None
    ]  # fmt: skip
    if not rows:
        return None
    axis = "Share, with 95 % interval"
    said = "; ".join(f"{row.label}: {row.words}" for row in rows)
    return chart_on_page(
        lambda width: shares_chart(
            rows, axis=axis, width=PAPER_WIDTH if width > PAPER_WIDTH else PHONE_WIDTH,
            theme=Theme.PAPER,
        ),
        key="figures-picture", title="The shares of the table beneath.",
        description=f"{axis}. {said}.", drawn=drawn,
    )  # fmt: skip


def _signals(by: Actor, now: datetime) -> Section:
    page = scoreboard_page(practice_record(by, now=now))
    return Section(
        key="signals", title="How often signals were right, over all years",
        grids=(Grid(table=page.signals, method=Method.SCOREBOARD),),
    )  # fmt: skip


def _repair(by: Actor) -> Section:
    found = rates(repaired_here(by))
    title = "How often noted ruptures were repaired, over all years"
    if not found:
        words = ("Not told yet: it takes five clients of more than one therapist.",)
        return Section(key="repair", title=title, words=words)
    table = Table(
        caption="Noted ruptures that were closed",
        headings=("Ruptures", "Repaired", "95 % interval", "Counted"),
        rows=tuple((one.what, one.share, one.range, one.counted) for one in found),
    )
    return Section(key="repair", title=title, grids=(Grid(table=table, method=Method.REPAIR),))


def _lasting(by: Actor, now: datetime) -> Section:
    page = endings_page(by, "", now=now)
    tables = (page.waves, page.survival)
    return Section(
        key="lasting", title="How clients left, and what lasts, over all years",
        method=Method.MAINTENANCE,
        words=(*page.left, page.why_not or page.who), small=page.notes,
        grids=tuple(
            Grid(table=one, method=Method.MAINTENANCE) for one in tables if one is not None
        ),
    )  # fmt: skip


def _known(by: Actor, now: datetime) -> tuple[Section, ...]:
    return tuple(
        Section(
            key=f"known-{one.key}", title=one.title, words=one.reading, method=Method.KNOWN,
            grids=(Grid(table=one.table, method=Method.KNOWN),) if one.table else (),
        )
        for one in known_page(by, now=now)
        if one.table is not None
    )  # fmt: skip
