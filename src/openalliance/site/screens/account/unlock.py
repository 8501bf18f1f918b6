"""Coming back after a while away: the password is enough, and nothing that was typed is lost.

Within the hours that a sign-in lasts the second factor was shown on this very device already.
"""

from __future__ import annotations

from django import forms
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from openalliance.site.records.practice.devices import forget, welcome_back
from openalliance.site.screens.door import Away, now
from openalliance.site.screens.tries import Limit, too_many


class UnlockForm(forms.Form):
    """The password of the person who was here."""

    password = forms.CharField(
        label="Your password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def unlock(request: HttpRequest, who: Away) -> HttpResponse:
    """Ask for the password of the person who was here, and go on where they were."""
    if "leave" in request.POST:
        forget(who.device)
        request.session.flush()
        return redirect("account_login")
    form = UnlockForm(request.POST if "password" in request.POST else None)
    if form.is_bound and form.is_valid():
        limit = Limit(request, "unlock", of=str(who.device.pk))
        if not limit.allows:
            # Whoever this is has to come in by the front door, second factor and all.
            forget(who.device)
            request.session.flush()
            return too_many(request, limit)
        if who.person.check_password(form.cleaned_data["password"]):
            limit.take_back()
            welcome_back(who.device, now=now())
            request.session.cycle_key()
            rotate_token(request)
            return redirect(_next(request))
        form.add_error("password", "That is not your password.")
    page = {"form": form, "person": who.person, "next": _next(request)}
    return render(request, "account/unlock.html", page, status=422 if form.errors else 200)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("public:landing")
