"""What every row shares, and the log of who read and changed what."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Row(models.Model):
    """A row of one practice. The id is made before saving: encrypted fields are bound to it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    practice = models.ForeignKey("practice.Practice", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class AccessEntry(models.Model):
    """One read or change of clinical data. Rows are only ever added.

    No foreign keys: the log outlives what it speaks of. It holds no clinical content.
    """

    practice_id = models.UUIDField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField()
    action = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    client_id = models.UUIDField(null=True)

    class Meta:
        indexes = (models.Index(fields=["practice_id", "client_id", "at"]),)

    def __str__(self) -> str:
        return f"{self.actor_kind} {self.action} {self.subject}"
