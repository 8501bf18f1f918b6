"""The administrator's first page: what waits, and how the practice stands."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from openalliance.site.records.endings.access import count_left_behind
from openalliance.site.records.intake.access import unanswered
from openalliance.site.records.practice.access import open_invitations, people
from openalliance.site.records.practice.accounts import with_second_factor
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now


@require_safe
@administrator
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the administrator."""
    by = acting(request)
    active = [person for person in people(by) if person.is_active]
    protected = with_second_factor(by)
    page = {
        "staff": len(active),
        "unprotected": [person.name for person in active if person.pk not in protected],
        "invitations": len(open_invitations(by, now=now())),
        "requests": unanswered(by),
        "wishes": count_left_behind(by),
        "mail_is_set_up": settings.MAIL_IS_SET_UP,
    }
    return show(request, "home", page)
