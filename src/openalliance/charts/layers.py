"""What the panels of a picture are made of: axes, headings, labels, layers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openalliance.charts.theme import Palette
from openalliance.charts.wording import CourseWording

Specification = dict[str, Any]
COARSE = 4.0  # a longer axis needs no half units


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How big, in which colours and words, over which days the panels are drawn."""

    palette: Palette
    wording: CourseWording
    days: tuple[datetime, datetime]
    text_size: int
    line_length: int
    axis_width: int
    narrow: bool

    def joined(self, words: str, value: float) -> str:
        """Return a direct label: words and value, on two lines where there is little room."""
        return f"{words}{chr(10) if self.narrow else ' '}{self.wording.number(value)}"


def moment(at: datetime) -> str:
    """Return a local time as the text charts use; drawn as if UTC, so no machine shifts it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def time_axis(style: Style) -> Specification:
    """Return the ``x`` channel shared by all panels."""
    first, last = style.days
    long_span = (last - first).days > 330
    return {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc", "domain": [moment(first), moment(last)]},
        "axis": {
            "title": None,
            "format": style.wording.long_date if long_span else style.wording.short_date,
            "tickCount": 5 if style.narrow else 7,
            "labelOverlap": True,
            "labelSeparation": 10,
            "labelFlush": True,
            "grid": True,
        },
    }


def value_axis(style: Style, limits: tuple[float, float], ticks: Sequence[float]) -> Specification:
    """Return the ``y`` channel of values, its labels in a margin of fixed width."""
    return {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": list(limits), "nice": False},
        "axis": {
            "title": None,
            "values": list(ticks),
            # The label is the value itself; a number format would round it to the axis's steps.
            "labelExpr": "toString(datum.value)",
            "minExtent": style.axis_width,
            "maxExtent": style.axis_width,
        },
    }


def heading(title: str, helps: Iterable[str], style: Style) -> Specification:
    """Return a panel's title with its help, broken into lines that fit."""
    lines = [line for words in helps for line in textwrap.wrap(words, style.line_length)]
    # Titles are bold and larger than the help beneath them.
    shown: Specification = {"text": textwrap.wrap(title, style.line_length * 4 // 5)}
    return shown | {"subtitle": lines} if lines else shown


def spread(wanted: Sequence[float], gap: float, limits: tuple[float, float]) -> list[float]:
    """Move label positions apart until neighbours are at least ``gap`` apart; order is kept."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for index in order:
        placed.append(max(wanted[index], placed[-1] + gap) if placed else wanted[index])
    excess = max(placed[-1] - limits[1], 0.0) if placed else 0.0
    moved = [0.0] * len(wanted)
    for place, index in enumerate(order):
        moved[index] = placed[place] - excess
    return moved


def end_labels(
    labels: Sequence[tuple[float, str, str, bool]],
    height: int,
    limits: tuple[float, float],
    style: Style,
) -> list[Specification]:
    """Return direct labels at the right edge: (value, words, colour, bold) each."""
    lines = max((words.count("\n") + 1 for _, words, *_ in labels), default=1)
    gap = (limits[1] - limits[0]) * lines * (style.text_size + 3) / height
    places = spread([value for value, *_ in labels], gap, limits)
    return [
        {
            "data": {"values": [{"at": moment(style.days[1]), "value": place, "words": words}]},
            "mark": {
                "type": "text",
                "align": "left",
                "baseline": "middle",
                "lineBreak": "\n",
                "dx": 8,
                "color": colour,
                "fontSize": style.text_size + (1 if bold else 0),
                "fontWeight": 600 if bold else 400,
            },
            "encoding": {"text": {"field": "words"}},
        }
        for place, (_, words, colour, bold) in zip(places, labels, strict=True)
    ]


def layer(
    rows: Sequence[dict[str, Any]], mark: Specification, *, error: bool = False
) -> Specification:
    drawn: Specification = {"data": {"values": list(rows)}, "mark": mark}
    if error:
        low = {"field": "low", "type": "quantitative"}
        drawn["encoding"] = {"y": low, "y2": {"field": "high"}}
    return drawn


def shape_mark(
    shape: str, colour: str, *, filled: bool, ground: str | None = None
) -> Specification:
    mark = {
        "type": "point",
        "shape": shape,
        "size": 52,
        "opacity": 1,
        "stroke": colour,
        "strokeWidth": 1.75,
        "fill": colour if filled else ground,
    }
    return {key: value for key, value in mark.items() if value is not None}


def panel(
    layers: list[Specification],
    title: Specification,
    height: int,
    limits: tuple[float, float],
    style: Style,
) -> Specification:
    low, high = limits
    middle = (low + high) / 2
    ticks = [low, round(middle) if high - low > COARSE else middle, high]
    encoding = {
        "x": time_axis(style),
        "y": value_axis(style, limits, ticks),
    }
    return {"title": title, "height": height, "encoding": encoding, "layer": layers}
