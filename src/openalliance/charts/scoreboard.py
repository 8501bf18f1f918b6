"""The pictures of a practice's scoreboard: how often signals were so, and whether they knew it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openalliance.charts.named_rows import (
    MIDDLE,
    NARROW_BELOW,
    SCHEMA,
    Space,
    named_rows,
    words_layer,
)
from openalliance.charts.page import WIDE
from openalliance.charts.theme import PALETTES, Palette, Theme, configuration

if TYPE_CHECKING:
    from openalliance.core.estimation.discrimination import CalibrationBin

Specification = dict[str, Any]
_NAMES, _WORDS = 230, 140
_RIGHT = 20
_ROW = {False: 40, True: 58}
_SIDE = {False: 360, True: 230}
_AXIS_ROOM = 56
_PER_CENT = {"format": ".0%", "values": [0.0, 0.25, 0.5, 0.75, 1.0]}
_WIDEST_START = 0.8  # of an axis that does not begin at 0: always a fifth of the scale at least
_APART = (20.0, 18.0)  # pixels between two labels, across and down


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One share with its interval, from 0 to 1; ``label`` names it, ``words`` say it."""

    label: str
    words: str
    value: float
    low: float
    high: float


def shares_chart(
    rows: Sequence[ShareRow],
    *,
    axis: str,
    limits: tuple[float, float] = (0.0, 1.0),
    width: int = WIDE,
    theme: Theme = Theme.LIGHT,
) -> Specification:
    """Return shares, or means of a scale, as dots with their 95 % intervals, one under another.

    Parameters
    ----------
    rows
        In the order they stand in; nothing is sorted by size.
    axis
        Title of the axis.
    limits
        Ends of the axis; from 0 to 1 it is in per cent.
    width
        Of the whole picture in pixels; a narrow one puts the names above their lines.
    theme
        Colours.
    """
    space = Space(width=width, names=_NAMES, words=_WORDS, row=_ROW)
    palette = PALETTES[theme]
    data = [
        {
            "place": place,
            "label": row.label,
            "words": space.said(row.label, row.words),
            "value": row.value,
            "low": row.low,
            "high": row.high,
        }
        for place, row in enumerate(rows)
    ]
    layers = _share_layers(axis, palette, limits, space)
    return named_rows(data, layers, palette, space)


def _share_layers(
    axis: str, palette: Palette, limits: tuple[float, float], space: Space
) -> list[Specification]:
    x = {
        "field": "value",
        "type": "quantitative",
        "title": textwrap.wrap(axis, space.title_letters),
        "scale": {"domain": list(limits)},
        "axis": _PER_CENT if limits == (0.0, 1.0) else {"tickCount": 6},
    }
    middle = MIDDLE[space.narrow]
    interval = x | {"field": "low"}
    return [
        {
            "mark": {"type": "rule", "color": palette.outcome, "strokeWidth": 3, "opacity": 0.55}
            | middle,
            "encoding": {"x": interval, "x2": {"field": "high"}},
        },
        {
            "mark": {
                "type": "point", "shape": "circle", "filled": True, "size": 90, "opacity": 1,
                "color": palette.outcome,
            } | middle,
            "encoding": {"x": x},
        },
        words_layer(limits, palette, narrow=space.narrow),
    ]  # fmt: skip


def sureness_chart(
    curve: Sequence[CalibrationBin],
    *,
    words: Mapping[str, str],
    rare: bool = False,
    width: int = WIDE,
    theme: Theme = Theme.LIGHT,
) -> Specification:
    """Return what was foretold against what was so, in groups of signals with 95 % intervals.

    Both axes begin at the same share, as high as the groups and their intervals allow: signals
    are mostly raised when they are fairly sure, and would crowd in a corner of the whole scale.

    Parameters
    ----------
    curve
        Groups of signals by how sure they were.
    words
        ``told`` and ``seen`` title the axes, ``right`` names the diagonal; ``group`` is a group's
        label with ``{n}`` for its number of signals.
    rare
        Whether what is foretold seldom happens: then the axes end above the highest group.
    width
        Of the whole picture in pixels.
    theme
        Colours.
    """
    narrow = width < NARROW_BELOW
    palette = PALETTES[theme]
    start = _start(curve)
    end = _end(curve) if rare else 1.0
    plot = width - _AXIS_ROOM - _RIGHT
    places = _label_places(curve, (plot / (end - start), _SIDE[narrow] / (end - start)))
    rows = [
        {
            "told": group.mean,
            "place": place,
            "seen": group.observed.value,
            "low": group.observed.low,
            "high": group.observed.high,
            "words": words["group"].format(n=group.n),
        }
        for group, place in zip(curve, places, strict=True)
    ]
    channel = {
        "type": "quantitative",
        "scale": {"domain": [start, end], "nice": False},
        "axis": {"format": ".0%", "tickCount": 4 if narrow else 6},
    }
    title_width = 44 if narrow else 60
    x = channel | {"field": "told", "title": textwrap.wrap(words["told"], title_width)}
    y = channel | {"field": "seen", "title": textwrap.wrap(words["seen"], 34)}
    return {
        "$schema": SCHEMA,
        "usermeta": {"margins": _AXIS_ROOM + _RIGHT},
        "padding": {"left": 4, "right": _RIGHT, "top": 8, "bottom": 4},
        "height": _SIDE[narrow],
        "encoding": {"x": x, "y": y},
        "layer": [*_diagonal(words["right"], (start, end), palette), *_groups(rows, palette)],
        "config": configuration(palette, plot_width=plot, text_size=12 if narrow else 13),
    }


def _start(curve: Sequence[CalibrationBin]) -> float:
    """Return where both axes begin: a whole tenth below all groups and their intervals."""
    lowest = min((min(group.mean, group.observed.low) for group in curve), default=0.0)
    return max(0.0, min(_WIDEST_START, math.floor((lowest - 0.02) * 10.0) / 10.0))


def _end(curve: Sequence[CalibrationBin]) -> float:
    """Return where both axes end: a whole tenth above all groups and their intervals."""
    highest = max((max(group.mean, group.observed.high) for group in curve), default=1.0)
    return min(1.0, math.ceil((highest + 0.02) * 10.0) / 10.0)


def _label_places(curve: Sequence[CalibrationBin], pixels: tuple[float, float]) -> list[float]:
    """Return where each group's label stands: at its group, or left of one it would cover.

    ``pixels`` are those of the whole scale, across and down.
    """
    across, down = _APART[0] / pixels[0], _APART[1] / pixels[1]
    placed: dict[int, float] = {}
    for index in sorted(range(len(curve)), key=lambda i: -curve[i].mean):
        near = [
            other
            for other in placed
            if abs(curve[other].observed.low - curve[index].observed.low) < down
        ]
        free = min((placed[other] - across for other in near), default=math.inf)
        placed[index] = min(curve[index].mean, free)
    return [placed[index] for index in range(len(curve))]


def _diagonal(words: str, limits: tuple[float, float], palette: Palette) -> list[Specification]:
    ends = [{"told": end, "seen": end} for end in limits]
    low = limits[0] + 0.08 * (limits[1] - limits[0])
    place = [{"told": low, "seen": low, "words": words}]
    return [
        {
            "data": {"values": ends},
            "mark": {
                "type": "line", "color": palette.soft, "strokeDash": [6, 4], "strokeWidth": 1.5,
            },
        },
        {
            "data": {"values": place},
            "mark": {
                "type": "text", "align": "left", "dx": 12, "dy": 10, "color": palette.soft,
            },
            "encoding": {"text": {"field": "words"}},
        },
    ]  # fmt: skip


def _groups(rows: Sequence[Mapping[str, Any]], palette: Palette) -> list[Specification]:
    data = {"values": list(rows)}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": palette.outcome, "strokeWidth": 2.5, "opacity": 0.55},
            "encoding": {
                "y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"},
            },
        },
        {
            "data": data,
            "mark": {
                "type": "point", "shape": "circle", "filled": True, "size": 100, "opacity": 1,
                "color": palette.outcome,
            },
        },
        {
            "data": data,
            "mark": {"type": "text", "baseline": "top", "dy": 5, "color": palette.ink},
            "encoding": {
                "x": {"field": "place", "type": "quantitative"},
                "y": {"field": "low", "type": "quantitative"},
                "text": {"field": "words"},
            },
        },
    ]  # fmt: skip
