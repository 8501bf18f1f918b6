"""The report for an hour of supervision: one therapist's open therapies, clients by code alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import capfirst

from openalliance.core.course import Reason
from openalliance.site.records.conversations.access import caseload_for
from openalliance.site.screens.course_picture import outcome_title
from openalliance.site.screens.course_wording import reason_for_others
from openalliance.site.screens.reports.document import made_at, speaking
from openalliance.site.screens.reports.value import Grid, Method, Report, Section
from openalliance.site.screens.tables import Table
from openalliance.site.screens.wording import number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from openalliance.site.records.conversations.access import CaseloadRow
    from openalliance.site.records.practice.models import Person
    from openalliance.site.records.trust.actors import Actor

# What asks for support; good news stands with the others.
SUPPORT = frozenset(
    {Reason.SAFETY, Reason.RUPTURE, Reason.OFF_TRACK, Reason.DETERIORATED, Reason.MISSED_CHECK_INS}
)

_WHY = 3
"""The column that is left out where nobody has a reason."""


def supervision_report(by: Actor, therapist: Person, *, now: datetime) -> Report:
    """Return a therapist's open therapies, those first that ask for support.

    Without names, words of either side or ratings that are sealed.
    """
    practice = therapist.practice
    with speaking("en", practice):
        rows = caseload_for(by, now=now, therapist_id=therapist.pk)
        asking = [one for one in rows if needs_support(one)]
        others = sorted(
            (one for one in rows if not needs_support(one)), key=lambda one: one.episode.client.code
        )
        return Report(
            key="supervision", language="en", practice=practice.name, title="For supervision",
            lead="Where to look first, and how the other therapies go. An offer to talk about"
            " work, and never a measure of who does it.",
            about=(("Therapist", therapist.name), ("Open therapies", str(len(rows)))),
            sections=(
                _section("first", "Where support may be needed", asking,
                         "Nothing asks for support now."),
                _section("others", "The other open therapies", others, ""),
            ),
            made=made_at(now, practice), is_demonstration=practice.is_demonstration,
        )  # fmt: skip


def needs_support(row: CaseloadRow) -> bool:
    """Whether anything about a therapy asks for support."""
    return not SUPPORT.isdisjoint(Reason(key) for key in row.priority.reasons)


def _section(key: str, title: str, rows: Sequence[CaseloadRow], nothing: str) -> Section:
    if not rows:
        return Section(key=key, title=title, words=(nothing,) if nothing else ())
    headings = ("Client", "Way of working", "Sessions", "Why", "Outcome", "Alliance")
    cells = [_row(one) for one in rows]
    filled = [at for at in range(len(headings)) if at != _WHY or any(row[at] for row in cells)]
    table = Table(
        caption=f"{title}: first rating → latest; the alliance as clients rate it, from 0 to 10",
        headings=tuple(headings[at] for at in filled),
        rows=tuple(tuple(row[at] or "–" for at in filled) for row in cells),
    )
    return Section(key=key, title=title, grids=(Grid(table=table, method=Method.COURSE),))


def _row(one: CaseloadRow) -> tuple[str, ...]:
    episode = one.episode
    measure = outcome_title(episode) or "Life"
    return (
        episode.client.code,
        capfirst(episode.modality_label),
        str(one.sessions_attended),
        "; ".join(reason_for_others(key) for key in one.priority.reasons),
        f"{measure}: {_span([value for _at, value in one.outcome])}",
        _span([value for _at, value in one.alliance]),
    )


def _span(values: Sequence[float]) -> str:
    if not values:
        return "–"
    if len(values) == 1:
        return number(values[0])
    return f"{number(values[0])}\u00a0→\u00a0{number(values[-1])}"
