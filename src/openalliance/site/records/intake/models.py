"""What the public sees of the practice and its therapists, and who asked to be let in."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class Taking(models.TextChoices):
    """Whether a therapist has room for somebody new."""

    YES = "yes", "has room for new clients"
    WAITING = "waiting", "has a waiting list"
    NO = "no", "has no room at present"


class Profile(models.Model):
    """What a therapist tells the public about themselves, in their own words.

    ``ways`` is how they usually work, as in a plan: ``way``, ``value`` and ``words`` each.
    """

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.CASCADE, related_name="profile"
    )
    headline = models.CharField(max_length=160, blank=True)
    about = models.TextField(blank=True)
    trainings = models.TextField(blank=True)
    languages = models.CharField(max_length=200, blank=True)
    cultures = models.TextField(blank=True)
    approach = models.CharField(max_length=200, blank=True)
    style = models.TextField(blank=True)
    humour = models.TextField(blank=True)
    ways = models.JSONField(default=list)
    fees = models.TextField(blank=True)
    availability = models.TextField(blank=True)
    taking = models.CharField(max_length=8, choices=Taking.choices, default=Taking.YES)
    is_public = models.BooleanField(default=False)

    class Meta:
        db_table = "practice_profile"  # the name it was made under

    def __str__(self) -> str:
        return self.headline


class Portrait(models.Model):
    """A therapist's picture as it was made anew from what they sent; nothing else is kept."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.CASCADE, related_name="portrait"
    )
    image = models.BinaryField()
    digest = models.CharField(max_length=16)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return "portrait"


class PracticePage(models.Model):
    """What the practice tells the public about itself, and how it keeps its door.

    ``alternatives`` is offered to those who are declined. Requests are deleted so many days after
    they came without an answer, or after they were declined or closed.
    """

    practice = models.OneToOneField(
        Practice, primary_key=True, on_delete=models.CASCADE, related_name="public_page"
    )
    about = models.TextField(blank=True)
    place = models.TextField(blank=True)
    accessibility = models.TextField(blank=True)
    fees = models.TextField(blank=True)
    availability = models.TextField(blank=True)
    is_public = models.BooleanField(default=False)
    takes_requests = models.BooleanField(default=True)
    alternatives = models.TextField(blank=True)
    unanswered_days = models.PositiveSmallIntegerField(default=180)
    declined_days = models.PositiveSmallIntegerField(default=90)

    def __str__(self) -> str:
        return "public page"


class RequestState(models.TextChoices):
    """What became of a request. One that became a therapy is no request any more."""

    NEW = "new", "not answered yet"
    WAITING = "waiting", "on the waiting list"
    DECLINED = "declined", "declined"
    CLOSED = "closed", "answered in another way"


class ReachBy(models.TextChoices):
    """How somebody wants to be reached."""

    PHONE = "phone", "by telephone"
    TEXT = "text", "by text message"
    MAIL = "mail", "by e-mail"
    OTHER = "other", "in another way"


class ContactRequest(Row):
    """Somebody outside asks the practice to get in touch.

    ``form_id`` is of the form they sent, so that one sent twice is one request. ``ways`` is how
    they like to work, as in a plan. ``therapist`` is whom they asked for, ``passed_to`` who was
    given it since. ``place`` orders the waiting list.
    """

    form_id = models.UUIDField(null=True, unique=True)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.NEW)
    language = models.CharField(max_length=8, default="en")
    name = EncryptedTextField(of="practice")
    reach_by = models.CharField(max_length=5, choices=ReachBy.choices, default=ReachBy.OTHER)
    reach_me = EncryptedTextField(of="practice")
    safely = EncryptedTextField(of="practice", null=True)
    message = EncryptedTextField(of="practice")
    accessibility = EncryptedTextField(of="practice", null=True)
    languages = EncryptedJSONField(of="practice", null=True)
    ways = EncryptedJSONField(of="practice", null=True)
    therapist = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    passed_to = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    waiting_since = models.DateTimeField(null=True)
    place = models.PositiveIntegerField(null=True)
    reply = models.OneToOneField(
        "letters.Reply", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        # The name it was made under: what is sealed is bound to its table.
        db_table = "practice_contactrequest"
        indexes = (models.Index(fields=["practice", "state", "at"]),)

    def __str__(self) -> str:
        return "contact request"


class Arrival(Row):
    """What a client wrote before they were one, sealed with their own key from then on."""

    client = models.OneToOneField("care.Client", on_delete=models.PROTECT, related_name="arrival")
    asked_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    reach_by = models.CharField(max_length=5, choices=ReachBy.choices)
    reach_me = EncryptedTextField(of="client_id")
    safely = EncryptedTextField(of="client_id")
    message = EncryptedTextField(of="client_id")
    accessibility = EncryptedTextField(of="client_id")
    languages = EncryptedJSONField(of="client_id", erased=list)

    def __str__(self) -> str:
        return "arrival"
