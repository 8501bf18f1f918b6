"""Records that were opened in an emergency, by whom, why, and for how long."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.care.models import Client
from openalliance.site.records.trust.fields import EncryptedTextField
from openalliance.site.records.trust.models import Row


class Cause(models.TextChoices):
    """Why somebody could not wait for the client's own therapist. The client reads this."""

    SAFETY = "safety", "safety"
    ASKED = "asked", "asked for help"
    AWAY = "away", "therapist away"
    OTHER = "other", "something else"


class Opening(Row):
    """A client's record, open to somebody who is not their therapist, until ``ends_at``.

    ``reason`` is in the words of who opened it; ``ended_at`` is when they closed it themselves.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="openings")
    person = models.ForeignKey("practice.Person", on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    reason = EncryptedTextField(of="client_id")
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        "practice.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = (models.Index(fields=["practice", "person", "ends_at"]),)

    def __str__(self) -> str:
        return "opened in an emergency"
