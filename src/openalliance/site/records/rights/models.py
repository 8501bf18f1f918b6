"""What clients agreed to, how long records are kept, and who asked for theirs to be erased."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.care.models import Client
from openalliance.site.records.trust.models import Row


class ConsentAnswer(Row):
    """One answer to one question for consent. Rows are only ever added; the newest one counts.

    ``words`` is the question as it was shown: what somebody agreed to must not change afterwards.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=8)
    words = models.TextField()
    given = models.BooleanField()
    at = models.DateTimeField()
    by_kind = models.CharField(max_length=10)
    by_id = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["client", "kind", "at"]),)

    def __str__(self) -> str:
        return f"{self.kind}: {'yes' if self.given else 'no'}"


class RetentionRule(Row):
    """How long a practice keeps records after the end of therapy, and why. The newest counts."""

    years = models.PositiveSmallIntegerField()
    reason = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["practice", "set_at"]),)

    def __str__(self) -> str:
        return f"{self.years} years"


class ErasureRequest(Row):
    """A client's wish that what is about them be erased, and what became of it.

    ``begun_at`` is when that went which nothing obliges to keep; ``done_at`` is when the rest did.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="erasure_requests")
    asked_at = models.DateTimeField()
    by_kind = models.CharField(max_length=10)
    by_id = models.UUIDField()
    taken_back_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(taken_back_at=None, done_at=None),
                name="one_open_erasure",
            ),
        )

    def __str__(self) -> str:
        return "request for erasure"
