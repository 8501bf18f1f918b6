"""Clients, their episodes of therapy, the sessions, and the links clients come in by."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.trust.fields import EncryptedTextField
from openalliance.site.records.trust.models import Row


class Modality(models.TextChoices):
    """The kind of therapy; ``OTHER`` carries a name of its own."""

    CBT = "cbt", "CBT"
    PSYCHODYNAMIC = "psychodynamic", "psychodynamic"
    PERSON_CENTERED = "person-centered", "person-centered"
    OTHER = "other", "other"


class SessionStatus(models.TextChoices):
    """What became of an appointment."""

    PLANNED = "planned", "planned"
    ATTENDED = "attended", "attended"
    CANCELLED = "cancelled", "cancelled"
    NO_SHOW = "no-show", "did not come"


class Ending(models.TextChoices):
    """How an episode came to its end."""

    PLANNED = "planned", "planned together"
    UNPLANNED = "unplanned", "unplanned"
    TRANSFERRED = "transferred", "carried on with another therapist"


class Client(Row):
    """A person in therapy. ``code`` is the pseudonym that lists and files use."""

    code = models.CharField(max_length=40)
    name = EncryptedTextField(of="client")
    email = EncryptedTextField(null=True, of="client")
    language = models.CharField(max_length=8, default="en")
    external_ref = models.CharField(max_length=80, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["practice", "code"], name="client_code_once"),
            models.UniqueConstraint(
                fields=["practice", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="client_external_ref_once",
            ),
        )

    def __str__(self) -> str:
        return self.code


class Episode(Row):
    """One course of therapy of one client with one therapist; a transfer starts a linked one."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    therapist = models.ForeignKey(
        "practice.Person", on_delete=models.PROTECT, related_name="episodes"
    )
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    modality = models.CharField(max_length=20, choices=Modality.choices)
    modality_name = models.CharField(max_length=80, blank=True)
    outcome_instrument = models.CharField(max_length=60, default="oa-check-in")
    outcome_scale = models.CharField(max_length=60, default="life")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=20, choices=Ending.choices, blank=True)
    external_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = (models.Index(fields=["practice", "therapist", "ended_at"]),)
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="episode_external_ref_once",
            ),
        )

    def __str__(self) -> str:
        return f"episode {self.pk}"

    @property
    def modality_label(self) -> str:
        return self.modality_name or Modality(self.modality).label


class Session(Row):
    """One appointment. ``number`` counts from 1 within the episode."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=50)
    status = models.CharField(
        max_length=10, choices=SessionStatus.choices, default=SessionStatus.PLANNED
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "number"], name="session_number_once"),
        )
        indexes = (models.Index(fields=["practice", "starts_at"]),)

    def __str__(self) -> str:
        return f"session {self.number}"


class PersonalLink(Row):
    """A client's way in: a link and a short code, both kept only as hashes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "personal link"
