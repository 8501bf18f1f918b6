"""Codes are limited by link and by address, and clients are not locked out by their neighbours."""

from __future__ import annotations

from datetime import datetime

import pytest
from client_steps import Link
from django.test import Client as Browser

from openalliance.site.records.care import links as care_links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, PersonalLink
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person

MOST = 30
"""Wrong codes in an hour from one address, as the settings say."""


def wrong_code(right: str) -> str:
    return "000000" if right != "000000" else "111111"


@pytest.fixture
def many_links(client_link: Link, colleague: Person, now: datetime) -> list[Link]:
    """Links of other clients, as somebody would hold who found a practice's letters."""
    by = actor_for(colleague)
    links: list[Link] = []
    for number in range(8):
        person = care.NewClient(name=f"C{number}", email=None, language="en", modality="cbt")
        _link, token, code = care_links.issue_link(
            care.add_client(person, by=by, now=now), by=by, now=now
        )
        links.append(type(client_link)(token=token, code=code))
    return links


def guess(browser: Browser, links: list[Link], times: int) -> list[int]:
    """Type wrong codes, four to a link, so that no link comes to rest."""
    return [
        browser.post(
            f"{links[number // 4].url}code", {"code": wrong_code(links[number // 4].code)}
        ).status_code
        for number in range(times)
    ]


def test_nobody_tries_many_links_from_one_address(client: Browser, many_links: list[Link]) -> None:
    assert set(guess(client, many_links, MOST)) == {422}
    last = many_links[-1]
    for browser in (client, Browser()):  # without the cookies it is the same address
        refused = browser.post(f"{last.url}code", {"code": last.code})
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 3600
        assert "You can try again after" in refused.content.decode()
        assert browser.get(last.url).status_code == 302
    assert not PersonalLink.objects.filter(locked_until__isnull=False).exists()


def test_another_address_is_not_kept_out(client: Browser, many_links: list[Link]) -> None:
    guess(client, many_links, MOST)
    last = many_links[-1]
    elsewhere = Browser(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(f"{last.url}code", {"code": last.code}).status_code == 302


def test_right_codes_are_not_counted(many_links: list[Link]) -> None:
    for number in range(MOST + 2):
        one = many_links[number % 8]
        assert Browser().post(f"{one.url}code", {"code": one.code}).status_code == 302


def test_a_client_beside_somebody_who_guesses_comes_in_on_their_own_device(
    own: Browser, client_link: Link, many_links: list[Link]
) -> None:
    own.cookies.pop("oa_session")
    guess(Browser(), many_links, MOST)
    code = {"code": client_link.code}
    assert Browser().post(f"{client_link.url}code", code).status_code == 429
    assert own.post(f"{client_link.url}code", code).status_code == 302
    assert own.get(client_link.url).status_code == 200


def test_a_known_device_is_known_for_its_own_link_only(
    own: Browser, client_link: Link, many_links: list[Link]
) -> None:
    guess(own, many_links, MOST)
    last = many_links[-1]
    assert own.post(f"{last.url}code", {"code": last.code}).status_code == 429
    own.cookies["oa_known"] = str(PersonalLink.objects.order_by("issued_at").last())
    assert own.post(f"{last.url}code", {"code": last.code}).status_code == 429


def test_a_known_device_is_limited_by_its_link(own: Browser, client_link: Link) -> None:
    wrong = {"code": wrong_code(client_link.code)}
    answers = [own.post(f"{client_link.url}code", wrong).status_code for _ in range(6)]
    assert answers == [422] * 4 + [429] * 2


def test_the_device_forgets_it_when_its_client_leaves(
    own: Browser, client_link: Link, episode: Episode
) -> None:
    assert str(episode.client_id) not in own.cookies["oa_known"].value
    own.post(f"{client_link.url}leave")
    assert own.cookies["oa_known"].value == ""
