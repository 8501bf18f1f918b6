"""Reports about one client, to read, to print and to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.reports.course import course_report
from openalliance.site.screens.reports.document import download, page
from openalliance.site.screens.reports.ending import ending_report

if TYPE_CHECKING:
    from openalliance.site.screens.reports.value import Report

_KINDS: Mapping[str, Callable[..., Report]] = {"course": course_report, "ending": ending_report}


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID, kind: str, *, pdf: bool) -> HttpResponseBase:
    """Show a report about a client, or hand it over as PDF; ``?as=code`` leaves out the name."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = own_episode_for(by, episode_id, now=at, reading="report")
    named = request.GET.get("as") != "code"
    report = _KINDS[kind](by, episode, now=at, named=named)
    if pdf:
        return download(report, f"{kind}-{episode.client.code}")
    here = reverse(f"therapist:{kind}_report", args=[episode_id])
    file = reverse(f"therapist:{kind}_report_pdf", args=[episode_id])
    return page(
        request,
        report,
        back=reverse("therapist:client" if kind == "course" else "therapist:ending",
                     args=[episode_id]),
        pdf=file if named else f"{file}?as=code",
        other=("With the code in place of the name", f"{here}?as=code")
        if named
        else ("With the name", here),
    )  # fmt: skip
