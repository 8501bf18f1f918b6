"""An emergency as everybody sees it: who opens the record, the therapist, and the client."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import REPAIR, come_in
from playwright.sync_api import Page, expect

from openalliance.site.config.demonstration.practice import PASSWORD

Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]
WORDS = "Her sister called and is afraid for tonight."


def _sign_in(page: Page, role: str, *, nth: int = 0) -> Page:
    page.goto("/")
    page.get_by_role("button", name=re.compile(rf"Sign in as .*{role}")).nth(nth).click()
    return page


def _open(page: Page, who: str) -> None:
    page.goto("/emergency/")
    page.get_by_label("Client", exact=True).fill(who)
    page.get_by_label("Their therapist cannot be reached").check()
    page.get_by_label("What happened").fill(WORDS)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Open the record").click()


def _code_of_the_client(open_page: OpenPage) -> str:
    """Return the code of the first client on the first therapist's list."""
    page = _sign_in(open_page(), "therapist")
    facts = page.locator(".caseload__row").first.inner_text()
    found = re.search(r"\b[A-Z2-9]{6}\b", facts)
    assert found
    return found.group()


@pytest.mark.parametrize("width", [390, 1280])
def test_an_emergency_is_opened_read_shown_and_reviewed(
    open_page: OpenPage, axe: Axe, width: int
) -> None:
    code = _code_of_the_client(open_page)
    reader = _sign_in(open_page(width=width), "supervisor")
    reader.get_by_role("link", name="Emergency").click()
    axe(reader)
    _open(reader, "nobody at all")
    expect(reader.get_by_text("No client of exactly this code").first).to_be_visible()
    axe(reader)
    _open(reader, code)
    expect(reader.get_by_text("Opened in an emergency, until")).to_be_visible()
    axe(reader)
    therapist = _sign_in(open_page(width=width), "therapist")
    axe(therapist)
    shown = therapist.get_by_role("region", name="Opened in an emergency")
    shown.get_by_role("link", name=code).first.click()
    expect(therapist.get_by_text(WORDS)).to_be_visible()
    axe(therapist)
    reader.get_by_role("button", name="Close the record").click()
    expect(reader.get_by_text("The record is closed again.")).to_be_visible()


def test_the_client_reads_who_when_and_why(open_page: OpenPage, phone: Page, axe: Axe) -> None:
    link = come_in(phone, REPAIR)
    code = phone.request.get(f"{link}record.json").json()["about"]["code"]
    reader = _sign_in(open_page(), "supervisor")
    _open(reader, code)
    expect(reader.get_by_text("Opened in an emergency, until")).to_be_visible()
    phone.goto(f"{link}readers")
    shown = phone.get_by_role("region", name="Opened in an emergency")
    expect(shown).to_contain_text("Your therapist could not be reached")
    expect(phone.locator("body")).not_to_contain_text(WORDS)
    axe(phone)
