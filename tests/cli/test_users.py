"""``openalliance users reset``: a lone administrator who is locked out comes back in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from click.testing import CliRunner, Result
from django.test import Client as Browser
from passkeys import give_passkey

from openalliance.cli.users import users
from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.config import installation
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.models import Device, Person
from openalliance.site.records.trust.models import AccessEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
NEW = "seven amber kettles sing"
EMAIL = "ada@harbour.example"


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> Person:
    """The only administrator, with an app, a passkey and recovery codes."""
    monkeypatch.setattr(installation, "open_installation", lambda folder: folder)
    head = practices.set_up_practice(
        practices.NewPractice(
            name="Harbour", time_zone="Europe/Madrid", language="en", crisis_information="112"
        ),
        administrator_email=EMAIL,
        administrator_name="Ada",
        password=PASSWORD,
        now=NOW,
    )
    TOTP.activate(head, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(head)
    give_passkey(head)
    return head


def _run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(users, ["reset", *arguments], input=answer, standalone_mode=False)


def test_the_link_leads_to_a_new_password_and_then_to_a_second_factor(ada: Person) -> None:
    said = _run(EMAIL.upper(), "--yes", "--address", "https://practice.example/")
    link = said.stdout.splitlines()[-1]
    assert link.startswith("https://practice.example/account/password/key/")
    assert not Authenticator.objects.filter(user=ada).exists()
    browser = Browser()
    form = browser.get(urlsplit(link).path, follow=True).redirect_chain[-1][0]
    assert browser.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    browser.post("/sign-in", {"login": EMAIL, "password": NEW})
    assert browser.get("/administrator/")["Location"] == "/account/security/app"
    again = Browser().get(urlsplit(link).path, follow=True)
    assert "password1" not in again.content.decode()


def test_nothing_that_was_known_before_opens_anything(ada: Person) -> None:
    before = Browser()
    before.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert before.get("/administrator/").status_code == 200
    _run(EMAIL, "--yes")
    assert before.get("/administrator/").status_code == 302
    assert not Device.objects.exists()
    fresh = Browser()
    assert fresh.post("/sign-in", {"login": EMAIL, "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in fresh.session


def test_it_stands_in_the_access_log_as_nobodys_of_the_staff(ada: Person) -> None:
    _run(EMAIL, "--yes")
    entries = AccessEntry.objects.filter(subject_id=ada.pk, actor_kind="system")
    assert set(entries.values_list("subject", flat=True)) == {"password", "second factor"}


def test_it_asks_first_and_changes_nothing_without_a_yes(ada: Person) -> None:
    said = _run(EMAIL, answer="n\n")
    assert isinstance(said.exception, Exception)
    assert Authenticator.objects.filter(user=ada).count() == 3
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_who_is_not_there_or_closed_is_refused(ada: Person) -> None:
    with pytest.raises(NotFoundError, match="no account of that address"):
        raise _fault("nobody@harbour.example")
    Person.objects.update(is_active=False)
    with pytest.raises(ConflictError, match="closed"):
        raise _fault(EMAIL)


def _fault(email: str) -> BaseException:
    fault = _run(email, "--yes").exception
    assert fault is not None
    return fault


def test_one_json_document() -> None:
    assert set(json.loads(_run(EMAIL, "--yes", "--json").stdout)) == {"link"}
