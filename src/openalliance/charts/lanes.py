"""Several things on one time line: a lane for each, a shape for each thing that happened."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from openalliance.charts.layers import moment
from openalliance.charts.page import WIDE
from openalliance.charts.theme import PALETTES, Palette, Theme, configuration

if TYPE_CHECKING:
    from openalliance.charts.wording import CourseWording

Specification = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
NARROW_BELOW = 600
LONGEST_NAME = 26
_NAMES_WIDE, _NAMES_NARROW, _RIGHT = 190, 12, 20
_ROW = {False: 42, True: 62}
_LONG = timedelta(days=330)
_HALF_DISC = "M-1,0A1,1,0,0,1,1,0L-1,0"
_CROSSED_SQUARE = "M-1,-1L1,-1L1,1L-1,1ZM-1,-1L1,1M1,-1L-1,1"
_CROSS = "M-1,-1L1,1M1,-1L-1,1"


class Shape(StrEnum):
    """What a mark looks like; what it stands for is the caller's words."""

    FULL = "full"
    OTHER = "other"
    HALF = "half"
    CROSS = "cross"
    EMPTY = "empty"
    BROKEN = "broken"
    MENDED = "mended"
    CAME = "came"
    OFF = "off"
    AWAY = "away"
    BAR = "bar"


_DRAWN: Mapping[Shape, str] = {
    Shape.FULL: "circle",
    Shape.OTHER: "diamond",
    Shape.HALF: _HALF_DISC,
    Shape.CROSS: _CROSS,
    Shape.EMPTY: "circle",
    Shape.BROKEN: "triangle-down",
    Shape.MENDED: "triangle-up",
    Shape.CAME: "square",
    Shape.OFF: "square",
    Shape.AWAY: _CROSSED_SQUARE,
    Shape.BAR: "stroke",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneMark:
    """One thing that happened, in the practice's local time without a zone."""

    at: datetime
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of the picture."""

    name: str
    marks: tuple[LaneMark, ...] = ()


def lanes_chart(
    lanes: Sequence[Lane],
    meaning: Mapping[Shape, str],
    wording: CourseWording,
    *,
    width: int = WIDE,
    theme: Theme = Theme.LIGHT,
) -> Specification:
    """Return lanes under another over the same days, with a key of the shapes that occur.

    Parameters
    ----------
    lanes
        In the order they stand in, each with a name of its own; at least one with a mark.
    meaning
        What the shapes stand for, in the order of the key.
    wording
        How dates are written.
    width
        Of the whole picture in pixels; a narrow one puts the names above their lanes.
    theme
        Colours.
    """
    narrow = width < NARROW_BELOW
    names = _NAMES_NARROW if narrow else _NAMES_WIDE
    palette = PALETTES[theme]
    data = [
        {"lane": place, "at": moment(mark.at), "what": meaning[mark.shape]}
        for place, lane in enumerate(lanes)
        for mark in lane.marks
    ]
    used = {mark.shape for lane in lanes for mark in lane.marks}
    times = [mark.at for lane in lanes for mark in lane.marks]
    meta: dict[str, Any] = {"margins": names + _RIGHT}
    if wording.time_locale:
        meta["timeFormatLocale"] = dict(wording.time_locale)
    return {
        "$schema": SCHEMA,
        "usermeta": meta,
        "padding": {"left": 4, "right": _RIGHT, "top": 4, "bottom": 4},
        "height": {"step": _ROW[narrow]},
        "encoding": {"y": _lane_axis(lanes, names, narrow=narrow)},
        "layer": [
            _names(lanes, palette, narrow=narrow),
            {
                "data": {"values": data},
                "mark": {"type": "point", "size": 110, "opacity": 1, "strokeWidth": 2}
                | ({"yOffset": 8} if narrow else {}),
                "encoding": {
                    "x": _days(times, wording, narrow=narrow),
                    **_key(
                        [shape for shape in meaning if shape in used], meaning, palette,
                        narrow=narrow,
                    ),
                },
            },
        ],
        "config": configuration(palette, plot_width=width - names - _RIGHT, text_size=13),
    }  # fmt: skip


def _lane_axis(lanes: Sequence[Lane], names: int, *, narrow: bool) -> Specification:
    """Return the ``y`` channel; lanes go by place, for two may have one name."""
    written = json.dumps([_short(lane.name) for lane in lanes])
    return {
        "field": "lane",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": list(range(len(lanes)))},
        "axis": None if narrow else {
            "labelExpr": f"{written}[datum.value]", "labelLimit": names, "minExtent": names,
            "maxExtent": names, "grid": True,
        },
    }  # fmt: skip


def _short(name: str) -> str:
    """Return a name that fits its margin."""
    short = textwrap.shorten(name, LONGEST_NAME, placeholder=" …")
    return name[:LONGEST_NAME] if short in {"", " …", "…"} else short


def _names(lanes: Sequence[Lane], palette: Palette, *, narrow: bool) -> Specification:
    """Return the names above their lanes, and a mark that keeps every lane even if it is empty."""
    rows = [{"lane": place, "name": lane.name} for place, lane in enumerate(lanes)]
    return {
        "data": {"values": rows},
        "mark": {
            "type": "text", "align": "left", "baseline": "bottom", "dy": -6, "limit": 270,
            "color": palette.soft, "fontSize": 13,
        },
        "encoding": {
            "x": {"value": 0},
            "text": {"field": "name"} if narrow else {"value": ""},
        },
    }  # fmt: skip


def _days(times: Sequence[datetime], wording: CourseWording, *, narrow: bool) -> Specification:
    first, last = min(times), max(times)
    room = max((last - first) * 0.04, timedelta(days=3))
    written = wording.long_date if last - first > _LONG else wording.short_date
    return {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc", "domain": [moment(first - room), moment(last + room)]},
        "axis": {
            "title": None, "format": written, "tickCount": 4 if narrow else 8,
            "labelOverlap": True, "labelFlush": True, "grid": True,
        },
    }  # fmt: skip


def _key(
    used: Sequence[Shape], meaning: Mapping[Shape, str], palette: Palette, *, narrow: bool
) -> dict[str, Specification]:
    colours = {
        Shape.BROKEN: palette.rupture, Shape.MENDED: palette.repair, Shape.EMPTY: palette.soft,
        Shape.CROSS: palette.missed, Shape.CAME: palette.client, Shape.OFF: palette.client,
        Shape.AWAY: palette.client, Shape.BAR: palette.soft,
    }  # fmt: skip
    words = [meaning[shape] for shape in used]
    strokes = [colours.get(shape, palette.outcome) for shape in used]
    unfilled = {Shape.EMPTY, Shape.CROSS, Shape.OFF, Shape.AWAY}
    legend = {"title": None, "orient": "bottom", "columns": 1 if narrow else 3, "columnPadding": 40,
              "labelLimit": 250, "labelFontSize": 13, "labelColor": palette.ink,
              "symbolSize": 110, "symbolStrokeWidth": 2}  # fmt: skip

    def scale(values: Sequence[str]) -> Specification:
        return {"field": "what", "type": "nominal", "legend": legend,
                "scale": {"domain": words, "range": list(values)}}  # fmt: skip

    fills = [
        "transparent" if shape in unfilled else stroke
        for shape, stroke in zip(used, strokes, strict=True)
    ]
    return {
        "shape": scale([_DRAWN[shape] for shape in used]),
        "stroke": scale(strokes),
        "fill": scale(fills),
    }
