"""Reports as pages: reached from where people work, readable by everybody, kept as PDF."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import REPAIR, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("role", "link", "title"),
    [
        ("therapist", "Your year", "A year of my work"),
        ("administrator", "The year", "A year of the practice"),
        ("supervisor", "Report for supervision", "For supervision"),
    ],
)
def test_a_year_and_supervision_are_reports(
    open_page: OpenPage, axe: Axe, role: str, link: str, title: str
) -> None:
    page = open_page(width=390, height=844, touch=True)
    page.goto("/")
    page.get_by_role("button", name=re.compile(rf"Sign in as .*{role}")).first.click()
    folded = page.locator("main details > summary")
    if role == "supervisor":
        folded.first.click()
    page.get_by_role("link", name=re.compile(link)).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download as PDF").click()
    assert kept.value.path().read_bytes().startswith(b"%PDF-")


def test_a_client_and_their_therapist_have_reports_of_the_course(
    open_page: OpenPage, phone: Page, axe: Axe
) -> None:
    come_in(phone, REPAIR)
    phone.goto(f"{phone.url.rstrip('/')}/record")
    phone.get_by_role("link", name="My report").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("My report")
    axe(phone)
    desk = open_page()
    desk.goto("/")
    desk.get_by_role("button", name=re.compile("Amara Okafor")).click()
    desk.locator("main .caseload a").first.click()
    desk.get_by_role("link", name="Report", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("The course of a therapy")
    axe(desk)
