"""An ending as both people live it, a question by a link, the years after, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable

from client_paths import LOOKING_BACK, REPAIR, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]


def _therapist_at(page: Page, name: str, place: str, *, ended: bool = False) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    if ended:
        page.goto("/therapist/?show=ended")
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
    page.get_by_role("link", name=place, exact=True).click()


def _name(phone: Page, link: str) -> str:
    phone.goto(link)
    return phone.locator("h1 bdi").inner_text()


def test_both_look_back_and_see_each_other_then(phone: Page, desktop: Page, axe: Axe) -> None:
    link = come_in(phone, REPAIR)
    name = _name(phone, link)
    _therapist_at(desktop, name, "Ending")
    axe(desktop)
    desktop.get_by_role("button", name="Begin to look back").click()
    desktop.get_by_role("link", name="Look back", exact=True).click()
    axe(desktop)
    desktop.get_by_label("What helped most?").fill("That we spoke of it at once")
    desktop.get_by_role("button", name="Keep my answers").click()
    expect(desktop.get_by_text("How you look back")).to_be_visible()

    phone.goto(link)
    phone.get_by_role("link", name=re.compile("Your therapy is coming to its end")).click()
    axe(phone)
    phone.get_by_text("Yes, this is a good place to end").click()
    phone.get_by_label("What has changed since you began?").fill("I ask for help")
    phone.get_by_role("button", name="Keep my answers").click()
    expect(phone.get_by_text("That we spoke of it at once")).to_be_visible()
    axe(phone)
    desktop.reload()
    expect(desktop.get_by_text("I ask for help")).to_be_visible()
    axe(desktop)
    desktop.get_by_role("button", name="You carry on after all").click()


def test_after_the_end_the_page_stays_and_one_tap_leads_back(
    phone: Page, desktop: Page, axe: Axe
) -> None:
    link = come_in(phone, LOOKING_BACK)
    name = _name(phone, link)
    axe(phone)
    phone.goto(f"{link}staying-well")
    axe(phone)
    phone.get_by_role("link", name="Change it").click()
    phone.get_by_label("What I do then").fill("Swim")
    phone.get_by_role("button", name="Keep my sheet").click()
    expect(phone.get_by_text("Swim")).to_be_visible()
    phone.goto(f"{link}after")
    expect(phone.get_by_text("You said yes.")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="I would like to come back").click()
    expect(phone.get_by_role("heading", name="It is good to hear from you")).to_be_visible()
    axe(phone)

    desktop.goto("/")
    desktop.get_by_role("button", name=re.compile("Amara Okafor")).click()
    expect(desktop.get_by_text(f"{name} would like to come back")).to_be_visible()
    desktop.get_by_role("link", name=re.compile(f"Look at it.*{re.escape(name)}")).click()
    expect(desktop.get_by_role("heading", name="The years in one line")).to_be_visible()
    axe(desktop)
    phone.get_by_role("button", name="I changed my mind").click()


def test_the_years_of_who_came_back_stand_in_one_line(phone: Page, axe: Axe) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(f"{link}after")
    expect(phone.get_by_text("Coming back is part of the way")).to_be_visible()
    axe(phone)


def test_the_practice_sees_what_lasts(desktop: Page, phone: Page, axe: Axe) -> None:
    for page in (desktop, phone):
        page.goto("/")
        page.get_by_role("button", name=re.compile("supervisor", re.IGNORECASE)).first.click()
        page.goto("/supervisor/endings/?until=6")
        expect(page.get_by_role("heading", name="What lasts", exact=True)).to_be_visible()
        expect(page.get_by_text("To bear in mind")).to_be_visible()
        axe(page)
