"""The practice of the demonstration: its settings, its staff, what the public sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from openalliance.site.config.demonstration.door import publish
from openalliance.site.config.demonstration.knocks import knock
from openalliance.site.records.intake.models import Profile
from openalliance.site.records.practice import services
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Role

PASSWORD = "demonstration"  # noqa: S105 - known to everybody who tries it  # nosec B105
TIME_ZONE = "Europe/Madrid"
_ADMINISTRATOR = ("ines@demonstration.example", "Inés Aldana")
_SUPERVISOR = ("margarethe@demonstration.example", "Dr. Margarethe Sol")
_WELCOME = (
    "We are three therapists above the old harbour. Finding the right person matters more than"
    " finding the right method: write to whoever you would like to meet first."
)
_CRISIS = (
    "This is a demonstration; nobody answers here. In an emergency call 112 (Europe), 911 (North"
    " America) or the emergency number where you are.\n"
    "Esto es una demostración. En una emergencia llama al 112 o al número de tu país."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Therapist:
    email: str
    name: str
    headline: str
    about: str
    languages: str
    approach: str


_THERAPISTS = (
    _Therapist(
        email="amara@demonstration.example",
        name="Amara Okafor",
        headline="Small steps, taken together",
        about="I grew up between Lagos and Leeds and was a nurse for nine years. I like plans that"
        " fit on one page, and I laugh easily. If an exercise does not help you, we drop it.",
        languages="English, Igbo",
        approach="Cognitive behavioural therapy",
    ),
    _Therapist(
        email="jonas@demonstration.example",
        name="Jonas Lindqvist",
        headline="For what keeps coming back",
        about="I work slowly and listen for what is between the lines. I have been a father for"
        " eleven years and a bad cellist for thirty. Silence is allowed here.",
        languages="English, Svenska, Deutsch",
        approach="Psychodynamic therapy",
    ),
    _Therapist(
        email="lucia@demonstration.example",
        name="Lucía Herrera",
        headline="You know more about yourself than I do",
        about="Vine de Oaxaca con veinte años; I know what it is to start again in another"
        " language. I work with people who have left a country, a family or a faith.",
        languages="Español, English",
        approach="Person-centered therapy",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The practice and its therapists."""

    practice: Practice
    therapists: tuple[Person, ...]


def found(*, now: datetime) -> Staff:
    """Make the practice and its people."""
    founded = now - timedelta(days=1800)
    administrator = services.set_up_practice(
        services.NewPractice(
            name="Old Harbour Practice (demonstration)",
            time_zone=TIME_ZONE,
            language="en",
            crisis_information=_CRISIS,
            is_demonstration=True,
        ),
        administrator_email=_ADMINISTRATOR[0],
        administrator_name=_ADMINISTRATOR[1],
        password=PASSWORD,
        now=founded,
    )
    practice = administrator.practice
    practice.welcome = _WELCOME
    practice.save(update_fields=["welcome"])
    therapists = tuple(_join(practice, one, founded) for one in _THERAPISTS)
    supervisor = _person(practice, *_SUPERVISOR, Role.SUPERVISOR, joined=founded)
    for therapist in therapists:
        services.supervise(supervisor.pk, therapist.pk, by=actor_for(administrator), now=founded)
    publish(administrator, therapists, now=founded)
    knock(administrator, therapists, now=now)
    return Staff(practice=practice, therapists=therapists)


def _join(practice: Practice, one: _Therapist, joined: datetime) -> Person:
    person = _person(practice, one.email, one.name, Role.THERAPIST, joined=joined)
    person.profile = Profile.objects.create(
        person=person,
        headline=one.headline,
        about=one.about,
        languages=one.languages,
        approach=one.approach,
        is_public=True,
    )
    return person


def _person(practice: Practice, email: str, name: str, role: Role, *, joined: datetime) -> Person:
    person = Person.objects.create_user(
        email=email, password=PASSWORD, name=name, practice=practice, joined_at=joined
    )
    services.grant(person, {role}, now=joined)
    return person
