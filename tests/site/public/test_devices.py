"""The list of where somebody is signed in, and signing out there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice.models import Device, Person
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.browsers import browser_of

PASSWORD = "correct horse battery staple"
NEW = "seven amber kettles sing"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SignIn = Callable[[Browser, Person], Browser]


@pytest.fixture
def here(client: Browser, sign_in: SignIn, therapist: Person) -> Browser:
    return sign_in(client, therapist)


@pytest.fixture
def elsewhere(here: Browser, sign_in: SignIn, therapist: Person) -> Browser:
    return sign_in(Browser(), therapist)


def is_in(browser: Browser) -> bool:
    return bool(browser.get("/therapist/").status_code == 200)


@pytest.mark.parametrize(
    ("says", "is_called"),
    [
        (FIREFOX, "Firefox, Linux"),
        (
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/141.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome, Android",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"
            ),
            "Edge, Windows",
        ),
        ("curl/8.1", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_two_words(says: str, is_called: str) -> None:
    assert browser_of(says) == is_called


def test_the_list_names_browser_and_times_and_this_device_first(
    therapist: Person, sign_in: SignIn
) -> None:
    sign_in(Browser(), therapist)
    here = Browser(headers={"user-agent": FIREFOX})
    here.post("/sign-in", {"login": therapist.email, "password": PASSWORD})
    here = sign_in(here, therapist)
    page = here.get("/account/devices").content.decode()
    rows = re.findall(r"<li>(.*?Signed in since.*?)</li>", page, re.DOTALL)
    assert len(rows) == 2
    assert "this device" in rows[0]
    assert "this device" not in rows[1]
    assert "Sign out everywhere else" in page


def test_a_device_is_signed_out_at_its_next_request(here: Browser, elsewhere: Browser) -> None:
    other = Device.objects.order_by("since", "last_used_at").exclude(pk=here.session["device"])[0]
    assert is_in(elsewhere)
    assert here.post(f"/account/devices/{other.pk}/end")["Location"] == "/account/devices"
    assert is_in(here)
    assert not is_in(elsewhere)
    assert "_auth_user_id" not in elsewhere.session


def test_signing_this_device_out_leads_to_the_sign_in_page(here: Browser) -> None:
    answer = here.post(f"/account/devices/{here.session['device']}/end")
    assert answer["Location"] == "/sign-in"
    assert not is_in(here)


@pytest.mark.parametrize(("data", "stays"), [({"but": "this"}, True), ({}, False)])
def test_signing_out_everywhere_with_and_without_this_device(
    here: Browser, elsewhere: Browser, data: dict[str, str], stays: bool
) -> None:
    here.post("/account/devices/end", data)
    assert is_in(here) is stays
    assert not is_in(elsewhere)


def test_nobody_signs_somebody_else_out(
    here: Browser, sign_in: SignIn, colleague: Person, stranger: Person
) -> None:
    for other in (colleague, stranger):
        browser = sign_in(Browser(), other)
        assert browser.post(f"/account/devices/{here.session['device']}/end").status_code == 404
        browser.post("/account/devices/end")
    assert is_in(here)


def test_a_copied_session_ends_with_the_sign_out_of_its_device(
    here: Browser, therapist: Person
) -> None:
    thief = Browser()
    thief.cookies["oa_session"] = here.cookies["oa_session"].value
    assert is_in(thief)
    here.post("/account/devices/end", {})
    assert not is_in(thief)


def test_signing_out_removes_the_device(here: Browser) -> None:
    here.post("/sign-out")
    assert not Device.objects.exists()


def test_a_new_password_signs_out_every_other_device(
    here: Browser, elsewhere: Browser, therapist: Person
) -> None:
    change = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/account/password", change).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    assert Device.objects.count() == 1


def test_a_password_set_by_link_signs_out_every_device(
    here: Browser, administrator: Person, therapist: Person, sign_in: SignIn
) -> None:
    ada = sign_in(Browser(), administrator)
    page = ada.post(f"/administrator/people/{therapist.pk}/password").content.decode()
    found = re.search(r"(/account/password/key/[\w-]+)", page)
    assert found is not None
    form = Browser()
    chain = form.get(found[1], follow=True).redirect_chain
    form.post(chain[-1][0], {"password1": NEW, "password2": NEW})
    assert not is_in(here)
    assert set(Device.objects.values_list("person_id", flat=True)) == {administrator.pk}


def test_signing_in_and_out_is_logged(here: Browser, therapist: Person) -> None:
    here.post("/account/devices/end", {})
    entries = AccessEntry.objects.filter(subject="device", actor_id=therapist.pk)
    assert list(entries.order_by("pk").values_list("action", flat=True)) == ["added", "changed"]


def test_a_session_without_a_device_opens_nothing(here: Browser) -> None:
    session: Any = here.session
    del session["device"]
    session.save()
    assert not is_in(here)
    assert "_auth_user_id" not in here.session
