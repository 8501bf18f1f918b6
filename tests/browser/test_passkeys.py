"""Passkeys in a real browser, whose authenticator is Chromium's virtual one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_administrator import PASSWORD, Practice, set_up, started

__all__ = ["started"]


@pytest.fixture(scope="module")
def address(started: Practice) -> str:
    """Come by name: browsers make no passkeys for numbers."""
    return started.url.replace("127.0.0.1", "localhost")


def with_authenticator(page: Page) -> None:
    """Give the browser a telephone that knows its owner's finger."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_a_passkey_is_made_signs_in_and_is_removed(
    open_page: Any,
    started: Practice,
    address: str,
    axe: Callable[[Page], None],
) -> None:
    page = open_page(width=1280, height=800)
    with_authenticator(page)
    set_up(page, Practice(url=address, code=started.code), axe)
    page.get_by_role("link", name="Use a passkey instead").click()
    heading(page, "Add a passkey")
    axe(page)
    page.get_by_label("What to call it").fill("Blue key")
    page.get_by_role("button", name="Make the passkey").click()
    heading(page, "Keep these recovery codes safe")
    assert page.locator("ul.codes li").count() == 10
    page.reload()
    heading(page, "Recovery codes")
    expect(page.locator("ul.codes")).to_have_count(0)

    page.goto("/sign-out")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    axe(page)
    page.get_by_role("button", name="passkey").click()
    expect(page).to_have_url(f"{address}/administrator/")

    page.goto("/account/security")
    axe(page)
    expect(page.get_by_role("main")).to_contain_text("Blue key")
    page.get_by_role("link", name="Remove: Blue key").click()
    axe(page)
    page.get_by_role("button", name="Remove it").click()
    page.goto("/administrator/")
    heading(page, "Connect an app for codes")

    page.goto("/sign-out")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_label("Email").fill("ada@harbour.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/administrator/people/")
    heading(page, "Connect an app for codes")
