"""Somebody was away for too long while they typed: the password once more, and no word is lost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import demonstration
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
WORDS = "I grew up between two languages, and still count in the first one."


def let_half_an_hour_pass(address: str) -> None:
    """Set back when every device was last used, as the database has it."""
    with closing(sqlite3.connect(demonstration.database_of(address), timeout=10)) as database:
        database.execute(
            "UPDATE practice_device SET last_used_at = datetime(last_used_at, '-31 minutes')"
        )
        database.commit()


def test_what_was_typed_comes_back_after_the_password(
    desktop: Page, address: str, axe: Axe
) -> None:
    desktop.goto("/")
    desktop.get_by_role("button", name=re.compile("Amara Okafor")).click()
    desktop.get_by_role("link", name="Your public page").click()
    desktop.get_by_label("About you (optional)", exact=True).fill(WORDS)
    let_half_an_hour_pass(address)
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Welcome back, Amara Okafor")
    expect(desktop.get_by_text("Nothing you typed is lost.")).to_be_visible()
    axe(desktop)
    desktop.get_by_label("Password").fill("demonstration")
    desktop.get_by_role("button", name="Go on").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("What you wrote is still here")
    axe(desktop)
    desktop.get_by_role("button", name="Send it now").click()
    expect(desktop.get_by_label("About you (optional)", exact=True)).to_have_value(WORDS)


def test_everywhere_else_is_signed_out_at_once(
    desktop: Page, open_page: Callable[..., Page], axe: Axe
) -> None:
    other = open_page(width=390, height=844, touch=True)
    for page in (desktop, other):
        page.goto("/")
        page.get_by_role("button", name=re.compile("Jonas Lindqvist")).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    desktop.goto("/account/devices")
    axe(desktop)
    desktop.get_by_role("button", name="Sign out everywhere else").click()
    other.goto("/therapist/")
    expect(other).to_have_url(re.compile("/sign-in"))
