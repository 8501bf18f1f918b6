"""The staff: inviting, roles, closing, letting back in, supervision."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client as Browser

from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Invitation, Person, Supervision
from openalliance.site.records.trust.actors import Role
from openalliance.site.records.trust.models import AccessEntry

PEOPLE = "/administrator/people/"
NEW = {"name": "Nadia New", "email": "nadia@harbour.example", "roles": ["therapist", "supervisor"]}


@pytest.fixture
def ada(
    client: Browser, sign_in: Callable[[Browser, Person], Browser], administrator: Person
) -> Browser:
    return sign_in(client, administrator)


def test_the_list_shows_everybody_with_roles_and_how_they_sign_in(
    ada: Browser, supervisor: Person, therapist: Person
) -> None:
    TOTP.activate(therapist, "JBSWY3DPEHPK3PXP")
    page = ada.get(PEOPLE).content.decode()
    for words in ("Tomás Therapist", "Sana Supervisor", "two factors", "password only"):
        assert words in page


def test_the_list_takes_the_same_few_queries_for_many_people(
    ada: Browser, administrator: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        Person.objects.create_user(
            email=f"p{number}@harbour.example",
            password=None,
            name=f"Person {number}",
            practice=administrator.practice,
            joined_at=administrator.joined_at,
        )
    with django_assert_max_num_queries(12):
        ada.get(PEOPLE)


def test_an_invitation_shows_its_link_once_and_the_link_works(ada: Browser) -> None:
    answer = ada.post(f"{PEOPLE}invite", NEW)
    found = re.search(r"http://testserver(/invitation/[\w-]+)", answer.content.decode())
    assert found is not None
    assert Browser().get(found[1]).status_code == 200
    listed = ada.get(PEOPLE).content.decode()
    assert "Nadia New" in listed
    assert "Therapist, Supervisor" in listed
    assert found[1] not in listed
    assert mail.outbox == []


def test_with_mail_the_link_is_mailed_too(ada: Browser, settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True
    ada.post(f"{PEOPLE}invite", {**NEW, "name": "Nadia\nBcc: all@post.example"})
    assert [sent.to for sent in mail.outbox] == [["nadia@harbour.example"]]
    assert "/invitation/" in str(mail.outbox[0].body)


def test_when_mail_fails_the_link_is_still_there(ada: Browser, settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = ada.post(f"{PEOPLE}invite", NEW).content.decode()
    assert "could not be sent" in page
    assert "/invitation/" in page


@pytest.mark.parametrize(
    "change",
    [{"roles": []}, {"roles": ["king"]}, {"email": "x"}, {"email": "tomas@harbour.example"}],
)
def test_an_invitation_that_cannot_be_is_explained(
    ada: Browser, therapist: Person, change: dict[str, Any]
) -> None:
    answer = ada.post(f"{PEOPLE}invite", {**NEW, **change})
    assert answer.status_code == 422
    assert "Nadia New" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_a_withdrawn_invitation_opens_nothing(ada: Browser) -> None:
    page = ada.post(f"{PEOPLE}invite", NEW).content.decode()
    found = re.search(r"http://testserver(/invitation/[\w-]+)", page)
    assert found is not None
    ada.post(f"{PEOPLE}invitations/{Invitation.objects.get().pk}/withdraw")
    assert Browser().get(found[1]).status_code == 404
    assert "Nadia New" not in ada.get(PEOPLE).content.decode()


def test_roles_change_and_what_falls_away_is_ended_not_erased(
    ada: Browser, therapist: Person
) -> None:
    answer = ada.post(f"{PEOPLE}{therapist.pk}/", {"roles": ["supervisor"]})
    assert answer.status_code == 302
    assert actor_for(therapist).roles == {Role.SUPERVISOR}
    assert therapist.grants.count() == 2


def test_the_last_administrator_stays_one(ada: Browser, administrator: Person) -> None:
    answer = ada.post(f"{PEOPLE}{administrator.pk}/", {"roles": ["therapist"]})
    assert answer.status_code == 409
    assert "at least one administrator" in answer.content.decode()
    assert ada.post(f"{PEOPLE}{administrator.pk}/close").status_code == 409
    assert actor_for(administrator).roles == {Role.ADMINISTRATOR}


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(
    ada: Browser, therapist: Person, episode: object
) -> None:
    inside = Browser()
    inside.force_login(therapist, backend="django.contrib.auth.backends.ModelBackend")
    assert inside.get("/home").status_code == 302
    asked = ada.get(f"{PEOPLE}{therapist.pk}/close").content.decode()
    assert "1 of their clients" in asked
    ada.post(f"{PEOPLE}{therapist.pk}/close")
    assert inside.get("/home")["Location"].startswith("/sign-in")
    ada.post(f"{PEOPLE}{therapist.pk}/open")
    therapist.refresh_from_db()
    assert therapist.is_active
    assert actor_for(therapist).roles == frozenset()


def test_a_link_for_a_new_password_works_and_is_written_down(
    ada: Browser, therapist: Person
) -> None:
    page = ada.post(f"{PEOPLE}{therapist.pk}/password").content.decode()
    found = re.search(r"http://testserver(/account/password/key/[^<\s]+)", page)
    assert found is not None
    assert AccessEntry.objects.filter(subject="password", subject_id=therapist.pk).count() == 1
    browser = Browser()
    form = browser.get(found[1], follow=True)
    new = {"password1": "seven amber kettles sing", "password2": "seven amber kettles sing"}
    browser.post(form.redirect_chain[-1][0], new)
    therapist.refresh_from_db()
    assert therapist.check_password(new["password1"])
    assert "does not work any more" in Browser().get(found[1], follow=True).content.decode()


def test_a_lost_telephone_is_forgotten_and_written_down(ada: Browser, therapist: Person) -> None:
    TOTP.activate(therapist, "JBSWY3DPEHPK3PXP")
    ada.post(f"{PEOPLE}{therapist.pk}/second-factor")
    assert not Authenticator.objects.filter(user=therapist).exists()
    assert AccessEntry.objects.filter(subject="second factor").count() == 1


def test_a_pair_of_supervision_is_made_and_ended(
    ada: Browser, therapist: Person, colleague: Person, supervisor: Person
) -> None:
    ada.post(
        "/administrator/supervision/", {"supervisor": supervisor.pk, "therapist": colleague.pk}
    )
    pair = Supervision.objects.get(therapist=colleague)
    assert "Cora Colleague" in ada.get("/administrator/supervision/").content.decode()
    ada.post(f"/administrator/supervision/{pair.pk}/end")
    pair.refresh_from_db()
    assert pair.ended_at is not None


def test_nobody_supervises_themselves_or_without_the_role(
    ada: Browser, therapist: Person, supervisor: Person
) -> None:
    for one, other in ((supervisor, supervisor), (therapist, supervisor)):
        answer = ada.post(
            "/administrator/supervision/", {"supervisor": one.pk, "therapist": other.pk}
        )
        assert answer.status_code == 422
    assert Supervision.objects.count() == 1


@pytest.mark.parametrize("what", ["", "close", "open", "password", "second-factor"])
def test_people_of_another_practice_do_not_exist(ada: Browser, stranger: Person, what: str) -> None:
    answer = ada.post(f"{PEOPLE}{stranger.pk}/{what}", {"roles": ["therapist"]})
    assert answer.status_code == 404
    stranger.refresh_from_db()
    assert stranger.is_active
    assert actor_for(stranger).roles == {Role.THERAPIST, Role.SUPERVISOR}
