"""What the therapist prints on A4: whole, on few sheets, without navigation, in black and white."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from client_paths import LOOKING_BACK, REPAIR, come_in
from playwright.sync_api import Page, expect
from printed import A4_POINTS, printed, too_far_right

_TABS = re.compile(r"\b(Personal link|Caseload|Sign out|Skip to)\b")
_VISIBLE = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = [];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (e.closest('svg, script, style, .visually-hidden, select')) continue;
    if (e.checkVisibility({contentVisibilityAuto: true})) said.push(node.nodeValue);
  }
  return said.join(' ');
}"""
_BLACK_AND_WHITE = """() => [...document.querySelectorAll('.page *')].filter(e => {
  if (!e.checkVisibility() || !e.textContent.trim() || e.closest('svg, button')) return false;
  const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 115;
}).map(e => e.outerHTML.slice(0, 120))"""


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def places() -> dict[str, str]:
    """Return the addresses of the two clients' pages, once they are known."""
    return {}


def _at(page: Page, phone: Page, story: str, place: str, known: dict[str, str]) -> None:
    page.goto("/")
    if story not in known:
        come_in(phone, story)
        known[story] = phone.locator("h1 bdi").inner_text()
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.goto("/therapist/?show=ended" if story == LOOKING_BACK else "/therapist/")
    page.get_by_role("link", name=re.compile(re.escape(known[story]))).first.click()
    page.goto(f"{page.url.rstrip('/')}/{place}")


@pytest.mark.parametrize(
    ("story", "place", "sheets", "says"),
    [
        pytest.param(REPAIR, "", 2, "The course so far", id="course"),
        pytest.param(REPAIR, "prepare", 1, "What to talk about", id="prepare"),
        pytest.param(REPAIR, "plan", 2, "What you both agreed", id="plan"),
        pytest.param(REPAIR, "staying-well", 1, "My warning signs", id="sheet to be written"),
        pytest.param(LOOKING_BACK, "ending", 1, "How you look back", id="ending"),
        pytest.param(LOOKING_BACK, "staying-well", 1, "My warning signs", id="sheet"),
        pytest.param(LOOKING_BACK, "after", 2, "The years in one line", id="after"),
    ],
)
def test_a_page_prints_whole_and_without_what_is_only_for_the_screen(
    desktop: Page,
    phone: Page,
    places: dict[str, str],
    story: str,
    place: str,
    sheets: int,
    says: str,
) -> None:
    _at(desktop, phone, story, place, places)
    there = printed(desktop)
    assert [sheet.size for sheet in there] == [pytest.approx(A4_POINTS, abs=1)] * len(there)
    assert len(there) <= sheets
    words = " ".join(sheet.words for sheet in there)
    assert says in words
    assert not _TABS.search(words), "navigation is printed"
    assert all(len(sheet.words) > 60 for sheet in there), "a sheet is next to empty"

    assert too_far_right(desktop) == []
    assert desktop.evaluate(_BLACK_AND_WHITE) == [], "too pale for black and white"
    expect(desktop.locator(".episode-nav")).to_be_hidden()
    missing = set(_words(desktop.evaluate(_VISIBLE))) - set(_words(words))
    assert not missing, f"not on the paper: {missing}"


def test_both_sides_of_the_plan_are_told_apart_without_colour(
    desktop: Page, phone: Page, places: dict[str, str], axe: Callable[[Page], None]
) -> None:
    _at(desktop, phone, REPAIR, "plan", places)
    axe(desktop)
    desktop.emulate_media(media="print")
    expect(desktop.locator(".sides circle").first).to_be_visible()
    expect(desktop.locator(".sides path.sides__therapist").first).to_be_visible()
    shape = "e => getComputedStyle(e, '::before').borderRadius"
    assert desktop.locator(".sides-key__client").evaluate(shape) == "50%"
    assert desktop.locator(".sides-key__therapist").evaluate(shape) == "0px"
    exact = "e => getComputedStyle(e, '::before').printColorAdjust"
    assert desktop.locator(".sides-key__client").evaluate(exact) == "exact"
