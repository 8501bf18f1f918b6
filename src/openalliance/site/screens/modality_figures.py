"""A practice's outcome and alliance by way of working, in words, for its keepers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.scoreboard import ShareRow, shares_chart
from openalliance.charts.theme import Theme
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Hidden
from openalliance.core.course.parts import (
    Estimate,
    Parted,
    ended_together,
    improved,
    means,
    repaired,
    shares,
)
from openalliance.core.course.phases import SEVERAL
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import per_cent
from openalliance.site.screens.wording import number

if TYPE_CHECKING:
    from openalliance.site.records.conversations.track_record import PracticeRecord

WHY_HIDDEN = {
    Hidden.FEW_CLIENTS: f"hidden: fewer than {LEAST_CLIENTS} clients",
    Hidden.ONE_THERAPIST: "hidden: one therapist alone",
    Hidden.PROTECTS_ANOTHER: "hidden: to protect another",
    Hidden.TOO_LITTLE: "not enough yet",
}
_WHOLE = "Whole practice"
_ALLIANCE = (0.0, 10.0)
_SHARE = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure by way of working; no chart while there is nothing to show."""

    title: str
    lead: str
    chart: PageChart | None
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalityFigures:
    """All figures by way of working; ``too_few`` stands where there are none."""

    figures: tuple[Figure, ...]
    too_few: str


def modality_figures(record: PracticeRecord) -> ModalityFigures:
    """Return outcome, endings, repair and alliance by way of working."""
    every = (
        _figure(
            "better",
            "Ended reliably better",
            "Of ended episodes with enough scores, those whose last score was reliably better than"
            " the first.",
            shares(improved(record.episodes)),
        ),
        _figure(
            "together",
            "Ended as planned",
            "Of ended episodes, those that both brought to an end.",
            shares(ended_together(record.episodes)),
        ),
        _figure(
            "repaired",
            "Ruptures repaired",
            "Of ruptures in the client’s ratings that are not open any more, those repaired.",
            shares(repaired(record.episodes)),
        ),
        _figure(
            "alliance",
            "The alliance as clients rate it",
            "Ratings after sessions, 0 to 10, by the way of working of the day. Each client counts"
            " once.",
            means(record.ratings, limits=_ALLIANCE),
            limits=_ALLIANCE,
        ),
    )
    told = tuple(one for one in every if one is not None)
    too_few = (
        ""
        if told
        else "Nothing to show yet: it takes two ways of working, each with"
        f" {LEAST_CLIENTS} clients of more than one therapist."
    )
    return ModalityFigures(figures=told, too_few=too_few)


def _figure(
    key: str, title: str, lead: str, found: Parted, *, limits: tuple[float, float] = _SHARE
) -> Figure | None:
    if found.whole is None or not found.is_told:
        return None
    in_words = _share_words if limits == _SHARE else _mean_words
    parts = sorted(found.parts, key=lambda one: (one.name == SEVERAL, one.name.lower()))
    rows = [(_WHOLE, found.whole), *((part_name(one.name), one.estimate) for one in parts)]
    cells = [
        (_WHOLE, in_words(found.whole)),
        *(
            (
                part_name(one.name),
                in_words(one.estimate) if one.estimate else WHY_HIDDEN[one.hidden],  # type: ignore[index]
            )
            for one in parts
        ),
    ]
    return Figure(
        title=title,
        lead=lead,
        chart=_chart(key, title, [(n, one) for n, one in rows if one], in_words, limits),
        table=Table(
            caption=f"{title}, by way of working",
            headings=("Way of working", "Here (95 % interval)"),
            rows=tuple(cells),
        ),
    )


def _chart(
    key: str,
    title: str,
    told: list[tuple[str, Estimate]],
    in_words: Callable[[Estimate], str],
    limits: tuple[float, float],
) -> PageChart:
    rows = [
        ShareRow(label=name, words=_short(one, limits), value=one.value, low=one.low, high=one.high)
        for name, one in told
    ]
    said = "; ".join(f"{name}: {in_words(one)}" for name, one in told)
    return chart_on_page(
        lambda width: shares_chart(
            rows, axis=f"{title}, with 95 % interval", limits=limits, width=width, theme=Theme.PAGE
        ),
        key=f"modality-{key}",
        title=f"{title}, by way of working. Lines: 95 % intervals over clients.",
        description=f"{title}, by way of working. {said}.",
        drawn=drawn,
    )


def part_name(part: str) -> str:
    """Return what a way of working is called."""
    if part == SEVERAL:
        return "Several, one after another"
    return part[:1].upper() + part[1:] if part else "Not known any more"


def _short(one: Estimate, limits: tuple[float, float]) -> str:
    value = f"{per_cent(one.value)} %" if limits == _SHARE else number(one.value)
    return f"{value}, {one.clients} clients"


def _share_words(one: Estimate) -> str:
    return (
        f"{per_cent(one.value)} % of {one.n} ({per_cent(one.low)}–{per_cent(one.high)} %;"
        f" {one.clients} clients)"
    )


def _mean_words(one: Estimate) -> str:
    return (
        f"{number(one.value)} ({number(one.low)} to {number(one.high)}; {one.clients} clients,"
        f" {one.n} ratings)"
    )
