"""Why we ask how it was: a page in plain words, in the client's language."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.models import Client
from openalliance.site.records.practice.models import Person
from tests.site.known_practice import made


@pytest.mark.parametrize(
    ("language", "title", "here"),
    [
        ("en", "Why we ask how it was", "We also looked at the answers of 60 people here."),
        ("es", "Por qué preguntamos cómo fue", "También miramos las respuestas de 60 personas"),
    ],
)
def test_a_client_reads_it_in_plain_words(
    own: Browser, url: str, client_person: Client, therapist: Person, colleague: Person,
    now: datetime, language: str, title: str, here: str,
) -> None:  # fmt: skip
    made([therapist, colleague], 60, now=now)
    Client.objects.filter(pk=client_person.pk).update(language=language)
    home = own.get(url).content.decode()
    page = own.get(f"{url}known").content.decode()
    assert title in home
    assert f"<h1>{title}</h1>" in page
    assert here in page
    assert "59" in page
    assert "r = " not in page
    assert colleague.name not in page


def test_a_client_of_a_small_practice_reads_what_is_published_alone(own: Browser, url: str) -> None:
    page = own.get(f"{url}known").content.decode()
    assert "We do not show our own answers yet. We need 20 people or more" in page
    assert "about 59 of 100" in page
    assert "Here with us" not in page
