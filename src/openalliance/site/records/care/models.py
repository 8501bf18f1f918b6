"""Clients, their episodes of therapy, the sessions, and the links clients come in by."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.trust.fields import EncryptedTextField
from openalliance.site.records.trust.models import Row


class Modality(models.TextChoices):
    """The kind of therapy; ``OTHER`` carries a name of its own."""

    CBT = "cbt", "CBT"
    PSYCHODYNAMIC = "psychodynamic", "psychodynamic"
    PERSON_CENTERED = "person-centered", "person-centered"
    OTHER = "other", "other"


class Wording(models.TextChoices):
    """In whose manner of speaking pages are worded; questions that are scored never change."""

    NEUTRAL = "neutral", "neutral"
    CBT = "cbt", "CBT"
    PSYCHODYNAMIC = "psychodynamic", "psychodynamic"
    PERSON_CENTERED = "person-centered", "person-centered"


class SessionStatus(models.TextChoices):
    """What became of an appointment."""

    PLANNED = "planned", "planned"
    ATTENDED = "attended", "attended"
    CANCELLED = "cancelled", "cancelled"
    NO_SHOW = "no-show", "did not come"


class Ending(models.TextChoices):
    """How an episode came to its end."""

    PLANNED = "planned", "planned together"
    UNPLANNED = "unplanned", "unplanned"
    TRANSFERRED = "transferred", "carried on with another therapist"


class Client(Row):
    """A person in therapy. ``code`` is the pseudonym that lists and files use.

    Of a record that was erased the row stays, so that what is numbers alone still has an owner.
    """

    code = models.CharField(max_length=40)
    name = EncryptedTextField(of="client")
    email = EncryptedTextField(null=True, of="client")
    language = models.CharField(max_length=8, default="en")
    external_ref = models.CharField(max_length=80, blank=True)
    added_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["practice", "code"], name="client_code_once"),
            models.UniqueConstraint(
                fields=["practice", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="client_external_ref_once",
            ),
        )

    def __str__(self) -> str:
        return self.code


class Episode(Row):
    """One course of therapy of one client with one therapist; a transfer starts a linked one.

    ``modality`` is the way of working now; how it came about stands in its phases.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    therapist = models.ForeignKey(
        "practice.Person", on_delete=models.PROTECT, related_name="episodes"
    )
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    modality = models.CharField(max_length=20, choices=Modality.choices)
    modality_name = models.CharField(max_length=80, blank=True)
    wording = models.CharField(max_length=20, choices=Wording.choices, default=Wording.NEUTRAL)
    outcome_instrument = models.CharField(max_length=60, default="oa-check-in")
    outcome_scale = models.CharField(max_length=60, default="life")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=20, choices=Ending.choices, blank=True)
    external_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = (models.Index(fields=["practice", "therapist", "ended_at"]),)
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="episode_external_ref_once",
            ),
        )

    def __str__(self) -> str:
        return f"episode {self.pk}"

    @property
    def modality_label(self) -> str:
        return self.modality_name or Modality(self.modality).label


class Phase(Row):
    """From when on an episode was worked on in which modality. Entries are never changed.

    ``number`` counts them in the order in which they were noted.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="phases")
    number = models.PositiveIntegerField()
    modality = models.CharField(max_length=20, choices=Modality.choices)
    modality_name = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "number"], name="phase_number_once"),
        )

    def __str__(self) -> str:
        return f"phase {self.number}"

    @property
    def modality_label(self) -> str:
        return self.modality_name or Modality(self.modality).label


class Session(Row):
    """One appointment. ``number`` counts from 1 within the episode.

    ``cancelled_by`` is ``client`` or ``therapist``; empty where nobody said who.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=50)
    status = models.CharField(
        max_length=10, choices=SessionStatus.choices, default=SessionStatus.PLANNED
    )
    cancelled_by = models.CharField(max_length=10, blank=True, default="")
    cancelled_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["episode", "number"], name="session_number_once"),
        )
        indexes = (models.Index(fields=["practice", "starts_at"]),)

    def __str__(self) -> str:
        return f"session {self.number}"


class SessionMove(Row):
    """An appointment that was moved: when it was to be, and when that was changed."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="moves")
    was_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    by_side = models.CharField(max_length=10)

    def __str__(self) -> str:
        return "moved session"


class CalendarFeed(Row):
    """A secret address under which a calendar program reads somebody's appointments.

    It is of a client or of a member of staff; only the hash of the secret is kept.
    """

    client = models.ForeignKey(
        Client, null=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    person = models.ForeignKey(
        "practice.Person", null=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    read_on = models.DateField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(client=None) ^ models.Q(person=None),
                name="feed_has_one_owner",
            ),
        )

    def __str__(self) -> str:
        return "calendar feed"


class PersonalLink(Row):
    """A client's way in: a link and a short code, both kept only as hashes.

    ``code_chosen_at`` is when the client put a code of their own in the place of the one they got.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    code_chosen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "personal link"


class LinkUse(Row):
    """One time that somebody came in by a link and its code, and on what kind of device."""

    link = models.ForeignKey(PersonalLink, on_delete=models.CASCADE, related_name="uses")
    at = models.DateTimeField()
    device = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = (models.Index(fields=["link", "at"]),)

    def __str__(self) -> str:
        return "use of a link"
