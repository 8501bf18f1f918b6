"""Opening a record in an emergency: who, why, and one's password, all in one step.

There is no list and no search before it: whoever looks for somebody gives a reason first.
"""

from __future__ import annotations

from allauth.core.ratelimit import consume
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.emergency.access import own_openings
from openalliance.site.records.emergency.services import LONGEST_REASON, open_record
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.emergency_words import CAUSES, notices_of


class OpeningForm(forms.Form):
    """Whose record, why, and the password of who asks."""

    who = forms.CharField(
        label="Client",
        help_text="Their code, whole name or e-mail address, exactly. A part of it finds nobody.",
        max_length=254,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    cause = forms.ChoiceField(
        label="Why it cannot wait",
        help_text="The client reads this on their page.",
        choices=CAUSES,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="What happened",
        help_text="A sentence or more, for the client’s therapist and the supervisor.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 4}),
    )
    password = forms.CharField(
        label="Your password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST, Role.SUPERVISOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Explain what happens, and open a record for who says why."""
    by, at, person = acting(request), now(), request.user
    form = OpeningForm(request.POST or None)
    if request.method != "POST":
        return _page(request, OpeningForm())
    if not form.is_valid():
        return _page(request, form, status=422)
    if not person.is_authenticated or not consume(request, action="reauthenticate", user=person):
        form.add_error("password", "There were too many tries. Please wait a minute.")
        return _page(request, form, status=429)
    try:
        opening = open_record(**form.cleaned_data, by=by, now=at)
    except InputError as fault:
        form.add_error(fault.where, _sentence(fault.what))
    except (NotFoundError, ConflictError) as fault:
        form.add_error("who", _sentence(str(fault)))
    else:
        return redirect("emergency:record", opening_id=opening.pk)
    return _page(request, form, status=422)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _page(request: HttpRequest, form: OpeningForm, *, status: int = 200) -> HttpResponse:
    standing = notices_of(own_openings(acting(request), now=now()))
    context = {"form": form, "standing": standing, "minutes": settings.EMERGENCY_MINUTES}
    return render(request, "emergency/open.html", context, status=status)
