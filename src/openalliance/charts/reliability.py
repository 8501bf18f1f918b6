"""Items of a scale: how each goes with the others, and what dropping it would do."""

from __future__ import annotations

import math
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.reliability import Reliability

Specification = dict[str, Any]

WIDTH = 260
TEXT_SIZE = 12
_ROW = 24


def reliability_chart(found: Reliability) -> Specification:
    """Return a row for each item: its correlation with the rest, and alpha without it."""
    rows = [
        {
            "item": one.item,
            "rest": one.item_rest if math.isfinite(one.item_rest) else None,
            "dropped": one.alpha_if_dropped if math.isfinite(one.alpha_if_dropped) else None,
        }
        for one in found.items
    ]
    y = {
        "field": "item",
        "type": "nominal",
        "sort": [row["item"] for row in rows],
        "title": None,
        "axis": {"labelLimit": 160},
    }
    panels = [_dots("rest", "Correlation with the sum of the others", y, 0.0)]
    if any(row["dropped"] is not None for row in rows):
        panels.append(_dots("dropped", "Alpha without the item", y | {"axis": None}, found.alpha))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Correlation of each item with the others, and alpha without it.",
        "title": {
            "text": f"Alpha {found.alpha:.2f} [{found.alpha_low:.2f}, {found.alpha_high:.2f}]",
            "subtitle": f"{found.n:,} forms, {found.n_items} items. Line on the right: alpha now; "
            "an item to the right of it lowers alpha.",
        },
        "data": {"values": rows},
        "spacing": 24,
        "hconcat": panels,
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _dots(field: str, title: str, y: Specification, line: float) -> Specification:
    x = {"type": "quantitative", "title": title, "scale": {"zero": False, "padding": 12}}
    return {
        "width": WIDTH,
        "height": {"step": _ROW},
        "layer": [
            {
                "data": {"values": [{"line": line}]},
                "mark": {"type": "rule", "color": LIGHT.ink},
                "encoding": {"x": x | {"field": "line"}},
            },
            {
                "mark": {
                    "type": "point", "filled": True, "size": 70, "color": LIGHT.outcome,
                    "opacity": 1,
                },
                "encoding": {"x": x | {"field": field}, "y": y},
            },
        ],
    }  # fmt: skip
