"""Making a picture anew from one that was sent: only its pixels stay.

A picture may say where it was taken, by which device and when, and a file may be something else
than it says. So nothing of the file is kept: it is opened as one of three formats, measured before
it is unpacked, turned upright, cut to the middle, scaled and written anew.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from typing import IO

from PIL import ExifTags, Image, ImageOps

from openalliance.core.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_FILE = 8 * 1024 * 1024
"""Bytes; what a telephone takes fits."""
MOST_PIXELS = 26_000_000
"""Before unpacking: a small file can say that it is enormous."""
SIDE = 640
_TOO_MANY = "choose a picture of at most 26 megapixels"
_QUALITY = 82
_PAPER = (255, 255, 255)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by what its file says of how the camera was held."""

# What the readers of three formats and of their metadata stumble over in a file that was made up.
_UNREADABLE = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, SyntaxError, TypeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip


def portrait_from(sent: IO[bytes]) -> bytes:
    """Return a square JPEG with nothing in it but the picture.

    Raises
    ------
    InputError
        It is too large, or no picture of a known format.
    """
    data = sent.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise InputError("choose a picture of at most 8 MB", where="portrait")
    try:
        with warnings.catch_warnings():
            # Odd metadata is no fault: it is left behind.
            warnings.simplefilter("ignore")
            return _made_anew(data)
    except Image.DecompressionBombError:
        raise InputError(_TOO_MANY, where="portrait") from None
    except _UNREADABLE:
        raise InputError(
            "this could not be read as a picture; choose a JPEG, PNG or WebP file", where="portrait"
        ) from None


def _made_anew(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise InputError(_TOO_MANY, where="portrait")
        opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is unpacked no larger than needed
        upright = _UPRIGHT.get(_turned(opened))
        flat = _flat(opened)
        turned = flat if upright is None else flat.transpose(upright)
        fitted = ImageOps.fit(turned, (SIDE, SIDE), centering=(0.5, 0.4))
    # A new image has no memory of the old one's metadata.
    clean = Image.new("RGB", fitted.size)
    clean.paste(fitted)
    written = BytesIO()
    clean.save(written, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def _turned(image: Image.Image) -> int:
    """Return how the camera was held; 1, upright, where that is not said in a way to be read."""
    try:
        said = image.getexif().get(ExifTags.Base.Orientation)
    except _UNREADABLE:
        return 1
    return said if isinstance(said, int) else 1


def _flat(image: Image.Image) -> Image.Image:
    """Return the picture without transparency, on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    see_through = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _PAPER)
    paper.paste(see_through, mask=see_through.getchannel("A"))
    return paper
