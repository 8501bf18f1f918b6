"""Baujat plot: to the right, what makes effects differ; above, what moves the average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from openalliance.charts.meta.forest import shortened
from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.meta.values import Array
from openalliance.core.evidence.views.baujat import Baujat

Specification = dict[str, Any]

WIDTH, HEIGHT = 480, 340
TEXT_SIZE = 12
_NAMED = 6
"""Points that are named: the outermost that have room for it."""
_NAME_SIZE = 11
_LETTER = 0.58 * _NAME_SIZE
"""Width of a letter, somewhat above the usual."""
_POINT = 5
"""Half the width of a point, with its line."""
_PLACES = (
    ("left", 8, -8), ("right", -8, -8), ("left", 8, 9), ("right", -8, 9),
    ("center", 0, -14), ("center", 0, 15), ("left", 10, 0), ("right", -10, 0),
)  # fmt: skip
"""Where a name may stand by its point: alignment, pixels to the right and down; best first."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""


def baujat_chart(found: Baujat, names: Sequence[str]) -> Specification:
    """Return a point for each effect, the outermost named."""
    known = np.flatnonzero(np.isfinite(found.influence))
    across, up = found.heterogeneity[known], found.influence[known]
    ends = [1.06 * max(float(each.max(initial=0.0)), 1e-12) for each in (across, up)]
    rows = [{"q": float(q), "moves": float(moves)} for q, moves in zip(across, up, strict=True)]
    x = _axis("q", "What it adds to Cochran’s Q", ends[0])
    y = _axis("moves", "How far the average moves without it", ends[1])
    labels = [
        {
            "data": {"values": [{**rows[at], "name": name}]},
            "mark": {
                "type": "text", "align": align, "dx": dx, "dy": dy, "fontSize": _NAME_SIZE,
                "baseline": "middle",
            },
            "encoding": {"x": x, "y": y, "text": {"field": "name"}},
        }
        for at, name, (align, dx, dy) in placed(
            WIDTH * across / ends[0],
            HEIGHT * (1.0 - up / ends[1]),
            [shortened(names[at]) for at in known.tolist()],
        )
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"Baujat plot of {len(rows)} effects.",
        "title": {
            "text": "Which effects differ, and which count",
            "subtitle": ["Far up and to the right: look at these studies first."],
        },
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1,
                         "color": LIGHT.outcome, "stroke": LIGHT.ink, "strokeWidth": 0.6},
                "encoding": {"x": x, "y": y},
            },
            *labels,
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }  # fmt: skip


def _axis(field: str, title: str, end: float) -> dict[str, Any]:
    return {
        "field": field, "type": "quantitative", "title": title,
        "scale": {"domain": [0.0, end], "nice": False},
        "axis": {"ticks": True, "domain": True},
    }  # fmt: skip


def placed(x: Array, y: Array, names: Sequence[str]) -> list[tuple[int, str, tuple[str, int, int]]]:
    """Return which points are named, and where: no name runs into another, a point or the edge.

    Parameters
    ----------
    x, y
        Pixels from the left and from the top.
    names
        What the points are called.
    """
    points = np.column_stack([x - _POINT, y - _POINT, x + _POINT, y + _POINT])
    taken = np.empty((0, 4))
    found = []
    order = np.argsort(-np.maximum(x / WIDTH, 1.0 - y / HEIGHT), kind="stable")
    for at in order[: 2 * _NAMED].tolist():
        others = np.delete(points, at, axis=0)
        for place in _PLACES:
            box = name_box(float(x[at]), float(y[at]), names[at], place)
            inside = box[0] >= 0.0 and box[1] >= 0.0 and box[2] <= WIDTH and box[3] <= HEIGHT
            if inside and not _meets(box, taken) and not _meets(box, others):
                taken = np.vstack([taken, box])
                found.append((at, names[at], place))
                break
        if len(found) == _NAMED:
            break
    return found


def name_box(x: float, y: float, name: str, place: tuple[str, int, int]) -> Box:
    """Return what a name covers that stands there by a point."""
    align, dx, dy = place
    width = _LETTER * len(name)
    left = x + dx - {"left": 0.0, "center": width / 2.0, "right": width}[align]
    middle = y + dy
    return left, middle - _NAME_SIZE / 2.0, left + width, middle + _NAME_SIZE / 2.0


def _meets(box: Box, others: Array) -> bool:
    beside = (others[:, 2] <= box[0]) | (others[:, 0] >= box[2])
    above = (others[:, 3] <= box[1]) | (others[:, 1] >= box[3])
    return bool((~(beside | above)).any())
