"""What is known and what is true here: figures of many, nobody's in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.known_page import known_page


@require_safe
@staff(Role.SUPERVISOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the practice's own alliance and outcome beside what is published."""
    questions = known_page(acting(request), now=now())
    return render(request, "supervisor/known.html", {"questions": questions})
