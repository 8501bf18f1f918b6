"""Passkeys: a device that vouches for its person by finger, face or PIN, instead of a password.

What browsers send is read by libraries that expect a browser to have sent it. Here whatever else
arrives is an answer that was not right, not a fault of the program.
"""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import forms as given
from allauth.mfa.webauthn import views
from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url

_NOT_A_CREDENTIAL = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError, struct.error,
)  # fmt: skip


class _CredentialField(forms.JSONField):
    """What a browser sends of a passkey: an object of JSON that can be read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Refuse what is nested without end, numbers of thousands of digits, and what is none."""
        try:
            found = super().to_python(value)
        except (RecursionError, ValueError):
            found = self
        if found is not None and not isinstance(found, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show nothing of it again: a passkey answers anew each time."""
        return forms.fields.InvalidJSONInput("")


class AddPasskeyForm(given.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that was just made, and what its owner calls it."""

    passwordless = None  # every passkey signs in by itself
    credential = _CredentialField()
    name = forms.CharField(
        label="What to call it",
        help_text="Such as “my telephone” or “the blue key”.",
        max_length=60,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse what is no credential, or one that cannot sign in by itself."""
        try:
            cleaned: dict[str, Any] = super().clean()
            found = _extensions(self.cleaned_data.get("credential")).get("credProps", {})
            cannot = found.get("rk") is False
        except _NOT_A_CREDENTIAL:
            raise get_adapter().validation_error("incorrect_code") from None
        if cannot:
            raise ValidationError("This key cannot keep a passkey. Please use another one.")
        return cleaned


class _Careful:
    """Reads the answer of a passkey."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _NOT_A_CREDENTIAL:
            raise get_adapter().validation_error("incorrect_code") from None


class SignInForm(_Careful, given.LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in by a passkey alone."""

    credential = _CredentialField()


class SecondFactorForm(_Careful, given.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    credential = _CredentialField()


class ConfirmForm(_Careful, given.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Showing once more who one is."""

    credential = _CredentialField()


def _extensions(credential: Any) -> dict[str, Any]:
    results: dict[str, Any] = (credential or {}).get("clientExtensionResults") or {}
    return results


def add(request: HttpRequest) -> HttpResponseBase:
    """Add a passkey; who has a second factor already shows once more who they are."""
    person = request.user
    has_one = person.is_authenticated and is_mfa_enabled(person)
    if has_one and not did_recently_reauthenticate(request):
        where = resolve_url("account_reauthenticate")
        return redirect_to_login(request.path, login_url=where)
    response: HttpResponseBase = views.add_webauthn(request)
    return response


def everything(request: HttpRequest) -> HttpResponseBase:
    """Lead to the page where passkeys stand beside the other ways of signing in."""
    return redirect("mfa_index")
