"""What the public sees of therapists and of the practice: only what was published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from openalliance.core.errors import InputError, NotFoundError, RefusedError
from openalliance.site.records.intake import profiles
from openalliance.site.records.intake.access import own_profile, public_portrait, public_profile
from openalliance.site.records.intake.models import Portrait, Profile
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.practice.services import change_roles
from openalliance.site.records.trust.actors import Role
from openalliance.site.records.trust.models import AccessEntry
from tests.site.intake.pictures import SECRET, picture

SignIn = Callable[[Browser, Person], Browser]
SAID = {
    "headline": "Listens first",
    "about": "I was a baker before.",
    "trainings": "Family therapy, Porto 2011",
    "languages": "English, Português",
    "cultures": "Grew up on two islands",
    "approach": "Family therapy",
    "style": "Plain words, long silences",
    "humour": "Dry, never about you",
    "fees": "60 euros",
    "availability": "Tuesdays, online",
    "taking": "waiting",
    "way-humour": "-2",
    "way-humour-words": "laughing helps me think",
    "way-time": "nonsense",
}


@pytest.fixture
def tomas(client: Browser, sign_in: SignIn, therapist: Person) -> Browser:
    return sign_in(client, therapist)


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def page_of(person: Person) -> str:
    return f"/people/{person.pk}"


def test_a_therapist_writes_their_page_and_publishes_it(
    tomas: Browser, visitor: Browser, therapist: Person
) -> None:
    assert tomas.post("/therapist/profile", SAID).status_code == 302
    assert visitor.get(page_of(therapist)).status_code == 404
    assert therapist.name not in visitor.get("/").content.decode()
    tomas.post("/therapist/profile", {**SAID, "is_public": "on"})
    answer = visitor.get(page_of(therapist))
    page = answer.content.decode()
    for name, words in SAID.items():
        if not name.startswith(("way", "taking")):
            assert words in page, name
    assert "has a waiting list" in page
    assert "laugh together, rather" in page
    assert "laughing helps me think" in page
    assert "Who leads" not in page
    assert f"/contact?to={therapist.pk}" in page
    assert own_profile(actor_for(therapist)).ways == [
        {"way": "humour", "value": -2, "words": "laughing helps me think"}
    ]
    again = tomas.get("/therapist/profile").content.decode()
    assert "laughing helps me think" in again


def test_public_pages_may_be_kept_by_visitors_alone_and_set_no_cookie(
    tomas: Browser, visitor: Browser, therapist: Person
) -> None:
    tomas.post("/therapist/profile", {**SAID, "is_public": "on"})
    for address in ("/", page_of(therapist)):
        answer = visitor.get(address)
        assert answer["Cache-Control"] == "public, max-age=300"
        assert {"Cookie", "Accept-Language"} <= set(answer["Vary"].split(", "))
        assert not answer.cookies
        again = visitor.get(address, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304
        assert "no-store" in tomas.get(address)["Cache-Control"]


def test_the_page_goes_with_the_role_and_with_the_account(
    visitor: Browser, therapist: Person, administrator: Person, now: datetime
) -> None:
    profiles.save_profile({"is_public": True}, by=actor_for(therapist), now=now)
    assert visitor.get(page_of(therapist)).status_code == 200
    by = actor_for(administrator)
    change_roles(therapist.pk, {Role.SUPERVISOR}, by=by, now=now)
    assert visitor.get(page_of(therapist)).status_code == 404
    change_roles(therapist.pk, {Role.THERAPIST}, by=by, now=now)
    therapist.is_active = False
    therapist.save()
    assert visitor.get(page_of(therapist)).status_code == 404


def test_nobody_of_another_practice_is_shown(
    practice: Practice, stranger: Person, now: datetime
) -> None:
    profiles.save_profile({"is_public": True}, by=actor_for(stranger), now=now)
    profiles.save_portrait(picture(), by=actor_for(stranger), now=now)
    for found in (public_profile, public_portrait):
        with pytest.raises(NotFoundError):
            found(practice, stranger.pk)  # type: ignore[operator]


def test_a_page_holds_no_field_that_it_does_not_have(therapist: Person, now: datetime) -> None:
    for wrong in ({"person": therapist}, {"taking": "maybe"}):
        with pytest.raises(InputError):
            profiles.save_profile(wrong, by=actor_for(therapist), now=now)
    assert not Profile.objects.exists()


def test_only_therapists_have_a_page_and_only_administrators_the_practices(
    administrator: Person, therapist: Person, now: datetime
) -> None:
    with pytest.raises(RefusedError):
        profiles.save_profile({"is_public": True}, by=actor_for(administrator), now=now)
    with pytest.raises(RefusedError):
        profiles.save_page({"is_public": True}, by=actor_for(therapist), now=now)


def _send(browser: Browser, data: bytes, name: str = "me.jpg") -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/jpeg")
    return browser.post("/therapist/profile/portrait", {"portrait": file}, follow=True)


def test_a_portrait_is_shown_with_the_page_and_never_without_it(
    tomas: Browser, visitor: Browser, therapist: Person, now: datetime
) -> None:
    assert "is here" in _send(tomas, picture(3000, 4000).getvalue()).content.decode()
    kept = Portrait.objects.get()
    address = f"{page_of(therapist)}/portrait-{kept.digest}.jpg"
    assert tomas.get("/therapist/profile/portrait.jpg").status_code == 200
    assert visitor.get(address).status_code == 404
    profiles.save_profile({"is_public": True}, by=actor_for(therapist), now=now)
    answer = visitor.get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer.content[:3] == b"\xff\xd8\xff"
    assert SECRET not in answer.content
    assert address in visitor.get("/").content.decode()
    _send(tomas, picture(colour="red").getvalue())
    assert visitor.get(address).status_code == 404
    tomas.post("/therapist/profile/portrait/delete")
    assert not Portrait.objects.exists()
    assert "<img" not in visitor.get(page_of(therapist)).content.decode()


@pytest.mark.parametrize("sent", [b"", b"GIF89a nothing", b"<script>alert(1)</script>"])
def test_what_is_no_picture_changes_nothing(tomas: Browser, sent: bytes) -> None:
    _send(tomas, picture().getvalue())
    before = Portrait.objects.get().digest
    page = _send(tomas, sent).content.decode()
    assert "Your picture is as it was" in page
    assert Portrait.objects.get().digest == before


def test_a_picture_may_be_larger_than_a_form_but_not_than_it_says(tomas: Browser) -> None:
    large = picture().getvalue() + bytes(300_000)
    assert "is here" in _send(tomas, large).content.decode()
    assert _send(tomas, bytes(10_000_000)).status_code == 413
    file = SimpleUploadedFile("x", bytes(300_000))
    assert tomas.post("/therapist/profile", {"about": "x", "f": file}).status_code == 413


def test_the_practice_says_what_it_wants_known(
    visitor: Browser, sign_in: SignIn, administrator: Person
) -> None:
    office = sign_in(Browser(), administrator)
    said: dict[str, Any] = {
        "about": "Three rooms above the harbour.", "place": "Quay 4",
        "accessibility": "Two steps at the door", "fees": "60 euros", "availability": "Weekdays",
        "takes_requests": "on", "alternatives": "", "unanswered_days": 30, "declined_days": 0,
    }  # fmt: skip
    office.post("/administrator/public-page/", said)
    assert "Quay 4" not in visitor.get("/").content.decode()
    office.post("/administrator/public-page/", {**said, "is_public": "on"})
    page = visitor.get("/").content.decode()
    assert all(words in page for words in list(said.values())[:5])
    assert AccessEntry.objects.filter(subject="public page").count() == 2
