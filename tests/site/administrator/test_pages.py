"""Every administrator's page: does it stand, who is refused, and does it show nothing clinical."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.access import episode_for
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.endings import services, wishes
from openalliance.site.records.intake.models import ContactRequest
from openalliance.site.records.intake.services import NewRequest, ask_for_contact
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor

PAGES = (
    "",
    "people/",
    "people/invite",
    "supervision/",
    "settings/",
    "contact/",
    "instruments/",
    "access/",
)
SignIn = Callable[[Browser, Person], Browser]
SETTINGS = {
    "name": "New Harbour",
    "welcome": "Come in.",
    "crisis_information": "112",
    "language": "es",
    "time_zone": "Atlantic/Canary",
    "check_in_opens_hours": 24,
    "check_out_window_hours": 72,
}


@pytest.fixture
def ada(client: Browser, sign_in: SignIn, administrator: Person) -> Browser:
    return sign_in(client, administrator)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_stands(ada: Browser, page: str) -> None:
    assert ada.get(f"/administrator/{page}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["therapist", "supervisor", "stranger"])
def test_whoever_is_no_administrator_is_refused(
    request: pytest.FixtureRequest, client: Browser, sign_in: SignIn, page: str, who: str
) -> None:
    browser = sign_in(client, request.getfixturevalue(who))
    assert browser.get(f"/administrator/{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_not_signed_in_is_asked_to(
    client: Browser, practice: Practice, page: str
) -> None:
    answer = client.get(f"/administrator/{page}")
    assert answer["Location"].startswith("/sign-in?next=/administrator/")


@pytest.mark.parametrize("page", PAGES)
def test_a_client_gets_nowhere(
    client: Browser, come_in: Callable[..., Browser], client_link: Any, page: str
) -> None:
    assert come_in(client, client_link).get(f"/administrator/{page}").status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_anything_of_a_client(
    ada: Browser, client_person: Client, session_today: object, page: str
) -> None:
    shown = ada.get(f"/administrator/{page}").content.decode()
    for secret in ("Noor", "noor@post.example", client_person.code, str(client_person.pk)):
        assert secret not in shown


@pytest.mark.parametrize("page", ["/therapist/", "/supervisor/"])
def test_an_administrator_is_not_let_into_clinical_pages(ada: Browser, page: str) -> None:
    assert ada.get(page).status_code == 403


def test_an_episode_is_not_an_administrators_to_see(
    administrator: Person, episode: Episode, now: datetime
) -> None:
    from openalliance.core.errors import NotFoundError

    with pytest.raises(NotFoundError):
        episode_for(actor_for(administrator), episode.pk, now=now, reading="course")


def test_settings_are_saved(ada: Browser, practice: Practice) -> None:
    assert ada.post("/administrator/settings/", SETTINGS).status_code == 302
    practice.refresh_from_db()
    assert {name: getattr(practice, name) for name in SETTINGS} == SETTINGS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("crisis_information", " "),
        ("time_zone", "Mars/Olympus"),
        ("language", "xx"),
        ("check_in_opens_hours", 0),
        ("check_out_window_hours", 337),
        ("check_out_window_hours", "many"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_and_nothing_is_saved(
    ada: Browser, practice: Practice, name: str, value: object
) -> None:
    assert ada.post("/administrator/settings/", {**SETTINGS, name: value}).status_code == 422
    practice.refresh_from_db()
    assert practice.name == "Harbour Practice"


def test_a_name_stands_on_one_line_and_reads_as_it_was_written(
    ada: Browser, practice: Practice
) -> None:
    name = "Harbour\r\nBcc: all@post.example\u2028\u202etfeL\x1b[2J"
    assert ada.post("/administrator/settings/", {**SETTINGS, "name": name}).status_code == 302
    practice.refresh_from_db()
    assert practice.name == "Harbour Bcc: all@post.example tfeL [2J"


def test_settings_of_another_practice_stay_as_they_are(
    ada: Browser, other_practice: Practice
) -> None:
    ada.post("/administrator/settings/", SETTINGS)
    other_practice.refresh_from_db()
    assert other_practice.name == "Hill Practice"


def _ask(practice: Practice, now: datetime, name: str) -> ContactRequest:
    new = NewRequest(name=name, reach_me="555", message="<script>alert(1)</script>")
    return ask_for_contact(practice, new, now=now)


def test_a_message_waits_until_it_is_answered(
    ada: Browser, practice: Practice, now: datetime
) -> None:
    waiting = _ask(practice, now, "Sam")
    assert "1 waits for an answer" in ada.get("/administrator/").content.decode()
    for address in ("/administrator/contact/", f"/administrator/contact/{waiting.pk}/"):
        page = ada.get(address).content.decode()
        assert "Sam" in page
        assert "<script>alert(1)" not in page
    ada.post(f"/administrator/contact/{waiting.pk}/close")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.handled_by is not None) == ("closed", True)
    assert "None waits for an answer" in ada.get("/administrator/").content.decode()


def test_a_message_to_another_practice_is_not_shown_nor_touched(
    ada: Browser, other_practice: Practice, now: datetime
) -> None:
    elsewhere = _ask(other_practice, now, "Sam")
    assert "Sam" not in ada.get("/administrator/contact/").content.decode()
    assert ada.get(f"/administrator/contact/{elsewhere.pk}/").status_code == 404
    assert ada.post(f"/administrator/contact/{elsewhere.pk}/close").status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.handled_at is None


def test_instruments_say_what_they_lack(ada: Browser) -> None:
    page = ada.get("/administrator/instruments/").content.decode()
    for words in ("oa-check-in", "not yet validated", "phq-9", "needs its text"):
        assert words in page


def test_access_is_counted_without_saying_what(
    ada: Browser, therapist: Person, episode: Episode, now: datetime
) -> None:
    for _ in range(3):
        episode_for(actor_for(therapist), episode.pk, now=now, reading="course")
    page = ada.get("/administrator/access/").content.decode()
    assert "Tomás Therapist" in page
    assert 'data-label="Reads" class="amount">3<' in page
    assert "course" not in page.split("<table")[1].split("</table>")[0]


def test_who_wrote_to_somebody_who_left_is_passed_on_by_name_alone(
    ada: Browser, sign_in: SignIn, episode: Episode, administrator: Person, colleague: Person,
    client_actor: Actor, now: datetime,
) -> None:  # fmt: skip
    services.end_episode(episode.pk, "planned", by=actor_for(episode.therapist), now=now)
    made = wishes.wish("return", words="It is dark again", by=client_actor, now=now)
    assert "Noor Client" not in ada.get("/administrator/contact/").content.decode()
    practices.deactivate(episode.therapist_id, by=actor_for(administrator), now=now)
    assert "1 former client of somebody" in ada.get("/administrator/").content.decode()
    page = ada.get("/administrator/contact/").content.decode()
    assert "Noor Client would like to come back" in page
    assert "It is dark again" not in page
    assert (
        ada.post(f"/administrator/contact/wishes/{made.pk}", {"therapist": "x"}).status_code == 404
    )
    ada.post(f"/administrator/contact/wishes/{made.pk}", {"therapist": str(colleague.pk)})
    assert "Noor Client" not in ada.get("/administrator/contact/").content.decode()

    cora = sign_in(Browser(), colleague)
    page = cora.get("/therapist/").content.decode()
    assert "noor@post.example" in page
    assert "It is dark again" not in page
    taken = cora.post(f"/therapist/wishes/{made.pk}/take-up")
    begun = Episode.objects.get(previous=episode)
    assert taken.headers["Location"] == f"/therapist/episodes/{begun.pk}/link"
    assert cora.get(f"/therapist/episodes/{episode.pk}/").status_code == 404
