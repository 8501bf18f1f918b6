"""Endings from the therapist's side, on a desk and on a phone, with clients of both languages.

Begun together and ended as planned, the times of asking and the way back; and ended unplanned, with
one question by a link. Whether the client's own pages are fit for everybody is asked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from client_paths import MAIN
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
DESK: dict[str, Any] = {"width": 1280, "height": 800}
PHONE: dict[str, Any] = {"width": 390, "height": 780, "touch": True}


def _looks_right(page: Page, axe: Axe) -> None:
    axe(page)
    assert page.evaluate(TOO_WIDE) is False, page.url


def _tab(page: Page, name: str) -> None:
    navigation = page.get_by_role("navigation", name="This client")
    navigation.get_by_role("link", name=name, exact=True).click()


def _new_client(therapist: Page, client: Page, name: str, language: str) -> str:
    """Add a client who had a session, let them in on their phone, return their own address."""
    therapist.goto("/")
    therapist.get_by_role("button", name=re.compile("Amara Okafor")).click()
    therapist.get_by_role("link", name="Add client").click()
    therapist.get_by_label("Name", exact=True).fill(name)
    therapist.get_by_label(language).check()
    therapist.get_by_label("CBT").check()
    therapist.get_by_role("button", name="Add client").click()
    therapist.get_by_role("button", name="Make link and code").click()
    link = therapist.locator(".handout__link").inner_text()
    code = therapist.locator(".handout__code").inner_text()
    _tab(therapist, "Sessions")
    zone = ZoneInfo(re.findall(r"Times are in (\S+)\.", therapist.content())[0])
    at = datetime.now(UTC).astimezone(zone) - timedelta(minutes=5)
    therapist.get_by_label("Date").fill(at.strftime("%Y-%m-%d"))
    therapist.get_by_label("Time", exact=True).fill(at.strftime("%H:%M"))
    therapist.get_by_role("button", name="Plan", exact=True).click()
    path = f"/c/{link.split('/c/')[1]}"
    client.goto(f"{path}code")
    client.locator("#code").fill(code)
    client.locator(MAIN).click()
    client.wait_for_url(re.compile(r"/c/[^/]+/$"))
    return path


@pytest.mark.parametrize(
    ("screen", "other", "language"),
    [
        pytest.param(DESK, PHONE, "Español", id="desk"),
        pytest.param(PHONE, DESK, "English", id="phone"),
    ],
)
def test_a_planned_ending_and_the_way_back(
    open_page: OpenPage, axe: Axe, screen: dict[str, Any], other: dict[str, Any], language: str
) -> None:
    therapist, client = open_page(**screen), open_page(**other)
    name = f"Valentina {screen['width']}"
    path = _new_client(therapist, client, name, language)

    _tab(therapist, "Ending")
    _looks_right(therapist, axe)
    therapist.get_by_role("button", name="Begin to look back").click()
    therapist.get_by_role("link", name="Look back", exact=True).click()
    _looks_right(therapist, axe)
    therapist.get_by_label("What helped most?").fill("That she told me when I was wrong")
    therapist.get_by_role("button", name="Keep my answers").click()
    client.goto(f"{path}looking-back")
    client.locator("textarea[name=changed]").fill("Duermo otra vez")
    client.locator(MAIN).click()
    expect(client.get_by_text("That she told me when I was wrong")).to_be_visible()
    therapist.reload()
    expect(therapist.get_by_text("Duermo otra vez")).to_be_visible()

    therapist.get_by_role("link", name="Write the sheet for staying well").click()
    _looks_right(therapist, axe)
    therapist.get_by_label("My warning signs").fill("No contesto al teléfono")
    therapist.get_by_label("What I do then").fill("Salir a andar")
    therapist.get_by_role("button", name="Keep it").click()
    client.goto(f"{path}staying-well")
    expect(client.get_by_text("Salir a andar")).to_be_visible()
    client.goto(f"{path}after")
    client.locator("form .actions").get_by_role("button").first.click()

    _tab(therapist, "Ending")
    therapist.get_by_label("Planned together").check()
    therapist.get_by_role("button", name="End the episode").click()
    expect(therapist.get_by_role("button", name="Open it again")).to_be_visible()
    _looks_right(therapist, axe)
    _tab(therapist, "After")
    expect(therapist.get_by_role("heading", name="How are you, now and then?")).to_be_visible()
    expect(therapist.get_by_text(f"{name} said yes")).to_be_visible()
    _looks_right(therapist, axe)
    therapist.get_by_text("Choose other times").click()
    therapist.get_by_label("Another number of months").fill("2")
    _looks_right(therapist, axe)
    therapist.get_by_role("button", name="Keep these times").click()
    expect(therapist.get_by_text("After 2 months", exact=True)).to_be_visible()

    client.goto(f"{path}after")
    client.locator("form[action$='come-back'] button").click()
    therapist.goto("/therapist/")
    expect(therapist.get_by_text(f"{name} would like to come back")).to_be_visible()
    _looks_right(therapist, axe)
    therapist.get_by_role("link", name=re.compile(f"Look at it.*{name}")).click()
    _looks_right(therapist, axe)
    therapist.get_by_role("button", name="Begin a new episode").click()
    expect(therapist.get_by_role("heading", level=1, name=name)).to_be_visible()
    _tab(therapist, "After")
    expect(therapist.get_by_role("heading", name="The years in one line")).to_be_visible()
    _looks_right(therapist, axe)


@pytest.mark.parametrize(
    ("screen", "other", "language"),
    [
        pytest.param(PHONE, DESK, "Español", id="phone"),
        pytest.param(DESK, PHONE, "English", id="desk"),
    ],
)
def test_who_stopped_is_asked_one_question_by_a_link(
    open_page: OpenPage, axe: Axe, screen: dict[str, Any], other: dict[str, Any], language: str
) -> None:
    therapist, client = open_page(**screen), open_page(**other)
    name = f"Unai {screen['width']}"
    _new_client(therapist, client, name, language)
    _tab(therapist, "Ending")
    therapist.get_by_label("Unplanned").check()
    therapist.get_by_role("button", name="End the episode").click()
    expect(therapist.get_by_role("heading", name="One question, without pressure")).to_be_visible()
    _looks_right(therapist, axe)
    link = therapist.get_by_label("Link to the question").input_value()

    elsewhere = open_page(**other)  # no code, nobody signed in
    elsewhere.goto(f"/q/{link.split('/q/')[1]}")
    expect(elsewhere.locator("html")).to_have_attribute("lang", language[:2].lower())
    while not elsewhere.url.endswith("/sent"):
        choice = elsewhere.get_by_role("radio")
        if choice.count():
            choice.first.check()
        with elsewhere.expect_navigation():
            elsewhere.locator("main .button--main").first.click()
    therapist.reload()
    expect(therapist.get_by_text("They said:")).to_be_visible()
    _looks_right(therapist, axe)
    therapist.get_by_role("button", name="Open it again").click()
    expect(therapist.get_by_text("The episode is open again.")).to_be_visible()
