"""Where support is needed: the caseloads of the therapists somebody supervises.

It is one list of conversations and never a comparison of therapists: no counts, means or ranks
of theirs stand anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.charts.sparkline import Sparkline, sparkline
from openalliance.core.course import Reason
from openalliance.site.records.checkins.convert import outcome_of
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.access import CaseloadRow, caseload_for
from openalliance.site.records.emergency.access import waiting_for_review
from openalliance.site.records.practice.access import supervised_by
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.course_picture import outcome_title
from openalliance.site.screens.course_wording import reason_for_others, reason_tone
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.emergency_words import notices_of
from openalliance.site.screens.reports.supervision import needs_support
from openalliance.site.screens.wording import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One episode: the client by code, the therapist by name."""

    id: UUID
    code: str
    therapist: str
    therapist_id: UUID
    modality: str
    safety: bool
    needs_support: bool
    reasons: tuple[tuple[str, str], ...]
    life: str
    outcome: Sparkline
    outcome_label: str
    alliance: Sparkline
    alliance_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """One therapist's open episodes, in the order of their codes."""

    therapist: str
    therapist_id: UUID
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorPage:
    """First where support is needed, over all caseloads; then each caseload as it is."""

    first: tuple[Row, ...]
    caseloads: tuple[Caseload, ...]


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show where support is needed first."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    people = [(person.pk, person.name) for person in supervised_by(by)]
    found = [row for row in caseload_for(by, now=at) if row.episode.therapist_id in dict(people)]
    context = {
        "page": supervisor_page(found, people),
        "notices": notices_of(waiting_for_review(by)),
    }
    return render(request, "supervisor/home.html", context)


def supervisor_page(
    found: Sequence[CaseloadRow], people: Sequence[tuple[UUID, str]]
) -> SupervisorPage:
    """Return the page with all its words; ``found`` is in the order of who needs it first."""
    rows = [_row(one) for one in found]
    return SupervisorPage(
        first=tuple(row for row in rows if row.needs_support),
        caseloads=tuple(
            Caseload(
                therapist=name,
                therapist_id=person_id,
                rows=tuple(
                    sorted(
                        (row for row in rows if row.therapist_id == person_id),
                        key=lambda row: row.code,
                    )
                ),
            )
            for person_id, name in people
        ),
    )


def _row(one: CaseloadRow) -> Row:
    episode, reasons = one.episode, one.priority.reasons
    measure = outcome_of(episode)
    return Row(
        id=episode.pk,
        code=episode.client.code,
        therapist=episode.therapist.name,
        therapist_id=episode.therapist_id,
        modality=episode.modality_label,
        safety=Reason.SAFETY in reasons,
        needs_support=needs_support(one),
        reasons=tuple((reason_for_others(key), reason_tone(key)) for key in reasons),
        life=outcome_title(episode) or "Life",
        outcome=sparkline(
            [value for _at, value in one.outcome], limits=(measure.minimum, measure.maximum)
        ),
        outcome_label=_label(
            outcome_title(episode) or "How life has been", [value for _at, value in one.outcome]
        ),
        alliance=sparkline([value for _at, value in one.alliance]),
        alliance_label=_label("How they work together", [value for _at, value in one.alliance]),
    )


def _label(what: str, values: Sequence[float]) -> str:
    if not values:
        return f"{what}: nothing yet"
    return f"{what}: {len(values)} values, from {number(values[0])} to {number(values[-1])}"
