"""Who belongs to the practice, and who may see whose work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openalliance.core.errors import NotFoundError, RefusedError
from openalliance.site.records.practice.models import (
    Invitation,
    Person,
    Practice,
    RoleGrant,
    Supervision,
)
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor, ActorKind, Role


def actor_for(person: Person) -> Actor:
    """Return the signed-in person as an actor with the roles held now."""
    roles = RoleGrant.objects.filter(person=person, ended_at=None).values_list("role", flat=True)
    return Actor(
        kind=ActorKind.STAFF,
        id=person.pk,
        practice_id=person.practice_id,
        roles=frozenset(Role(role) for role in roles),
    )


def require(by: Actor, *roles: Role) -> None:
    """Refuse an actor who holds none of ``roles``.

    The system passes: it acts for whoever holds the data folder, on the command line.

    Raises
    ------
    RefusedError
        The actor is a client or holds none of the roles.
    """
    if by.kind is not ActorKind.SYSTEM and not any(by.has(role) for role in roles):
        raise RefusedError("this page is for " + " or ".join(roles))


def require_client(by: Actor) -> None:
    """Refuse an actor who is no client.

    Raises
    ------
    NotFoundError
        Staff, for whom there is nothing of their own here.
    """
    if not by.is_client:
        raise NotFoundError("only for clients")


def practice_of(by: Actor) -> Practice:
    """Return the actor's practice."""
    return Practice.objects.get(pk=by.practice_id)


def public_practice() -> Practice | None:
    """Return the practice whose public page this installation shows: the first one set up."""
    return Practice.objects.order_by("created_at").first()


def practices() -> Sequence[Practice]:
    """Return every practice of this installation, for who holds its data folder."""
    return tuple(Practice.objects.order_by("created_at"))


def people(by: Actor) -> Sequence[Person]:
    """Return all staff with their roles held now in ``current_roles``. Administrators only."""
    require(by, Role.ADMINISTRATOR)
    grants = RoleGrant.objects.filter(practice_id=by.practice_id, ended_at=None)
    roles: dict[UUID, list[Role]] = {}
    for grant in grants:
        roles.setdefault(grant.person_id, []).append(Role(grant.role))
    found = tuple(Person.objects.filter(practice_id=by.practice_id).order_by("name"))
    for person in found:
        person.current_roles = sorted(roles.get(person.pk, []))  # type: ignore[attr-defined]
    return found


def therapists(by: Actor) -> Sequence[Person]:
    """Return the therapists of the actor's practice. Staff only."""
    require(by, *Role)
    return tuple(
        Person.objects.filter(
            practice_id=by.practice_id,
            is_active=True,
            grants__role=Role.THERAPIST,
            grants__ended_at=None,
        ).order_by("name")
    )


def works_here(by: Actor, person_id: UUID) -> bool:
    """Whether somebody works as a therapist in the actor's practice now."""
    return RoleGrant.objects.filter(
        practice_id=by.practice_id, person_id=person_id, person__is_active=True,
        role=Role.THERAPIST, ended_at=None,
    ).exists()  # fmt: skip


def administrators(by: Actor) -> Sequence[UUID]:
    """Return who administers the actor's practice now, for letters to them."""
    found = RoleGrant.objects.filter(
        practice_id=by.practice_id, person__is_active=True, role=Role.ADMINISTRATOR, ended_at=None
    )
    return tuple(found.order_by("person__joined_at").values_list("person_id", flat=True))


def people_by_id(by: Actor, ids: Iterable[UUID]) -> Mapping[UUID, Person]:
    """Return staff of the actor's practice by id, with all roles they ever held in ``roles_held``.

    A client may ask too: they are told who read their answers.
    """
    people = Person.objects.filter(practice_id=by.practice_id, pk__in=set(ids))
    found = {person.pk: person for person in people.prefetch_related("grants")}
    for person in found.values():
        held = {Role(grant.role) for grant in person.grants.all()}
        person.roles_held = sorted(held)  # type: ignore[attr-defined]
    return found


def supervised_by(by: Actor) -> Sequence[Person]:
    """Return the therapists whose work the actor supervises now."""
    require(by, Role.SUPERVISOR)
    return tuple(
        Person.objects.filter(
            practice_id=by.practice_id,
            supervised_by__supervisor_id=by.id,
            supervised_by__ended_at=None,
        ).order_by("name")
    )


def supervisions(by: Actor) -> Sequence[Supervision]:
    """Return who supervises whom now. Administrators only."""
    require(by, Role.ADMINISTRATOR)
    return tuple(
        Supervision.objects.filter(practice_id=by.practice_id, ended_at=None)
        .select_related("supervisor", "therapist")
        .order_by("supervisor__name", "therapist__name")
    )


def open_invitations(by: Actor, *, now: datetime) -> Sequence[Invitation]:
    """Return invitations that can still be accepted. Administrators only."""
    require(by, Role.ADMINISTRATOR)
    return tuple(
        Invitation.objects.filter(
            practice_id=by.practice_id, accepted_at=None, revoked_at=None, expires_at__gt=now
        ).order_by("name")
    )


def invitation_by(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation behind a link while it can be accepted."""
    return (
        Invitation.objects.filter(
            token_hash=tokens.digest(token), accepted_at=None, revoked_at=None, expires_at__gt=now
        )
        .select_related("practice")
        .first()
    )


def demonstration_people() -> Sequence[Person]:
    """Return the sign-ins offered on the first page of a demonstration, else nobody."""
    return tuple(
        Person.objects.filter(practice__is_demonstration=True, is_active=True)
        .select_related("practice")
        .prefetch_related("grants")
        .order_by("joined_at", "name")
    )
