"""Endings, and the years after: looking back, staying well, looking in again, coming back."""

from __future__ import annotations

from typing import Any

from django.db import models

from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.letters.models import Channel
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


def nothing_written() -> dict[str, Any]:
    """Return the content of a sheet that was erased."""
    return {"signs": [], "steps": [], "people": []}


class LookingBack(Row):
    """That an ending is being prepared: both are asked to look back. Either side may begin."""

    episode = models.OneToOneField(Episode, on_delete=models.PROTECT, related_name="looking_back")
    begun_by = models.CharField(max_length=10)
    begun_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "looking back"


class EndingReview(Row):
    """How one side sees the therapy at its end; goals are rated in the plan.

    ``feels`` is how right it feels to end here (`core.course.leaving.Feels`), of the client alone.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="ending_reviews")
    by_side = models.CharField(max_length=10)
    feels = models.PositiveSmallIntegerField(null=True)
    changed = EncryptedTextField(default="", of="episode")
    helped = EncryptedTextField(default="", of="episode")
    missing = EncryptedTextField(default="", of="episode")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "by_side"], name="one_review_a_side"),
        )

    def __str__(self) -> str:
        return f"looking back of the {self.by_side}"


class StayingWell(Row):
    """A client's own warning signs, what helps then, and who. The newest row holds.

    ``content`` has three lists of lines: signs, steps and people.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="staying_well")
    number = models.PositiveIntegerField()
    content = EncryptedJSONField(of="episode", erased=nothing_written)
    by_side = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "number"], name="staying_well_once"),
        )

    def __str__(self) -> str:
        return f"staying well {self.number}"


class FollowUpConsent(Row):
    """A client's yes or no to being asked, after the ending, how life is. The newest row counts.

    ``channel`` is empty where they want the questions on their own page alone. ``words`` is what
    they said yes or no to.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="follow_up_consents")
    given = models.BooleanField()
    channel = models.CharField(max_length=4, choices=Channel.choices, blank=True)
    address = EncryptedTextField(default="", of="client_id")
    quiet_from = models.PositiveSmallIntegerField(default=21)
    quiet_until = models.PositiveSmallIntegerField(default=8)
    language = models.CharField(max_length=8)
    words = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["client", "at"]),)

    def __str__(self) -> str:
        return f"follow-ups: {'yes' if self.given else 'no'}"


class FollowUp(Row):
    """One time at which a client is asked after the ending. ``form`` is there once it was asked."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="follow_ups")
    months = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    form = models.OneToOneField(
        AskedForm, null=True, on_delete=models.SET_NULL, related_name="follow_up"
    )
    asked_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "months"], name="follow_up_once"),
        )
        indexes = (
            models.Index(
                fields=["due_at"],
                condition=models.Q(asked_at=None, cancelled_at=None),
                name="follow_up_due",
            ),
        )

    def __str__(self) -> str:
        return f"follow-up after {self.months} months"


class WishKind(models.TextChoices):
    """What a client wishes after the ending."""

    RETURN = "return", "would like to come back"
    CONTACT = "contact", "would like to be contacted"


class Wish(Row):
    """That a client would like to come back, or to hear from somebody, and what became of it.

    ``episode`` is their latest; ``started`` is the new one that came of it. ``passed_to`` is who
    gets in touch where their therapist does not work here any more.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="wishes")
    kind = models.CharField(max_length=10, choices=WishKind.choices)
    words = EncryptedTextField(default="", of="episode")
    at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    passed_to = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="wishes_passed"
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    started = models.OneToOneField(
        Episode, null=True, on_delete=models.SET_NULL, related_name="wished_for"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["episode"],
                condition=models.Q(taken_back_at=None, answered_at=None),
                name="one_open_wish",
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()
