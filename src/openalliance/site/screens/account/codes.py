"""Codes of an authenticator app: each is taken once.

A code holds for its own half minute and, as telephones' clocks are off, for those beside it. The
library remembers a used code for half a minute only; somebody who saw it typed would have the rest.
"""

from __future__ import annotations

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as given
from django.core.cache import cache


class _Once:
    """Takes no code a second time while it would still hold."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        user = self.user  # type: ignore[attr-defined]
        used = f"code_used?user={user.pk}&code={normalize_user_code(code)}"
        holds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        if not cache.add(used, "y", timeout=holds):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInCodeForm(_Once, given.AuthenticateForm):  # type: ignore[misc]
    """The code that is asked after the password."""


class ConfirmCodeForm(_Once, given.ReauthenticateForm):  # type: ignore[misc]
    """The code that shows once more who is there."""
