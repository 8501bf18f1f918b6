"""Where staff arrive after signing in: the first page of what they do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, staff

_FIRST_PAGES = (
    (Role.THERAPIST, "therapist:caseload"),
    (Role.SUPERVISOR, "supervisor:home"),
    (Role.ADMINISTRATOR, "administrator:home"),
)


@require_safe
@staff(*Role)
def landing(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of the first role the person holds."""
    by = acting(request)
    return redirect(next(page for role, page in _FIRST_PAGES if by.has(role)))
