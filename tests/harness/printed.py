"""What stands on a page printed by Chromium: how many sheets, and the words on each of them.

Reads just as much of PDF (ISO 32000-1) as Chromium writes: objects that are not packed into
streams, pages with compressed content, fonts with a table from glyphs to letters.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass

from playwright.sync_api import Page

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"/Length (\d+).*?stream\r?\n", re.DOTALL)
_PAIRS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\((?:\\.|[^\\)])*\)|(ET)", re.DOTALL)
A4_POINTS = (594.96, 841.92)
_WIDTH_WITHIN_MARGINS = 703  # of 210 mm less 12 mm on either side, in pixels
_TOO_FAR = """() => [...document.body.querySelectorAll('*')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && box.right > innerWidth + 1
    && e.closest('.visually-hidden') === null && getComputedStyle(e).position !== 'absolute';
}).map(e => e.outerHTML.slice(0, 120))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One printed page."""

    words: str
    size: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Font:
    digits: int
    letters: dict[int, str]


def printed(page: Page) -> tuple[Sheet, ...]:
    """Print the page on A4, as it asks for itself, and return the sheets."""
    return sheets_of(page.pdf(format="A4", prefer_css_page_size=True))


def too_far_right(page: Page) -> list[str]:
    """Return what reaches over the right edge of the paper; leaves the page as for printing."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": _WIDTH_WITHIN_MARGINS, "height": 1000})
    found: list[str] = page.evaluate(_TOO_FAR)
    return found


def sheets_of(document: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of a PDF in their order."""
    objects = {int(number): body for number, body in _OBJECT.findall(document)}
    pages = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b(?!s)", body)]
    order = _order(objects)
    pages.sort(key=lambda body: order.index(next(n for n, b in objects.items() if b is body)))
    return tuple(_sheet(body, objects) for body in pages)


def _order(objects: dict[int, bytes]) -> list[int]:
    """Return the numbers of the pages as the tree of pages has them."""
    trees = {n: body for n, body in objects.items() if re.search(rb"/Type\s*/Pages\b", body)}
    children = {
        n: [int(one) for one in re.findall(rb"(\d+) 0 R", _after(body, rb"/Kids"))]
        for n, body in trees.items()
    }
    inner = {one for under in children.values() for one in under}

    def walked(number: int) -> list[int]:
        if number not in children:
            return [number]
        return [leaf for one in children[number] for leaf in walked(one)]

    return [leaf for root in children if root not in inner for leaf in walked(root)]


def _after(body: bytes, key: bytes) -> bytes:
    found = re.search(key + rb"\s*\[(.*?)\]", body, re.DOTALL)
    return found[1] if found else b""


def _sheet(page: bytes, objects: dict[int, bytes]) -> Sheet:
    box = [float(one) for one in _after(page, rb"/MediaBox").split()]
    fonts = {
        name.decode(): _font(int(number), objects)
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    content = re.search(rb"/Contents (\d+) 0 R", page)
    said = _words(_stream(objects[int(content[1])]), fonts) if content else ""
    words = " ".join(unicodedata.normalize("NFKC", said).split())
    return Sheet(words=words, size=(box[2] - box[0], box[3] - box[1]))


def _stream(body: bytes) -> bytes:
    """Return what a stream holds, as long as it says it is: its bytes may end like a line."""
    found = _STREAM.search(body)
    if found is None:
        return b""
    said = body[found.end() : found.end() + int(found[1])]
    return zlib.decompress(said) if b"FlateDecode" in body[: found.end()] else said


def _font(number: int, objects: dict[int, bytes]) -> _Font:
    """Return which letters the glyphs of a font stand for, and how long their codes are."""
    digits = 4 if b"/Type0" in objects[number] else 2
    return _Font(digits=digits, letters=_letters(number, objects))


def _letters(number: int, objects: dict[int, bytes]) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[number])
    if table is None:
        return {}
    text, found = _stream(objects[int(table[1])]), {}
    for part in _PAIRS.findall(text):
        codes = _HEX.findall(part)
        for code, letters in zip(codes[::2], codes[1::2], strict=True):
            found[int(code, 16)] = _utf16(letters)
    for part in _RANGES.findall(text):
        codes = _HEX.findall(part)
        for first, last, letter in zip(codes[::3], codes[1::3], codes[2::3], strict=True):
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(int(letter, 16) + code - int(first, 16))
    return found


def _utf16(letters: bytes) -> str:
    return bytes.fromhex(letters.decode()).decode("utf-16-be")


def _words(content: bytes, fonts: dict[str, _Font]) -> str:
    said: list[str] = []
    font = _Font(digits=4, letters={})
    for shown in _SHOWN.finditer(content):
        if shown[1]:
            font = fonts.get(shown[1].decode(), font)
        elif shown[2]:
            codes, n = shown[2].decode(), font.digits
            glyphs = [int(codes[i : i + n], 16) for i in range(0, len(codes), n)]
            said += [font.letters.get(one, "") for one in glyphs]
        elif shown[3]:
            said.append(" ")
    return "".join(said)
