"""How clients left and what lasts: figures of many, nobody's in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.endings_page import endings_page


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show what lasts in the practice."""
    page = endings_page(acting(request), request.GET.get("until", ""), now=now())
    return render(request, "supervisor/endings.html", {"page": page})
