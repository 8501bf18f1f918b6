"""Changes to the practice and its people. Whatever changes who may see what stands in the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from openalliance.core.errors import ConflictError, InputError, RefusedError
from openalliance.site.records.practice.access import invitation_by, require
from openalliance.site.records.practice.models import (
    Invitation,
    Person,
    Practice,
    RoleGrant,
    Supervision,
)
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.services import Action, log

INVITATION_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPractice:
    """What is asked when a practice is set up."""

    name: str
    time_zone: str
    language: str
    crisis_information: str
    is_demonstration: bool = False


@transaction.atomic
def set_up_practice(
    new: NewPractice,
    *,
    administrator_email: str,
    administrator_name: str,
    password: str | None,
    now: datetime,
) -> Person:
    """Make a practice and its first administrator, who may also be a therapist later."""
    practice = Practice.objects.create(
        name=new.name,
        time_zone=new.time_zone,
        language=new.language,
        crisis_information=new.crisis_information,
        is_demonstration=new.is_demonstration,
        created_at=now,
    )
    person = Person.objects.create_user(
        email=administrator_email,
        password=password,
        name=administrator_name,
        practice=practice,
        joined_at=now,
    )
    grant(person, {Role.ADMINISTRATOR}, now=now)
    log(Action.ADDED, "practice", practice.pk, by=_self(person), now=now, client_id=None)
    return person


def grant(person: Person, roles: Iterable[Role], *, now: datetime) -> None:
    """Make ``roles`` the ones a person holds from now on; what falls away is ended, not erased."""
    wanted = set(roles)
    held = RoleGrant.objects.filter(person=person, ended_at=None)
    held.exclude(role__in=wanted).update(ended_at=now)
    for role in wanted - {Role(kept.role) for kept in held.filter(role__in=wanted)}:
        RoleGrant.objects.create(
            practice_id=person.practice_id, person=person, role=role, granted_at=now
        )


@transaction.atomic
def change_roles(person_id: UUID, roles: Iterable[Role], *, by: Actor, now: datetime) -> None:
    """Set the roles of a member of staff.

    Raises
    ------
    ConflictError
        The last administrator would be left without the role.
    """
    require(by, Role.ADMINISTRATOR)
    person = _person(person_id, by)
    roles = set(roles)
    others = RoleGrant.objects.filter(
        practice_id=by.practice_id, role=Role.ADMINISTRATOR, ended_at=None, person__is_active=True
    ).exclude(person=person)
    if Role.ADMINISTRATOR not in roles and not others.exists():
        raise ConflictError("a practice needs at least one administrator")
    grant(person, roles, now=now)
    log(Action.CHANGED, "roles", person.pk, by=by, now=now, client_id=None)


@transaction.atomic
def deactivate(person_id: UUID, *, by: Actor, now: datetime) -> None:
    """Close a person's access. Their past work stays as it is."""
    change_roles(person_id, set(), by=by, now=now)
    person = _person(person_id, by)
    person.is_active = False
    person.save(update_fields=["is_active"])
    log(Action.CHANGED, "account", person.pk, by=by, now=now, client_id=None)


@transaction.atomic
def invite(
    *, email: str, name: str, roles: Iterable[Role], by: Actor, now: datetime
) -> tuple[Invitation, str]:
    """Invite somebody to the staff; return the invitation and its link's secret, shown once.

    Raises
    ------
    InputError
        No role was chosen, or the address already belongs to somebody.
    """
    require(by, Role.ADMINISTRATOR)
    chosen = sorted(set(roles))
    if not chosen:
        raise InputError("choose at least one role", where="roles")
    if Person.objects.filter(email__iexact=email).exists():
        raise InputError("this address already has an account", where="email")
    token = tokens.new_token()
    invitation = Invitation.objects.create(
        practice_id=by.practice_id,
        email=email.lower(),
        name=name,
        roles=chosen,
        token_hash=tokens.digest(token),
        invited_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    log(Action.ADDED, "invitation", invitation.pk, by=by, now=now, client_id=None)
    return invitation, token


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str, now: datetime) -> Person:
    """Make the invited person's account.

    Raises
    ------
    RefusedError
        The link is unknown, used, withdrawn or too old.
    ConflictError
        The address got an account meanwhile, through another invitation.
    """
    invitation = invitation_by(token, now=now)
    taken = Invitation.objects.filter(
        token_hash=tokens.digest(token), accepted_at=None, revoked_at=None
    ).update(accepted_at=now)
    if invitation is None or not taken:
        raise RefusedError("this invitation cannot be used any more; ask for a new one")
    if Person.objects.filter(email__iexact=invitation.email).exists():
        raise ConflictError("this address already has an account; sign in")
    person = Person.objects.create_user(
        email=invitation.email,
        password=password,
        name=name,
        practice=invitation.practice,
        joined_at=now,
    )
    grant(person, (Role(role) for role in invitation.roles), now=now)
    log(Action.ADDED, "account", person.pk, by=_self(person), now=now, client_id=None)
    return person


def refuse_weak_password(password: str, *, name: str, email: str) -> None:
    """Judge a password somebody chose.

    Raises
    ------
    InputError
        It is too short, too common, or too much like the name or the address.
    """
    try:
        validate_password(password, user=Person(name=name, email=email))
    except ValidationError as unfit:
        raise InputError(" ".join(unfit.messages), where="password") from None


@transaction.atomic
def revoke_invitation(invitation_id: UUID, *, by: Actor, now: datetime) -> None:
    """Make an invitation's link useless."""
    require(by, Role.ADMINISTRATOR)
    revoked = Invitation.objects.filter(
        pk=invitation_id, practice_id=by.practice_id, accepted_at=None, revoked_at=None
    ).update(revoked_at=now)
    if revoked:
        log(Action.WITHDREW, "invitation", invitation_id, by=by, now=now, client_id=None)


@transaction.atomic
def supervise(supervisor_id: UUID, therapist_id: UUID, *, by: Actor, now: datetime) -> None:
    """Let a supervisor see a therapist's caseload."""
    require(by, Role.ADMINISTRATOR)
    supervision, is_new = Supervision.objects.get_or_create(
        practice_id=by.practice_id,
        supervisor=_person(supervisor_id, by),
        therapist=_person(therapist_id, by),
        ended_at=None,
        defaults={"since": now},
    )
    if is_new:
        log(Action.ADDED, "supervision", supervision.pk, by=by, now=now, client_id=None)


@transaction.atomic
def end_supervision(supervision_id: UUID, *, by: Actor, now: datetime) -> None:
    """End a supervision; the supervisor sees that caseload no more."""
    require(by, Role.ADMINISTRATOR)
    ended = Supervision.objects.filter(
        pk=supervision_id, practice_id=by.practice_id, ended_at=None
    ).update(ended_at=now)
    if ended:
        log(Action.WITHDREW, "supervision", supervision_id, by=by, now=now, client_id=None)


@transaction.atomic
def change_practice(changes: dict[str, object], *, by: Actor, now: datetime) -> None:
    """Change the practice's own settings (name, welcome, time zone, crisis information, windows).

    Raises
    ------
    InputError
        A field is not one of those.
    """
    require(by, Role.ADMINISTRATOR)
    allowed = {
        "name", "welcome", "time_zone", "language", "crisis_information",
        "check_in_opens_hours", "check_out_window_hours",
    }  # fmt: skip
    if unknown := set(changes) - allowed:
        raise InputError("not a setting of a practice", where=", ".join(sorted(unknown)))
    Practice.objects.filter(pk=by.practice_id).update(**changes)
    log(Action.CHANGED, "settings", by.practice_id, by=by, now=now, client_id=None)


def _person(person_id: UUID, by: Actor) -> Person:
    person = Person.objects.filter(pk=person_id, practice_id=by.practice_id).first()
    if person is None:
        raise RefusedError("nobody of this practice")
    return person


def _self(person: Person) -> Actor:
    """Return somebody who has just made their own account."""
    return Actor(kind=ActorKind.STAFF, id=person.pk, practice_id=person.practice_id)
