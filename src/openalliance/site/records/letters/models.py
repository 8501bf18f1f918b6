"""Letters to be mailed. A letter knows whom it is for, not the address, and holds no words."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.trust.fields import EncryptedTextField
from openalliance.site.records.trust.models import Row


class LetterKind(models.TextChoices):
    """What a letter says; the words are made when it is sent."""

    URGENT = "urgent", "somebody needs you now"
    EMERGENCY = "emergency", "a record was opened in an emergency"
    REMINDER = "reminder", "an appointment is coming"
    REPLY = "reply", "an answer to somebody who wrote to the practice"
    QUESTIONS = "questions", "a few questions after the ending"
    RETURN = "return", "somebody would like to come back"
    LEFT_BEHIND = "left", "somebody whose therapist left would like to hear from the practice"


class LetterState(models.TextChoices):
    """Where a letter is on its way."""

    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    GIVEN_UP = "given-up", "given up"


class Channel(models.TextChoices):
    """How a letter reaches somebody."""

    MAIL = "mail", "e-mail"
    TEXT = "text", "text message"


class ReminderChoice(Row):
    """When and how a client wants to be reminded of appointments; nothing is sent without one.

    ``hours`` are hours before an appointment. Between ``quiet_from`` and ``quiet_until`` (hours of
    the practice's day) nothing is sent.
    """

    client = models.OneToOneField(
        "care.Client", on_delete=models.CASCADE, related_name="reminder_choice"
    )
    channel = models.CharField(max_length=4, choices=Channel.choices)
    address = EncryptedTextField(of="client_id")
    hours = models.JSONField()
    quiet_from = models.PositiveSmallIntegerField(default=21)
    quiet_until = models.PositiveSmallIntegerField(default=8)
    chosen_at = models.DateTimeField()

    def __str__(self) -> str:
        return "choice of reminders"


class Reply(Row):
    """What is answered to somebody outside, who is no client and has no account."""

    address = EncryptedTextField()
    subject = EncryptedTextField()
    words = EncryptedTextField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return "reply"


class Letter(Row):
    """One letter: to staff, to a client who chose reminders or is asked a few questions (``about``
    is the form; `making` knows the words), or to somebody who wrote to us.

    ``once`` says what it is about, so that nothing is mailed twice.
    """

    kind = models.CharField(max_length=20, choices=LetterKind.choices)
    once = models.CharField(max_length=80)
    person = models.ForeignKey(
        "practice.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    choice = models.ForeignKey(
        ReminderChoice, null=True, on_delete=models.CASCADE, related_name="letters"
    )
    reply = models.ForeignKey(Reply, null=True, on_delete=models.CASCADE, related_name="letters")
    session = models.ForeignKey(
        "care.Session", null=True, on_delete=models.CASCADE, related_name="+"
    )
    client = models.ForeignKey("care.Client", null=True, on_delete=models.CASCADE, related_name="+")
    about = models.UUIDField(null=True)
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
        constraints = (
            models.UniqueConstraint(fields=["practice", "once"], name="letter_once"),
            models.CheckConstraint(
                condition=(
                    models.Q(person__isnull=False, choice=None, reply=None, client=None)
                    | models.Q(person=None, choice__isnull=False, reply=None, client=None)
                    | models.Q(person=None, choice=None, reply__isnull=False, client=None)
                    | models.Q(person=None, choice=None, reply=None, client__isnull=False)
                ),
                name="letter_for_one",
            ),
        )
        indexes = (models.Index(fields=["state", "due_at"]),)

    def __str__(self) -> str:
        return f"letter {self.pk}"
