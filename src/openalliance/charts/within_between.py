"""Paths from one session to the next within clients, as dots with intervals."""

from __future__ import annotations

import math
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.within_between.analysis import WithinBetween

Specification = dict[str, Any]

WIDTH = 460
TEXT_SIZE = 12
_ROW = 44


def within_between_chart(found: WithinBetween, *, alliance: str, outcome: str) -> Specification:
    """Return the four paths, corrected (filled) and uncorrected (hollow), with intervals.

    Parameters
    ----------
    found
        The result.
    alliance, outcome
        What the two ratings are called.
    """
    names = {"alliance": alliance, "outcome": outcome}
    rows = []
    for path in found.paths:
        label = f"{names[path.source]} → {names[path.target]}"
        shown = {"corrected": path.corrected, "uncorrected": path.uncorrected}
        for kind, one in shown.items():
            if not math.isnan(one.estimate):
                rows.append(
                    {"path": label, "kind": kind, "value": one.estimate, "low": one.low,
                     "high": one.high, "words": f"{_signed(one.estimate)} {kind}"}
                )  # fmt: skip
    rows.append(
        {"path": "Between clients’ means", "kind": "corrected", "value": found.between.estimate,
         "low": found.between.low, "high": found.between.high,
         "words": _signed(found.between.estimate)}
    )  # fmt: skip
    rows = [_plain(row) for row in rows]
    order = list(dict.fromkeys(str(row["path"]) for row in rows))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Within-client paths from one session to a later one, with intervals.",
        "title": {
            "text": "From one session to a later one, within clients",
            "subtitle": [
                f"Lag {found.lag}, {found.n_pairs} pairs, {found.n_clients_used} clients.",
                f"{found.confidence:.0%} bootstrap intervals.",
                "Filled: few sessions allowed for. Hollow: not.",
            ],
        },
        "width": WIDTH,
        "height": len(order) * _ROW,
        "data": {"values": rows},
        "layer": [_zero(), *_marks(order)],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _marks(order: list[str]) -> list[Specification]:
    y = {
        "field": "path",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"grid": False, "labelLimit": 220},
    }
    offset = {"field": "kind", "type": "nominal", "sort": ["corrected", "uncorrected"]}
    x = {
        "field": "value",
        "type": "quantitative",
        "title": "Points of the later rating per point of the earlier",
    }
    fill = {
        "condition": {"test": "datum.kind === 'corrected'", "value": LIGHT.outcome},
        "value": LIGHT.ground,
    }
    dash = {
        "condition": {"test": "datum.kind === 'corrected'", "value": [1, 0]},
        "value": [4, 3],
    }
    common = {"y": y, "yOffset": offset}
    return [
        {
            "mark": {"type": "rule", "color": LIGHT.outcome, "strokeWidth": 2},
            "encoding": common | {"x": x | {"field": "low"}, "x2": {"field": "high"},
                                  "strokeDash": dash},
        },
        {
            "mark": {"type": "point", "size": 65, "opacity": 1, "stroke": LIGHT.outcome,
                     "strokeWidth": 1.75},
            "encoding": common | {"x": x, "fill": fill},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 8, "baseline": "middle",
                     "color": LIGHT.soft},
            "encoding": common | {"x": x | {"field": "high"}, "text": {"field": "words"}},
        },
    ]  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without what is not a number: where no interval is, the dot stands alone."""
    value = row["value"]
    known = not (math.isnan(row["low"]) or math.isnan(row["high"]))
    return row if known else row | {"low": value, "high": value}


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _zero() -> Specification:
    return {
        "data": {"values": [{"zero": 0}]},
        "mark": {"type": "rule", "color": LIGHT.ink, "strokeWidth": 1},
        "encoding": {"x": {"field": "zero", "type": "quantitative"}},
    }
