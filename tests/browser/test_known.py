"""What is known and what is true here, on the screens of those who work here and of a client."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import REPAIR, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_therapist_finds_both_readings_under_each_picture(
    open_page: Callable[..., Page], axe: Axe, width: int
) -> None:
    page = open_page(width=width)
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name="What is known", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "What is known, and what is true here"
    )
    expect(page.get_by_role("heading", name="For you")).to_have_count(5)
    expect(page.get_by_role("heading", name="In words for a client")).to_have_count(5)
    expect(page.get_by_text(re.compile("it needs 20 clients")).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Horvath et al. 2011: .275"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe(page)


def test_a_client_reads_why_they_are_asked(phone: Page, axe: Axe) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(link)
    phone.get_by_role("link", name="Why we ask how it was").click()
    expect(phone.get_by_role("heading", name="What we see here")).to_be_visible()
    expect(phone.get_by_text(re.compile("about 59 of them are in the half"))).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    axe(phone)
    phone.get_by_role("link", name="Say something that is hard to say").click()
    expect(phone).to_have_url(re.compile("hard-to-say/new"))
