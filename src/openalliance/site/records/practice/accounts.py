"""What administrators do to the accounts of the staff: let back in, start afresh.

Everything here is written to the access log, because whoever resets both the password and the
second factor of somebody could sign in as them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.account import app_settings as account_settings
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.db import transaction

from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordKey:
    """The two parts of a link that lets a person choose a new password, for one day."""

    person: str
    key: str


def colleague(person_id: UUID, *, by: Actor) -> Person:
    """Return a member of the actor's practice. Administrators only.

    Raises
    ------
    NotFoundError
        There is nobody of that id in the practice.
    """
    require(by, Role.ADMINISTRATOR)
    person = Person.objects.filter(pk=person_id, practice_id=by.practice_id).first()
    if person is None:
        raise NotFoundError("nobody of this practice")
    return person


def with_second_factor(by: Actor) -> frozenset[UUID]:
    """Return who of the practice signs in with a second factor. Administrators only."""
    require(by, Role.ADMINISTRATOR)
    return frozenset(
        Authenticator.objects.filter(
            user__practice_id=by.practice_id, type=Authenticator.Type.TOTP
        ).values_list("user_id", flat=True)
    )


@transaction.atomic
def reactivate(person_id: UUID, *, by: Actor, now: datetime) -> Person:
    """Open a closed account again. Its roles must be given anew."""
    person = colleague(person_id, by=by)
    person.is_active = True
    person.save(update_fields=["is_active"])
    log(Action.CHANGED, "account", person.pk, by=by, now=now, client_id=None)
    return person


@transaction.atomic
def new_password_key(person_id: UUID, *, by: Actor, now: datetime) -> PasswordKey:
    """Make a link for somebody who has forgotten their password.

    Raises
    ------
    ConflictError
        The account is closed.
    """
    person = colleague(person_id, by=by)
    if not person.is_active:
        raise ConflictError("this account is closed; open it first")
    log(Action.CHANGED, "password", person.pk, by=by, now=now, client_id=None)
    return PasswordKey(
        person=user_pk_to_url_str(person),
        key=account_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person),
    )


@transaction.atomic
def forget_second_factor(person_id: UUID, *, by: Actor, now: datetime) -> Person:
    """Disconnect the app of somebody who lost their telephone; they connect another."""
    person = colleague(person_id, by=by)
    Authenticator.objects.filter(user=person).delete()
    log(Action.CHANGED, "second factor", person.pk, by=by, now=now, client_id=None)
    return person
