"""Ready-made sign-ins exist in a demonstration, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.screens.public import demonstration

SIGN_IN = "/demonstration/sign-in"


@pytest.fixture
def is_demonstration(settings: Any, practice: Practice) -> None:
    settings.DEMONSTRATION = True
    practice.is_demonstration = True
    practice.save()


@pytest.fixture
def noted(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    client = {"name": "Noor", "token": "t0ken", "code": "123456", "story": "In her tenth week"}
    (tmp_path / "demonstration.json").write_text(json.dumps({"clients": [client]}))


def test_everybody_one_can_be_is_on_the_first_page(
    client: Browser, is_demonstration: None, noted: None, therapist: Person, supervisor: Person
) -> None:
    page = client.get("/").content.decode()
    for words in ("Tomás Therapist", "Sana Supervisor", "Ada Administrator", "/c/t0ken/", "123456"):
        assert words in page
    assert "This is a demonstration" in page


def test_one_click_signs_in(client: Browser, is_demonstration: None, therapist: Person) -> None:
    answer = client.post(SIGN_IN, {"person": str(therapist.pk)})
    assert answer.status_code == 302
    assert answer["Location"] == "/home"
    assert client.get("/home")["Location"] == "/therapist/"


@pytest.mark.parametrize(("flag", "marked"), [(False, True), (True, False), (False, False)])
def test_anywhere_else_there_is_no_such_thing(
    client: Browser,
    settings: Any,
    practice: Practice,
    therapist: Person,
    noted: None,
    flag: bool,
    marked: bool,
) -> None:
    settings.DEMONSTRATION = flag
    practice.is_demonstration = marked
    practice.save()
    assert client.post(SIGN_IN, {"person": str(therapist.pk)}).status_code == 404
    assert "_auth_user_id" not in client.session
    page = client.get("/").content.decode()
    assert "sign-ins" not in page.replace("/#sign-ins", "")
    assert "t0ken" not in page
    assert "tomas@harbour.example" not in page


def test_only_people_of_the_demonstration_can_be_taken_the_place_of(
    client: Browser, is_demonstration: None, stranger: Person
) -> None:
    assert client.post(SIGN_IN, {"person": str(stranger.pk)}).status_code == 404


@pytest.mark.parametrize("person", ["", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_nobody(client: Browser, is_demonstration: None, person: str) -> None:
    assert client.post(SIGN_IN, {"person": person}).status_code == 404


def test_a_click_that_only_follows_a_link_changes_nothing(
    client: Browser, is_demonstration: None
) -> None:
    assert client.get(SIGN_IN).status_code == 405


@pytest.mark.parametrize("text", [None, "", "{", "{}"])
def test_without_a_note_of_the_clients_the_page_still_stands(
    settings: Any, tmp_path: Path, text: str | None
) -> None:
    settings.DATA_DIR = tmp_path
    if text is not None:
        (tmp_path / "demonstration.json").write_text(text)
    assert demonstration.ready_clients() == ()
