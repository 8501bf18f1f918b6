"""How often something may be tried: counted in the database, for all worker processes at once.

How often is said in ``ACCOUNT_RATE_LIMITS``: so many in so long, from one address (``ip``) or of
one thing (``key``), such as an account or a client's link.
"""

from __future__ import annotations

import math
import time
from typing import Any, cast

from allauth.account import app_settings
from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

_APP = "allauth.account"


class TooManyTriesError(RateLimited):  # type: ignore[misc]
    """Something was tried too often; ``seconds`` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__("too many tries")


class Limit:
    """One try at ``action``, counted when this is made; ``allows`` is false after too many."""

    def __init__(self, request: HttpRequest, action: str, *, of: str | None = None) -> None:
        self._request, self._action, self._of = request, action, of
        self._usage: Any = ratelimit.consume(
            request, app=_APP, action=action, key=of, limit_get=True
        )
        self.allows = bool(self._usage)

    def take_back(self) -> None:
        """Count this try no more: it was right."""
        if self._usage:
            self._usage.rollback()

    @property
    def seconds(self) -> int:
        """How long to wait before the next try."""
        return seconds_to_wait(self._request, self._action, of=self._of)


def may_try(request: HttpRequest, action: str) -> bool:
    """Count one try at ``action`` by a form; False once there were too many."""
    return request.method == "GET" or Limit(request, action).allows


def seconds_to_wait(request: HttpRequest, action: str, *, of: str | None = None) -> int:
    """Return for how long no more tries are counted, at least one second."""
    now, longest = time.time(), 1.0
    for rate in ratelimit.parse_rates(app_settings.RATE_LIMITS.get(action)):
        if rate.per == "key" and of is None:
            continue
        key = ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=of)
        counted = cache.get(key) or []
        if len(counted) >= rate.amount:
            longest = max(longest, counted[-1] + rate.duration - now)
    return math.ceil(longest)


def too_many(request: HttpRequest, limit: Limit | None = None) -> HttpResponse:
    """Return the page that asks to wait."""
    response = cast("HttpResponse", ratelimit.respond_429(request))
    if limit is not None:
        response["Retry-After"] = str(limit.seconds)
    return response
