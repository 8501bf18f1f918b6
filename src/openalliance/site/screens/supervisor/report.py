"""What to look at in an hour of supervision, to read, to print and to keep."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from openalliance.core.errors import NotFoundError
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.practice.access import supervised_by
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.reports.document import deliver
from openalliance.site.screens.reports.supervision import supervision_report


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest, therapist_id: UUID, *, pdf: bool) -> HttpResponseBase:
    """Show the open therapies of somebody who is supervised, or hand them over as PDF."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    person = next((one for one in supervised_by(by) if one.pk == therapist_id), None)
    if person is None:
        raise NotFoundError("no such therapist")
    return deliver(
        request, supervision_report(by, person, now=at),
        pdf=pdf, name="supervision", back=reverse("supervisor:home"),
        file=reverse("supervisor:report_pdf", args=[therapist_id]), other=None,
    )  # fmt: skip
