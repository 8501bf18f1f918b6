"""Joining the staff by invitation."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice import services
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Invitation, Person
from openalliance.site.records.trust.actors import Role

PASSWORD = "seven amber kettles sing"
ANSWERS = {"name": "Nadia New", "password": PASSWORD, "password_again": PASSWORD}


@pytest.fixture
def invited(administrator: Person, now: datetime) -> tuple[Invitation, str]:
    return services.invite(
        email="nadia@harbour.example",
        name="Nadia",
        roles=[Role.THERAPIST, Role.SUPERVISOR],
        by=actor_for(administrator),
        now=now,
    )


@pytest.fixture
def address(invited: tuple[Invitation, str]) -> str:
    return f"/invitation/{invited[1]}"


def test_the_page_says_who_invites_and_as_what(client: Browser, address: str) -> None:
    page = client.get(address).content.decode()
    for words in ("Harbour Practice", "nadia@harbour.example", "supervisor and therapist"):
        assert words in page


def test_accepting_makes_the_account_and_leads_to_the_second_factor(
    client: Browser, address: str
) -> None:
    answer = client.post(address, ANSWERS)
    assert answer["Location"] == "/account/security/app"
    person = Person.objects.get(email="nadia@harbour.example")
    assert person.name == "Nadia New"
    assert actor_for(person).roles == {Role.THERAPIST, Role.SUPERVISOR}
    assert client.get("/home")["Location"] == "/account/security/app"


def test_a_link_works_once(client: Browser, address: str) -> None:
    client.post(address, ANSWERS)
    again = Browser()
    assert again.get(address).status_code == 404
    assert again.post(address, ANSWERS).status_code == 404


def test_a_weak_password_is_not_taken_and_the_link_still_works(
    client: Browser, address: str
) -> None:
    weak = {**ANSWERS, "password": "nadia@harbour", "password_again": "nadia@harbour"}
    assert client.post(address, weak).status_code == 422
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("state", ["old", "withdrawn", "guessed"])
def test_a_link_that_is_old_withdrawn_or_guessed_is_not_found(
    client: Browser,
    invited: tuple[Invitation, str],
    administrator: Person,
    state: str,
    now: datetime,
) -> None:
    invitation, token = invited
    if state == "old":
        invitation.expires_at = now - timedelta(seconds=1)
        invitation.save()
    elif state == "withdrawn":
        services.revoke_invitation(invitation.pk, by=actor_for(administrator), now=now)
    else:
        token = token[:-2] + "xx"
    answer = client.get(f"/invitation/{token}")
    assert answer.status_code == 404
    assert "Nadia" not in answer.content.decode()


def test_a_second_invitation_to_the_same_address_makes_no_second_account(
    client: Browser, invited: tuple[Invitation, str], administrator: Person, now: datetime
) -> None:
    invitation, token = invited
    _second, other = services.invite(
        email=invitation.email,
        name=invitation.name,
        roles=[Role.ADMINISTRATOR],
        by=actor_for(administrator),
        now=now,
    )
    assert client.post(f"/invitation/{token}", ANSWERS).status_code == 302
    assert Browser().post(f"/invitation/{other}", ANSWERS).status_code == 409
    person = Person.objects.get(email=invitation.email)
    assert not actor_for(person).has(Role.ADMINISTRATOR)


def test_guessing_is_stopped(client: Browser, db: None) -> None:
    tries = [client.post(f"/invitation/guess{n}").status_code for n in range(21)]
    assert tries[-1] == 429
