"""Accepting an invitation to the staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import NotFoundError
from openalliance.site.records.practice.access import invitation_by
from openalliance.site.records.practice.services import accept_invitation
from openalliance.site.screens.door import now
from openalliance.site.screens.lines import LineField
from openalliance.site.screens.public.entrance import let_staff_in
from openalliance.site.screens.public.passwords import NewPasswordForm
from openalliance.site.screens.tries import may_try, too_many

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Invitation


class AcceptForm(NewPasswordForm):
    """How the invited person is called, and their password."""

    name = LineField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ("name", "password", "password_again")

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": invitation.name}, **kwargs})
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        """Judge the password of the person to be."""
        given: dict[str, Any] = super().clean() or {}
        return self.judged(given, name=given.get("name", ""), email=self.invitation.email)


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites, ask for a password, and let the person in to set up the second factor."""
    if not may_try(request, "invitation"):
        return too_many(request)
    invitation = invitation_by(token, now=now())
    if invitation is None:
        raise NotFoundError("no such invitation")
    form = AcceptForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        person = accept_invitation(
            token,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            now=now(),
        )
        return let_staff_in(request, person, then=reverse("mfa_activate_totp"))
    page = {
        "form": form,
        "invitation": invitation,
        "roles": " and ".join(invitation.roles),
        "practice_name": invitation.practice.name,
    }
    return render(request, "public/invitation.html", page, status=422 if form.errors else 200)
