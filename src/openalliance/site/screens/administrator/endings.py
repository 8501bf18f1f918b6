"""How clients left and what lasts: figures of many, nobody's in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from openalliance.site.screens.administrator.frame import administrator
from openalliance.site.screens.administrator.frame import show as shown
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.endings_page import endings_page


@require_safe
@administrator
def show(request: HttpRequest) -> HttpResponseBase:
    """Show what lasts in the practice."""
    page = endings_page(acting(request), request.GET.get("until", ""), now=now())
    return shown(request, "endings", {"page": page})
