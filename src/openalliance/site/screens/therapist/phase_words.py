"""A difficult phase in words and on one time line: what came together, and how to ask about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from openalliance.charts.course import course_wording
from openalliance.charts.lanes import Lane, LaneMark, Shape, lanes_chart
from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.theme import Theme
from openalliance.core.course.difficult import Came, Sign, Strain
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.tables import Table
from openalliance.site.screens.therapist.words import day

if TYPE_CHECKING:
    from openalliance.site.records.tasks.phases import Strained

MOSTLY, HARDLY = 0.75, 0.25
"""Shares kept from which tasks of a stretch are drawn as kept, and below which as not."""

_MEANING: Mapping[Shape, str] = {
    Shape.BROKEN: "something broke, as rated",
    Shape.MENDED: "it mended",
    Shape.FULL: "tasks mostly kept",
    Shape.HALF: "some of them",
    Shape.CROSS: "hardly any",
    Shape.CAME: "came",
    Shape.OFF: "called off by your client",
    Shape.AWAY: "did not come",
    Shape.BAR: "called off otherwise",
}
_CAME: Mapping[Came, Shape] = {
    Came.CAME: Shape.CAME,
    Came.CALLED_OFF: Shape.OFF,
    Came.NO_SHOW: Shape.AWAY,
    Came.OTHERWISE: Shape.BAR,
}
_LANES = ("Between you", "Tasks", "Appointments")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignWords:
    """One sign: what was seen, and a way to ask about it."""

    title: str
    seen: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """The picture, and the same as a table."""

    chart: PageChart
    table: Table


def sign_words(sign: Sign) -> SignWords:
    """Return one sign in words."""
    since = day(sign.since)
    match sign.strain:
        case Strain.RUPTURE:
            return SignWords(
                title="Something broke between you",
                seen=f"A rating of the two of you fell on {since}, and no repair was seen since.",
                ask="“Something has felt different between us. What did you need that I did not"
                " see?”",
            )
        case Strain.TASKS:
            return SignWords(
                title="Tasks fit less than before",
                seen=f"Since {since} less was kept than before.",
                ask="“Are these still the right things to try? We can make them smaller, or leave"
                " them for a while.”",
            )
        case Strain.CALLED_OFF:
            return SignWords(
                title="You have missed each other",
                seen=f"{sign.count} of the last {sign.of} appointments were called off by your"
                f" client or missed, first on {since}.",
                ask="“We have missed each other lately. How is it for you to come here at the"
                " moment?”",
            )


def short_words(sign: Sign) -> str:
    """Return one sign in a few words, for a list."""
    return {
        Strain.RUPTURE: "something broke between you",
        Strain.TASKS: "tasks fit less than before",
        Strain.CALLED_OFF: f"{sign.count} of the last {sign.of} appointments missed",
    }[sign.strain]


def time_line(found: Strained, zone: ZoneInfo) -> TimeLine | None:
    """Return the time line; nothing while nothing has happened."""
    rows = sorted(_events(found, zone))
    if not rows:
        return None
    lanes = [
        Lane(
            name=name,
            marks=tuple(LaneMark(at=at, shape=shape) for at, lane, shape in rows if lane == name),
        )
        for name in _LANES
    ]
    wording = course_wording("en")
    return TimeLine(
        chart=chart_on_page(
            lambda width: lanes_chart(lanes, _MEANING, wording, width=width, theme=Theme.PAGE),
            key="phase",
            title="The two of you, tasks and appointments on one time line",
            description="Three lines over the same days: ratings that broke or mended, tasks from"
            " session to session, and appointments. The table below says the same.",
            drawn=drawn,
        ),
        table=Table(
            caption="The two of you, tasks and appointments on one time line",
            headings=("Day", "What", "How"),
            rows=tuple((f"{at:%Y-%m-%d}", lane, _MEANING[shape]) for at, lane, shape in rows),
        ),
    )


def _events(found: Strained, zone: ZoneInfo) -> Iterator[tuple[datetime, str, Shape]]:
    def local(at: datetime) -> datetime:
        return timezone.localtime(at, zone).replace(tzinfo=None)

    between, tasks, appointments = _LANES
    for broke, mended in found.ruptures:
        yield local(broke), between, Shape.BROKEN
        if mended is not None:
            yield local(mended), between, Shape.MENDED
    for stretch in found.stretches:
        if stretch.kept is not None:
            yield local(stretch.end), tasks, _kept(stretch.kept)
    for one in found.appointments:
        yield local(one.at), appointments, _CAME[one.came]


def _kept(share: float) -> Shape:
    if share >= MOSTLY:
        return Shape.FULL
    return Shape.CROSS if share < HARDLY else Shape.HALF
