"""Change of very many clients: how many changed by how much, with the limits of reliable change."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.instruments import Better

Specification = dict[str, Any]

WIDTH, HEIGHT = 620, 320
TEXT_SIZE = 12
BINS = 40
"""About as many bars."""


def cohort_change_chart(
    change: NDArray[np.float64], *, limit: float, better: Better
) -> Specification:
    """Return a histogram of change.

    Parameters
    ----------
    change
        Last minus first score, one per client, finite.
    limit
        Smallest absolute change that is reliable; its two lines part the three verdicts.
    better
        Direction that is better.
    """
    furthest = max(float(np.abs(change).max(initial=0.0)), 1.2 * limit)
    width = _bin_width(change, 2.0 * furthest / BINS)
    reach = (math.ceil(furthest / width - 0.5) + 0.5) * width
    counts, edges = np.histogram(change, bins=round(2.0 * reach / width), range=(-reach, reach))
    bars = [
        {"from": float(low), "to": float(high), "clients": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    up = "improved" if better is Better.HIGHER else "deteriorated"
    down = "deteriorated" if better is Better.HIGHER else "improved"
    words = [
        {"at": at, "said": said}
        for at, said in (
            (-(reach + limit) / 2.0, down), (0.0, "unchanged"), ((reach + limit) / 2.0, up)
        )
    ]  # fmt: skip
    x = {
        "field": "from",
        "type": "quantitative",
        "title": "Change since the first score, points",
        "scale": {"domain": [-reach, reach], "nice": False},
    }
    y = {"field": "clients", "type": "quantitative", "title": "Clients"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "How many clients changed by how many points, with the reliable limits.",
        "title": {
            "text": "Change of all clients",
            "subtitle": f"{change.size:,} clients with two scores or more; dashed: from "
            f"±{limit:.2f} points a change is reliable.",
        },
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "color": LIGHT.expected, "binSpacing": 1},
                "encoding": {"x": {**x, "bin": {"binned": True}}, "x2": {"field": "to"}, "y": y},
            },
            {
                "data": {"values": [{"at": -limit}, {"at": limit}]},
                "mark": {"type": "rule", "color": LIGHT.ink, "strokeDash": [5, 4]},
                "encoding": {"x": {"field": "at", "type": "quantitative"}},
            },
            {
                "data": {"values": words},
                "mark": {"type": "text", "color": LIGHT.ink, "fontSize": TEXT_SIZE, "dy": -8},
                "encoding": {
                    "x": {"field": "at", "type": "quantitative"},
                    "y": {"value": 0},
                    "text": {"field": "said"},
                },
            },
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _bin_width(change: NDArray[np.float64], least: float) -> float:
    """Return a width of ``least`` or more that every bin shares with as many possible changes.

    Scores come in steps, and bins of another width would hold now more steps, now fewer.
    """
    steps = np.diff(np.unique(np.round(change, 6)))
    step = float(steps.min(initial=math.inf))
    if not step < math.inf:
        return least
    return step * max(math.ceil(least / step), 1)
