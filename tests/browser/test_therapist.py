"""The whole loop as a therapist: add, plan, hand over the tablet, look, talk, agree, end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]
PASSWORD = "demonstration"
TABS = ("Prepare", "Sessions", "Plan", "Personal link", "Ending")


def _sign_in(page: Page, role: str = "therapist") -> Page:
    page.goto("/")
    page.get_by_role("button", name=re.compile(rf"Sign in as .*{role}")).first.click()
    page.goto("/therapist/" if role == "therapist" else "/supervisor/")
    return page


def _add_client(page: Page, name: str) -> None:
    page.get_by_role("link", name="Add client").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("English").check()
    page.get_by_label("CBT").check()
    page.get_by_role("button", name="Add client").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def _plan_session_now(page: Page) -> None:
    page.get_by_role("navigation", name="This client").get_by_role("link", name="Sessions").click()
    words = page.get_by_text("Times are in").inner_text()
    zone = ZoneInfo(words.removeprefix("Times are in ").split(".")[0].replace(" ", "_"))
    at = datetime.now(UTC).astimezone(zone) - timedelta(minutes=5)
    page.get_by_label("Date").fill(at.strftime("%Y-%m-%d"))
    page.get_by_label("Time", exact=True).fill(at.strftime("%H:%M"))
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text("The session is planned.")).to_be_visible()


def _hand_over(page: Page, form: str) -> None:
    page.get_by_role("navigation", name="This client").get_by_role("link", name="Course").click()
    row = page.get_by_role("listitem").filter(has_text=re.compile(rf"’s {form} is"))
    row.get_by_role("link", name="Hand over this device").click()
    page.get_by_role("button", name="Hand over now").click()


def _answer_all(page: Page, rating: str, send: str, axe: Axe | None = None) -> None:
    while not page.get_by_role("button", name=send).is_visible():
        group = page.get_by_role("radio")
        if group.count() == 11:
            page.get_by_role("radio", name=re.compile(rf"^{rating}\b")).check()
        elif group.count():
            group.first.check()
        if axe is not None:
            axe(page)
            axe = None
        page.get_by_role("button", name="Next").click()
        page.wait_for_load_state()
    page.get_by_role("button", name=send).click()


@pytest.mark.parametrize(
    "screen",
    [
        pytest.param({"width": 1280, "height": 800}, id="desktop"),
        pytest.param({"width": 820, "height": 1180, "touch": True}, id="tablet"),
    ],
)
def test_the_whole_loop(
    open_page: OpenPage, axe: Axe, screen: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    page = _sign_in(open_page(**screen))
    axe(page)
    name = f"Wanda {request.node.callspec.id}"
    _add_client(page, name)
    page.get_by_role("button", name="Make link and code").click()
    expect(page.get_by_text("This is shown only now")).to_be_visible()
    axe(page)
    _plan_session_now(page)
    axe(page)

    _hand_over(page, "check-in")
    _answer_all(page, "4", "Send my answers", axe)
    expect(page.get_by_role("heading", name=re.compile("hand the tablet back"))).to_be_visible()
    axe(page)
    page.get_by_role("link", name=re.compile("take this device back")).click()
    axe(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("The form is in.")).to_be_visible()

    page.get_by_role("link", name="Answer now").click()
    _answer_all(page, "7", "Send", axe)
    expect(page.get_by_text("It stays sealed until")).to_be_visible()
    axe(page)
    page.get_by_role("link", name=f"To {name}’s course").click()
    expect(page.get_by_role("img", name=re.compile("Over time")).first).to_be_visible()
    axe(page)
    for tab in TABS:
        nav = page.get_by_role("navigation", name="This client")
        nav.get_by_role("link", name=tab).click()
        expect(nav.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
        axe(page)

    page.get_by_role("navigation", name="This client").get_by_role("link", name="Plan").click()
    page.get_by_role("link", name="Propose a plan").first.click()
    axe(page)
    page.get_by_label("Goal 1", exact=True).fill("Sleep through the night")
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.get_by_text("Sleep through the night").first).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("navigation", name="This client").get_by_role("link", name="Ending").click()
    page.get_by_label("Planned together").check()
    page.get_by_role("button", name="End the episode").click()
    expect(page.get_by_role("button", name="Open it again")).to_be_visible()


def test_back_and_typed_addresses_never_show_the_therapists_view_to_the_client(
    open_page: OpenPage,
) -> None:
    page = _sign_in(open_page(width=820, height=1180, touch=True))
    _add_client(page, "Tabea Tablet")
    _plan_session_now(page)
    _hand_over(page, "check-out")
    expect(page.get_by_role("button", name="Next")).to_be_visible()
    for _ in range(4):
        page.go_back()
        expect(page.get_by_role("link", name=re.compile("take this device back"))).to_be_visible()
        expect(page.get_by_text("Caseload")).to_have_count(0)
    page.goto("/therapist/")
    expect(page).to_have_url(re.compile("/in-session/"))
    page.get_by_role("link", name=re.compile("take this device back")).click()
    page.get_by_label("Your password").fill("not this one")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("That is not your password.")).to_be_visible()
    page.goto("/therapist/")
    expect(page).to_have_url(re.compile("/in-session/"))


def test_a_conversation_by_keyboard_alone(desktop: Page, axe: Axe) -> None:
    page = _sign_in(desktop)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    rows = page.get_by_role("article").filter(has=page.locator(".tag"))
    rows.first.get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="To talk about")).to_be_visible()
    axe(page)
    note = page.get_by_role("link", name=re.compile("^Note the conversation")).first
    note.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="How far have you come?")).to_be_visible()
    axe(page)
    page.get_by_role("radio", name="Talked about").focus()
    page.keyboard.press("Space")
    page.get_by_label(re.compile("^Note")).focus()
    page.keyboard.type("We talked about it.")
    page.get_by_role("button", name="Keep").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Noted: talked about.")).to_be_visible()


def test_two_people_look_at_one_screen(desktop: Page, axe: Axe) -> None:
    page = _sign_in(desktop)
    page.get_by_role("article").get_by_role("link").first.click()
    page.get_by_role("link", name="Look together").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
    expect(page.get_by_role("link", name="Caseload")).to_have_count(0)
    axe(page)
    page.locator(".chart-table summary").click()
    expect(page.get_by_role("table").first).to_be_visible()


def test_the_sheet_before_a_session_prints_on_one_page(desktop: Page) -> None:
    page = _sign_in(desktop)
    page.get_by_role("article").get_by_role("link", name=re.compile("^Prepare")).first.click()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="What to talk about")).to_be_visible()
    expect(page.locator(".episode-nav")).to_be_hidden()
    expect(page.locator(".site-header")).to_be_hidden()
    sheet = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page(?!s)", sheet)) == 1


def test_everything_is_there_without_scripts(open_page: OpenPage) -> None:
    page = _sign_in(open_page(java_script_enabled=False))
    page.get_by_role("article").get_by_role("link").first.click()
    expect(page.locator(".chart__wide svg").first).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table").first).to_be_visible()
    page.get_by_role("link", name="Plan", exact=True).click()
    expect(page.get_by_role("heading", name="What you both agreed")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_in_every_width_and_colour(
    open_page: OpenPage, axe: Axe, width: int, scheme: str
) -> None:
    page = _sign_in(open_page(width=width, color_scheme=scheme))
    for go in (
        lambda: None,
        lambda: page.get_by_role("article").get_by_role("link").first.click(),
        lambda: page.get_by_role("link", name="Prepare").first.click(),
        lambda: page.get_by_role("link", name="Plan", exact=True).click(),
        lambda: page.goto("/therapist/profile"),
    ):
        go()
        page.wait_for_load_state()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_supervisor_reads_a_course(desktop: Page, axe: Axe) -> None:
    page = _sign_in(desktop, "supervisor")
    expect(page.get_by_role("heading", name="Supervision")).to_be_visible()
    axe(page)
    page.get_by_role("article").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="The course so far")).to_be_visible()
    axe(page)
