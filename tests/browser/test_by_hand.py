"""Adding a goal, proposing it and agreeing takes at most a minute of two people's hands.

Every key and click that the two need is made and counted; ``keystrokes`` says what each costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from client_paths import CHECK_OUT, come_in
from keystrokes import Hand
from playwright.sync_api import Page, expect

AT_MOST_SECONDS = 60


def _at_the_course(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()


def test_the_therapist_proposes_and_the_client_agrees(phone: Page, desktop: Page) -> None:
    link = come_in(phone, CHECK_OUT)
    name = phone.locator("h1 bdi").inner_text()
    _at_the_course(desktop, name)

    therapist = Hand(desktop)
    therapist.point(desktop.get_by_role("link", name="Plan", exact=True))
    therapist.point(desktop.get_by_role("link", name=re.compile("^Propose a")))
    therapist.point(desktop.locator("input[name=goal-words][value='']").first)
    therapist.write("Cook for friends again")
    therapist.press("Enter")
    expect(desktop.get_by_role("heading", name=re.compile("^You propose"))).to_be_visible()

    phone.goto(link)
    client = Hand(phone, on_phone=True)
    client.point(phone.locator("a[href$='#proposal']").first)
    client.read(phone.locator("#proposal ul.changes"))
    client.point(phone.get_by_role("button", name="I agree"))
    expect(phone.get_by_role("heading", name="Cook for friends again").first).to_be_visible()
    assert therapist.seconds + client.seconds <= AT_MOST_SECONDS, f"{therapist}; {client}"


def test_the_client_proposes_on_the_phone_and_the_therapist_agrees(
    phone: Page, desktop: Page
) -> None:
    come_in(phone, CHECK_OUT)
    name = phone.locator("h1 bdi").inner_text()

    client = Hand(phone, on_phone=True)
    client.point(phone.locator("a[href$='/plan']").first)
    client.point(phone.locator("a[href$='/plan/propose']").first)
    client.point(phone.locator("input[name=goal][value='']").first)
    client.write("Sleep at night")
    client.press("Enter")
    expect(phone.get_by_role("heading", name="Your proposal")).to_be_visible()

    _at_the_course(desktop, name)
    therapist = Hand(desktop)
    therapist.point(desktop.get_by_role("link", name="See the proposal"))
    therapist.read(desktop.locator("section[aria-labelledby=proposed] ul").first)
    therapist.point(desktop.get_by_role("button", name="Agree", exact=True))
    expect(desktop.get_by_role("heading", name="Sleep at night").first).to_be_visible()
    assert therapist.seconds + client.seconds <= AT_MOST_SECONDS, f"{therapist}; {client}"


def test_both_agree_beside_each_other_on_one_screen(
    phone: Page, open_page: Callable[..., Page]
) -> None:
    come_in(phone, CHECK_OUT)
    name = phone.locator("h1 bdi").inner_text()
    page = open_page(width=820, height=1180)
    _at_the_course(page, name)

    both = Hand(page)
    both.point(page.get_by_role("link", name="Plan", exact=True))
    both.point(page.get_by_role("link", name="Work on it together, here"))
    both.point(page.locator("input[name=goal-words][value='']").first)
    both.write("Sing with others")
    both.press("Enter")
    both.read(page.locator("ul.changes"))
    both.point(page.get_by_role("button", name="Yes, I agree"))
    expect(page.get_by_text("You both said yes.")).to_be_visible()
    both.point(page.get_by_role("link", name="For the therapist: take this device back"))
    both.point(page.get_by_label("Your password"))
    both.write("demonstration")
    both.press("Enter")
    expect(page.get_by_text("You both agree. This is your plan now.")).to_be_visible()
    assert both.seconds <= AT_MOST_SECONDS, str(both)
