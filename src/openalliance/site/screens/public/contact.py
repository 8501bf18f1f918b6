"""Knocking at the door: a first message to the practice.

Whatever fails on the way, what was typed comes back with the page. The form proves by itself that
it was asked for here (`form_token`): it needs no cookie, and acts for nobody who is signed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.records.intake.access import public_page, public_profiles
from openalliance.site.records.intake.services import keep_request
from openalliance.site.records.practice.access import public_practice
from openalliance.site.screens.door import now
from openalliance.site.screens.plan_fields import (
    WayField,
    preferences_chosen,
    way_fields,
    way_fields_typed,
)
from openalliance.site.screens.public import form_token
from openalliance.site.screens.public.caching import WITHOUT_COOKIE
from openalliance.site.screens.public.contact_form import ContactForm
from openalliance.site.screens.public.form_token import Age, FormToken
from openalliance.site.screens.tries import Limit

if TYPE_CHECKING:
    from openalliance.site.records.intake.models import Profile
    from openalliance.site.records.practice.models import Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a message was not taken, in words for who wrote it, and the status of the answer."""

    words: str
    status: int
    seconds: int = 0


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Take a message in. A robot is thanked like everybody else, and nothing is kept of it."""
    practice = public_practice()
    if practice is None:
        raise NotFoundError("no practice yet")
    profiles = public_profiles(practice)
    if request.method != "POST":
        asked = {"therapist": request.GET.get("to", ""), "proof": form_token.made(now())}
        form = ContactForm(profiles=profiles, initial=asked)
        return _page(request, practice, form, way_fields((), own=True))
    token = form_token.read(request.POST.get("proof", ""), now())
    form, ways = _typed(request, profiles, token), way_fields_typed(request.POST, own=True)
    if not form.is_valid():
        return _page(request, practice, form, ways, status=422)
    if form.cleaned_data["website"]:
        return redirect("public:thanks")
    trouble = _trouble(request, practice, token) or _sent(practice, form, ways, token)
    if trouble is None:
        return redirect("public:thanks")
    form.add_error(None, trouble.words)
    answer = _page(request, practice, form, ways, status=trouble.status)
    if trouble.seconds:
        answer["Retry-After"] = str(trouble.seconds)
    return answer


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Say that the message arrived, and what happens next."""
    return render(request, "public/thanks.html")


def _typed(request: HttpRequest, profiles: Sequence[Profile], token: FormToken) -> ContactForm:
    """Return the form as it was typed; one that is too old gets a proof of its own."""
    typed = request.POST.copy()
    if token.age is Age.TOO_OLD:
        typed["proof"] = form_token.made(now())
    return ContactForm(typed, profiles=profiles)


def _trouble(request: HttpRequest, practice: Practice, token: FormToken) -> Trouble | None:
    """Return what keeps a message out: its form's age, or too many messages."""
    if token.age is Age.TOO_OLD:
        words = _("This page was open for a long time. Your words are still here: send them again.")
        return Trouble(words=words, status=422)
    if token.age is Age.TOO_YOUNG:
        words = _("That was very quick. Your words are still here: send them again.")
        return Trouble(words=words, status=422)
    limits = (Limit(request, "contact"), Limit(request, "contact_all", of=str(practice.pk)))
    over = next((limit for limit in limits if not limit.allows), None)
    if over is None:
        return None
    words = _(
        "Many messages came just now. Your words are still here: wait a while and send again."
    )
    return Trouble(words=words, status=429, seconds=over.seconds)


def _sent(
    practice: Practice, form: ContactForm, ways: Sequence[WayField], token: FormToken
) -> Trouble | None:
    """Keep the message; return what went wrong, if anything did."""
    new = form.request(preferences_chosen(ways), form_id=token.id)
    try:
        is_kept = keep_request(practice, new, now=now())
    except ConflictError:
        return Trouble(words=_("We cannot take messages at the moment."), status=409)
    if not is_kept:
        words = _("We could not keep your message just now. Your words are still here: try again.")
        return Trouble(words=words, status=503, seconds=5)
    return None


def _page(
    request: HttpRequest, practice: Practice, form: ContactForm, ways: Sequence[WayField],
    *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    shown = public_page(practice)
    page = {
        "practice": practice,
        "page": shown,
        "is_shut": shown is not None and not shown.takes_requests,
        "form": form,
        "ways": ways,
        "has_ways": any(field.value or field.words for field in ways),
        **WITHOUT_COOKIE,
    }
    return render(request, "public/contact.html", page, status=status)
