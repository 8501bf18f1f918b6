"""The practice, its people and their roles."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from openalliance.site.records.trust.actors import Role
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class Practice(models.Model):
    """The organisation: the border that no query crosses."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    welcome = models.TextField(blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=8, default="en")
    crisis_information = models.TextField()
    check_in_opens_hours = models.PositiveSmallIntegerField(default=48)
    check_out_window_hours = models.PositiveSmallIntegerField(default=48)
    is_demonstration = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people by e-mail address."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)

    def create_user(self, *, email: str, password: str | None, **fields: Any) -> Person:
        person = Person(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser):
    """A member of staff. Clients have no account."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="people")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    external_ref = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="person_external_ref_once",
            ),
        )

    def __str__(self) -> str:
        return self.name


class RoleGrant(Row):
    """A role that a person holds, or held until ``ended_at``."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role, role) for role in Role])
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=models.Q(ended_at=None),
                name="role_held_once",
            ),
        )

    def __str__(self) -> str:
        return self.role


class Supervision(Row):
    """A supervisor sees the caseload of a therapist until ``ended_at``."""

    supervisor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="supervises")
    therapist = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="supervised_by")
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "supervision"


class Invitation(Row):
    """An invitation by link to join as staff; only the hash of the link's secret is kept."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    roles = models.JSONField()
    token_hash = models.CharField(max_length=64, unique=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "invitation"


class Device(Row):
    """Where a person is signed in; the session knows the row, and is nothing without it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="devices")
    browser = models.CharField(max_length=60)
    since = models.DateTimeField()
    last_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return "device"


class KeptForm(Row):
    """What somebody sent after their time was over, until they are back to send it again.

    ``owner_id`` is the person's, or of the client's link. No foreign key: it lives for a day.
    """

    owner_id = models.UUIDField(db_index=True)
    path = EncryptedTextField()
    sent = EncryptedJSONField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return "kept form"
