"""Who comes in: turns a request into an actor, or sends the visitor where they can become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.access import client_actor, link_by
from openalliance.site.records.practice import kept_forms
from openalliance.site.records.practice.access import actor_for, require
from openalliance.site.records.trust.actors import Actor, Role

if TYPE_CHECKING:
    from openalliance.site.records.care.models import PersonalLink
    from openalliance.site.records.practice.models import Device, Person

View = Callable[..., HttpResponseBase]
DEVICE = "device"
"""Under which name a session of the staff keeps the id of its device."""

KEPT = "kept_form"
"""The field of a form sent again by which it is known that it was kept."""

_CLIENT_KEY = "client_link"
# Recovery codes stand in for one of these; left alone they are none.
_SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
CLIENT_STAYS = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """Who was signed in here until their time was over."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Away(Lapsed):
    """Who has not used this device for a while, and need only show that it is them."""

    device: Device


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
                return redirect_to_login(_wanted(request))
            if not is_mfa_enabled(person, _SECOND_FACTORS) and not is_waived(person):
                return redirect("mfa_activate_totp")
            by = actor_for(person)
            require(by, *roles)
            request.by = by  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            _forget_kept(request, response, owner_id=by.id)
            return response

        return inner

    return around


def is_waived(person: Person) -> bool:
    """Whether the second factor is waived: in the demonstration practice, and nowhere else."""
    return bool(settings.DEMONSTRATION and person.practice.is_demonstration)


def lapsed(request: HttpRequest) -> Lapsed | None:
    """Return who was signed in here until their time was over, if that is why nobody is."""
    return getattr(request, "lapsed", None)


def _wanted(request: HttpRequest) -> str:
    """Return where to go after signing in; a form that was just sent is kept until then."""
    who = lapsed(request)
    if request.method != "POST" or who is None:
        return request.get_full_path()
    kept_id = kept_forms.keep(
        request.get_full_path(),
        _sent(request),
        owner_id=who.person.pk,
        practice_id=who.person.practice_id,
        now=now(),
    )
    return reverse("account_kept", args=[kept_id])


def _sent(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, texts in request.POST.lists():
        for text in texts:
            yield name, str(text)


def _forget_kept(request: HttpRequest, response: HttpResponseBase, *, owner_id: UUID) -> None:
    """Remove a kept form once it was sent again and taken."""
    kept = request.POST.get(KEPT, "") if request.method == "POST" else ""
    if kept and response.status_code < 400:
        try:
            kept_forms.forget(UUID(kept), owner_id=owner_id)
        except ValueError:
            return


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
        if not fresh or held["link"] != str(link.pk) or held.get("code") != _code_of(link):
            # Without the link's secret: sessions lie in the database, which keeps only its hash.
            home = reverse("client:home", args=[token])
            request.session["client_wanted"] = request.get_full_path().removeprefix(home)
            return redirect("client:code", token=token)
        request.by = client_actor(link)  # type: ignore[attr-defined]
        request.link = link  # type: ignore[attr-defined]
        return view(request, token, *args, **kwargs)

    return inner


def let_client_in(request: HttpRequest, link: PersonalLink) -> str | None:
    """Remember that the code was right; return the rest of the address that was wanted.

    A member of staff who tries a client's link on their own device is signed out first, so that
    the two never share one session.
    """
    wanted = request.session.get("client_wanted")
    logout(request)
    request.session[_CLIENT_KEY] = {
        "link": str(link.pk),
        "until": (now() + CLIENT_STAYS).isoformat(),
        "code": _code_of(link),
    }
    return wanted if isinstance(wanted, str) else None


def keep_client_in(request: HttpRequest, link: PersonalLink) -> None:
    """Let the client stay in where they have just chosen a code; every other device is out."""
    held = request.session[_CLIENT_KEY]
    request.session[_CLIENT_KEY] = {**held, "code": _code_of(link)}
    request.session.cycle_key()


def _code_of(link: PersonalLink) -> str:
    """Return what tells one code of a link from the next: since when it holds."""
    return (link.code_chosen_at or link.issued_at).isoformat()


def let_client_out(request: HttpRequest) -> None:
    """Forget the client on this device."""
    request.session.flush()


def acting(request: HttpRequest) -> Actor:
    """Return the actor that `staff` or `client` let in."""
    by: Actor = request.by  # type: ignore[attr-defined]
    return by
