"""What every row shares, and the log of who read and changed what."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


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
    """The newest seal of one practice's access log, and how many entries it closes.

    ``proof`` is made with the key of the seals: an older seal does not become the newest by it.
    """

    practice_id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    seal = models.CharField(max_length=64)
    proof = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"access log up to entry {self.seq}"


class MasterKey(models.Model):
    """A master key, by name: the key itself lies outside the database.

    ``proof`` is a fixed word sealed with it, so that another key of the same name is noticed.
    """

    id = models.CharField(primary_key=True, max_length=10)
    proof = models.CharField(max_length=120)
    is_current = models.BooleanField(default=False)
    added_at = models.DateTimeField(db_default=Now())
    sheet_made_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="one_current_master_key",
            ),
        )

    def __str__(self) -> str:
        return self.id


class DataKey(models.Model):
    """A key that seals fields, wrapped by a master key. Each client has their own.

    No foreign key to its owner: that a key was destroyed outlives whose it was. ``wrapped`` is
    empty once it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner_kind = models.CharField(max_length=12)
    owner_id = models.UUIDField()
    practice_id = models.UUIDField()
    master = models.ForeignKey(MasterKey, null=True, on_delete=models.PROTECT, related_name="+")
    wrapped = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    replaced_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["owner_id"]),)
        constraints = (
            models.UniqueConstraint(
                fields=["owner_id"],
                condition=models.Q(replaced_at=None),
                name="one_current_data_key",
            ),
        )

    def __str__(self) -> str:
        return f"data key of a {self.owner_kind}"
