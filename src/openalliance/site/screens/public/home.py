"""The practice's public page: who works here, and a door to knock at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from openalliance.core.errors import NotFoundError
from openalliance.site.records.practice.access import public_practice, public_profiles
from openalliance.site.records.practice.services import ask_for_contact
from openalliance.site.screens.door import now
from openalliance.site.screens.public.demonstration import sign_ins
from openalliance.site.screens.tries import may_try, too_many

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Practice, Profile


class ContactForm(forms.Form):
    """A first message to the practice. Only robots see and fill ``website``."""

    name = forms.CharField(
        label=_("Your name"),
        help_text=_("A first name is enough."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    reach_me = forms.CharField(
        label=_("How we can reach you"),
        help_text=_("A telephone number or an e-mail address, and when it is safe to use it."),
        max_length=300,
    )
    therapist = forms.ChoiceField(label=_("Is there someone you would like to talk to?"))
    message = forms.CharField(
        label=_("What would you like us to know?"),
        help_text=_("As much or as little as you like."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, profiles: Sequence[Profile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        therapist = self.fields["therapist"]
        therapist.required = False
        people = [(str(profile.pk), profile.person.name) for profile in profiles]
        therapist.choices = [("", _("No, anyone is fine")), *people]  # type: ignore[attr-defined]
        self.has_choice = bool(people)

    @property
    def therapist_id(self) -> UUID | None:
        """The therapist who was asked for, if any."""
        chosen = self.cleaned_data["therapist"]
        return UUID(chosen) if chosen else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the practice; before there is one, lead to setting it up."""
    practice = public_practice()
    if practice is None:
        return redirect("public:set_up")
    profiles = public_profiles(practice)
    return _page(request, practice, profiles, ContactForm(profiles=profiles))


@require_POST
def contact(request: HttpRequest) -> HttpResponse:
    """Take a message in. A robot is thanked like everybody else, and nothing is kept of it."""
    practice = public_practice()
    if practice is None:
        raise NotFoundError("no practice yet")
    profiles = public_profiles(practice)
    form = ContactForm(request.POST, profiles=profiles)
    if not form.is_valid():
        return _page(request, practice, profiles, form)
    if not may_try(request, "contact"):
        return too_many(request)
    if not form.cleaned_data["website"]:
        ask_for_contact(
            practice,
            name=form.cleaned_data["name"],
            reach_me=form.cleaned_data["reach_me"],
            message=form.cleaned_data["message"],
            therapist_id=form.therapist_id,
            now=now(),
        )
    return redirect("public:thanks")


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Say that the message arrived, and what happens next."""
    return render(request, "public/thanks.html")


def _page(
    request: HttpRequest, practice: Practice, profiles: Sequence[Profile], form: ContactForm
) -> HttpResponse:
    page = {
        "practice": practice,
        "profiles": profiles,
        "form": form,
        "sign_ins": sign_ins(practice),
    }
    return render(request, "public/home.html", page, status=422 if form.errors else 200)
