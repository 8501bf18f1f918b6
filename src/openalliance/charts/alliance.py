"""Ratings of the alliance client by client: level with its error, ruptures and repairs by shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.alliance_methods.series import SeriesFound
from openalliance.core.course.values import Onset

Specification = dict[str, Any]

MOST_PANELS = 12
"""More series than these are not drawn; those with most ruptures come first."""

WIDTH, HEIGHT, COLUMNS, TEXT_SIZE = 250, 130, 3, 11
_95_PERCENT = 1.959963984540054
_EXPLAINED = {
    "state-space": "The line is the level, the band its 95 % interval.",
    "control-chart": "The line is the chart’s centre or average.",
    "criterion": "",
}
_SHAPES = {"sudden": "triangle-down", "gradual": "diamond", "repair": "triangle-up"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One client as one rater sees the alliance."""

    client: str
    rater: str | int | None
    found: SeriesFound


def alliance_chart(panels: Sequence[Panel], *, method: str) -> Specification:
    """Return the picture of an analysis of the alliance."""
    ordered = sorted(panels, key=lambda panel: (-len(panel.found.ruptures), -_length(panel)))
    shown = ordered[:MOST_PANELS]
    said = [
        f"Circles are ratings. {_EXPLAINED[method]}".strip(),
        "Filled triangles are sudden ruptures, diamonds gradual ones; open triangles repairs.",
    ]
    if len(ordered) > len(shown):
        said.append(f"{len(shown)} of {len(ordered)} series, those with most ruptures first.")
    limits = _limits(shown)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Ratings of the alliance by session, with ruptures and repairs.",
        "title": {"text": "Rupture and repair", "subtitle": said},
        "columns": min(COLUMNS, len(shown)),
        "concat": [_panel(panel, limits) for panel in shown],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _length(panel: Panel) -> int:
    return int(panel.found.ratings.size)


def _limits(panels: Sequence[Panel]) -> tuple[float, float]:
    ratings = np.concatenate([panel.found.ratings for panel in panels])
    low, high = float(ratings.min()), float(ratings.max())
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _panel(panel: Panel, limits: tuple[float, float]) -> Specification:
    found = panel.found
    name = panel.client if panel.rater is None else f"{panel.client}, {panel.rater}"
    value = {
        "field": "value",
        "type": "quantitative",
        "title": "Rating",
        "scale": {"domain": list(limits), "nice": False, "zero": False},
        "axis": {"tickCount": 4},
    }
    session = {
        "field": "session",
        "type": "quantitative",
        "title": "Session",
        "scale": {"zero": False, "nice": False, "padding": 8},
        "axis": {"tickCount": 6, "format": "~g", "grid": False},
    }
    return {
        "title": {"text": name, "fontSize": TEXT_SIZE + 1, "offset": 4},
        "width": WIDTH,
        "height": HEIGHT,
        "encoding": {"x": session, "y": value},
        "layer": [*_level(found, limits), _ratings(found), *_marks(found)],
    }


def _level(found: SeriesFound, limits: tuple[float, float]) -> list[Specification]:
    """Return the level's line and, where it has an error, its band, cut at the panel's edges."""
    low, high = limits
    rows = []
    for session, level, se in zip(found.sessions, found.level, found.level_se, strict=True):
        row = {"session": float(session), "value": float(level)}
        if np.isfinite(se):
            row["low"] = max(low, float(level - _95_PERCENT * se))
            row["high"] = min(high, float(level + _95_PERCENT * se))
        rows.append(row)
    layers: list[Specification] = []
    if rows and "low" in rows[0]:
        band = {"type": "area", "color": LIGHT.client, "opacity": 0.16, "clip": True}
        ends = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
        layers.append({"data": {"values": rows}, "mark": band, "encoding": ends})
    if np.isfinite(found.level).any():
        line = {"type": "line", "color": LIGHT.client, "strokeWidth": 1.6, "clip": True}
        layers.append({"data": {"values": rows}, "mark": line})
    return layers


def _ratings(found: SeriesFound) -> Specification:
    rows = [
        {"session": float(session), "value": float(rating)}
        for session, rating in zip(found.sessions, found.ratings, strict=True)
    ]
    mark = {
        "type": "point", "shape": "circle", "size": 22, "stroke": LIGHT.ink,
        "strokeWidth": 1.1, "fill": LIGHT.ground, "opacity": 1,
    }  # fmt: skip
    return {"data": {"values": rows}, "mark": mark}


def _marks(found: SeriesFound) -> list[Specification]:
    """Return ruptures filled and repairs hollow, each kind in its own shape."""
    places: dict[str, list[int]] = {name: [] for name in _SHAPES}
    for rupture in found.ruptures:
        kind = "gradual" if rupture.onset is Onset.GRADUAL else "sudden"
        places[kind].append(rupture.row)
        if rupture.repaired_row is not None:
            places["repair"].append(rupture.repaired_row)
    layers = []
    for name, rows in places.items():
        colour = LIGHT.repair if name == "repair" else LIGHT.rupture
        mark = {
            "type": "point", "shape": _SHAPES[name], "size": 85, "stroke": colour,
            "strokeWidth": 1.6, "fill": LIGHT.ground if name == "repair" else colour,
            "opacity": 1,
        }  # fmt: skip
        values = [
            {"session": float(found.sessions[row]), "value": float(found.ratings[row])}
            for row in rows
        ]
        if values:
            layers.append({"data": {"values": values}, "mark": mark})
    return layers
