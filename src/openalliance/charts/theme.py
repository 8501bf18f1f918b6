"""Colours and type of charts: for light and dark screens, paper, and pages that decide themselves.

The palettes keep their pairs apart for colour-blind readers (blue against orange), and no chart
says anything by colour alone: shapes, dashes and words say it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Theme(StrEnum):
    """Where a chart will be seen."""

    LIGHT = "light"
    DARK = "dark"
    PAGE = "page"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One colour per role; `ground` is what the chart stands on."""

    ink: str
    soft: str
    grid: str
    ground: str
    outcome: str
    expected: str
    client: str
    therapist: str
    rupture: str
    repair: str
    goal: str
    missed: str


LIGHT = Palette(
    ink="#1e2a2b",
    soft="#525e5d",
    grid="#e6e0d4",
    ground="#ffffff",
    outcome="#1a605d",
    expected="#8fa8a3",
    client="#1f54a5",
    therapist="#b04f00",
    rupture="#9f2429",
    repair="#28633a",
    goal="#5b4790",
    missed="#6b6355",
)
DARK = Palette(
    ink="#ebe7de",
    soft="#b4bbb6",
    grid="#333d3a",
    ground="#1c2322",
    outcome="#84cfc4",
    expected="#6f8a85",
    client="#92bcff",
    therapist="#f7a75f",
    rupture="#ffa49c",
    repair="#95d5a5",
    goal="#c4b1f5",
    missed="#a9a294",
)
# Colours a page's style sheet decides, so that one drawing serves light, dark and print.
PAGE = Palette(**{field.name: f"var(--chart-{field.name})" for field in fields(Palette)})

# For a black and white printer: dark against light where colours would be blue against orange.
PAPER = Palette(
    ink="#000000",
    soft="#333333",
    grid="#dddddd",
    ground="#ffffff",
    outcome="#000000",
    expected="#999999",
    client="#000000",
    therapist="#6a6a6a",
    rupture="#000000",
    repair="#3c3c3c",
    goal="#222222",
    missed="#555555",
)

PALETTES: Mapping[Theme, Palette] = {
    Theme.LIGHT: LIGHT,
    Theme.DARK: DARK,
    Theme.PAGE: PAGE,
    Theme.PAPER: PAPER,
}

# Generic, so that any machine has it; pages put their own font over it.
FONT = "sans-serif"


def configuration(palette: Palette, *, plot_width: int, text_size: int) -> dict[str, Any]:
    """Return the Vega-Lite ``config`` shared by all charts.

    Parameters
    ----------
    palette
        Colours.
    plot_width
        Width of the plotting area in pixels; a page's script replaces it with the true one.
    text_size
        Size of axis labels in pixels; titles are larger.
    """
    return {
        "font": FONT,
        "background": None if palette is PAGE else palette.ground,
        "view": {"stroke": None, "continuousWidth": plot_width},
        "axis": {
            "labelFontSize": text_size,
            "labelColor": palette.soft,
            "titleColor": palette.soft,
            "gridColor": palette.grid,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "fontSize": text_size + 3,
            "fontWeight": 600,
            "color": palette.ink,
            "subtitleFontSize": text_size,
            "subtitleColor": palette.soft,
            "subtitlePadding": 4,
            "offset": 8,
        },
        "text": {"fontSize": text_size, "color": palette.ink},
    }
