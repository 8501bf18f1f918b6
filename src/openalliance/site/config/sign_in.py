"""How staff sign in: accounts by invitation only, password plus a second factor."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from openalliance.site.records.trust import cipher

_PLACE = "mfa_authenticator.secret"


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes the public sign-up, and counts a fresh sign-in as proof of who is there."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs themselves up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that tries are counted by."""
        return client_ip(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again for the password only when it was typed a while ago."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of second factors encrypted."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return cipher.encrypt(text, place=_PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return cipher.decrypt(encrypted_text, place=_PLACE)


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address: behind HTTPS the one our own proxy saw, else the peer's."""
    peer = str(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    if settings.HTTPS:
        seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        return seen or peer
    return peer


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """Return the address somebody tried to sign in with, as failed tries are counted by it."""
    tried = (credentials or {}).get("email") or (credentials or {}).get("username")
    return str(tried or request.POST.get("login", "")).strip().lower() or None


def reset_password(request: HttpRequest) -> HttpResponseBase:
    """Send a link by mail, or say whom to ask where the practice sends no mail."""
    if not settings.MAIL_IS_SET_UP:
        return render(request, "account/password_reset_ask.html")
    response: HttpResponseBase = views.password_reset(request)
    return response
