"""Asks axe-core whether a page can be used by everyone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

_SOURCE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']}))"


def is_installed() -> bool:
    return _SOURCE.exists()


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")


def violations(page: Page) -> list[dict[str, Any]]:
    """Return axe's findings on the page as it is now.

    The script is evaluated from outside, so the page's own content security policy stays in force.
    A page opened without JavaScript cannot be asked; its markup is the same with it.
    """
    page.wait_for_load_state()
    if page.evaluate("matchMedia('(scripting: none)').matches"):
        raise RuntimeError("axe needs scripts: open the page with JavaScript to check it")
    try:
        return _asked(page)
    except Error:
        # A click's page came in between: what is asked is the page that it leads to.
        page.wait_for_load_state()
        return _asked(page)


def _asked(page: Page) -> list[dict[str, Any]]:
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN, _RULES)["violations"]
    return found


def assert_accessible(page: Page) -> None:
    """Assert that axe finds nothing: WCAG 2.2 AA and its best practices."""
    lines = [
        f"  - {found['id']}: {found['help']}\n      {node['target']}: {node['html'][:160]}"
        for found in violations(page)
        for node in found["nodes"]
    ]
    assert not lines, f"{page.url} is not accessible:\n" + "\n".join(lines)
