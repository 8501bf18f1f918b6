"""A meta-analysis taken in, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
FILE = Path(__file__).parents[1] / "reference" / "alliance_outcome.csv"


@pytest.mark.parametrize("width", [390, 1280])
def test_from_a_file_to_a_page(open_page: Callable[..., Page], axe: Axe, width: int) -> None:
    page = open_page(width=width)
    page.goto("/")
    page.get_by_role("button", name=re.compile("Amara Okafor")).click()
    page.get_by_role("link", name="Meta-analyses", exact=True).click()
    axe(page)
    page.get_by_label("A file of effects").set_input_files(FILE)
    page.get_by_role("button", name="Look at its columns").click()
    expect(page.locator("#id_r")).to_have_value("ri")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(page.get_by_role("heading", name="What it says")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Forest plot"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe(page)
    page.get_by_role("link", name="Delete", exact=True).click()
    axe(page)
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("The meta-analysis and its file are deleted.")).to_be_visible()
