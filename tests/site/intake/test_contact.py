"""Knocking: what was written is kept once and sealed, robots are kept out, and no word is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.core import signing
from django.db import OperationalError, connection
from django.test import Client as Browser

from openalliance.site.records.intake.models import ContactRequest, PracticePage
from openalliance.site.records.intake.profiles import save_profile
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from tests.site.intake.messages import written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def published(practice: Practice, therapist: Person, now: datetime) -> None:
    said = {"languages": "English, Español", "is_public": True}
    save_profile(said, by=actor_for(therapist), now=now)


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True)


def test_a_message_is_kept_for_the_practice_and_thanked_for(
    visitor: Browser, practice: Practice, therapist: Person
) -> None:
    answer = visitor.post("/contact", written(
        safely="After six", accessibility="No stairs", languages=["Español"],
        other_language="Català, español", therapist=str(therapist.pk),
        **{"way-humour": "-2", "way-humour-words": "a bit", "way-time": "9"},
    ))  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (302, "/contact/thanks")
    kept = ContactRequest.objects.get()
    assert (kept.practice, kept.name, kept.message) == (practice, "Sam", "Hello 🌱 שלום")
    assert (kept.reach_by, kept.reach_me, kept.safely) == ("mail", "sam@post.example", "After six")
    assert (kept.accessibility, kept.languages) == ("No stairs", ["Español", "Català"])
    assert kept.ways == [{"way": "humour", "value": -2, "words": "a bit"}]
    assert (kept.therapist, kept.state, kept.language) == (therapist, "new", "en")
    assert visitor.get("/contact/thanks").status_code == 200


def test_nobody_gets_a_cookie_for_writing(visitor: Browser) -> None:
    visitor.get("/contact")
    visitor.post("/contact", written())
    assert not visitor.cookies


def test_the_page_names_the_therapist_one_came_from(visitor: Browser, therapist: Person) -> None:
    page = visitor.get(f"/contact?to={therapist.pk}").content.decode()
    assert f'<option value="{therapist.pk}" selected>' in page


def test_the_language_of_the_page_is_kept_for_the_answer(visitor: Browser) -> None:
    visitor.post("/contact", written(), headers={"accept-language": "es"})
    assert ContactRequest.objects.get().language == "es"


def test_what_was_written_lies_sealed_in_the_database(visitor: Browser) -> None:
    words = ("canary-name", "canary-safe", "canary-needs", "canary-tongue", "canary-way")
    visitor.post("/contact", written(
        name=words[0], safely=words[1], accessibility=words[2], other_language=words[3],
        **{"way-time": "1", "way-time-words": words[4]},
    ))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("select * from practice_contactrequest")
        row = " ".join(str(value) for value in cursor.fetchone())
    assert not [word for word in (*words, "sam@post.example", "Hello") if word in row]


@pytest.mark.parametrize(
    "wrong",
    [{"reach_me": ""}, {"reach_by": ""}, {"reach_by": "pigeon"}, {"reach_me": "not an address"},
     {"therapist": "nonsense"}, {"languages": ["Klingon"]}],
)  # fmt: skip
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    visitor: Browser, wrong: dict[str, object]
) -> None:
    answer = visitor.post("/contact", written(**wrong, **{"way-time": "1"}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Hello 🌱 שלום" in page
    assert '<option value="1" selected>' in page
    assert not ContactRequest.objects.exists()


def test_who_is_not_public_cannot_be_asked_for(visitor: Browser, colleague: Person) -> None:
    assert visitor.post("/contact", written(therapist=str(colleague.pk))).status_code == 422


def test_a_robot_is_thanked_and_nothing_is_kept(visitor: Browser) -> None:
    answer = visitor.post("/contact", written(website="https://spam.example"))
    assert answer["Location"] == "/contact/thanks"
    assert not ContactRequest.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"minutes_ago": 0}, "very quick"),
        ({"minutes_ago": 13 * 60}, "open for a long time"),
        ({"proof": ""}, "open for a long time"),
        ({"proof": "made:up"}, "open for a long time"),
        ({"proof": signing.Signer(salt="other").sign_object({"form": "0"})}, "long time"),
    ],
    ids=["quick", "old", "none", "forged", "other"],
)
def test_a_form_of_the_wrong_age_comes_back_with_every_word(
    visitor: Browser, wrong: dict[str, Any], words: str
) -> None:
    answer = visitor.post("/contact", written(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Hello 🌱 שלום" in answer.content.decode()
    assert not ContactRequest.objects.exists()


def test_a_form_sent_twice_is_one_request(visitor: Browser) -> None:
    form = written()
    for _ in range(2):
        assert visitor.post("/contact", form).status_code == 302
    assert ContactRequest.objects.count() == 1


def test_too_many_from_one_address_have_to_wait_with_their_words(visitor: Browser) -> None:
    answers = [visitor.post("/contact", written()) for _ in range(6)]
    assert [one.status_code for one in answers] == [302] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 60
    assert "Hello 🌱 שלום" in answers[-1].content.decode()
    assert visitor.post("/contact", written(), REMOTE_ADDR="192.0.2.7").status_code == 302


def test_too_many_from_everywhere_have_to_wait_too(visitor: Browser, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "contact_all": "2/d/key"}
    answers = [
        visitor.post("/contact", written(), REMOTE_ADDR=f"192.0.2.{one}").status_code
        for one in range(3)
    ]
    assert answers == [302, 302, 429]


def test_a_database_that_fails_gives_the_words_back(visitor: Browser) -> None:
    with patch.object(ContactRequest, "save", side_effect=OperationalError("locked")):
        answer = visitor.post("/contact", written())
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Hello 🌱 שלום" in answer.content.decode()


def test_a_door_that_is_shut_says_where_else_to_ask(visitor: Browser, practice: Practice) -> None:
    PracticePage.objects.create(
        practice=practice, takes_requests=False, is_public=True, alternatives="Ask at the chamber"
    )
    page = visitor.get("/contact").content.decode()
    assert "Ask at the chamber" in page
    assert "<form" not in page
    assert visitor.post("/contact", written()).status_code == 409
    assert not ContactRequest.objects.exists()
