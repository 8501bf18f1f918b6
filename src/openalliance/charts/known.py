"""What is known and what is true here: a published figure and a practice's own as a forest plot.

Three shapes, so that it can be read without colours: a square is published, a circle is this
practice, a diamond both together.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from openalliance.charts.named_rows import MIDDLE, Space, named_rows, words_layer
from openalliance.charts.page import WIDE
from openalliance.charts.theme import PALETTES, Palette, Theme

Specification = dict[str, Any]
_NAMES, _WORDS = 290, 225
_ROW = {False: 38, True: 56}


class Kind(StrEnum):
    """Whose figure a row is."""

    PUBLISHED = "published"
    OWN = "own"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """One row; without an interval, ``low`` and ``high`` are ``None`` and the mark stands alone."""

    label: str
    words: str
    kind: Kind
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The axis: its title, where no relation stands, and how far it reaches at the least."""

    title: str
    nothing: float = 0.0
    reach: tuple[float, float] = (-0.2, 0.6)
    step: float = 0.2
    form: str = ".1f"


def known_chart(
    rows: Sequence[KnownRow],
    axis: Measured,
    *,
    title: str = "",
    subtitle: Sequence[str] = (),
    width: int = WIDE,
    theme: Theme = Theme.LIGHT,
) -> Specification:
    """Return rows with their intervals, one under another, and the line of no relation.

    Parameters
    ----------
    rows
        In the order they stand in; labels differ from each other.
    axis
        What is measured; pictures of the same axis can be compared.
    title, subtitle
        Words above; a page has its own and gives none.
    width
        Of the whole picture in pixels; a narrow one puts the names above their lines.
    theme
        Colours.
    """
    space = Space(width=width, names=_NAMES, words=_WORDS, row=_ROW)
    palette = PALETTES[theme]
    data = [
        {
            "label": row.label,
            "words": space.said(row.label, row.words),
            "kind": row.kind.value,
            "value": row.value,
            "low": row.value if row.low is None else row.low,
            "high": row.value if row.high is None else row.high,
        }
        for row in rows
    ]
    limits = _limits(rows, axis)
    heading = {"title": {"text": title, "subtitle": list(subtitle)}} if title else {}
    layers = [
        _nothing(axis.nothing, palette, narrow=space.narrow),
        *_marks(axis, palette, limits, space),
    ]
    return heading | named_rows(data, layers, palette, space)


def _limits(rows: Sequence[KnownRow], axis: Measured) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    low, high = min(axis.reach[0], *ends), max(axis.reach[1], *ends)
    return math.floor(low / axis.step) * axis.step, math.ceil(high / axis.step) * axis.step


def _nothing(at: float, palette: Palette, *, narrow: bool) -> Specification:
    # On a narrow picture the words stand over the line: it is pale there, and whole.
    look = {"color": palette.grid, "strokeWidth": 2}
    if not narrow:
        look = {"color": palette.soft, "strokeWidth": 1, "strokeDash": [3, 3]}
    return {
        "mark": {"type": "rule", "aria": False} | look,
        "encoding": {"x": {"datum": at, "type": "quantitative"}, "y": None},
    }


def _marks(
    axis: Measured, palette: Palette, limits: tuple[float, float], space: Space
) -> list[Specification]:
    x = {
        "field": "value",
        "type": "quantitative",
        "title": textwrap.wrap(axis.title, space.title_letters),
        "scale": {"domain": list(limits), "nice": False, "zero": False},
        "axis": {"tickCount": 4 if space.narrow else 8, "format": axis.form},
    }
    middle = MIDDLE[space.narrow]
    kinds = [kind.value for kind in Kind]
    colours = {"domain": kinds, "range": [palette.soft, palette.client, palette.outcome]}
    shapes = {"domain": kinds, "range": ["square", "circle", "diamond"]}
    colour = {"field": "kind", "type": "nominal", "scale": colours, "legend": None}
    return [
        {
            "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55} | middle,
            "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}, "color": colour},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1} | middle,
            "encoding": {
                "x": x,
                "color": colour,
                "shape": {"field": "kind", "type": "nominal", "scale": shapes, "legend": None},
            },
        },
        words_layer(limits, palette, narrow=space.narrow),
    ]
