"""Everybody who works here, and who is invited."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from openalliance.site.records.practice import access
from openalliance.site.records.practice.accounts import with_second_factor
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.administrator.roles import in_words
from openalliance.site.screens.door import acting, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member of the staff as the list shows them."""

    id: UUID
    name: str
    email: str
    roles: str
    is_active: bool
    is_protected: bool


@require_safe
@administrator
def people(request: HttpRequest) -> HttpResponse:
    """List the staff and the open invitations."""
    by = acting(request)
    protected = with_second_factor(by)
    rows = [
        Row(
            id=person.pk,
            name=person.name,
            email=person.email,
            roles=in_words(person.current_roles),  # type: ignore[attr-defined]
            is_active=person.is_active,
            is_protected=person.pk in protected,
        )
        for person in access.people(by)
    ]
    invited = [
        {
            "id": one.pk,
            "name": one.name,
            "email": one.email,
            "roles": in_words(Role(role) for role in one.roles),
            "expires_at": one.expires_at,
        }
        for one in access.open_invitations(by, now=now())
    ]
    return show(request, "people", {"people": rows, "invited": invited})
