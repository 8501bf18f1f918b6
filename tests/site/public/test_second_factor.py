"""Nobody of the staff is in without a second factor, whatever they removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client as Browser
from passkeys import give_passkey

from openalliance.site.records.practice.models import Person, Practice

SignIn = Callable[[Browser, Person], Browser]
SET_UP = "/account/security/app"


@pytest.mark.parametrize(
    ("setting", "practice_is_one", "waived"),
    [(False, False, False), (False, True, False), (True, False, False), (True, True, True)],
)
def test_only_the_demonstration_goes_without(
    client: Browser,
    sign_in: SignIn,
    therapist: Person,
    settings: Any,
    setting: bool,
    practice_is_one: bool,
    waived: bool,
) -> None:
    browser = sign_in(client, therapist)
    Authenticator.objects.all().delete()
    settings.DEMONSTRATION = setting
    Practice.objects.update(is_demonstration=practice_is_one)
    answer = browser.get("/therapist/")
    assert (answer.status_code == 200) is waived
    assert waived or answer["Location"] == SET_UP


@pytest.mark.parametrize("kind", [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
def test_one_of_two_is_enough_and_none_is_not(
    client: Browser, sign_in: SignIn, therapist: Person, kind: str
) -> None:
    browser = sign_in(client, therapist)
    give_passkey(therapist)
    Authenticator.objects.filter(user=therapist, type=kind).delete()
    assert browser.get("/therapist/").status_code == 200
    Authenticator.objects.filter(user=therapist).delete()
    for address in ("/therapist/", "/account/devices", "/home"):
        assert browser.get(address)["Location"] == SET_UP, address


def test_recovery_codes_alone_are_no_second_factor(
    client: Browser, sign_in: SignIn, therapist: Person
) -> None:
    browser = sign_in(client, therapist)
    Authenticator.objects.filter(user=therapist).update(type=Authenticator.Type.RECOVERY_CODES)
    assert browser.get("/therapist/")["Location"] == SET_UP


@pytest.mark.parametrize(("used", "warned"), [(7, False), (8, True), (10, True)])
def test_few_recovery_codes_are_warned_of(
    client: Browser, sign_in: SignIn, therapist: Person, used: int, warned: bool
) -> None:
    browser = sign_in(client, therapist)
    codes = RecoveryCodes.activate(therapist)
    for code in codes.get_unused_codes()[:used]:
        assert codes.validate_code(code)
        assert not codes.validate_code(code)
    page = browser.get("/account/security").content.decode()
    assert ("please make new ones" in page) is warned
