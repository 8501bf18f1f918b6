"""The cast of every site test: a client, their therapist, a colleague, a supervisor, strangers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client as Browser

from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor, ActorKind, Role

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A client's way in, as the therapist hands it over."""

    token: str
    code: str

    @property
    def url(self) -> str:
        return f"/c/{self.token}/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords quickly: their strength is not what these tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _practice(name: str, email: str, now: datetime) -> Person:
    return practices.set_up_practice(
        practices.NewPractice(
            name=name,
            time_zone="Europe/Madrid",
            language="en",
            crisis_information="Call 024, day and night.",
        ),
        administrator_email=email,
        administrator_name="Ada Administrator",
        password=PASSWORD,
        now=now - timedelta(days=400),
    )


def _person(practice: Practice, email: str, name: str, *roles: Role) -> Person:
    joined = practice.created_at
    person = Person.objects.create_user(
        email=email, password=PASSWORD, name=name, practice=practice, joined_at=joined
    )
    practices.grant(person, roles, now=joined)
    return person


@pytest.fixture
def administrator(db: None, now: datetime) -> Person:
    return _practice("Harbour Practice", "ada@harbour.example", now)


@pytest.fixture
def practice(administrator: Person) -> Practice:
    return administrator.practice


@pytest.fixture
def therapist(practice: Practice) -> Person:
    return _person(practice, "tomas@harbour.example", "Tomás Therapist", Role.THERAPIST)


@pytest.fixture
def colleague(practice: Practice) -> Person:
    return _person(practice, "cora@harbour.example", "Cora Colleague", Role.THERAPIST)


@pytest.fixture
def supervisor(practice: Practice, therapist: Person, administrator: Person) -> Person:
    person = _person(practice, "sana@harbour.example", "Sana Supervisor", Role.SUPERVISOR)
    practices.supervise(
        person.pk, therapist.pk, by=actor_for(administrator), now=practice.created_at
    )
    return person


@pytest.fixture
def other_practice(administrator: Person, now: datetime) -> Practice:
    return _practice("Hill Practice", "hilda@hill.example", now + timedelta(seconds=1)).practice


@pytest.fixture
def stranger(other_practice: Practice) -> Person:
    return _person(
        other_practice, "stig@hill.example", "Stig Stranger", Role.THERAPIST, Role.SUPERVISOR
    )


@pytest.fixture
def episode(therapist: Person, now: datetime) -> Episode:
    return care.add_client(
        care.NewClient(
            name="Noor Client", email="noor@post.example", language="en", modality="cbt"
        ),
        by=actor_for(therapist),
        now=now - timedelta(days=100),
    )


@pytest.fixture
def client_person(episode: Episode) -> Client:
    return episode.client


@pytest.fixture
def client_actor(client_person: Client) -> Actor:
    return Actor(kind=ActorKind.CLIENT, id=client_person.pk, practice_id=client_person.practice_id)


@pytest.fixture
def session_today(episode: Episode, therapist: Person, now: datetime) -> Session:
    """A session that began half an hour ago: its check-in and both check-outs are open."""
    return checkins.plan_session(
        episode.pk, starts_at=now - timedelta(minutes=30), by=actor_for(therapist), now=now
    )


@pytest.fixture
def client_link(episode: Episode, therapist: Person, now: datetime) -> Link:
    _row, token, code = links.issue_link(episode, by=actor_for(therapist), now=now)
    return Link(token=token, code=code)


@pytest.fixture
def sign_in() -> Callable[[Browser, Person], Browser]:
    """Sign a person with an app in; typing its code is left to the tests of sign-in itself."""

    def into(browser: Browser, person: Person) -> Browser:
        if not Authenticator.objects.filter(user=person).exists():
            TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return into


@pytest.fixture
def come_in() -> Callable[[Browser, Link], Browser]:
    """Bring a client in by their link and code."""

    def into(browser: Browser, link: Link) -> Browser:
        answer = browser.post(f"{link.url}code", {"code": link.code})
        assert answer.status_code == 302
        return browser

    return into
