"""Pictures for people who do not exist: a head and shoulders, painted in a few colours."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

_SIDE = 640


def painted(wall: str, coat: str, skin: str, hair: str, *, long_hair: bool) -> BytesIO:
    """Return a picture of nobody in particular."""
    image = Image.new("RGB", (_SIDE, _SIDE), wall)
    draw = ImageDraw.Draw(image)
    draw.ellipse((-120, -160, 420, 380), fill=_lighter(wall))
    if long_hair:
        draw.rounded_rectangle((190, 150, 450, 520), 120, fill=hair)
    draw.ellipse((80, 430, 560, 900), fill=coat)
    draw.rounded_rectangle((275, 360, 365, 500), 45, fill=_darker(skin))
    draw.ellipse((205, 140, 435, 430), fill=skin)
    draw.pieslice((190, 110, 450, 400), 180, 360, fill=hair)
    draw.arc((275, 310, 365, 370), 25, 155, fill=_darker(skin), width=9)
    for eye in (272, 352):
        draw.ellipse((eye, 262, eye + 17, 282), fill="#2b2420")
    written = BytesIO()
    image.filter(ImageFilter.GaussianBlur(2.2)).save(written, "PNG")
    written.seek(0)
    return written


def _lighter(colour: str) -> str:
    return _mixed(colour, 255)


def _darker(colour: str) -> str:
    return _mixed(colour, 40)


def _mixed(colour: str, other: int) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * 0.8 + other * 0.2):02x}" for part in parts)
