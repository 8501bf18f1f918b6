"""A client who reads with large letters on a small old phone, and the ways out and to help."""

from __future__ import annotations

from collections.abc import Callable

from client_paths import LOOKING_BACK, SPANISH, come_in, way_in
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
_PAGES = (
    "", "plan", "plan/review", "tasks", "sessions", "calendar", "taken-up", "hard-to-say/new",
    "readers", "consent", "record", "delete", "after", "staying-well", "help", "leave",
)  # fmt: skip
_LARGE = """document.addEventListener(
  "DOMContentLoaded", () => { document.documentElement.style.fontSize = "200%"; })"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_TOO_SMALL = """() => [...document.querySelectorAll(
    "button:not(.first-submit), .button, summary, .call, .more, .rating__step, .choice__option")]
  .map(one => [one.innerText, one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
  .map(([words, box]) => `${words} ${box.width} × ${box.height}`)"""


def test_twice_as_large_letters_fit_the_smallest_phone(open_page: OpenPage) -> None:
    page = open_page(width=320, height=568)
    page.context.add_init_script(_LARGE)
    link, _code = way_in(page, SPANISH)
    for path in ("/contact", link):
        page.goto(path)
        assert page.evaluate(_TOO_WIDE) <= 0, path
    come_in(page, SPANISH)
    for path in _PAGES:
        page.goto(link + path)
        assert page.evaluate(_TOO_WIDE) <= 0, path
        assert page.evaluate(_TOO_SMALL) == [], path


def test_every_thing_to_touch_is_large_enough_for_a_thumb(open_page: OpenPage) -> None:
    page = open_page(width=320, height=568, touch=True)
    page.goto("/contact")
    assert page.evaluate(_TOO_SMALL) == []
    link = come_in(page, LOOKING_BACK)
    for path in (*_PAGES, "plan/propose"):
        page.goto(link + path)
        assert page.evaluate(_TOO_SMALL) == [], path


def test_the_way_out_stands_at_the_top_of_every_own_page(phone: Page) -> None:
    link = come_in(phone, LOOKING_BACK)
    for path in ("", "hard-to-say/new", "record"):
        phone.goto(link + path)
        out = phone.get_by_role("banner").get_by_role("link", name="Leave")
        expect(out).to_be_in_viewport()
    out.click()
    expect(phone.get_by_role("heading", name="Leave this page?")).to_be_visible()


def test_help_is_one_touch_away_before_somebody_has_a_therapist(phone: Page) -> None:
    for path in ("/", "/contact"):
        phone.goto(path)
        phone.get_by_role("banner").get_by_role("link", name="Help now").click()
        expect(phone.locator("#help-now a[href^='tel:']").first).to_be_in_viewport()
