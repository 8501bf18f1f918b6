"""Bubble plot: effects over a moderator, larger where they weigh more, with the model's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.views.bubble import Bubble

Specification = dict[str, Any]

WIDTH, HEIGHT = 480, 340
TEXT_SIZE = 12
_AREAS = (12.0, 420.0)


def bubble_chart(
    found: Bubble,
    *,
    axis: str,
    level: float,
    others: bool = False,
    back: Callable[[float], float] | None = None,
) -> Specification:
    """Return effects over the moderator with the line and both intervals.

    Parameters
    ----------
    found
        Points and line.
    axis
        What effects are called.
    level
        Level of the intervals.
    others
        Whether further moderators are held at their means.
    back
        Turns values into those that people read.
    """
    turn = back or (lambda value: value)
    share = np.maximum(found.weight, 0.0) / float(found.weight.max())
    points = [
        {"at": at, "effect": turn(effect), "size": _AREAS[0] + (_AREAS[1] - _AREAS[0]) * part}
        for at, effect, part in zip(
            found.at.tolist(), found.estimate.tolist(), share.tolist(), strict=True
        )
    ]
    line = [
        {
            "at": float(found.line_at[step]),
            "effect": turn(float(found.line[step])),
            "low": turn(float(found.low[step])),
            "high": turn(float(found.high[step])),
            "true_low": turn(float(found.true_low[step])),
            "true_high": turn(float(found.true_high[step])),
        }
        for step in range(found.line_at.size)
    ]
    x = {
        "field": "at", "type": "quantitative", "title": found.term,
        "scale": {"zero": False, "padding": 16, "nice": False},
        "axis": {"ticks": True, "domain": True, "grid": False, "format": "~r"},
    }  # fmt: skip
    y = {"type": "quantitative", "title": axis, "axis": {"ticks": True, "domain": True}}
    held = " Other moderators are held at their means." if others else ""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"{found.at.size} effects over {found.term}, with the regression line.",
        "title": {
            "text": f"Effects by {found.term}",
            "subtitle": [
                f"Larger: weighs more. Shaded: {level:.0%} interval of the average.{held}",
                "Dashed: between these lines true effects are expected.",
            ],
        },
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": line},
                "mark": {"type": "area", "color": LIGHT.expected, "opacity": 0.35},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            *(
                {
                    "data": {"values": line},
                    "mark": {"type": "line", "color": LIGHT.soft, "strokeDash": [5, 3],
                             "strokeWidth": 1.25},
                    "encoding": {"x": x, "y": {**y, "field": side}},
                }
                for side in ("true_low", "true_high")
            ),
            {
                "data": {"values": line},
                "mark": {"type": "line", "color": LIGHT.ink, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "effect"}},
            },
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": False, "stroke": LIGHT.outcome,
                         "strokeWidth": 1.5, "opacity": 1},
                "encoding": {
                    "x": x, "y": {**y, "field": "effect"},
                    "size": {"field": "size", "type": "quantitative", "scale": None},
                },
            },
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }  # fmt: skip
