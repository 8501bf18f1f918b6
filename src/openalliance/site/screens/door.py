"""Who comes in: turns a request into an actor, or sends the visitor where they can become one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.access import client_actor, link_by
from openalliance.site.records.practice.access import actor_for, require
from openalliance.site.records.trust.actors import Actor, Role

View = Callable[..., HttpResponseBase]
_CLIENT_KEY = "client_link"
CLIENT_STAYS = timedelta(hours=12)


def now() -> datetime:
    """Return the present moment: the one place where a page reads the clock."""
    return timezone.now()


def staff(*roles: Role) -> Callable[[View], View]:
    """Let in signed-in staff with one of ``roles``; the view gets ``by`` in ``request.by``."""

    def around(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = request.user
            if not person.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not settings.DEMONSTRATION and not is_mfa_enabled(person):
                return redirect("mfa_activate_totp")
            by = actor_for(person)
            require(by, *roles)
            request.by = by  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return inner

    return around


def client(view: View) -> View:
    """Let in a client who came by their link and typed their code; ``request.by`` is the client.

    Without the code the visitor is asked for it and then led to where they wanted to go.
    """

    @wraps(view)
    def inner(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at = now()
        link = link_by(token, now=at)
        if link is None:
            raise NotFoundError("no such link")
        held = request.session.get(_CLIENT_KEY) or {}
        fresh = held and datetime.fromisoformat(held["until"]) > at
        if not fresh or UUID(held["link"]) != link.pk:
            # Without the link's secret: sessions lie in the database, which keeps only its hash.
            home = reverse("client:home", args=[token])
            request.session["client_wanted"] = request.get_full_path().removeprefix(home)
            return redirect("client:code", token=token)
        request.by = client_actor(link)  # type: ignore[attr-defined]
        request.link = link  # type: ignore[attr-defined]
        return view(request, token, *args, **kwargs)

    return inner


def let_client_in(request: HttpRequest, link_id: UUID) -> str | None:
    """Remember that the code was right; return the rest of the address that was wanted.

    A member of staff who tries a client's link on their own device is signed out first, so that
    the two never share one session.
    """
    wanted = request.session.get("client_wanted")
    request.session.flush()
    request.session[_CLIENT_KEY] = {
        "link": str(link_id),
        "until": (now() + CLIENT_STAYS).isoformat(),
    }
    return wanted if isinstance(wanted, str) else None


def let_client_out(request: HttpRequest) -> None:
    """Forget the client on this device."""
    request.session.flush()


def acting(request: HttpRequest) -> Actor:
    """Return the actor that `staff` or `client` let in."""
    by: Actor = request.by  # type: ignore[attr-defined]
    return by
