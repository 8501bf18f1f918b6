"""Take the pictures of the documentation from a fresh demonstration practice.

Run with ``.venv/bin/python tools/screenshots.py`` after ``make test`` has installed Chromium. It
makes a practice in a temporary folder, serves it, and writes small PNG files to ``docs/images``;
those of the three-year story to ``docs/images/story``.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests" / "harness"))

import demonstration  # noqa: E402 - the harness that browser tests use

IMAGES = PROJECT / "docs" / "images"
STORY = IMAGES / "story"
SHE = "Shirin Golestani"
STAFF_PASSWORD = "demonstration"


def main() -> None:
    """Write every picture."""
    demonstration.CLIENTS, demonstration.SEED = 60, 3
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstration.served(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        links = json.loads((Path(folder) / "data" / "demonstration.json").read_text())["clients"]
        check_out(browser, address, links)
        therapist(browser, address)
        STORY.mkdir(exist_ok=True)
        story_at_the_desk(browser, address)
        story_on_the_phone(browser, address, links)
        for picture in STORY.glob("*.png"):
            with Image.open(picture) as full:
                full.convert("RGB").quantize(64).save(picture, optimize=True)
        browser.close()


def check_out(browser: Browser, address: str, links: list[dict[str, str]]) -> None:
    """Come in as the client whose check-out waits, on a phone, and open its first question."""
    link = next(one for one in links if "the check-out is waiting" in one["story"])
    page = _page(browser, 360, 740, scale=2)
    page.goto(f"{address}/c/{link['token']}/")
    page.locator("input[name=code]").fill(link["code"])
    page.locator("main form button[type=submit]").first.click()
    page.locator("main a[href*='/form/']").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "check-out-phone.png")


def therapist(browser: Browser, address: str) -> None:
    """Sign in as the first therapist; show caseload, course and prepare view."""
    page = _page(browser, 1280, 860)
    page.goto(f"{address}/")
    page.get_by_role("button", name="Amara").or_(
        page.locator("li:has-text('Amara') button")
    ).first.click()
    page.goto(f"{address}/therapist/")
    page.screenshot(path=IMAGES / "caseload.png")
    page.goto(address + _course_with_a_rupture(page, address))
    page.wait_for_load_state("networkidle")
    page.get_by_role("heading", name="The course so far").scroll_into_view_if_needed()
    page.locator("figure.chart").first.screenshot(path=IMAGES / "course.png")
    page.goto(f"{address}/therapist/")
    waits = page.get_by_role("article").filter(has_text="got difficult")
    waits.filter(has_not_text="talked about").get_by_role("link", name="Prepare").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "prepare.png", full_page=True)


def story_at_the_desk(browser: Browser, address: str) -> None:
    """Show what the therapist of the three-year story sees, from her request to her return."""
    page = _page(browser, 1000, 700)
    page.goto(f"{address}/")
    page.get_by_role("button", name=re.compile("Jonas")).click()
    page.goto(f"{address}/therapist/?show=ended")
    page.get_by_role("link", name=SHE, exact=True).click()
    page.wait_for_load_state("networkidle")
    _part(page, "figure.chart").screenshot(path=STORY / "course.png")
    page.get_by_text(re.compile(r"^Talked about \(")).click()
    _part(page, "article", "between you").screenshot(path=STORY / "talked-about.png")
    for name, link, selector, words in (
        ("request", "Details", "section", "allow silence"),
        ("plan", "Plan", "section", "How it came about"),
        ("rupture", "Ruptures", "article", "had noticed nothing"),
        ("ending", "Ending", ".grid, .grid--sides", "How you look back"),
        ("years", "After", "section", "The years in one line"),
        ("return", "After", "section", "The herbs are dead"),
    ):
        page.get_by_role("link", name=link, exact=True).click()
        page.wait_for_load_state("networkidle")
        _part(page, selector, words).screenshot(path=STORY / f"{name}.png")


def story_on_the_phone(browser: Browser, address: str, links: list[dict[str, str]]) -> None:
    """Show what the client of the three-year story sees on her own page today."""
    link = next(one for one in links if one["name"] == SHE)
    page = _page(browser, 390, 760)
    page.goto(f"{address}/c/{link['token']}/")
    page.locator("input[name=code]").fill(link["code"])
    page.locator("main form button[type=submit]").first.click()
    for name, path in (("own-page", ""), ("own-plan", "plan"), ("staying-well", "staying-well")):
        page.goto(f"{address}/c/{link['token']}/{path}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=STORY / f"{name}-phone.png")
    page.goto(f"{address}/c/{link['token']}/after")
    page.wait_for_load_state("networkidle")
    _part(page, "section", "The years in one line").screenshot(path=STORY / "years-phone.png")


def _part(page: Page, selector: str, words: str = "") -> Locator:
    """Return the smallest part of a page that holds these words."""
    return page.locator("main").locator(selector).filter(has_text=words).last


def _course_with_a_rupture(page: Page, address: str) -> str:
    """Return the address of the first course whose table tells of a rupture and a repair."""
    links = page.locator("main a[href$='/'][href*='/episodes/']")
    found = [str(links.nth(place).get_attribute("href")) for place in range(links.count())]
    for href in found:
        page.goto(address + href)
        cells = " ".join(page.locator("table td").all_text_contents()).lower()
        if "rupture" in cells and "repair" in cells:
            return href
    return found[0]


def _page(browser: Browser, width: int, height: int, *, scale: int = 1) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, locale="en-GB"
    )
    return context.new_page()


if __name__ == "__main__":
    main()
