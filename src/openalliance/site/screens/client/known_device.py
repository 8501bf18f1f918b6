"""Devices on which a client has typed their code before.

Wrong codes are counted by link and by address, so that nobody at one address can try many links.
But clients share addresses: with a family, a hostel, a telephone company. A device that came in
before is therefore not counted by its address, only by its link: nobody beside a client can keep
them out of the page on their own device. On a new device they wait, or use another network.

The device knows only that it came in by this link, and forgets it when the client leaves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from openalliance.site.screens.client.entry import link_of

if TYPE_CHECKING:
    from openalliance.site.records.care.models import PersonalLink

_NAME, _SALT, _PATH = "oa_known", "a client's known device", "/c/"
KNOWN_FOR = timedelta(days=180)


def knows_device(request: HttpRequest) -> bool:
    """Whether this device has come in by the same link before."""
    known = request.get_signed_cookie(_NAME, default=None, salt=_SALT, max_age=KNOWN_FOR)
    return known == str(link_of(request).pk)


def know_device(response: HttpResponse, link: PersonalLink) -> None:
    """Let the device remember that it came in by this link."""
    response.set_signed_cookie(
        _NAME,
        str(link.pk),
        salt=_SALT,
        max_age=KNOWN_FOR,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget_device(response: HttpResponse) -> None:
    """Let the device forget it."""
    response.delete_cookie(_NAME, path=_PATH, samesite="Lax")
