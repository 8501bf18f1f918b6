"""What the public page says about a therapist, and their picture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.intake.access import own_portrait, own_profile
from openalliance.site.records.intake.convert import ways_kept, ways_of
from openalliance.site.records.intake.profiles import (
    remove_portrait,
    save_portrait,
    save_profile,
)
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.plan_fields import preferences_chosen, way_fields, way_fields_typed

_TAKING = (
    ("yes", "I have room for new clients"),
    ("waiting", "I have a waiting list"),
    ("no", "I have no room at the moment"),
)


def _told(label: str, help_text: str, *, longest: int = 2000, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=longest, required=False,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
    )  # fmt: skip


class ProfileForm(forms.Form):
    """The therapist as a person, in their own words."""

    headline = forms.CharField(
        label="One line about you", max_length=160, required=False,
        help_text="Stands under your name.",
    )  # fmt: skip
    about = _told(
        "About you",
        "What somebody might like to know before they write to you: where you come from, what"
        " matters to you.",
        longest=4000, rows=8,
    )  # fmt: skip
    trainings = _told("Trainings", "What you have learnt, where, and what you are allowed to do.")
    languages = forms.CharField(
        label="Languages you work in", max_length=200, required=False,
        help_text="With commas between them, each as its speakers call it. They are matched with"
        " what people ask for.",
    )  # fmt: skip
    cultures = _told("Cultures", "Which worlds you know from inside, and which you have learnt.")
    approach = forms.CharField(label="How you work", max_length=200, required=False)
    style = _told("Your style", "How it is to talk with you, in your own words.")
    humour = _told("Humour", "Whether you laugh in sessions, and about what never.")
    fees = _told("Fees", "What a session costs, who pays, whether there are reduced places.")
    availability = _told("Availability", "On which days, at which hours, online or in the room.")
    taking = forms.ChoiceField(
        label="Room", choices=_TAKING, widget=forms.RadioSelect, required=False
    )
    is_public = forms.BooleanField(label="Show this on the practice’s public page", required=False)

    def clean_taking(self) -> str:
        """Return what was chosen; nothing chosen is room."""
        return self.cleaned_data["taking"] or "yes"


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def edit(request: HttpRequest) -> HttpResponseBase:
    """Show and change the therapist's own profile."""
    by = acting(request)
    profile, picture = own_profile(by), own_portrait(by)
    page: dict[str, Any] = {"portrait": picture, "person_id": by.id, "is_public": profile.is_public}
    if request.method != "POST":
        shown = {name: getattr(profile, name) for name in ProfileForm.base_fields}
        page |= {"form": ProfileForm(initial=shown), "ways": way_fields(ways_of(profile.ways))}
        return render(request, "therapist/profile.html", page)
    form, ways = ProfileForm(request.POST), way_fields_typed(request.POST)
    if not form.is_valid():
        page |= {"form": form, "ways": ways}
        return render(request, "therapist/profile.html", page, status=422)
    chosen = {**form.cleaned_data, "ways": ways_kept(preferences_chosen(ways))}
    save_profile(chosen, by=by, now=now())
    told = "It is on the public page." if form.cleaned_data["is_public"] else "It is not public."
    messages.success(request, f"Your profile is saved. {told}")
    return redirect("therapist:profile")


@require_POST
@staff(Role.THERAPIST)
def change_portrait(request: HttpRequest) -> HttpResponseBase:
    """Take a new picture in, or say why it was not taken."""
    sent = request.FILES.get("portrait")
    try:
        if sent is None:
            raise InputError("choose a picture first", where="portrait")
        save_portrait(sent, by=acting(request), now=now())
    except InputError as fault:
        messages.error(request, f"Your picture is as it was: {fault.what}.")
    else:
        messages.success(request, "Your picture is here. Nothing of the file is kept but the view.")
    return redirect("therapist:profile")


@require_POST
@staff(Role.THERAPIST)
def delete_portrait(request: HttpRequest) -> HttpResponseBase:
    """Take the picture away."""
    remove_portrait(by=acting(request), now=now())
    messages.success(request, "Your picture is deleted.")
    return redirect("therapist:profile")


@require_safe
@staff(Role.THERAPIST)
def portrait(request: HttpRequest) -> HttpResponseBase:
    """Return the therapist's own picture, public or not."""
    picture = own_portrait(acting(request))
    if picture is None:
        raise NotFoundError("no picture yet")
    return HttpResponse(bytes(picture.image), content_type="image/jpeg")
