"""The first page of a new installation: makes the practice and its administrator, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.practice import first_start
from openalliance.site.records.practice.services import NewPractice
from openalliance.site.screens.door import now
from openalliance.site.screens.lines import LineField
from openalliance.site.screens.public.entrance import let_staff_in
from openalliance.site.screens.public.passwords import NewPasswordForm
from openalliance.site.screens.time_zones import time_zones
from openalliance.site.screens.tries import may_try, too_many

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person


class SetUpForm(NewPasswordForm):
    """What a practice needs to begin."""

    code = forms.CharField(
        label="Code from the terminal",
        help_text="The program printed it when it started. It looks like ABCD-EFGH-JKLM.",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = LineField(label="Name of the practice", max_length=120)
    language = forms.ChoiceField(
        label="Language clients see first",
        help_text="Each client can have another one.",
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        initial="en",
    )
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Times are shown in it.", choices=time_zones, initial="UTC"
    )
    crisis_information = forms.CharField(
        label="Where clients can turn at any hour",
        help_text=(
            "Stands at the foot of every client’s page and is shown at once when somebody says"
            " that they are not safe. Give names and telephone numbers that answer day and night."
        ),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    administrator_name = LineField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    administrator_email = forms.EmailField(
        label="Your e-mail address",
        help_text="You sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = (
        "code",
        "name",
        "language",
        "time_zone",
        "crisis_information",
        "administrator_name",
        "administrator_email",
        "password",
        "password_again",
    )

    def clean(self) -> dict[str, Any]:
        """Judge the password of the administrator to be."""
        given: dict[str, Any] = super().clean() or {}
        return self.judged(
            given,
            name=given.get("administrator_name", ""),
            email=given.get("administrator_email", ""),
        )


@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set the practice up; gone once that is done."""
    if first_start.is_set_up():
        raise NotFoundError("the practice is set up already")
    form = SetUpForm(request.POST or None)
    if request.method == "POST":
        if not may_try(request, "set_up"):
            return too_many(request)
        person = _set_up(form) if form.is_valid() else None
        if person is not None:
            return let_staff_in(request, person, then=reverse("mfa_activate_totp"))
    return render(request, "public/set_up.html", {"form": form}, status=422 if form.errors else 200)


def _set_up(form: SetUpForm) -> Person | None:
    given = form.cleaned_data
    try:
        return first_start.set_up(
            NewPractice(
                name=given["name"],
                time_zone=given["time_zone"],
                language=given["language"],
                crisis_information=given["crisis_information"],
            ),
            code=given["code"],
            administrator_email=given["administrator_email"],
            administrator_name=given["administrator_name"],
            password=given["password"],
            now=now(),
        )
    except InputError as fault:
        form.add_error(fault.where if fault.where in form.fields else None, fault.what)
        return None
