"""Every page that links lead to, by every role: nothing is asked of another host.

The watch over all pages (`watch.py`) judges it: a request to another host, a breach of the content
security policy or a word in the console fails the test.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from client_paths import REPAIR, come_in
from playwright.sync_api import Page

_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/)\d+(?=/|$)|(?<=/c/)[^/]+")
_LEFT_OUT = re.compile(r"/sign-out|\.(svg|png|pdf|csv|json|txt)$|/(file|pdf)$|/static/")


def _linked_from(page: Page) -> list[str]:
    links: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    here = urlsplit(page.url).netloc
    return [urlsplit(link).path for link in links if urlsplit(link).netloc == here]


def _visit_all(page: Page, start: str) -> set[str]:
    """Open one page of each shape."""
    waiting, shapes = deque([start]), set[str]()
    while waiting:
        path = waiting.popleft()
        shape = _IDS.sub("*", path)
        if shape in shapes or _LEFT_OUT.search(path):
            continue
        shapes.add(shape)
        page.goto(path)
        waiting.extend(_linked_from(page))
    return shapes


@pytest.mark.parametrize(
    ("role", "start", "at_least"),
    [("therapist", "/therapist/", 10), ("supervisor", "/supervisor/", 3),
     ("administrator", "/administrator/", 8), ("nobody", "/", 3)],
)  # fmt: skip
def test_no_page_of_staff_asks_anything_of_another_host(
    open_page: Callable[..., Page], role: str, start: str, at_least: int
) -> None:
    page = open_page()
    page.goto("/")
    if role != "nobody":
        page.get_by_role("button", name=re.compile(rf"Sign in as .*{role}")).first.click()
    assert len(_visit_all(page, start)) >= at_least


def test_no_page_of_a_client_asks_anything_of_another_host(phone: Page) -> None:
    assert len(_visit_all(phone, come_in(phone, REPAIR))) >= 6
