"""How signals and hard-to-say answers were taken up: seen, talked about, changed."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import HardToSay, Signal
from openalliance.site.records.trust.fields import EncryptedTextField
from openalliance.site.records.trust.models import Row


class Stage(models.TextChoices):
    """How far a conversation has come."""

    SEEN = "seen", "seen"
    TALKED_ABOUT = "talked-about", "talked about"
    CHANGED = "changed", "changed"


class ConversationStep(Row):
    """One step of one conversation. A step taken back stays, with the time it was undone.

    ``answer`` says whether there was something to the signal; empty when nobody said.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="steps")
    signal = models.ForeignKey(Signal, null=True, on_delete=models.PROTECT, related_name="steps")
    hard_to_say = models.ForeignKey(
        HardToSay, null=True, on_delete=models.PROTECT, related_name="steps"
    )
    stage = models.CharField(max_length=12, choices=Stage.choices)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    note = EncryptedTextField(default="", of="episode")
    note_for_client = models.BooleanField(default=True)
    answer = models.CharField(max_length=12, blank=True, default="")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(signal=None) ^ models.Q(hard_to_say=None),
                name="step_has_one_subject",
            ),
            models.UniqueConstraint(
                fields=["signal"],
                condition=models.Q(undone_at=None) & ~models.Q(answer=""),
                name="signal_answered_once",
            ),
        )
        indexes = (
            models.Index(fields=["episode", "at"]),
            models.Index(
                fields=["practice"],
                condition=models.Q(undone_at=None) & ~models.Q(answer=""),
                name="step_answered",
            ),
        )

    def __str__(self) -> str:
        return self.stage


class RuptureRecord(Row):
    """A rupture as the therapist records it: noticed, what was tried, what became of it.

    ``tried`` are names of `core.course.repair.Tried`. A record taken out stays, with the time.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="ruptures")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="+")
    signal = models.ForeignKey(Signal, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    marker = models.CharField(max_length=14)
    noticed_by = models.CharField(max_length=10)
    words = EncryptedTextField(default="", of="episode")
    tried = models.JSONField(default=list)
    tried_words = EncryptedTextField(default="", of="episode")
    outcome = models.CharField(max_length=10, blank=True, default="")
    outcome_words = EncryptedTextField(default="", of="episode")
    closed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    by_id = models.UUIDField()

    class Meta:
        indexes = (
            models.Index(fields=["episode", "at"]),
            models.Index(fields=["practice", "at"]),
        )

    def __str__(self) -> str:
        return "rupture"
