"""The way of working: a phase begun, a wording chosen, and the client reading it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import REPAIR, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def _at_the_details_of(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
    page.get_by_role("link", name="Details", exact=True).click()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_phase_begins_and_its_wording_reaches_the_client(
    open_page: Callable[..., Page], phone: Page, axe: Axe, width: int
) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(link)
    name = phone.locator("h1 bdi").inner_text()
    page = open_page(width=width)
    _at_the_details_of(page, name)
    page.get_by_role("link", name=re.compile("Note a change")).click()
    axe(page)
    assert page.evaluate(TOO_WIDE) is False
    page.get_by_label("Another one").check()
    page.get_by_label("Name of the other way of working").fill(f"Schema therapy {width}")
    page.get_by_role("button", name="Begin this phase").click()
    expect(page.get_by_text("What was before stays in the history.")).to_be_visible()
    expect(page.locator(".timeline li").last).to_contain_text(f"Schema therapy {width}")
    page.get_by_role("radio", name=re.compile("^Person-centered.*Where I would like")).check()
    page.get_by_role("button", name="Use this wording").click()
    expect(page.get_by_text("worded like this from now on")).to_be_visible()
    axe(page)
    phone.goto(f"{link}plan/propose")
    expect(phone.get_by_role("heading", name="Where I would like to get to")).to_be_visible()
    axe(phone)
