"""What the public page says about a therapist."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.site.records.practice.access import own_profile
from openalliance.site.records.practice.services import save_profile
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, staff


class ProfileForm(forms.Form):
    """The therapist as a person, in their own words."""

    headline = forms.CharField(
        label="One line about you", max_length=160, required=False,
        help_text="Stands under your name.",
    )  # fmt: skip
    about = forms.CharField(
        label="About you",
        help_text=(
            "What somebody might like to know before they write to you: where you come from, what"
            " matters to you, how it is to talk with you."
        ),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    languages = forms.CharField(label="Languages you work in", max_length=200, required=False)
    approach = forms.CharField(label="How you work", max_length=200, required=False)
    is_public = forms.BooleanField(label="Show this on the practice’s public page", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def edit(request: HttpRequest) -> HttpResponseBase:
    """Show and change the therapist's own profile."""
    by = acting(request)
    if request.method != "POST":
        profile = own_profile(by)
        form = ProfileForm(
            initial={name: getattr(profile, name) for name in ProfileForm.base_fields}
        )
        return render(request, "therapist/profile.html", {"form": form})
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return render(request, "therapist/profile.html", {"form": form}, status=422)
    save_profile(form.cleaned_data, by=by)
    shown = "It is on the public page." if form.cleaned_data["is_public"] else "It is not public."
    messages.success(request, f"Your profile is saved. {shown}")
    return redirect("therapist:profile")
