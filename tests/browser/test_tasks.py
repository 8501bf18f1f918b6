"""Tasks as both people work with them: proposed, agreed, told in one tap, noted in the room."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from client_paths import REPAIR, SPANISH, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]


def _therapist_at_the_tasks_of(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
    page.get_by_role("link", name="Tasks", exact=True).click()


def test_an_idea_from_the_phone_is_agreed_and_told_of_in_one_tap(
    phone: Page, desktop: Page, axe: Axe
) -> None:
    link = come_in(phone, REPAIR)
    phone.goto(link)
    name = phone.locator("h1 bdi").inner_text()
    phone.get_by_role("link", name="What you try between sessions").click()
    axe(phone)
    phone.get_by_label("What would you like to try?").fill("Sing in the kitchen")
    phone.get_by_role("button", name="Suggest it").click()
    expect(phone.get_by_text("It holds once they say yes.")).to_be_visible()

    _therapist_at_the_tasks_of(desktop, name)
    axe(desktop)
    desktop.get_by_role("button", name=re.compile("Agree.*Sing in the kitchen")).click()
    expect(desktop.get_by_role("heading", name="Sing in the kitchen")).to_be_visible()

    started = time.monotonic()
    phone.goto(f"{link}tasks")
    told = phone.get_by_role("group", name=re.compile("Sing in the kitchen"))
    told.get_by_role("button", name="Partly").click()
    expect(phone.get_by_role("heading", name="What got in the way?")).to_be_visible()
    assert time.monotonic() - started < 20
    axe(phone)
    phone.get_by_text("There was no time").click()
    phone.get_by_role("button", name="Keep it").click()
    expect(phone.get_by_text("Kept. You can talk about it when you meet.")).to_be_visible()

    desktop.reload()
    card = desktop.get_by_role("article", name="Sing in the kitchen")
    expect(card).to_contain_text("partly done, told by your client")
    expect(card).to_contain_text("There was no time")
    card.get_by_text("Note how it went").click()
    card.get_by_text("Done", exact=True).click()
    axe(desktop)
    card.get_by_role("button", name="Keep").click()
    expect(desktop.get_by_text("Noted. Your client can read it.")).to_be_visible()
    card.get_by_role("button", name="Let it go").click()
    expect(desktop.get_by_text("Let go.")).to_be_visible()


def test_what_was_agreed_in_the_room_and_the_picture(
    open_page: Callable[..., Page], desktop: Page, axe: Axe
) -> None:
    phone = open_page(width=390, height=844, touch=True)
    link = come_in(phone, REPAIR)
    phone.goto(link)
    name = phone.locator("h1 bdi").inner_text()
    _therapist_at_the_tasks_of(desktop, name)
    desktop.get_by_label(re.compile("What, when, how much")).fill("Ring the landlord")
    desktop.get_by_label("To be done once").check()
    desktop.get_by_role("button", name="We agreed on it together").click()
    expect(desktop.get_by_role("heading", name="Ring the landlord")).to_be_visible()
    expect(desktop.get_by_role("heading", name="How it has been going")).to_be_visible()
    phone.goto(f"{link}tasks")
    expect(phone.get_by_role("heading", name="How it has been going")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name=re.compile("Let this one go.*Ring the landlord")).click()
    expect(phone.get_by_text("All right, this one is over.")).to_be_visible()


def test_tasks_in_spanish(phone: Page, axe: Axe) -> None:
    link = come_in(phone, SPANISH)
    phone.goto(f"{link}tasks")
    expect(phone.get_by_role("heading", name="Entre sesiones")).to_be_visible()
    axe(phone)


def test_ruptures_tasks_and_appointments_on_one_time_line(
    open_page: Callable[..., Page], axe: Axe
) -> None:
    phone = open_page(width=390, height=844, touch=True)
    phone.goto(come_in(phone, REPAIR))
    name = phone.locator("h1 bdi").inner_text()
    for width in (1280, 390):
        page = open_page(width=width, height=844)
        page.goto("/")
        page.get_by_role("button", name=re.compile("Amara Okafor")).click()
        page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()
        page.get_by_role("link", name="Ups and downs").click()
        expect(page.get_by_role("heading", name="On one time line")).to_be_visible()
        expect(page.locator("figure.chart")).to_be_visible()
        axe(page)
