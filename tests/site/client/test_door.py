"""Coming in by link and code, and staying out without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from client_steps import Link
from django.test import Client as Browser

from openalliance.site.records.care.links import WRONG_CODES_ALLOWED, revoke_links
from openalliance.site.records.care.models import Client, Episode, PersonalLink
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice

PAGES = (
    "", "hard-to-say", "hard-to-say/new", "plan", "plan/propose", "readers", "sessions",
    "taken-up",
)  # fmt: skip


def wrong_code(right: str) -> str:
    return "000000" if right != "000000" else "111111"


def test_the_right_code_opens_the_own_page(client: Browser, client_link: Link) -> None:
    assert client.get(f"{client_link.url}code").status_code == 200
    answer = client.post(f"{client_link.url}code", {"code": client_link.code})
    assert answer.status_code == 302
    assert answer["Location"] == client_link.url
    assert client.get(client_link.url).status_code == 200


def test_a_code_with_spaces_is_the_same_code(client: Browser, client_link: Link) -> None:
    spaced = f" {client_link.code[:3]} {client_link.code[3:]} "
    assert client.post(f"{client_link.url}code", {"code": spaced}).status_code == 302


def test_the_page_that_was_wanted_is_shown_after_the_code(
    client: Browser, client_link: Link
) -> None:
    wanted = f"{client_link.url}plan"
    asked = client.get(wanted)
    assert asked["Location"] == f"{client_link.url}code"
    answer = client.post(f"{client_link.url}code", {"code": client_link.code})
    assert answer["Location"] == wanted


def test_a_wrong_code_says_how_many_tries_are_left(client: Browser, client_link: Link) -> None:
    answer = client.post(f"{client_link.url}code", {"code": wrong_code(client_link.code)})
    assert answer.status_code == 422
    assert f"{WRONG_CODES_ALLOWED - 1} more tries" in answer.content.decode()
    assert client_link.code not in answer.content.decode()


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "١٢٣٤٥٦"])
def test_what_cannot_be_a_code_costs_no_try(client: Browser, client_link: Link, typed: str) -> None:
    answer = client.post(f"{client_link.url}code", {"code": typed})
    assert answer.status_code == 422
    assert PersonalLink.objects.get().wrong_codes == 0


def test_too_many_wrong_codes_rest_the_link_even_for_the_right_one(
    client: Browser, client_link: Link
) -> None:
    wrong = wrong_code(client_link.code)
    for _try in range(WRONG_CODES_ALLOWED - 1):
        assert client.post(f"{client_link.url}code", {"code": wrong}).status_code == 422
    for code in (wrong, client_link.code):
        answer = client.post(f"{client_link.url}code", {"code": code})
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert "You can try again after" in answer.content.decode()
    assert client.get(client_link.url).status_code == 302


def test_a_rest_beyond_today_names_the_day(
    client: Browser, client_link: Link, now: datetime
) -> None:
    PersonalLink.objects.update(locked_until=now + timedelta(days=1))
    rests = client.post(f"{client_link.url}code", {"code": client_link.code})
    assert rests.status_code == 429
    assert re.search(r"[A-Z][a-z]+day \d+ [A-Z][a-z]+, \d\d:\d\d", rests.content.decode())


def test_a_guessed_link_is_answered_warmly_and_tells_nothing(
    client: Browser, episode: Episode
) -> None:
    for path in ("", "code", "help", "plan", "leave"):
        answer = client.get(f"/c/guessed/{path}")
        assert answer.status_code == 404
        page = answer.content.decode()
        assert "You did nothing wrong" in page
        assert episode.client.name not in page


def test_a_revoked_and_an_expired_link_look_like_a_guessed_one(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime
) -> None:
    revoke_links(episode, by=actor_for(therapist), now=now)
    revoked = own.get(url)
    PersonalLink.objects.update(revoked_at=None, expires_at=now - timedelta(seconds=1))
    expired = own.get(url)
    assert revoked.status_code == expired.status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_without_the_code_no_page_opens(client: Browser, client_link: Link, path: str) -> None:
    answer = client.get(f"{client_link.url}{path}")
    assert answer.status_code == 302
    assert answer["Location"] == f"{client_link.url}code"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_works_for_the_client(own: Browser, url: str, path: str) -> None:
    answer = own.get(f"{url}{path}")
    assert answer.status_code == 200
    assert answer["Content-Language"] == "en"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
def test_staff_do_not_come_in_by_their_own_sign_in(
    client: Browser,
    client_link: Link,
    therapist: Person,
    sign_in: Callable[[Browser, Person], Browser],
    path: str,
) -> None:
    browser = sign_in(client, therapist)
    assert browser.get(f"{client_link.url}{path}").status_code == 302


def test_help_needs_the_link_only(client: Browser, client_link: Link, practice: Practice) -> None:
    page = client.get(f"{client_link.url}help").content.decode()
    assert "024" in page
    assert 'href="tel:024"' in page


def test_leaving_asks_first_and_then_closes_the_page(own: Browser, url: str) -> None:
    assert own.get(f"{url}leave").status_code == 200
    assert own.get(url).status_code == 200
    assert own.post(f"{url}leave").status_code == 200
    assert own.get(url).status_code == 302


def test_pages_speak_the_clients_language_until_they_choose_another(
    own: Browser, url: str, client_person: Client
) -> None:
    Client.objects.update(language="es")
    spanish = own.get(url)
    assert spanish["Content-Language"] == "es"
    assert '<html lang="es"' in spanish.content.decode()
    came_from = f"http://testserver{url}plan"
    chosen = own.post(f"{url}language", {"language": "en"}, headers={"referer": came_from})
    assert chosen["Location"] == f"{url}plan"
    assert '<html lang="en"' in own.get(url).content.decode()


@pytest.mark.parametrize(
    "came_from", ["https://elsewhere.example{url}plan", "//elsewhere.example{url}", "{url}", ""]
)
def test_choosing_a_language_never_leads_away(own: Browser, url: str, came_from: str) -> None:
    referer = came_from.format(url=url)
    answer = own.post(f"{url}language", {"language": "xx"}, headers={"referer": referer})
    assert answer["Location"] == url
    assert "oa_language" not in answer.cookies


def test_a_form_from_elsewhere_is_refused(client_link: Link) -> None:
    strict = Browser(enforce_csrf_checks=True)
    answer = strict.post(f"{client_link.url}code", {"code": client_link.code})
    assert answer.status_code == 403
    assert strict.get(client_link.url).status_code == 302


def test_the_links_secret_lies_in_no_session(client: Browser, client_link: Link) -> None:
    answer = client.get(f"{client_link.url}plan")
    assert answer.status_code == 302
    assert client_link.token not in str(dict(client.session))
    into = client.post(f"{client_link.url}code", {"code": client_link.code})
    assert into["Location"] == f"{client_link.url}plan"
    assert client_link.token not in str(dict(client.session))
