"""How staff sign in: accounts by invitation only, password plus a second factor."""

from __future__ import annotations

import logging
import re
import time
from ipaddress import ip_address, ip_network
from smtplib import SMTPException
from threading import Thread
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as asked
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from openalliance.site.records.practice import accounts, devices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust import cipher
from openalliance.site.screens.account.unlock import unlock
from openalliance.site.screens.browsers import browser_of
from openalliance.site.screens.door import DEVICE, Away, lapsed, now
from openalliance.site.screens.tries import TooManyTriesError, seconds_to_wait

_log = logging.getLogger("openalliance.letters")
_PLACE = "mfa_authenticator.secret"
_WAIT_SECONDS = 300  # as “login_failed” is counted for one account


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
        request = asked.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try, and say how long to wait after too many."""
        try:
            super().pre_authenticate(request, **credentials)
        except TooManyTriesError:
            account = self._get_login_attempts_cache_key(request, **credentials)
            seconds = seconds_to_wait(request, "login_failed", of=account)
            raise TooManyTriesError(seconds) from None

    def validation_error(self, code: str, *args: Any) -> Any:
        """Answer too many tries as such (429), instead of by words beside a form."""
        if code == "too_many_login_attempts":
            raise TooManyTriesError(_WAIT_SECONDS)
        return super().validation_error(code, *args)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail beside the answer, whose time and status must not tell who has an account."""
        here = {"request": asked.request, "email": email}
        here["current_site"] = get_current_site(asked.request)
        message = self.render_mail(template_prefix, email, here | context)
        Thread(target=_send, args=(message,), name="mail").start()

    def set_password(self, user: Any, password: str) -> None:
        """Change a password; whoever is signed in with the old one elsewhere is signed out."""
        here = asked.request.session.get(DEVICE) if asked.request.user == user else None
        by, at = actor_for(user), now()
        with transaction.atomic():
            super().set_password(user, password)
            devices.sign_out_everywhere(user.pk, but=here, by=by, now=at)
            accounts.note_own_change("password", by=by, now=at)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of second factors encrypted."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return cipher.encrypt(text, place=_PLACE)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - theirs
        """Call a new passkey after the browser it is made in, unless its owner says otherwise."""
        return browser_of(asked.request.META.get("HTTP_USER_AGENT", "")) or "Passkey"

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return cipher.decrypt(encrypted_text, place=_PLACE)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (SMTPException, OSError) as fault:
        # Not its words: a mail server may repeat the address in it.
        _log.error("a link for a new password could not be mailed: %s", type(fault).__name__)


@receiver(post_save, sender=Authenticator)
@receiver(post_delete, sender=Authenticator)
def _note_factor(instance: Authenticator, created: bool = True, **_: Any) -> None:
    """Note what somebody adds or removes themselves, in the transaction of the change."""
    request = asked.request
    if created and request is not None and request.user.pk == instance.user_id:
        accounts.note_own_change("second factor", by=actor_for(request.user), now=now())


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address: behind HTTPS the one our own proxy saw, else the peer's.

    Of an IPv6 address it is the network: everybody who has one has 2⁶⁴ of them to try with.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    if settings.HTTPS:
        seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        return _counted_as(seen) or _counted_as(peer) or peer
    return _counted_as(peer) or peer


def _counted_as(address: str) -> str:
    """Return under what the tries from an address are counted; nothing if it is none."""
    text = address.strip()
    with_port = re.fullmatch(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+", text)
    if with_port is not None:
        text = with_port[1] or with_port[2]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False).network_address)


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """Return the address somebody tried to sign in with, as failed tries are counted by it."""
    tried = (credentials or {}).get("email") or (credentials or {}).get("username")
    return str(tried or request.POST.get("login", "")).strip().lower() or None


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask who comes; of somebody who was only away for a while, ask the password alone."""
    who = lapsed(request)
    if isinstance(who, Away) and "login" not in request.POST:
        return unlock(request, who)
    response: HttpResponseBase = views.login(request)
    return response


def reset_password(request: HttpRequest) -> HttpResponseBase:
    """Send a link by mail, or say whom to ask where the practice sends no mail."""
    if not settings.MAIL_IS_SET_UP:
        return render(request, "account/password_reset_ask.html")
    response: HttpResponseBase = views.password_reset(request)
    return response
