"""Real Chromium against a real server on the demonstration practice.

``phone`` and ``desktop`` are pages; ``open_page`` opens others (another width, language, colour
scheme, without JavaScript). Every page is watched: an error in the console, a breach of the content
security policy, a failed download or a request to another host fails the test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import accessibility
import demonstration
import pytest
import watch
from playwright.sync_api import Browser, Page, sync_playwright

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


class OpenPage(Protocol):
    """Open a page in a context of its own (its own cookies)."""

    def __call__(
        self,
        *,
        width: int = ...,
        height: int = ...,
        touch: bool = ...,
        **options: Any,
    ) -> Page: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = []
    if not _CHROMIUM.exists():
        missing.append("/usr/bin/chromium (apt-get install chromium)")
    if not accessibility.is_installed():
        missing.append("axe-core (npm ci)")
    if not missing:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError("browser tests need " + " and ".join(missing))
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs " + " and ".join(missing)))


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return where the demonstration practice is served, without a final slash."""
    with demonstration.served(tmp_path_factory.mktemp("demonstration")) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not for the session: while Playwright runs, Django refuses its database in this thread, and
    # tests of other folders may follow in the same process.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watched(address: str) -> Iterator[watch.Watch]:
    """Collect the faults of all pages; a test that provokes one takes it off by ``expect``."""
    over_all = watch.Watch(address)
    yield over_all
    assert not over_all.faults, watch.describe(over_all.faults)


@pytest.fixture
def open_page(chromium: Browser, address: str, watched: watch.Watch) -> Iterator[OpenPage]:
    """Open pages; take any option of Playwright's contexts (``locale``, ``color_scheme`` …)."""
    contexts = []

    def opened(
        *, width: int = 1280, height: int = 800, touch: bool = False, **options: Any
    ) -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            **{"has_touch": touch, "is_mobile": touch, "locale": "en-GB", **options},
        )
        context.set_default_timeout(10_000)
        context.on("page", watched.over)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """Return a page on a small phone, operated by touch."""
    return open_page(width=360, height=740, touch=True)


@pytest.fixture
def desktop(open_page: OpenPage) -> Page:
    """Return a page on a desk."""
    return open_page(width=1280, height=800)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return the check that a page can be used by everyone: ``axe(page)``."""
    return accessibility.assert_accessible
