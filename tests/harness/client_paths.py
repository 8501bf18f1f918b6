"""The demonstration's clients by their stories, and the way in with link and code."""

from __future__ import annotations

import re

from playwright.sync_api import Page

CHECK_IN = "A check-in is waiting"
CHECK_OUT = "Has just come out of a session"
SPANISH = "Speaks Spanish"
REPAIR = "found their way back"
LOOKING_BACK = "can be looked back on"
MAIN = ".button--main"


def way_in(page: Page, story: str) -> tuple[str, str]:
    """Return the link and code of the demonstration's client with this story."""
    page.goto("/")
    row = page.locator("form").filter(has_text=story).first
    link = row.locator("a[href^='/c/']").get_attribute("href")
    code = row.locator("code").text_content()
    assert link
    assert code
    return link, code


def come_in(page: Page, story: str) -> str:
    link, code = way_in(page, story)
    page.goto(f"{link}code")
    page.locator("#code").fill(code)
    page.locator(MAIN).click()
    page.wait_for_url(re.compile(r"/c/[^/]+/$"))
    return link
