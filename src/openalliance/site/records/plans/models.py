"""The shared plan: versions that one side proposed and both agreed, and ratings of its goals."""

from __future__ import annotations

from typing import Any

from django.db import models

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class PlanStatus(models.TextChoices):
    """Where a version of the plan stands."""

    PROPOSED = "proposed", "proposed"
    AGREED = "agreed", "agreed"
    DECLINED = "declined", "not agreed"
    WITHDRAWN = "withdrawn", "taken back"
    REPLACED = "replaced", "replaced by a newer agreement"
    COUNTERED = "countered", "answered with another proposal"


def nothing_agreed() -> dict[str, Any]:
    """Return the content of a plan that was erased."""
    pace = {"words": "", "sessions_every_weeks": 1, "minutes": 50}
    return {"goals": [], "strategies": [], "pace": pace}


class PlanVersion(Row):
    """One version of an episode's plan. Versions are never changed, only followed by others.

    ``answers`` is the proposal that this one was made instead of. ``together``: it was answered at
    the therapist's device, with both beside each other.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="plan_versions")
    number = models.PositiveIntegerField()
    content = EncryptedJSONField(of="episode", erased=nothing_agreed)
    note = EncryptedTextField(default="", of="episode")
    status = models.CharField(max_length=10, choices=PlanStatus.choices)
    proposed_by = models.CharField(max_length=10)
    proposed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer_note = EncryptedTextField(default="", of="episode")
    together = models.BooleanField(default=False)
    answers = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="answered_with"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "number"], name="plan_number_once"),
            models.UniqueConstraint(
                fields=["episode"],
                condition=models.Q(status="proposed"),
                name="one_open_proposal",
            ),
            models.UniqueConstraint(
                fields=["episode"], condition=models.Q(status="agreed"), name="one_agreed_plan"
            ),
        )

    def __str__(self) -> str:
        return f"plan version {self.number}"


class PlanComment(Row):
    """A remark of one side on a version of the plan, while it is talked about."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="plan_comments")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="comments")
    by_side = models.CharField(max_length=10)
    words = EncryptedTextField(of="episode")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["version", "at"]),)

    def __str__(self) -> str:
        return "comment on the plan"


class PlanRating(Row):
    """How one side finds one part of the plan; `core.plan.ratings` says what and in which range."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="plan_ratings")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="+")
    aspect = models.CharField(max_length=12, default="progress")
    part = models.CharField(max_length=36)
    rater = models.CharField(max_length=10)
    value = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["episode", "aspect", "part", "at"]),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(value__gte=-3, value__lte=10), name="plan_rating_range"
            ),
        )

    def __str__(self) -> str:
        return f"rating of {self.aspect}"
