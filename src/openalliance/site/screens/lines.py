"""Names: one line each, without what cannot be seen.

A name goes into mails, titles, messages and what commands print. A line break in it could end a
line there; characters that turn the direction of writing could make it look like another.
"""

from __future__ import annotations

from typing import Any

from django import forms

_UNSEEN = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ],
    " ",
)


class LineField(forms.CharField):
    """A text of one line; what breaks or turns it becomes a space."""

    def to_python(self, value: Any) -> str:
        """Return it on one line."""
        text = super().to_python(value)
        return " ".join(str(text or "").translate(_UNSEEN).split())
