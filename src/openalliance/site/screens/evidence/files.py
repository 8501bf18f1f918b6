"""Files of effects that are taken in: how large, in which encoding, with how many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from openalliance.core.errors import InputError
from openalliance.files.design import width_of
from openalliance.files.frame import Frame, frame_of

if TYPE_CHECKING:
    from openalliance.evidence.asked import Asked
    from openalliance.evidence.found import Found

MOST_BYTES = 200_000
MOST_ROWS = 1_000
MOST_COLUMNS = 60
MOST_COEFFICIENTS = 30
FILE = "effects.csv"
"""What the file is called in the command, in the script and when it is fetched again."""


def text_of(sent: UploadedFile[Any]) -> tuple[str, str]:
    """Return the text of a file, and what is to be said about its encoding.

    Raises
    ------
    InputError
        It is too large, or no text.
    """
    if (sent.size or 0) > MOST_BYTES:
        raise InputError(
            f"the file is larger than {MOST_BYTES // 1000} kB; leave out columns that are not"
            " needed, or use openalliance meta on the command line",
            where="file",
        )
    raw = sent.read()
    if b"\0" in raw:
        raise InputError("this is no text file; save the table as CSV", where="file")
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
        return text, (
            "The file was not in UTF-8 and was read as Windows text: look at letters with accents."
        )


def frame_of_text(text: str) -> Frame:
    """Return a table that is not too large to be fitted while somebody waits.

    Raises
    ------
    InputError
        It cannot be read, or is too large.
    """
    frame = frame_of(text.encode(), "the file")
    if frame.rows > MOST_ROWS:
        raise InputError(
            f"the file has {frame.rows:,} rows, and a page fits {MOST_ROWS:,}; use openalliance"
            " meta on the command line",
            where="file",
        )
    if len(frame.columns) > MOST_COLUMNS:
        raise InputError(
            f"the file has {len(frame.columns)} columns, and {MOST_COLUMNS} can be chosen from;"
            " leave out those that are not needed",
            where="file",
        )
    return frame


def found_in(frame: Frame, asked: Asked) -> Found:
    """Fit what is not so large that others would have to wait for it.

    Raises
    ------
    InputError
        It cannot be fitted, or is too large.
    """
    many = width_of(frame, asked.moderators or "1")
    if many > MOST_COEFFICIENTS:
        raise InputError(
            f"the moderators come to {many:,} coefficients, and a page fits {MOST_COEFFICIENTS};"
            " choose fewer, or use openalliance meta on the command line"
        )
    return asked.of(frame)
