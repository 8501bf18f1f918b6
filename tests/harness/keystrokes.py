"""How long a flow takes by hand: the keystroke-level model, counted while a browser is operated.

Card, S. K., Moran, T. P., & Newell, A. (1980). The keystroke-level model for user performance time
with interactive systems. *Communications of the ACM, 23*(7), 396-410, doi 10.1145/358886.358895:
a practised person's time is the sum of the physical operators K (a key; .28 s for an average
non-secretary typist, 1.20 s for the worst, who does not know the keyboard), P (pointing with a
mouse, 1.1 s), H (moving the hands between keyboard and mouse, 0.4 s), of the mental operator
M (1.35 s), and of R, how long the system lets one wait, which is measured here. A press or release
of a button is 0.1 s: Card, Moran and Newell (1983), *The psychology of human-computer interaction*.

M is counted before every text and before every click; the paper's rules would take some of them
away again, so these sums are rather too long than too short. What lies outside the screen costs
another P and M for scrolling to it. A phone is operated with the thumb: no H, keys of the worst
typist. Reading is no part of the model; it is added at 238 words a minute: Brysbaert, M. (2019).
How many words do we read per minute? *Journal of Memory and Language, 109*, 104047.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from playwright.sync_api import Locator, Page

K_TYPIST, K_WORST = 0.28, 1.20
P, B, H, M = 1.1, 0.1, 0.4, 1.35
WORDS_A_MINUTE = 238
_SEEN = """e => { const b = e.getBoundingClientRect();
  return b.top >= 0 && b.bottom <= innerHeight && b.left >= 0 && b.right <= innerWidth; }"""
_LEADS_ON = "e => e.matches('a[href], button[type=submit]')"


class Hand:
    """One person's hand at one page; ``seconds`` is what the model says of all that it did."""

    def __init__(self, page: Page, *, on_phone: bool = False) -> None:
        self.page = page
        self.count: Counter[str] = Counter()
        self.waited = 0.0
        self.words_read = 0
        self._on_phone = on_phone
        self._at_keyboard = False

    @property
    def seconds(self) -> float:
        cost = {"K": K_WORST if self._on_phone else K_TYPIST, "P": P, "B": B, "H": H, "M": M}
        return sum(cost[what] * n for what, n in self.count.items()) + self.waited + self.read_for

    @property
    def read_for(self) -> float:
        return self.words_read / WORDS_A_MINUTE * 60

    def read(self, part: Locator) -> None:
        """Read every word of a part of the page."""
        self.words_read += len(part.inner_text().split())

    def point(self, target: Locator) -> None:
        """Find something with the eyes, go there, press; wait for what comes of it."""
        if not target.evaluate(_SEEN):
            self.count.update("MP")
        if self._at_keyboard:
            self.count.update("H")
        self._at_keyboard = False
        self.count.update("MPBB")
        press = target.tap if self._on_phone else target.click
        if target.evaluate(_LEADS_ON):
            self._wait_for(press)
        else:
            press()

    def write(self, words: str) -> None:
        """Type words into what has the focus; a capital letter takes two keys."""
        self._to_the_keyboard()
        self.count.update("M")
        self.count["K"] += len(words) + sum(letter.isupper() for letter in words)
        self.page.keyboard.type(words)

    def press(self, key: str) -> None:
        """Press one key that leads to another page, such as Enter in a form."""
        self._to_the_keyboard()
        self.count.update("MK")
        self._wait_for(lambda: self.page.keyboard.press(key))

    def _to_the_keyboard(self) -> None:
        if not self._at_keyboard and not self._on_phone:
            self.count.update("H")
        self._at_keyboard = True

    def _wait_for(self, act: Callable[[], None]) -> None:
        started = time.monotonic()
        with self.page.expect_navigation():
            act()
        self.waited += time.monotonic() - started

    def __str__(self) -> str:
        parts = ", ".join(f"{n} {what}" for what, n in sorted(self.count.items()))
        rest = f"{self.waited:.1f} s waiting, {self.read_for:.1f} s reading"
        return f"{self.seconds:.1f} s ({parts}, {rest})"
