"""The client's own report: how it has gone, to read, to print and to take along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from openalliance.site.records.checkins.services import close_due
from openalliance.site.screens.client.entry import client_page
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.reports.course import own_report
from openalliance.site.screens.reports.document import download, page


@require_safe
@client_page
def show(request: HttpRequest, token: str, *, pdf: bool) -> HttpResponseBase:
    """Show the client's own report, or hand it over as PDF."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = own_episode(by, now=at, reading="report")
    report = own_report(by, episode, now=at, language=translation.get_language() or "en")
    if pdf:
        return download(report, "report")
    return page(
        request, report, back=reverse("client:home", args=[token]),
        pdf=reverse("client:report_pdf", args=[token]), other=None,
    )  # fmt: skip
