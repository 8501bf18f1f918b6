"""What no page may do, whatever a test looks at: fail silently, or speak to another machine."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response

_INNER = {"data", "blob", "about"}
# A form with errors and a change that came too late are answers, not faults.
_ANSWERS_OF_A_SCRIPT = {409, 422}


class Watch:
    """Collects the faults of one page and of the pages it opens.

    A document may be answered with any 4xx: tests ask for forbidden pages on purpose. Anything a
    page loads by itself must succeed.
    """

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self.faults: list[str] = []

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("response", self._response)

    def expect(self, part: str) -> None:
        """Take one expected fault off the list; there must be one that holds ``part``."""
        for fault in self.faults:
            if part in fault:
                self.faults.remove(fault)
                return
        raise AssertionError(f"no fault holds “{part}”: {self.faults}")

    def _console(self, message: ConsoleMessage) -> None:
        # Answers that failed are seen, and judged, as responses.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _error(self, error: Error) -> None:
        self.faults.append(f"script: {error.message}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _INNER and parts.netloc != self._host:
            self.faults.append(f"request to another host: {parts.netloc}")

    def _response(self, response: Response) -> None:
        kind = response.request.resource_type
        allowed = (kind == "document" and response.status < 500) or (
            kind in {"xhr", "fetch"} and response.status in _ANSWERS_OF_A_SCRIPT
        )
        if response.status >= 400 and not allowed:
            self.faults.append(f"{response.status}: {urlsplit(response.url).path}")


def describe(faults: Sequence[str]) -> str:
    return "the page did what no page may do:\n" + "\n".join(f"  - {fault}" for fault in faults)
