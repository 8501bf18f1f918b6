"""One therapist's public page, and their picture."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.core.errors import NotFoundError
from openalliance.site.records.intake.access import public_portrait, public_profile
from openalliance.site.records.practice.access import public_practice
from openalliance.site.screens.public.caching import WITHOUT_COOKIE, cacheable
from openalliance.site.screens.public.words import whole_of


@require_safe
@cacheable
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show what a therapist says of themselves, while it is public."""
    practice = public_practice()
    if practice is None:
        raise NotFoundError("no practice yet")
    whole = whole_of(public_profile(practice, person_id))
    page = {"practice": practice, "whole": whole, "card": whole.card, **WITHOUT_COOKIE}
    return render(request, "public/person.html", page)


@require_safe
@cacheable
def portrait(request: HttpRequest, person_id: UUID, digest: str) -> HttpResponse:
    """Return a therapist's picture, while their page is public; an older one is gone."""
    practice = public_practice()
    if practice is None:
        raise NotFoundError("no practice yet")
    picture = public_portrait(practice, person_id)
    if picture.digest != digest:
        raise NotFoundError("another picture has taken its place")
    return HttpResponse(bytes(picture.image), content_type="image/jpeg")
