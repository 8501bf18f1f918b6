"""Tasks between sessions: what the two agreed on, and what became of it."""

from __future__ import annotations

from django.db import models

from openalliance.core.course.adherence import Outcome
from openalliance.site.records.care.models import Episode
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class TaskStatus(models.TextChoices):
    """Where a task stands."""

    PROPOSED = "proposed", "proposed"
    AGREED = "agreed", "agreed"
    DECLINED = "declined", "not agreed"
    WITHDRAWN = "withdrawn", "taken back"
    LET_GO = "let-go", "let go"


class Task(Row):
    """One thing to do between sessions. Its words never change: another task takes its place.

    ``strategy`` is the part of the shared plan it comes from, if any. ``together`` is whether both
    said yes in the room, so that nobody had to answer a proposal.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="tasks")
    strategy = models.CharField(max_length=36, blank=True, default="")
    words = EncryptedTextField(of="episode")
    once = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=TaskStatus.choices)
    together = models.BooleanField(default=False)
    proposed_by = models.CharField(max_length=10)
    proposed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["episode", "status"]),)

    def __str__(self) -> str:
        return f"task, {self.status}"


class TaskTelling(Row):
    """What one side said became of a task. Rows are only added: the latest of a stretch counts.

    ``at`` is the moment it speaks of: for what the therapist notes, the session it was said in.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="task_tellings")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="tellings")
    outcome = models.CharField(max_length=10, choices=[(one, one.value) for one in Outcome])
    obstacles = EncryptedJSONField(default=list, of="episode", erased=list)
    words = EncryptedTextField(default="", of="episode")
    told_by = models.CharField(max_length=10)
    at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["episode", "at"]),)

    def __str__(self) -> str:
        return f"task {self.outcome}"


class LeavingModel(Row):
    """Who leaves early in this practice, learnt from its own therapies: coefficients and worth.

    Rows are only ever added; the newest is used. No foreign keys: it is of many.
    """

    document = models.JSONField()
    curve = models.JSONField()
    therapies = models.PositiveIntegerField()
    fitted_at = models.DateTimeField()
    fitted_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["practice", "fitted_at"]),)

    def __str__(self) -> str:
        return "drop-out model"
