"""What was asked, answered and scored, and what was hard to say."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class AskedForm(Row):
    """One check-in, check-out, follow-up or exit question put to one rater.

    ``answers`` maps instrument key to item id to number; it is a draft until ``submitted_at``.
    A check-out is sealed from the other side until ``unsealed_at``; other forms are never sealed.
    ``safety_told_at`` is when the therapist was told of a marked safety question: once a form.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="forms")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="forms")
    moment = models.CharField(max_length=12)
    rater = models.CharField(max_length=10)
    instruments = models.JSONField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    answers = EncryptedJSONField(of="episode", erased=dict)
    started_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submission = models.UUIDField(null=True)
    unsealed_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    safety_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["session", "moment", "rater"], name="form_asked_once_a_session"
            ),
        )
        indexes = (
            models.Index(fields=["episode", "closes_at"]),
            models.Index(
                fields=["practice", "closes_at"],
                condition=models.Q(missed_at=None, unsealed_at=None),
                name="form_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.moment} of the {self.rater}"


class Score(Row):
    """The score of one scale, or the reason why there is none. Numbers only, no words."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="scores")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="scores")
    form = models.ForeignKey(AskedForm, null=True, on_delete=models.PROTECT, related_name="scores")
    at = models.DateTimeField()
    rater = models.CharField(max_length=10)
    instrument = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    scale = models.CharField(max_length=60)
    value = models.FloatField(null=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["episode", "rater", "instrument", "scale", "at"], name="score_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.instrument} {self.scale}"


class CourseState(models.Model):
    """The course of an episode so far, enough to take in the next observation."""

    episode = models.OneToOneField(
        Episode, primary_key=True, on_delete=models.CASCADE, related_name="course_state"
    )
    practice = models.ForeignKey("practice.Practice", on_delete=models.PROTECT, related_name="+")
    state = models.JSONField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"course of {self.episode_id}"


class Signal(Row):
    """A signal of the course engine, as it was found."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="signals")
    kind = models.CharField(max_length=24)
    at = models.DateTimeField()
    session_number = models.PositiveIntegerField(null=True)
    rater = models.CharField(max_length=10, blank=True)
    seen = models.JSONField()
    probability = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    method = models.CharField(max_length=60)
    talk_about = models.CharField(max_length=60)
    found_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["episode", "kind", "rater", "at"], name="signal_found_once"
            ),
        )

    def __str__(self) -> str:
        return self.kind


class Expectation(Row):
    """How an outcome is expected to go in this practice, from its own clients and from norms.

    Rows are only ever added; the newest that was not set aside is used. ``own_weight`` is the share
    of the expected rate that comes from the practice's own clients. No foreign keys: it is of many.
    """

    instrument = models.CharField(max_length=60)
    scale = models.CharField(max_length=60)
    trajectory = models.JSONField()
    version = models.PositiveSmallIntegerField()
    clients = models.PositiveIntegerField()
    own_weight = models.FloatField()
    notes = models.JSONField(default=list)
    fitted_at = models.DateTimeField()
    fitted_by = models.UUIDField()
    set_aside_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["practice", "instrument", "scale", "fitted_at"]),)

    def __str__(self) -> str:
        return f"expected course of {self.instrument}"


class Visibility(models.TextChoices):
    """Who may see what was hard to say, and when. The client decides, and may change it."""

    NOW = "now", "my therapist, now"
    LATER = "later", "my therapist, when I say so"
    ONLY_ME = "only-me", "only me"


class HardToSay(Row):
    """Something that was hard to say, under the client's own rule of who sees it."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="hard_to_say")
    session = models.ForeignKey(
        Session, null=True, on_delete=models.PROTECT, related_name="hard_to_say"
    )
    at = models.DateTimeField()
    about = models.CharField(max_length=20)
    words = EncryptedTextField(of="episode")
    visibility = models.CharField(max_length=10, choices=Visibility.choices)
    shown_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    submission = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return "hard to say"
