"""The practice's public page: what it says of itself, who works here, and the way to knock."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from openalliance.site.records.intake.access import public_page, public_profiles
from openalliance.site.records.practice.access import public_practice
from openalliance.site.screens.public.caching import WITHOUT_COOKIE, cacheable
from openalliance.site.screens.public.demonstration import sign_ins
from openalliance.site.screens.public.words import card_of


@require_safe
@cacheable
def home(request: HttpRequest) -> HttpResponse:
    """Show the practice; before there is one, lead to setting it up."""
    practice = public_practice()
    if practice is None:
        return redirect("public:set_up")
    offered = sign_ins(practice)
    page = {
        "practice": practice,
        "page": public_page(practice),
        "cards": tuple(card_of(profile) for profile in public_profiles(practice)),
        "sign_ins": offered,
        **({} if offered else WITHOUT_COOKIE),
    }
    return render(request, "public/home.html", page)
