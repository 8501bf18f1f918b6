"""A picture is made anew: only its pixels stay, and what is no picture is refused calmly."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from openalliance.core.errors import InputError
from openalliance.site.records.intake.portraits import LARGEST_FILE, SIDE, portrait_from
from tests.site.intake.pictures import SECRET, picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_square_without_metadata(kind: str) -> None:
    sent = picture(kind=kind)
    assert SECRET in sent.getvalue()
    made = portrait_from(sent)
    with Image.open(BytesIO(made)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (SIDE, SIDE), "RGB")
        assert not image.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
    assert SECRET not in made


def test_a_picture_taken_sideways_stands_upright() -> None:
    sent = Image.new("RGB", (800, 400), "white")
    sent.paste("black", (0, 0, 400, 400))  # left half: on top once it is turned
    exif = Image.Exif()
    exif[0x0112] = 6
    written = BytesIO()
    sent.save(written, "JPEG", exif=exif)
    written.seek(0)
    with Image.open(BytesIO(portrait_from(written))) as image:
        top, bottom = (image.getpixel((SIDE // 2, y)) for y in (20, SIDE - 20))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert max(top) < 60
    assert min(bottom) > 200


def _odd_exif(tag: int, kind: int, count: int) -> bytes:
    """Return metadata that says the picture lies on its side, and something made up."""
    turned = struct.pack("<HHII", 0x0112, 3, 1, 6)
    odd = struct.pack("<HHII", tag, kind, count, 30)
    return b"Exif\0\0II*\0\x08\0\0\0\x02\0" + turned + odd + bytes(68)


@pytest.mark.parametrize("tag", [0x010F, 0x0112, 0x011A, 0x0132, 0x8769, 0x8825, 0x9286])
def test_metadata_that_cannot_be_is_left_behind_like_any_other(tag: int) -> None:
    for kind in range(14):
        for count in (0, 1, 8, 1 << 20):
            written = BytesIO()
            exif = _odd_exif(tag, kind, count)
            Image.new("RGB", (20, 20)).save(written, "JPEG", exif=exif)
            written.seek(0)
            with Image.open(BytesIO(portrait_from(written))) as image:
                assert image.size == (SIDE, SIDE)


@pytest.mark.parametrize(("held", "dark"), [(3, "bottom"), (6, "right"), (8, "left"), (1, "top")])
def test_however_the_camera_was_held_the_picture_is_upright(held: int, dark: str) -> None:
    sent = Image.new("RGB", (400, 400), "white")
    sent.paste("black", (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = held
    written = BytesIO()
    sent.save(written, "JPEG", exif=exif)
    written.seek(0)
    with Image.open(BytesIO(portrait_from(written))) as image:
        middle, end = SIDE // 2, SIDE - 20
        at = {
            "top": (middle, 20),
            "bottom": (middle, end),
            "left": (20, middle),
            "right": (end, middle),
        }
        found = {side: image.convert("L").getpixel(place) for side, place in at.items()}
    assert min(found, key=lambda side: float(str(found[side]))) == dark, found


def test_what_is_see_through_lies_on_white() -> None:
    written = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(written, "PNG")
    written.seek(0)
    with Image.open(BytesIO(portrait_from(written))) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


def _bomb() -> bytes:
    """Return a small PNG that says it is enormous."""
    header = b"IHDR" + (60_000).to_bytes(4) + (60_000).to_bytes(4) + bytes([8, 2, 0, 0, 0])
    checked = header + zlib.crc32(header).to_bytes(4)
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + checked + b"\0\0\0\0IDAT" + bytes(4)


def _gif() -> bytes:
    written = BytesIO()
    Image.new("L", (9, 9)).save(written, "GIF")
    return written.getvalue()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "could not be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "could not be read"),
        (b"<html>", "could not be read"),
        (picture().getvalue()[:2000], "could not be read"),
        (_gif(), "could not be read"),
        (_bomb(), "megapixels"),
        (b"\xff\xd8\xff" + bytes(LARGEST_FILE), "8 MB"),
    ],
    ids=["nothing", "svg", "html", "half", "gif", "bomb", "large"],
)
def test_what_is_no_picture_is_refused_in_words(sent: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        portrait_from(BytesIO(sent))
