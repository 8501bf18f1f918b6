"""The practice's public page and its door to knock at."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import ContactRequest, Person, Practice
from openalliance.site.records.practice.services import save_profile

MESSAGE = {"name": "Sam", "reach_me": "sam@post.example", "message": "Hello 🌱 שלום", "website": ""}


@pytest.fixture
def profile(therapist: Person) -> None:
    save_profile({"headline": "Listens first", "is_public": True}, by=actor_for(therapist))


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


def test_a_message_is_kept_for_the_practice_and_thanked_for(
    client: Browser, practice: Practice
) -> None:
    answer = client.post("/contact", MESSAGE)
    assert answer.status_code == 302
    assert answer["Location"] == "/contact/thanks"
    kept = ContactRequest.objects.get()
    assert (kept.practice, kept.name, kept.message) == (practice, "Sam", "Hello 🌱 שלום")
    assert client.get("/contact/thanks").status_code == 200


def test_a_message_may_ask_for_one_therapist(
    client: Browser, practice: Practice, profile: None, therapist: Person
) -> None:
    client.post("/contact", {**MESSAGE, "therapist": str(therapist.pk)})
    assert ContactRequest.objects.get().therapist == therapist


@pytest.mark.parametrize("chosen", ["colleague", "nonsense"])
def test_who_is_not_on_the_page_cannot_be_asked_for(
    client: Browser, practice: Practice, profile: None, colleague: Person, chosen: str
) -> None:
    wanted = str(colleague.pk) if chosen == "colleague" else chosen
    assert client.post("/contact", {**MESSAGE, "therapist": wanted}).status_code == 422
    assert not ContactRequest.objects.exists()


def test_a_message_without_a_way_to_answer_is_asked_for_it_and_nothing_typed_is_lost(
    client: Browser, practice: Practice
) -> None:
    answer = client.post("/contact", {**MESSAGE, "reach_me": ""})
    assert answer.status_code == 422
    assert "Hello 🌱 שלום" in answer.content.decode()
    assert not ContactRequest.objects.exists()


def test_a_robot_is_thanked_and_nothing_is_kept(client: Browser, practice: Practice) -> None:
    answer = client.post("/contact", {**MESSAGE, "website": "https://spam.example"})
    assert answer["Location"] == "/contact/thanks"
    assert not ContactRequest.objects.exists()


def test_too_many_messages_from_one_address_have_to_wait(
    client: Browser, practice: Practice
) -> None:
    answers = [client.post("/contact", MESSAGE).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    assert ContactRequest.objects.count() == 5
    elsewhere = client.post("/contact", MESSAGE, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_the_message_lies_encrypted_in_the_database(client: Browser, practice: Practice) -> None:
    from django.db import connection

    client.post("/contact", MESSAGE)
    with connection.cursor() as cursor:
        cursor.execute("select name, reach_me, message from practice_contactrequest")
        assert not {"Sam", "sam@post.example", "Hello 🌱 שלום"} & set(cursor.fetchone())
