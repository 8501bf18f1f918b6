"""What comes after, in both languages, on a phone and on a desk: ending, questions, way back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import questions_by_link
from client_paths import LOOKING_BACK, MAIN, SPANISH, come_in
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
LANGUAGES = ["en", "es"]
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def fits(axe: Check) -> Check:
    """Return the check that everyone can use a page, and that it fits a phone and a desk."""

    def check(page: Page) -> None:
        for width, height in ((390, 844), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            axe(page)
            assert page.evaluate(_TOO_WIDE) <= 0, f"{page.url} at {width}"

    return check


@pytest.fixture(params=LANGUAGES)
def speaking(request: pytest.FixtureRequest, open_page: OpenPage, address: str) -> tuple[Page, str]:
    """Return a page on which this device was set to a language, and the language."""
    page = open_page(width=390, height=844, locale=request.param)
    page.context.add_cookies([{"name": "oa_language", "value": request.param, "url": address}])
    return page, request.param


@pytest.fixture(scope="module")
def links(address: str) -> dict[str, str]:
    """Return the link to questions of a client who left long ago, for each language."""
    return dict(zip(LANGUAGES, questions_by_link.links(address, len(LANGUAGES)), strict=True))


def _heading(page: Page, language: str, english: str, spanish: str) -> None:
    wanted = {"en": english, "es": spanish}[language]
    expect(page.get_by_role("heading", level=1)).to_have_text(wanted)
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_who_left_finds_the_way_back(speaking: tuple[Page, str], fits: Check) -> None:
    page, language = speaking
    link = come_in(page, LOOKING_BACK)
    page.goto(f"{link}after")
    _heading(page, language, "After therapy", "Después de la terapia")
    fits(page)
    page.goto(f"{link}come-back")
    fits(page)
    page.locator(MAIN).click()
    _heading(page, language, "It is good to hear from you", "Qué bien saber de ti")
    fits(page)
    page.locator("#words").fill("Si puede ser, por la tarde")
    page.locator("form:has(#words) button").click()
    expect(page.locator("#words")).to_have_value("Si puede ser, por la tarde")
    page.locator("form[action$='come-back/undo'] button").click()
    page.wait_for_url(f"**{link}")


def test_questions_years_after_are_answered_by_a_link(
    speaking: tuple[Page, str], fits: Check, links: dict[str, str]
) -> None:
    page, language = speaking
    page.goto(links[language])
    page.locator(".rating__step, .choice__option").first.wait_for()
    fits(page)
    page.locator(".step-later a").click()
    _heading(page, language, "No more questions?", "¿No más preguntas?")
    fits(page)
    page.goto(links[language])
    for _question in range(12):
        options = page.locator(".rating__step, .choice__option")
        if not options.count():
            break
        options.first.click()
        before = page.url
        page.locator(MAIN).click()
        page.wait_for_function("before => location.href !== before", arg=before)
    fits(page)
    if page.url.endswith("/review"):
        page.locator(MAIN).click()
    _heading(page, language, "Thank you", "Gracias")
    fits(page)
    page.goto(links[language])
    _heading(page, language, "Already sent, thank you", "Ya estaba enviado, gracias")


def test_a_client_begins_to_look_back(speaking: tuple[Page, str], fits: Check) -> None:
    page, language = speaking
    link = come_in(page, SPANISH)
    page.goto(f"{link}looking-back")
    _heading(page, language, "Looking back", "Mirar atrás")
    begin = page.locator("form[action$='looking-back/begin'] button")
    if begin.count():
        fits(page)
        begin.click()
    page.goto(f"{link}looking-back?change=1")
    fits(page)
    page.locator(".choice__option").first.click()
    page.locator("textarea").first.fill("Pido ayuda antes")
    page.locator(MAIN).click()
    page.wait_for_url(re.compile("looking-back$"))
    expect(page.get_by_text("Pido ayuda antes")).to_be_visible()
    fits(page)
