"""What was foretold against what happened: whether 20 per cent is one in five."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.estimation.calibration import Calibration

Specification = dict[str, Any]

SIDE = 420
TEXT_SIZE = 12
_STRIP = 64
_BARS = 40
_TICKS = 4


def calibration_chart(
    found: Calibration,
    probabilities: NDArray[np.float64],
    *,
    title: str = "Calibration",
    event: str = "dropped out",
    subtitle: tuple[str, ...] = (),
) -> Specification:
    """Return groups with intervals, the line of truth, and a strip of how many are where.

    Parameters
    ----------
    found
        Calibration of the probabilities.
    probabilities
        Shape ``(n,)``, for the strip; missing ones are left out.
    title, event, subtitle
        Words of the picture.
    """
    told = probabilities[np.isfinite(probabilities)]
    top = _top(found, told)
    x = {
        "field": "told",
        "type": "quantitative",
        "title": "Predicted probability",
        "scale": {"domain": [0.0, top], "nice": False},
        "axis": {"format": "~%", "tickCount": _TICKS},
    }
    y = {
        "field": "seen",
        "type": "quantitative",
        "title": f"Share who {event} (95 % interval)",
        "scale": {"domain": [0.0, top], "nice": False},
        "axis": {"format": "~%", "tickCount": _TICKS},
    }
    groups = {
        "width": SIDE,
        "height": SIDE,
        "encoding": {"x": x | {"title": None}, "y": y},
        "layer": [*_diagonal(top), *_groups(found)],
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Predicted probability against the share that came true, by group.",
        "title": {"text": title, "subtitle": [*subtitle, *_told(found)]},
        "spacing": 12,
        "vconcat": [groups, _strip(told, top, x)],
        "config": configuration(LIGHT, plot_width=SIDE, text_size=TEXT_SIZE),
    }


def _top(found: Calibration, told: NDArray[np.float64]) -> float:
    """Return the end of both axes: all groups with their intervals, without empty room."""
    highest = max(max(part.mean, part.observed.high) for part in found.curve)
    wanted = max(highest, float(np.quantile(told, 0.99))) * 1.05
    return min(1.0, max(0.05, float(np.ceil(wanted * 20.0) / 20.0)))


def _told(found: Calibration) -> list[str]:
    said = []
    for name, ideal, one in (
        ("Intercept", 0, found.intercept),
        ("Slope", 1, found.slope),
    ):
        if np.isfinite(one.value):
            words = f"{name} {one.value:.2f} ({one.low:.2f} to {one.high:.2f}; {ideal} is right)"
            said.append(words.replace("-", "−"))
    return said


def _diagonal(top: float) -> list[Specification]:
    rows = [{"told": end, "seen": end} for end in (0.0, top)]
    place = 0.86 * top
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "color": LIGHT.soft, "strokeWidth": 1, "strokeDash": [5, 4]},
        },
        {
            "data": {"values": [{"told": place, "seen": place}]},
            "mark": {
                "type": "text", "text": "just right", "align": "right", "dx": -6, "dy": -8,
                "color": LIGHT.soft,
            },
        },
    ]  # fmt: skip


def _groups(found: Calibration) -> list[Specification]:
    rows = [
        {
            "told": part.mean,
            "seen": part.observed.value,
            "low": part.observed.low,
            "high": part.observed.high,
        }
        for part in found.curve
    ]
    data = {"values": rows}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": LIGHT.outcome, "strokeWidth": 1.5, "clip": True},
            "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {"type": "line", "color": LIGHT.outcome, "strokeWidth": 1, "opacity": 0.6},
        },
        {
            "data": data,
            "mark": {
                "type": "point", "filled": True, "size": 55, "opacity": 1, "color": LIGHT.outcome,
                "clip": True,
            },
        },
    ]  # fmt: skip


def _strip(told: NDArray[np.float64], top: float, x: Specification) -> Specification:
    counts, edges = np.histogram(np.clip(told, 0.0, top), bins=_BARS, range=(0.0, top))
    rows = [
        {"told": float(low), "end": float(high), "count": int(count)}
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    return {
        "width": SIDE,
        "height": _STRIP,
        "data": {"values": rows},
        "mark": {"type": "bar", "color": LIGHT.expected, "binSpacing": 1},
        "encoding": {
            "x": x | {"bin": "binned"},
            "x2": {"field": "end"},
            "y": {
                "field": "count",
                "type": "quantitative",
                "title": "Rows",
                "axis": {"tickCount": 2, "format": "~s"},
            },
        },
    }
