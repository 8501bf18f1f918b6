"""A rupture from its signal to its record, measured again when the two meet, repaired or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from client_paths import REPAIR, way_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]


def _sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()


def _tab(page: Page, name: str) -> None:
    nav = page.get_by_role("navigation", name="This client")
    nav.get_by_role("link", name=name, exact=True).click()


def _name_of(page: Page, story: str) -> str:
    link, _code = way_in(page, story)
    return page.locator(f"a[href='{link}']").inner_text()


def _to_the_signals(page: Page) -> None:
    _tab(page, "Course")
    for folded in (
        page.locator("details:not([open]) > summary").filter(has_text="Talked about").all()
    ):
        folded.click()


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_signal_to_repaired(open_page: OpenPage, axe: Axe, width: int) -> None:
    page = open_page(width=width, height=844, touch=width < 600)
    name = _name_of(page, REPAIR)
    _sign_in(page)
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
    _to_the_signals(page)
    page.get_by_role("link", name=re.compile("^Its record")).first.click()
    page.get_by_role("button", name=re.compile("^Take out")).first.click()
    expect(page.get_by_text("Taken out. You can put it back below.")).to_be_visible()

    _to_the_signals(page)
    page.get_by_role("link", name=re.compile("^Note the rupture")).first.click()
    expect(page.get_by_label("A signal here")).to_be_checked()
    expect(page.get_by_label("When")).to_have_value(re.compile("-"))
    axe(page)
    page.get_by_label(re.compile("^Withdrawal")).check()
    page.get_by_label("Asked what it was like").check()
    page.get_by_role("button", name="Keep").click()
    card = page.get_by_role("article").first
    expect(card).to_contain_text("Still open")
    expect(card).to_contain_text("at the session after")
    axe(page)

    page.get_by_role("link", name="Caseload").first.click()
    waits = page.get_by_role("region", name="Ruptures still open")
    row = waits.get_by_role("listitem").filter(has_text=name)
    expect(row).to_contain_text("Measured again at the session after")
    axe(page)
    row.get_by_role("link", name=re.compile("What became of it")).click()
    page.get_by_label("Repaired", exact=True).check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("article").first).to_contain_text("Repaired")
    page.get_by_role("link", name="Caseload").first.click()
    expect(waits.get_by_role("listitem").filter(has_text=name)).to_have_count(0)


def _plan(page: Page, at: datetime) -> None:
    _tab(page, "Sessions")
    page.get_by_label("Date").fill(at.strftime("%Y-%m-%d"))
    page.get_by_label("Time", exact=True).fill(at.strftime("%H:%M"))
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text("The session is planned.")).to_be_visible()


def _answer(page: Page, rating: str, send: str) -> None:
    while not page.get_by_role("button", name=send).is_visible():
        if page.get_by_role("radio").count() == 11:
            page.get_by_role("radio", name=re.compile(rf"^{rating}\b")).check()
        elif page.get_by_role("radio").count():
            page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Next").click()
        page.wait_for_load_state()
    page.get_by_role("button", name=send).click()


def _check_out(page: Page) -> None:
    """Let the client answer on this device, take it back, and answer as the therapist."""
    _tab(page, "Course")
    row = page.get_by_role("listitem").filter(has_text=re.compile("’s check-out is"))
    row.get_by_role("link", name="Hand over this device").last.click()
    page.get_by_role("button", name="Hand over now").click()
    _answer(page, "3", "Send my answers")
    page.get_by_role("link", name=re.compile("take this device back")).click()
    page.get_by_label("Your password").fill("demonstration")
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("link", name="Answer now").last.click()
    _answer(page, "7", "Send")


def test_measured_again_when_they_meet_and_not_repaired(open_page: OpenPage, axe: Axe) -> None:
    page = open_page(width=390, height=844, touch=True)
    _sign_in(page)
    page.get_by_role("link", name="Add client").click()
    name = "Rosalba Quiñones"
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("English").check()
    page.get_by_label("CBT").check()
    page.get_by_role("button", name="Add client").click()
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Madrid"))
    _plan(page, today - timedelta(days=9))

    _tab(page, "Ruptures")
    axe(page)
    page.get_by_role("link", name="Note a rupture").click()
    page.get_by_label(re.compile("^Confrontation")).check()
    page.get_by_label("Both of us").check()
    page.get_by_role("button", name="Keep").click()
    card = page.get_by_role("article").first
    expect(card).to_contain_text("next check-out will show")
    _tab(page, "Course")
    waits = page.get_by_role("listitem").filter(has_text="A rupture is still open")
    expect(waits).to_contain_text("Not measured again yet, and no session is planned.")

    _plan(page, today - timedelta(minutes=5))
    _check_out(page)
    page.get_by_role("link", name=f"To {name}’s course").click()
    expect(waits).to_contain_text("Measured again at the session after: alliance 3.0.")
    axe(page)
    waits.get_by_role("link", name="What became of it").click()
    page.get_by_label("Not repaired").check()
    page.get_by_role("button", name="Keep").click()
    expect(card).to_contain_text("Not repaired")
    expect(card).to_contain_text("at the session after: 3.0")
    _tab(page, "Course")
    expect(waits).to_have_count(0)
