"""Signing in: password, second factor, recovery, and limits."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from authenticator import code_of
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse

from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.models import AccessEntry

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def type_password(browser: Browser, email: str, password: str = PASSWORD) -> Any:
    return browser.post("/sign-in", {"login": email, "password": password})


@pytest.fixture
def connected(therapist: Person) -> Person:
    """A therapist whose account has an app and recovery codes."""
    TOTP.activate(therapist, SECRET)
    RecoveryCodes.activate(therapist)
    return therapist


def test_a_password_alone_opens_only_the_page_that_connects_an_app(
    client: Browser, therapist: Person
) -> None:
    assert type_password(client, therapist.email)["Location"] == "/home"
    for address in ("/home", "/therapist/"):
        assert client.get(address)["Location"] == "/account/security/app"


def test_connecting_an_app_shows_recovery_codes_and_opens_the_way(
    client: Browser, therapist: Person
) -> None:
    type_password(client, therapist.email)
    page = client.get("/account/security/app").content.decode()
    found = re.search(r'<code class="key">(\w+)</code>', page)
    assert found is not None
    answer = client.post("/account/security/app", {"code": code_of(found[1])})
    assert answer["Location"] == "/account/security/codes"
    codes = re.findall(
        r"<code>(\d{8})</code>", client.get("/account/security/codes").content.decode()
    )
    assert len(codes) == 10
    assert set(changed_by(therapist)) == {"second factor"}
    assert client.get("/home")["Location"] == "/therapist/"


def test_the_secrets_of_the_second_factor_lie_sealed(connected: Person) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select data from mfa_authenticator")
        kept = " ".join(str(row[0]) for row in cursor.fetchall())
    assert SECRET not in kept
    assert '"2.' in kept


def test_with_an_app_the_password_is_not_enough(client: Browser, connected: Person) -> None:
    assert type_password(client, connected.email)["Location"] == "/sign-in/code"
    assert "_auth_user_id" not in client.session
    assert client.get("/home")["Location"].startswith("/sign-in")


def test_password_and_code_let_in(client: Browser, connected: Person) -> None:
    type_password(client, connected.email)
    answer = client.post("/sign-in/code", {"code": code_of(SECRET)})
    assert answer["Location"] == "/home"
    assert client.get("/home")["Location"] == "/therapist/"


def test_a_code_works_once(client: Browser, connected: Person) -> None:
    code = code_of(SECRET)
    type_password(client, connected.email)
    client.post("/sign-in/code", {"code": code})
    other = Browser()
    type_password(other, connected.email)
    assert other.post("/sign-in/code", {"code": code}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_a_code_somebody_saw_typed_does_not_work_as_long_as_it_would_hold(
    client: Browser, connected: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    code = code_of(SECRET)
    type_password(client, connected.email)
    client.post("/sign-in/code", {"code": code})
    other = Browser()
    type_password(other, connected.email)
    for later in (29, 31, 45, 59):
        monkeypatch.setattr(time, "time", lambda later=later: start + later)
        answer = other.post("/sign-in/code", {"code": f"{code[:3]} {code[3:]}"})
        assert answer.status_code == 200
    assert "_auth_user_id" not in other.session


def test_a_recovery_code_works_once_too(client: Browser, connected: Person) -> None:
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    type_password(client, connected.email)
    assert client.post("/sign-in/code", {"code": codes[0]})["Location"] == "/home"
    other = Browser()
    type_password(other, connected.email)
    assert other.post("/sign-in/code", {"code": codes[0]}).status_code == 200


def test_guessing_codes_is_stopped(client: Browser, connected: Person) -> None:
    type_password(client, connected.email)
    for _ in range(6):
        client.post("/sign-in/code", {"code": "000000"})
    last = client.post("/sign-in/code", {"code": code_of(SECRET)})
    assert last.status_code != 302
    assert "_auth_user_id" not in client.session


def test_guessing_passwords_is_stopped_even_for_the_right_one(
    client: Browser, therapist: Person
) -> None:
    for _ in range(12):
        answer = type_password(client, therapist.email, "a wrong password")
    assert answer.status_code in {200, 429}
    assert type_password(client, therapist.email).status_code in {200, 429}
    assert "_auth_user_id" not in client.session


def test_guessing_over_many_accounts_ends_at_the_calm_page(client: Browser, db: None) -> None:
    answers = [
        type_password(client, f"guess{n}@harbour.example", "a wrong password") for n in range(31)
    ]
    assert answers[-1].status_code == 429
    assert "wait" in answers[-1].content.decode()


def test_an_unknown_address_and_a_wrong_password_look_the_same(
    client: Browser, therapist: Person
) -> None:
    def words(email: str) -> str:
        page = type_password(Browser(), email, "a wrong password").content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
        return re.sub(r"X-CSRFToken[^}]+", "", page).replace(email, "")

    assert words(therapist.email) == words("nobody@harbour.example")


def test_a_closed_account_does_not_open(client: Browser, therapist: Person) -> None:
    therapist.is_active = False
    therapist.save()
    type_password(client, therapist.email)
    assert "_auth_user_id" not in client.session


def test_signing_out_asks_first_and_ends_the_session(client: Browser, connected: Person) -> None:
    client.force_login(connected, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/sign-out").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/sign-out")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_where_no_mail_is_set_up_a_forgotten_password_is_a_matter_for_the_administrator(
    client: Browser, therapist: Person
) -> None:
    answer = client.get("/account/password/forgotten")
    assert answer.status_code == 200
    assert "administrator" in answer.content.decode()
    client.post("/account/password/forgotten", {"email": therapist.email})
    assert mail.outbox == []


def test_with_mail_a_link_is_sent_that_lets_choose_a_new_password_but_not_skip_the_app(
    client: Browser, settings: Any, connected: Person
) -> None:
    settings.MAIL_IS_SET_UP = True
    client.post("/account/password/forgotten", {"email": connected.email})
    _until_mailed()
    assert [sent.to for sent in mail.outbox] == [[connected.email]]
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert found is not None
    form = client.get(found[1], follow=True)
    new = {"password1": "seven amber kettles sing", "password2": "seven amber kettles sing"}
    done = client.post(form.redirect_chain[-1][0], new)
    assert done.status_code == 302
    connected.refresh_from_db()
    assert connected.check_password(new["password1"])
    assert type_password(client, connected.email, new["password1"])["Location"] == "/sign-in/code"


def test_an_unknown_address_is_sent_nothing_and_told_the_same(
    client: Browser, settings: Any, db: None
) -> None:
    settings.MAIL_IS_SET_UP = True
    answer = client.post("/account/password/forgotten", {"email": "nobody@harbour.example"})
    assert answer["Location"] == "/account/password/sent"
    assert mail.outbox == []


def test_a_mail_server_that_is_away_or_slow_tells_nobody_who_has_an_account(
    client: Browser, settings: Any, connected: Person, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with caplog.at_level("ERROR", logger="openalliance.letters"):
        answer = client.post("/account/password/forgotten", {"email": connected.email})
        _until_mailed()
    assert answer["Location"] == "/account/password/sent"
    assert "could not be mailed: ConnectionRefusedError" in caplog.text
    assert connected.email not in caplog.text


@pytest.mark.parametrize("who", ["tomas@harbour.example", "nobody@harbour.example", "closed"])
def test_a_password_is_hashed_as_often_for_whom_nobody_knows(
    client: Browser, therapist: Person, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    hashed, encode = [], MD5PasswordHasher.encode  # a password that is verified is encoded, too
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given)
    )
    if who == "closed":
        who = therapist.email
        Person.objects.update(is_active=False)
    type_password(client, who, "a wrong password")
    assert len(hashed) == 2


def _until_mailed() -> None:
    """Wait for mails that are sent beside the answers."""
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(10)


def test_a_new_password_needs_the_old_one(client: Browser, connected: Person) -> None:
    client.force_login(connected, backend="django.contrib.auth.backends.ModelBackend")
    new = {"password1": "seven amber kettles sing", "password2": "seven amber kettles sing"}
    assert client.post("/account/password", {**new, "oldpassword": "wrong"}).status_code == 200
    assert client.post("/account/password", {**new, "oldpassword": PASSWORD}).status_code == 302
    connected.refresh_from_db()
    assert connected.check_password(new["password1"])
    assert changed_by(connected) == ["password"]


def changed_by(person: Person) -> list[str]:
    """Return what somebody changed about how they sign in, as the access log has it."""
    entries = AccessEntry.objects.filter(actor_id=person.pk, action="changed")
    return list(entries.order_by("pk").values_list("subject", flat=True))


@pytest.mark.parametrize(
    "address",
    ["/account/security/app", "/account/security/codes", "/account/security/codes/new"],
)
def test_an_old_session_is_asked_who_it_is_before_the_second_factor_changes(
    client: Browser, connected: Person, address: str
) -> None:
    client.force_login(connected, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    wanted = "/account/security/app/off" if address.endswith("/app") else "/account/confirm"
    assert answer.status_code == 302
    assert answer["Location"].startswith(("/account/confirm", wanted))


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_set_password", "mfa_download_recovery_codes"],
)
def test_what_is_not_offered_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("address", ["/signup/", "/accounts/signup/", "/account/email/", "/admin/"])
def test_nobody_can_sign_themselves_up(client: Browser, db: None, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/sign-in", "/sign-out", "/account/security", "/account/password", "/account/confirm"],
)
def test_every_page_of_the_account_stands(
    client: Browser, sign_in: Callable[[Browser, Person], Browser], connected: Person, address: str
) -> None:
    browser = client if address == "/sign-in" else sign_in(client, connected)
    assert browser.get(address).status_code == 200


def test_after_signing_in_one_arrives_where_one_wanted_to_go_but_never_elsewhere(
    client: Browser, connected: Person
) -> None:
    asked = client.get("/therapist/")
    assert asked["Location"] == "/sign-in?next=/therapist/"
    answer = client.post(
        "/sign-in?next=https://elsewhere.example/",
        {"login": connected.email, "password": PASSWORD},
    )
    assert answer["Location"] == "/sign-in/code"
    assert client.post("/sign-in/code", {"code": code_of(SECRET)})["Location"] == "/home"


def test_wrong_passwords_spread_over_time_lock_the_account_for_that_address(
    client: Browser, settings: Any, connected: Person
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    for _ in range(10):
        type_password(client, connected.email, "a wrong password")
    assert type_password(client, connected.email).status_code == 429
    elsewhere = client.post(
        "/sign-in",
        {"login": connected.email, "password": PASSWORD},
        REMOTE_ADDR="192.0.2.7",
    )
    assert elsewhere["Location"] == "/sign-in/code"


@pytest.mark.parametrize("address", ["/sign-in", "/account/password/forgotten"])
def test_staff_pages_speak_one_language_whatever_the_browser_asks_for(
    client: Browser, practice: object, address: str
) -> None:
    page = client.get(address, headers={"accept-language": "es"}).content.decode()
    assert '<html lang="en"' in page
    assert "Contraseña" not in page
