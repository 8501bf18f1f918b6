"""The ready-made sign-ins of a demonstration. Anywhere else none of this exists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from openalliance.core.errors import NotFoundError
from openalliance.site.records.practice.access import demonstration_people
from openalliance.site.screens.public.entrance import let_staff_in

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person, Practice

_FILE = "demonstration.json"
PASSWORD = "demonstration"  # noqa: S105 - known to everybody who tries it  # nosec B105


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyClient:
    """A client's way into the demonstration."""

    name: str
    token: str
    code: str
    story: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPerson:
    """A member of staff whose place anybody may take in the demonstration."""

    id: UUID
    name: str
    email: str
    roles: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns:
    """Everybody one can be in the demonstration."""

    people: tuple[ReadyPerson, ...]
    clients: tuple[ReadyClient, ...]
    password: str = PASSWORD


def sign_ins(practice: Practice) -> SignIns | None:
    """Return the ready-made sign-ins, or None unless this is a demonstration in every respect."""
    if not (settings.DEMONSTRATION and practice.is_demonstration):
        return None
    people = tuple(
        ReadyPerson(id=person.pk, name=person.name, email=person.email, roles=_roles(person))
        for person in demonstration_people()
    )
    return SignIns(people=people, clients=ready_clients())


def ready_clients() -> tuple[ReadyClient, ...]:
    """Return the clients' ways in that were noted when the demonstration was made."""
    try:
        noted = json.loads((settings.DATA_DIR / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(
        ReadyClient(
            name=one["name"], token=one["token"], code=one["code"], story=one.get("story", "")
        )
        for one in noted.get("clients", ())
    )


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take the place of one member of the demonstration's staff."""
    wanted = request.POST.get("person", "")
    people = demonstration_people() if settings.DEMONSTRATION else ()
    person = next((one for one in people if str(one.pk) == wanted), None)
    if person is None:
        raise NotFoundError("there is no such sign-in")
    return let_staff_in(request, person, then=reverse("public:landing"))


def _roles(person: Person) -> str:
    held = [str(grant.role) for grant in person.grants.all() if grant.ended_at is None]
    return ", ".join(sorted(held))
