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
from axes.utils import reset as forget_failures
from django.db import transaction

from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.devices import sign_out_everywhere
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role, system
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
            user__practice_id=by.practice_id,
            type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN),
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
    return _key_for(person)


@transaction.atomic
def note_own_change(subject: str, *, by: Actor, now: datetime) -> None:
    """Keep in the log that somebody changed how they themselves sign in."""
    log(Action.CHANGED, subject, by.id, by=by, now=now, client_id=None)


@transaction.atomic
def forget_second_factor(person_id: UUID, *, by: Actor, now: datetime) -> Person:
    """Take app, passkeys and recovery codes from somebody who lost them; they set up others."""
    person = colleague(person_id, by=by)
    Authenticator.objects.filter(user=person).delete()
    sign_out_everywhere(person.pk, by=by, now=now)
    log(Action.CHANGED, "second factor", person.pk, by=by, now=now, client_id=None)
    return person


@transaction.atomic
def start_afresh(email: str, *, now: datetime) -> PasswordKey:
    """Take away every way in that an account had, and make a link for a new password.

    Only for who holds the data folder. The old password goes with the second factor: alone it would
    let whoever knows it connect an app of their own.

    Raises
    ------
    NotFoundError
        There is no account of that address.
    ConflictError
        The account is closed.
    """
    person = Person.objects.select_for_update().filter(email__iexact=email.strip()).first()
    if person is None:
        raise NotFoundError("there is no account of that address")
    if not person.is_active:
        raise ConflictError("this account is closed; an administrator opens it under People")
    by = system(person.practice_id)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    Authenticator.objects.filter(user=person).delete()
    sign_out_everywhere(person.pk, by=by, now=now)
    log(Action.CHANGED, "second factor", person.pk, by=by, now=now, client_id=None)
    log(Action.CHANGED, "password", person.pk, by=by, now=now, client_id=None)
    forget_failures(username=person.email)
    return _key_for(person)


def _key_for(person: Person) -> PasswordKey:
    return PasswordKey(
        person=user_pk_to_url_str(person),
        key=account_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person),
    )
