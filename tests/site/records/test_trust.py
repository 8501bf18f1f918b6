"""Encrypted fields hold only ciphertext in the database, and open only where they belong."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.trust import cipher

pytestmark = pytest.mark.django_db


@given(text=st.text(), place=st.text(min_size=1))
def test_what_was_sealed_opens_at_its_place(text: str, place: str) -> None:
    assert cipher.decrypt(cipher.encrypt(text, place=place), place=place) == text


@given(text=st.text())
def test_what_was_moved_does_not_open(text: str) -> None:
    sealed = cipher.encrypt(text, place="care_client.name.1")
    with pytest.raises(cipher.UnreadableFieldError):
        cipher.decrypt(sealed, place="care_client.name.2")


def test_an_altered_field_does_not_open() -> None:
    sealed = cipher.encrypt("quiet words", place="t.c.1")
    flipped = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    with pytest.raises(cipher.UnreadableFieldError):
        cipher.decrypt(flipped, place="t.c.1")


def test_the_database_holds_no_name(episode: Episode) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select name, email from care_client")
        name, email = cursor.fetchone()
    assert "Noor" not in name
    assert "noor" not in email
    assert Client.objects.get().name == "Noor Client"


def test_an_encrypted_field_cannot_be_looked_up_or_updated_in_place(episode: Episode) -> None:
    with pytest.raises(TypeError, match="encrypted"):
        Client.objects.filter(name="Noor Client").exists()
    with pytest.raises(TypeError, match="encrypted"):
        Client.objects.update(name="Plain Name")


def test_saving_one_field_leaves_the_others_sealed_as_they_were(episode: Episode) -> None:
    client = Client.objects.get()
    client.language = "es"
    client.save()
    assert Client.objects.get().name == "Noor Client"
