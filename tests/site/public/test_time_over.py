"""When a sign-in has been unused or lasted too long: who it was comes back, and no word is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.intake.models import Profile
from openalliance.site.records.practice import devices, kept_forms
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Device, KeptForm, Person

PASSWORD = "correct horse battery staple"
PROFILE = "/therapist/profile"
TYPED = {
    "headline": "Typed before lunch",
    "about": "Two lines\r\nand an <end> & more",
    "languages": "en",
}
SignIn = Callable[[Browser, Person], Browser]


def let_pass(**time: float) -> None:
    """Let time pass for every device, as if nobody had touched it."""
    for device in Device.objects.all():
        device.last_used_at -= timedelta(**time)
        device.since -= timedelta(**time)
        device.save()


@pytest.fixture
def inside(client: Browser, sign_in: SignIn, therapist: Person) -> Browser:
    return sign_in(client, therapist)


def unlock(browser: Browser, password: str = PASSWORD, **more: str) -> Any:
    return browser.post("/sign-in", {"password": password, **more})


def fields_of(page: str) -> dict[str, str]:
    """Return what a browser would send with the page's first form but its token."""
    form = re.search(r'<form class="form".*?</form>', page, re.DOTALL)
    assert form is not None
    unescape = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&"))
    found = dict(
        re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', form[0], re.DOTALL)
        + re.findall(r'<input type="hidden" name="(kept_form)" value="(.*?)">', form[0])
    )
    for escaped, plain in unescape:
        found = {name: text.replace(escaped, plain) for name, text in found.items()}
    return found


def test_what_is_in_use_stays_open(inside: Browser) -> None:
    for _ in range(3):
        let_pass(minutes=29)
        assert inside.get("/therapist/").status_code == 200


def test_a_page_unused_for_half_an_hour_asks_for_the_password_and_goes_on(inside: Browser) -> None:
    let_pass(minutes=31)
    asked = inside.get("/therapist/?page=2")
    assert asked["Location"] == "/sign-in?next=/therapist/%3Fpage%3D2"
    page = inside.get(asked["Location"])
    assert page.status_code == 200
    assert "Welcome back" in page.content.decode()
    back = unlock(inside, next="/therapist/?page=2")
    assert back["Location"] == "/therapist/?page=2"
    assert inside.get("/therapist/").status_code == 200


def test_while_it_is_locked_no_page_of_the_staff_opens(inside: Browser) -> None:
    let_pass(minutes=31)
    for address in (
        "/home",
        "/therapist/",
        "/account/security",
        "/account/devices",
        "/account/password",
    ):
        assert inside.get(address)["Location"].startswith("/sign-in")


def test_a_form_sent_too_late_is_kept_sealed_and_sent_after_the_password(
    inside: Browser, therapist: Person
) -> None:
    let_pass(minutes=31)
    asked = inside.post(PROFILE, TYPED)
    assert not Profile.objects.exists()
    found = re.fullmatch(r"/sign-in\?next=(/account/kept/[0-9a-f-]+)", asked["Location"])
    assert found is not None
    with connection.cursor() as cursor:
        cursor.execute("select path, sent from practice_keptform")
        assert "lunch" not in str(cursor.fetchall())
    assert unlock(inside, next=found[1])["Location"] == found[1]
    page = inside.get(found[1]).content.decode()
    assert f'action="{PROFILE}"' in page
    sent = inside.post(PROFILE, fields_of(page))
    assert sent.status_code == 302
    kept = Profile.objects.get(person=therapist)
    assert (kept.headline, kept.about) == (TYPED["headline"], TYPED["about"])
    assert not KeptForm.objects.exists()


def test_after_ten_hours_the_second_factor_is_asked_too_and_the_text_is_kept(
    inside: Browser, therapist: Person
) -> None:
    let_pass(hours=10, minutes=1)
    asked = inside.post(PROFILE, TYPED)
    wanted = asked["Location"].removeprefix("/sign-in?next=")
    assert wanted.startswith("/account/kept/")
    page = inside.get(asked["Location"]).content.decode()
    assert "Welcome back" not in page
    assert unlock(inside).status_code == 200
    typed = inside.post(f"/sign-in?next={wanted}", {"login": therapist.email, "password": PASSWORD})
    assert typed["Location"].startswith("/sign-in/code")


def test_ten_hours_of_steady_use_end_as_well(inside: Browser) -> None:
    Device.objects.update(since=Device.objects.get().since - timedelta(hours=10, minutes=1))
    assert inside.get("/therapist/").status_code == 302
    assert not Device.objects.exists()


def test_nobody_else_opens_what_was_kept(
    inside: Browser, sign_in: SignIn, colleague: Person, stranger: Person
) -> None:
    let_pass(minutes=31)
    wanted = inside.post(PROFILE, TYPED)["Location"].removeprefix("/sign-in?next=")
    for other in (colleague, stranger):
        browser = sign_in(Browser(), other)
        assert browser.get(wanted).status_code == 404
        browser.post(f"{wanted}/forget")
        browser.post(PROFILE, {**TYPED, "kept_form": wanted.rpartition("/")[2]})
    assert Browser().get(wanted).status_code == 302
    assert KeptForm.objects.count() == 1


def test_what_was_kept_can_be_forgotten_and_is_forgotten_after_a_day(
    inside: Browser, now: datetime
) -> None:
    let_pass(minutes=31)
    first, second = (
        inside.post(PROFILE, TYPED)["Location"].removeprefix("/sign-in?next=") for _ in range(2)
    )
    unlock(inside)
    assert inside.post(f"{first}/forget").status_code == 302
    assert inside.get(first).status_code == 404
    kept_forms.forget_old(now=now + timedelta(hours=23))
    assert inside.get(second).status_code == 200
    kept_forms.forget_old(now=now + timedelta(hours=25))
    assert inside.get(second).status_code == 404


def test_only_the_latest_few_are_kept(inside: Browser) -> None:
    let_pass(minutes=31)
    for _ in range(kept_forms.MOST_KEPT + 2):
        inside.post(PROFILE, TYPED)
    assert KeptForm.objects.count() == kept_forms.MOST_KEPT


def test_passwords_and_tokens_are_not_kept(inside: Browser) -> None:
    let_pass(minutes=31)
    inside.post(PROFILE, {**TYPED, "password": PASSWORD, "csrfmiddlewaretoken": "x" * 64})
    assert {name for name, _text in KeptForm.objects.get().sent} == set(TYPED)


def test_a_form_forged_elsewhere_is_not_kept(therapist: Person, sign_in: SignIn) -> None:
    strict = sign_in(Browser(enforce_csrf_checks=True), therapist)
    let_pass(minutes=31)
    assert strict.post(PROFILE, TYPED).status_code == 403
    assert not KeptForm.objects.exists()


def test_what_a_stranger_sends_is_not_kept(client: Browser, therapist: Person) -> None:
    assert client.post(PROFILE, TYPED)["Location"] == f"/sign-in?next={PROFILE}"
    assert not KeptForm.objects.exists()


def test_guessing_the_password_of_a_locked_page_ends_the_sign_in(inside: Browser) -> None:
    let_pass(minutes=31)
    for _ in range(5):
        assert unlock(inside, "a wrong password").status_code == 422
    last = unlock(inside)
    assert last.status_code == 429
    assert 1 < int(last["Retry-After"]) <= 300
    assert not Device.objects.exists()
    assert "Welcome back" not in inside.get("/sign-in").content.decode()


def test_somebody_else_at_a_locked_page_signs_in_as_themselves(
    inside: Browser, colleague: Person
) -> None:
    let_pass(minutes=31)
    assert inside.post("/sign-in", {"leave": "1"})["Location"] == "/sign-in"
    page = inside.get("/sign-in").content.decode()
    assert "Welcome back" not in page
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_coming_back_never_leads_elsewhere(inside: Browser, elsewhere: str) -> None:
    let_pass(minutes=31)
    assert unlock(inside, next=elsewhere)["Location"] == "/home"


def test_a_tablet_in_the_clients_hands_rests_longer_but_not_for_ever(
    inside: Browser, session_today: Session, episode: Episode
) -> None:
    from openalliance.site.records.checkins.models import AskedForm

    form = AskedForm.objects.get(session=session_today, moment="check-in", rater="client")
    start = f"/therapist/in-session/{form.pk}/"
    assert inside.post(start).status_code == 302, inside.get(start).content.decode()
    let_pass(minutes=90)
    assert inside.get(f"{start}1").status_code == 200
    let_pass(minutes=125)
    assert inside.post(f"{start}1", {"answer": "5"})["Location"].startswith("/sign-in")
    assert not KeptForm.objects.exists()
    assert not Device.objects.exists()


def test_old_sign_ins_are_swept_away(inside: Browser, now: datetime) -> None:
    devices.forget_old(now=now + timedelta(days=1))
    assert Device.objects.exists()
    devices.forget_old(now=now + timedelta(days=4))
    assert not Device.objects.exists()


def test_a_device_is_noted_once_a_minute_and_never_backwards(
    therapist: Person, now: datetime
) -> None:
    device = devices.sign_in(therapist, browser="", now=now)
    for seconds, noted in ((-500, 0), (59, 0), (60, 60)):
        devices.note_use(device, now=now + timedelta(seconds=seconds))
        device.refresh_from_db()
        assert device.last_used_at == now + timedelta(seconds=noted)
    assert devices.devices_of(actor_for(therapist), now=now)
