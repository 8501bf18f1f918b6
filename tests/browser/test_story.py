"""Three years of one client: the pages of every stage, as both people, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
STORY = "Three years in one record"
NAME = "Shirin Golestani"
SIZES = [(390, 844, True), (1280, 800, False)]
WAYS = {
    "": (NAME, NAME),
    "plan": ("Lay the table for Nowruz again", "Lay the table for Nowruz again"),
    "staying-well": ("My warning signs", "Mis señales de aviso"),
    "after": ("The years in one line", "Los años en una línea"),
}
"""Her pages, with what must be found on each in both languages."""


@pytest.mark.parametrize(("width", "height", "touch"), SIZES)
def test_she_finds_her_three_years_in_both_languages(
    open_page: Callable[..., Page], axe: Axe, width: int, height: int, touch: bool
) -> None:
    page = open_page(width=width, height=height, touch=touch)
    link = come_in(page, STORY)
    for place, language in enumerate(("English", "Español")):
        if place:
            page.get_by_role("button", name=language).click()
        for path, words in WAYS.items():
            page.goto(link + path)
            expect(page.get_by_text(words[place]).first).to_be_visible()
            axe(page)


@pytest.mark.parametrize(("width", "height", "touch"), SIZES)
def test_he_walks_from_her_request_to_her_return(
    open_page: Callable[..., Page], axe: Axe, width: int, height: int, touch: bool
) -> None:
    page = open_page(width=width, height=height, touch=touch)
    page.goto("/")
    page.get_by_role("button", name=re.compile("Jonas Lindqvist")).click()
    page.goto("/therapist/?show=ended")
    page.get_by_role("link", name=NAME, exact=True).click()
    expect(page.get_by_role("heading", name="The course so far")).to_be_visible()
    axe(page)
    for part, words in (
        ("Details", "I have read that you allow silence"),
        ("Plan", "And I may throw a cushion"),
        ("Ruptures", "3.8 up to then, 6."),
        ("Ending", "They left well, in their own words."),
        ("After", "The herbs are dead and I did not lay the table"),
    ):
        page.get_by_role("link", name=part, exact=True).click()
        expect(page.get_by_text(words).first).to_be_visible()
        axe(page)
    page.goto("/therapist/")
    page.get_by_role("link", name=NAME, exact=True).click()
    expect(page.get_by_text("Ring Parvaneh before noon").first).to_be_visible()
    axe(page)
