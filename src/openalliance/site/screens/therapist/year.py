"""A therapist's own year, to read, to print and to keep."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.practice.access import therapists
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.reports.document import deliver
from openalliance.site.screens.reports.period import another, period_of
from openalliance.site.screens.reports.year import own_year_report


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, *, pdf: bool) -> HttpResponseBase:
    """Show the year, or hand it over as PDF; ``?year=2025`` takes a calendar year."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    (person,) = (one for one in therapists(by) if one.pk == by.id)
    period = period_of(request.GET.get("year", ""), person.practice, now=at)
    return deliver(
        request, own_year_report(by, person, period, now=at),
        pdf=pdf, name=f"year-{period.key or 'last'}", back=reverse("therapist:caseload"),
        file=reverse("therapist:year_pdf"), other=another(period, now=at),
    )  # fmt: skip
