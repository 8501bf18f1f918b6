"""The scoreboard in a browser: at both widths, in the dark, on paper, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PASSWORD = "demonstration"


def sign_in(page: Page, who: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill(f"{who}@demonstration.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def not_too_wide(page: Page) -> None:
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(too_wide) is False


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_supervisor_reads_it_everywhere(
    open_page: Any, axe: Callable[[Page], None], width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, "margarethe")
    page.get_by_role("link", name="How often signals were right").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How often signals were right")
    expect(page.get_by_role("heading", name="Signals, and what came of them")).to_be_visible()
    axe(page)
    not_too_wide(page)


def test_it_works_without_scripts_and_the_expectation_goes_there_and_back(open_page: Any) -> None:
    page = open_page(width=1280, java_script_enabled=False)
    sign_in(page, "ines")
    page.get_by_role("link", name="Scoreboard").click()
    page.get_by_role("button", name="Refresh from our own data").click()
    expect(page.get_by_text("Before the session: how life has been:").first).to_be_visible()
    back = page.get_by_role("button", name="Go back to what was expected before")
    if back.count():
        back.click()
        expect(page.get_by_text("working values alone")).to_be_visible()


def test_on_paper_stands_the_content_and_nothing_to_press(open_page: Any) -> None:
    page = open_page(width=1280)
    sign_in(page, "ines")
    page.goto("/administrator/scoreboard/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="What is expected of a course")).to_be_visible()
    expect(page.get_by_role("button", name="Refresh from our own data")).to_be_hidden()


def test_a_therapist_and_a_client_find_no_way_there(open_page: Any, watched: Any) -> None:
    page = open_page(width=1280)
    sign_in(page, "amara")
    expect(page.get_by_role("link", name="Scoreboard")).to_have_count(0)
