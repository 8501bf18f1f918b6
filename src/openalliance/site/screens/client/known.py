"""Why we ask how it was with your therapist: what many studies found, and what is seen here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from openalliance.site.records.conversations.known import known_here, used_finding
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.known_client_words import (
    client_picture,
    here_words,
    studies_words,
    within_words,
)


@require_safe
@client_page
def known(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the client what is known, and what is seen in their practice."""
    found, used = known_here(acting(request), now=now()), used_finding()
    context = {
        "chart": client_picture(found, used),
        "studies": studies_words(used),
        "here": here_words(found.overall),
        "within": within_words(found.within),
        "source": used.source,
    }
    return show(request, token, "client/known.html", context)
