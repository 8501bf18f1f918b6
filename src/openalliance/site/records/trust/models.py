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

    No foreign keys: the log outlives what it speaks of. It holds no clinical content. ``seq`` and
    ``seal`` come right after the entry, see `chain`; the database refuses any other change.
    """

    practice_id = models.UUIDField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField()
    action = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    client_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(null=True)
    seal = models.CharField(max_length=64, default="")

    class Meta:
        indexes = (
            models.Index(fields=["practice_id", "client_id", "at"]),
            models.Index(
                fields=["practice_id"], condition=models.Q(seq=None), name="entry_unsealed"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["practice_id", "seq"], name="entry_seq_once"),
        )

    def __str__(self) -> str:
        return f"{self.actor_kind} {self.action} {self.subject}"


class ChainHead(models.Model):
    """The newest seal of one practice's access log, and how many entries it closes."""

    practice_id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"access log up to entry {self.seq}"
