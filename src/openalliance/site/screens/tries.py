"""How often a visitor may try something: counted by their address, for all worker processes."""

from __future__ import annotations

from typing import cast

from allauth.core.internal.ratelimit import respond_429
from allauth.core.ratelimit import consume
from django.http import HttpRequest, HttpResponse


def may_try(request: HttpRequest, action: str) -> bool:
    """Count one try at ``action``; False once there were too many (``ACCOUNT_RATE_LIMITS``)."""
    return bool(consume(request, action=action))


def too_many(request: HttpRequest) -> HttpResponse:
    """Return the page that asks to wait."""
    return cast("HttpResponse", respond_429(request))
