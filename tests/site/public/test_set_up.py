"""The first start of a practice: who reads the terminal sets it up, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice import first_start
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Role

PASSWORD = "seven amber kettles sing"
ANSWERS = {
    "name": "Harbour Practice",
    "language": "es",
    "time_zone": "Europe/Madrid",
    "crisis_information": "112, 024",
    "administrator_name": "Ada",
    "administrator_email": "ada@harbour.example",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


@pytest.fixture
def code(db: None, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any) -> str:
    settings.DATA_DIR = tmp_path
    made = first_start.new_code()
    assert made is not None
    return made


def test_the_code_opens_the_page_once(
    client: Browser, code: str, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    assert client.get("/set-up").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/set-up", {**ANSWERS, "code": code.lower().replace("-", " ")})
    assert answer.status_code == 302
    assert answer["Location"] == "/account/security/app"
    practice = Practice.objects.get()
    assert (practice.name, practice.language) == ("Harbour Practice", "es")
    person = Person.objects.get()
    assert person.check_password(PASSWORD)
    assert actor_for(person).roles == {Role.ADMINISTRATOR}
    assert not (tmp_path / "set-up-code").exists()
    assert client.get("/set-up").status_code == 404
    assert client.post("/set-up", {**ANSWERS, "code": code}).status_code == 404
    assert Practice.objects.count() == 1


def test_whoever_set_it_up_connects_an_app_next_without_typing_the_password_again(
    client: Browser, code: str
) -> None:
    client.post("/set-up", {**ANSWERS, "code": code})
    assert client.get("/account/security/app").status_code == 200
    assert client.get("/administrator/")["Location"] == "/account/security/app"


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA", "\u202e🌱"])
def test_without_the_code_nothing_is_made(client: Browser, code: str, wrong: str) -> None:
    answer = client.post("/set-up", {**ANSWERS, "code": wrong})
    assert answer.status_code == 422
    assert "Harbour Practice" in answer.content.decode()
    assert not Practice.objects.exists()


def test_guessing_is_stopped(client: Browser, code: str) -> None:
    tries = [client.post("/set-up", {"code": "AAAA"}).status_code for _ in range(11)]
    assert tries[-1] == 429
    assert set(tries[:-1]) == {422}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "password1234"),
        ("password", "ada@harbour.example"),
        ("password_again", "something else entirely"),
        ("time_zone", "Mars/Olympus"),
        ("language", "xx"),
        ("administrator_email", "nobody"),
        ("crisis_information", ""),
        ("name", "x" * 121),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    client: Browser, code: str, field: str, value: str
) -> None:
    answers = {**ANSWERS, "code": code, field: value}
    if field == "password":
        answers["password_again"] = value
    answer = client.post("/set-up", answers)
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode() or field == "language"
    assert not Practice.objects.exists()


def test_a_new_start_replaces_the_code(code: str) -> None:
    newer = first_start.new_code()
    assert newer != code
    assert newer is not None
    assert first_start.code_fits(newer)
    assert not first_start.code_fits(code)


def test_the_code_is_not_in_its_file(code: str, tmp_path: Path) -> None:
    kept = (tmp_path / "set-up-code").read_text()
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_a_practice_that_is_set_up_needs_no_code(practice: Practice) -> None:
    assert first_start.new_code() is None
