"""The practice's public page and its door to knock at."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client as Browser

from openalliance.site.records.intake.profiles import save_profile
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice


@pytest.fixture
def profile(therapist: Person, now: datetime) -> None:
    save_profile({"headline": "Listens first", "is_public": True}, by=actor_for(therapist), now=now)


def test_before_there_is_a_practice_the_way_leads_to_setting_it_up(
    client: Browser, db: None
) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/set-up"


def test_the_page_shows_the_practice_and_those_who_want_to_be_shown(
    client: Browser, practice: Practice, profile: None, colleague: Person
) -> None:
    page = client.get("/").content.decode()
    assert "Harbour Practice" in page
    assert "Tomás Therapist" in page
    assert "Listens first" in page
    assert "Cora Colleague" not in page
    assert "024" in page


def test_a_closed_account_is_not_shown(
    client: Browser, practice: Practice, profile: None, therapist: Person
) -> None:
    therapist.is_active = False
    therapist.save()
    assert "Tomás Therapist" not in client.get("/").content.decode()


def test_the_page_is_spoken_in_the_visitors_language(client: Browser, practice: Practice) -> None:
    page = client.get("/", headers={"accept-language": "es"}).content.decode()
    assert '<html lang="es"' in page
