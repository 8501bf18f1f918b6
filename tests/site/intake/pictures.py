"""Pictures as somebody might send them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

SECRET = b"taken at 43.3623 -8.4115 by somebody"


def picture(
    width: int = 900, height: int = 1200, *, kind: str = "JPEG", colour: str = "teal",
    turned: bool = False,
) -> BytesIO:  # fmt: skip
    """Return a picture with words in every place that metadata can stand in."""
    mode = "RGBA" if kind in {"PNG", "WEBP"} else "RGB"
    image = Image.new(mode, (width, height), colour)
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif[0x0112] = 6 if turned else 1  # orientation
    written = BytesIO()
    image.save(written, kind, exif=exif, icc_profile=SECRET, comment=SECRET)
    written.seek(0)
    return written
