"""Rows with names, one under another, each a mark on its interval with words beside.

On a narrow picture, names and words stand above their lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openalliance.charts.theme import Palette, configuration

Specification = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
NARROW_BELOW = 600
MIDDLE = {False: {}, True: {"yOffset": 8}}
"""Where a row's mark stands, by whether the picture is narrow: then below its words."""

_RIGHT = 20
_NAMES_NARROW = 12
_TITLE_LETTERS = {False: 90, True: 36}


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Room of a picture in pixels: ``names`` and ``words`` beside the lines of a wide one."""

    width: int
    names: int
    words: int
    row: Mapping[bool, int]

    @property
    def narrow(self) -> bool:
        """Whether names and words stand above their lines."""
        return self.width < NARROW_BELOW

    @property
    def title_letters(self) -> int:
        """Letters after which the axis' title goes on in a new line."""
        return _TITLE_LETTERS[self.narrow]

    def said(self, label: str, words: str) -> str:
        """Return what stands as words with a row."""
        return f"{label}: {words}" if self.narrow else words


def named_rows(
    values: Sequence[Mapping[str, Any]],
    layers: Sequence[Specification],
    palette: Palette,
    space: Space,
) -> Specification:
    """Return the picture of rows that have a ``label`` each, in the order they stand in."""
    names = _NAMES_NARROW if space.narrow else space.names
    right = _RIGHT if space.narrow else space.words
    room = {"labelLimit": names, "minExtent": names, "maxExtent": names, "grid": False}
    axis = None if space.narrow else room
    return {
        "$schema": SCHEMA,
        "usermeta": {"margins": names + right},
        "padding": {"left": 4, "right": _RIGHT if space.narrow else 4, "top": 4, "bottom": 4},
        "height": {"step": space.row[space.narrow]},
        "data": {"values": list(values)},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
        },
        "layer": list(layers),
        "config": configuration(palette, plot_width=space.width - names - right, text_size=13),
    }


def words_layer(limits: tuple[float, float], palette: Palette, *, narrow: bool) -> Specification:
    """Return the words of each row: right of the axis, or above the row's line."""
    beside = {"dx": 5, "dy": -12} if narrow else {"dx": 14}
    mark = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 12}
    return {
        "mark": mark | {"color": palette.ink} | beside,
        "encoding": {
            "x": {"datum": limits[0] if narrow else limits[1], "type": "quantitative"},
            "text": {"field": "words"},
        },
    }
