"""Letters to be mailed. A letter knows whom it is for, not the address, and holds no words."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.trust.models import Row


class LetterKind(models.TextChoices):
    """What a letter says; the words are made when it is sent."""

    URGENT = "urgent", "somebody needs you now"


class LetterState(models.TextChoices):
    """Where a letter is on its way."""

    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    GIVEN_UP = "given-up", "given up"


class Letter(Row):
    """One letter. ``once`` says what it is about, so that nothing is mailed twice."""

    kind = models.CharField(max_length=20, choices=LetterKind.choices)
    once = models.CharField(max_length=80)
    person = models.ForeignKey("practice.Person", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    useless_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=LetterState.choices, default=LetterState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["practice", "once"], name="letter_once"),)
        indexes = (models.Index(fields=["state", "due_at"]),)

    def __str__(self) -> str:
        return f"letter {self.pk}"
