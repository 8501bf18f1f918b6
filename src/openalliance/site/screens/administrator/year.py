"""A year of the practice, to read, to print and to keep: nobody's figures in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.practice.access import practice_of
from openalliance.site.screens.administrator.frame import administrator
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.reports.document import deliver
from openalliance.site.screens.reports.period import another, period_of
from openalliance.site.screens.reports.year import practice_year_report


@require_safe
@administrator
def show(request: HttpRequest, *, pdf: bool) -> HttpResponseBase:
    """Show the year, or hand it over as PDF; ``?year=2025`` takes a calendar year."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    practice = practice_of(by)
    period = period_of(request.GET.get("year", ""), practice, now=at)
    return deliver(
        request, practice_year_report(by, practice, period, now=at),
        pdf=pdf, name=f"practice-{period.key or 'last'}", back=reverse("administrator:home"),
        file=reverse("administrator:year_pdf"), other=another(period, now=at),
    )  # fmt: skip
