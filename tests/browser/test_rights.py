"""A client on a phone: what they agreed to, their record to keep, having it deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from client_paths import LOOKING_BACK, REPAIR, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]


def test_consent_is_given_and_taken_back_by_two_equal_buttons(phone: Page, axe: Axe) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(link)
    phone.get_by_role("link", name="What I agreed to").click()
    research = phone.get_by_role("region", name="Use of your numbers for research")
    if research.get_by_role("button", name="Yes").count() == 0:
        research.get_by_role("button", name="No, I take it back").click()
    research.get_by_role("button", name="Yes").click()
    expect(research).to_contain_text("You said yes on")
    axe(phone)
    research.get_by_role("button", name="No, I take it back").click()
    expect(research).to_contain_text("You said no on")
    yes, no = (research.get_by_role("button", name=name) for name in ("Yes", "No"))
    styles = [
        one.evaluate("one => getComputedStyle(one).backgroundColor") for one in (yes, no.last)
    ]
    assert styles[0] == styles[1]


def test_the_record_is_read_downloaded_and_printed(phone: Page, axe: Axe, tmp_path: Path) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(f"{link}record")
    axe(phone)
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Download it all (JSON)").click()
    taken = tmp_path / "record.json"
    download.value.save_as(taken)
    assert json.loads(taken.read_text())["format"] == "openalliance-record/1"
    cells = phone.locator(".printed td")
    expect(cells.first).to_be_hidden()
    phone.emulate_media(media="print")
    expect(cells.first).to_be_visible()


def test_deletion_says_what_happens_and_can_be_taken_back(phone: Page, axe: Axe) -> None:
    link = come_in(phone, LOOKING_BACK)
    phone.goto(f"{link}delete")
    expect(phone.get_by_text("The key to your words is destroyed.")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Yes, delete it").click()
    expect(phone.get_by_text("You asked for this on")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Do not delete: take it back").click()
    expect(phone.get_by_role("button", name="Yes, delete it")).to_be_visible()
