"""What is known and what is true here, with all its words: for whoever works in the practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from openalliance.charts.known import Kind, known_chart
from openalliance.charts.known_words import Told, legend, questions
from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.theme import Theme
from openalliance.core.evidence.published import about
from openalliance.site.records.conversations.known import known_here, used_finding
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.known_client_words import client_words
from openalliance.site.screens.tables import Table

if TYPE_CHECKING:
    from openalliance.site.records.trust.actors import Actor

_WHOSE = {Kind.PUBLISHED: "Published", Kind.OWN: "This practice", Kind.TOGETHER: "Both together"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownQuestion:
    """One question with its picture and two readings; no picture while nothing is told."""

    key: str
    title: str
    chart: PageChart | None
    table: Table | None
    reading: tuple[str, ...]
    for_clients: tuple[str, ...]


def known_page(by: Actor, *, now: datetime) -> tuple[KnownQuestion, ...]:
    """Return the questions of a practice in their order."""
    found, used = known_here(by, now=now), used_finding()
    told_to_clients = client_words(found, used)
    return tuple(
        _question(told, told_to_clients[told.key])
        for told in questions(found, about(used.topic), used)
    )


def _question(told: Told, for_clients: tuple[str, ...]) -> KnownQuestion:
    title = f"{told.title}" if told.title.endswith("?") else f"{told.title}."
    said = "; ".join(f"{row.label}: {row.words}" for row in told.rows)
    return KnownQuestion(
        key=told.key,
        title=told.title,
        chart=chart_on_page(
            lambda width: known_chart(told.rows, told.axis, width=width, theme=Theme.PAGE),
            key=f"known-{told.key}",
            title=f"{title} {legend(told.rows)}",
            description=f"{told.axis.title}, with 95 % interval. {said}.",
            drawn=drawn,
        )
        if told.rows
        else None,
        table=Table(
            caption=told.title,
            headings=("What", "Whose", "Size (95 % interval)"),
            rows=tuple((row.label, _WHOSE[row.kind], row.words) for row in told.rows),
        )
        if told.rows
        else None,
        reading=told.reading,
        for_clients=for_clients,
    )
