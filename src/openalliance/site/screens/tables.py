"""A table of words and figures for a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Headings and rows, as `ui/components/table.html` shows them."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return each row as its head and its cells with their headings, to fold on a phone."""
        names = self.headings[1:]
        return tuple((row[0], tuple(zip(names, row[1:], strict=True))) for row in self.rows)
