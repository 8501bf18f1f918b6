"""Take the pictures of the documentation from a fresh demonstration practice.

Run with ``.venv/bin/python tools/screenshots.py`` after ``make test`` has installed Chromium. It makes
a practice in a temporary folder, serves it, and writes small PNG files to ``docs/images``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests" / "harness"))

import demonstration  # noqa: E402 - the harness that browser tests use

IMAGES = PROJECT / "docs" / "images"
STAFF_PASSWORD = "demonstration"


def main() -> None:
    """Write every picture."""
    demonstration.CLIENTS = 60
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
        browser.close()


def check_out(browser: Browser, address: str, links: list[dict[str, str]]) -> None:
    """Open the first check-out that waits for one of the clients, on a phone."""
    for link in links:
        page = _page(browser, 360, 740, scale=2)
        page.goto(f"{address}/c/{link['token']}/")
        page.get_by_role("textbox").fill(link["code"])
        page.get_by_role("button").last.click()
        waiting = page.locator("a[href*='/form/']")
        for place in range(waiting.count()):
            page.goto(address + str(waiting.nth(place).get_attribute("href")))
            if "check-out" in page.title().lower() or "after" in page.title().lower():
                page.screenshot(path=IMAGES / "check-out-phone.png")
                return
            page.go_back()
    raise SystemExit("no check-out waits for a client of the demonstration")


def therapist(browser: Browser, address: str) -> None:
    """Sign in as the first therapist; show caseload, course and prepare view."""
    page = _page(browser, 1280, 860)
    page.goto(f"{address}/")
    page.get_by_role("button", name="therapist").first.click()
    page.goto(f"{address}/therapist/")
    page.screenshot(path=IMAGES / "caseload.png")
    page.locator("main a[href*='/episodes/']").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "course.png", full_page=False)
    page.goto(page.url.rstrip("/") + "/prepare")
    page.screenshot(path=IMAGES / "prepare.png")


def _page(browser: Browser, width: int, height: int, *, scale: int = 1) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, locale="en-GB"
    )
    return context.new_page()


if __name__ == "__main__":
    main()
