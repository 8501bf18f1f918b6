"""How much the staff looked at clients' records: numbers only, nothing clinical."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from openalliance.site.records.practice.access import people
from openalliance.site.records.trust import access
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now

DAYS = 30


@require_safe
@administrator
def access_counts(request: HttpRequest) -> HttpResponse:
    """Show the counts of the last month for each member of the staff."""
    by = acting(request)
    names = {person.pk: person.name for person in people(by)}
    rows = [
        (names.get(count.person_id, "somebody who has left"), count)
        for count in access.access_counts(by, since=now() - timedelta(days=DAYS))
    ]
    return show(request, "access_counts", {"rows": rows, "days": DAYS})
