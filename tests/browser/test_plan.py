"""The plan as both people work on it: a goal proposed and agreed, talked over, looked at again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from client_paths import CHECK_IN, REPAIR, SPANISH, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def _name(phone: Page, link: str) -> str:
    phone.goto(link)
    return phone.locator("h1 bdi").inner_text()


def _therapist_at_the_plan_of(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
    page.get_by_role("link", name="Plan", exact=True).click()


def test_a_goal_is_proposed_on_the_phone_answered_with_another_and_agreed(
    phone: Page, desktop: Page, axe: Axe
) -> None:
    started = time.monotonic()
    link = come_in(phone, REPAIR)
    name = _name(phone, link)
    phone.goto(f"{link}plan/propose")
    axe(phone)
    empty = phone.locator("input[name=goal]").last
    empty.fill("Cook for friends again")
    phone.get_by_role("button", name="Send my proposal").click()
    expect(phone.get_by_role("heading", name="Your proposal")).to_be_visible()

    _therapist_at_the_plan_of(desktop, name)
    expect(desktop.get_by_text("Cook for friends again").first).to_be_visible()
    desktop.get_by_role("button", name="Agree", exact=True).click()
    expect(desktop.get_by_role("heading", name="Cook for friends again").first).to_be_visible()
    taken = time.monotonic() - started
    assert taken < 60, f"proposing and agreeing took {taken:.0f} s"
    axe(desktop)

    desktop.get_by_role("link", name="Propose a change").click()
    axe(desktop)
    desktop.get_by_label("Goal 1").fill("Find out what I want")
    desktop.get_by_role("button", name="Propose", exact=True).click()
    phone.goto(f"{link}plan")
    phone.get_by_text("Say something about it first").click()
    phone.get_by_label("Your therapist can read this.").fill("Give me a day")
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(phone.get_by_text("Give me a day")).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Suggest something else instead").click()
    phone.get_by_label("Goal 1").fill("Find out what I like")
    phone.get_by_role("button", name="Send my proposal").click()
    expect(phone.get_by_role("heading", name="Your proposal")).to_be_visible()
    phone.get_by_role("button", name="Take my proposal back").click()


def test_both_look_at_the_plan_again_and_see_each_other(
    phone: Page, desktop: Page, axe: Axe
) -> None:
    link = come_in(phone, REPAIR)
    name = _name(phone, link)
    phone.goto(f"{link}plan")
    phone.get_by_role("link", name="Say how it is going").click()
    axe(phone)
    first = phone.locator("section.card").first
    first.get_by_role("group", name=re.compile("Is this still the right goal")).get_by_role(
        "radio", name="1", exact=True
    ).check()
    phone.get_by_role("button", name="Keep my answers").click()
    expect(phone.get_by_text("Thank you. Your answers are kept.")).to_be_visible()

    _therapist_at_the_plan_of(desktop, name)
    desktop.get_by_role("link", name="Say how it is going").click()
    axe(desktop)
    card = desktop.locator("section.card").first
    card.get_by_role("group", name=re.compile("Is this still the right goal")).get_by_role(
        "radio", name="9", exact=True
    ).check()
    desktop.get_by_role("button", name="Keep my answers").click()
    expect(desktop.get_by_text("You see this quite differently.").first).to_be_visible()
    axe(desktop)
    phone.reload()
    expect(phone.get_by_text("You see this quite differently.").first).to_be_visible()


def test_the_plan_speaks_spanish(phone: Page, axe: Axe) -> None:
    link = come_in(phone, SPANISH)
    phone.goto(f"{link}plan/review")
    expect(phone.get_by_role("heading", level=1)).to_have_text("¿Cómo va?")
    axe(phone)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_change_is_agreed_in_the_room_within_a_minute(
    open_page: Callable[..., Page], phone: Page, axe: Axe, width: int
) -> None:
    link = come_in(phone, CHECK_IN)
    name = _name(phone, link)
    page = open_page(width=width)
    _therapist_at_the_plan_of(page, name)
    started = time.monotonic()
    page.get_by_role("link", name="Work on it together, here").click()
    axe(page)
    page.locator("input[name=goal-words]").last.fill(f"Sing in a choir {width}")
    page.get_by_role("button", name=re.compile("yes, like this")).click()
    expect(page.get_by_role("heading", name="Now you: do you want it like this?")).to_be_visible()
    axe(page)
    assert page.evaluate(TOO_WIDE) is False
    page.get_by_role("button", name="Yes, I agree").click()
    expect(page.get_by_text("You both said yes.")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="For the therapist: take this device back").click()
    page.get_by_label("Your password").fill("demonstration")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("You both agree. This is your plan now.")).to_be_visible()
    assert time.monotonic() - started < 60
    phone.goto(f"{link}plan")
    expect(phone.get_by_role("heading", name=f"Sing in a choir {width}").first).to_be_visible()
