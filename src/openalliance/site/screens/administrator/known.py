"""What is known and what is true here: figures of many, nobody's in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from openalliance.site.screens.administrator.frame import administrator
from openalliance.site.screens.administrator.frame import show as shown
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.known_page import known_page


@require_safe
@administrator
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the practice's own alliance and outcome beside what is published."""
    return shown(request, "known", {"questions": known_page(acting(request), now=now())})
