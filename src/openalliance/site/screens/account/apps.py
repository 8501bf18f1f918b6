"""Django's entry for the staff's own pages about signing in; notes where they sign in."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest


class AccountConfig(AppConfig):
    name = "openalliance.site.screens.account"
    label = "account_screens"

    def ready(self) -> None:
        # Django's own word for “somebody has signed in”, or out, whichever way they came.
        user_logged_in.connect(_note_device)
        user_logged_out.connect(_forget_device)


def _note_device(request: HttpRequest, user: Any, **_: Any) -> None:
    from openalliance.site.records.practice import devices
    from openalliance.site.screens.browsers import browser_of
    from openalliance.site.screens.door import DEVICE, now

    at, browser = now(), browser_of(request.META.get("HTTP_USER_AGENT", ""))
    before = devices.find(user, request.session.get(DEVICE))
    if before is not None:
        devices.forget(before)
    request.session[DEVICE] = str(devices.sign_in(user, browser=browser, now=at).pk)


def _forget_device(request: HttpRequest, user: Any, **_: Any) -> None:
    from openalliance.site.records.practice import devices
    from openalliance.site.records.practice.access import actor_for
    from openalliance.site.screens.door import DEVICE, now

    device = devices.find(user, request.session.get(DEVICE)) if user else None
    if device is not None:
        devices.sign_out(device.pk, by=actor_for(user), now=now())
