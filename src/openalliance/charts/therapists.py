"""Differences between therapists: what is known of each, and how much chance alone would do.

Therapists are never put in the order of their results: by number of clients, or by name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.therapists import TherapistEffects

Specification = dict[str, Any]

WIDTH = 520
TEXT_SIZE = 12
_ROW = 18
_FUNNEL_HEIGHT = 260
_MOST_ROWS = 60
"""Therapists that a page holds; with more, the funnel shows all and the rows are left out."""

_LIMITS = (
    (1.959963984540054, "95 %", [6, 3], "top"),
    (3.090232306167813, "99.8 %", [2, 2], "bottom"),
)
"""Spiegelhalter's two limits: where 1 in 20 and 1 in 500 lie by chance alone."""


def therapists_chart(
    effects: TherapistEffects, labels: Sequence[str], *, outcome: str
) -> Specification:
    """Return shrunken estimates with intervals above a funnel of the raw means.

    Parameters
    ----------
    effects
        The result.
    labels
        Label of each therapist, in the result's order.
    outcome
        What the outcome is called.
    """
    title = f"{outcome}, less what is expected of the clients"
    panels = [_funnel(effects, title)]
    if len(labels) <= _MOST_ROWS and not math.isnan(effects.icc):
        panels.insert(0, _caterpillar(effects, labels, title))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Differences between therapists, with what chance alone would do.",
        "title": {
            "text": "Differences between therapists",
            "subtitle": [
                f"{effects.n_therapists} therapists, {effects.n_clients} clients.",
                "In the order of caseloads, not of results.",
            ],
        },
        "spacing": 28,
        "vconcat": panels,
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _caterpillar(effects: TherapistEffects, labels: Sequence[str], title: str) -> Specification:
    named = sorted(
        zip(effects.therapists, labels, strict=True), key=lambda pair: (-pair[0].n, pair[1])
    )
    rows = [
        {
            "therapist": f"{label} ({one.n})",
            "mean": one.mean,
            "estimate": one.estimate,
            "low": one.low,
            "high": one.high,
        }
        for one, label in named
    ]
    y = {
        "field": "therapist",
        "type": "nominal",
        "sort": [row["therapist"] for row in rows],
        "title": None,
        "axis": {"grid": False, "labelLimit": 180},
    }
    x = {"type": "quantitative", "title": title}
    return {
        "title": {
            "text": "Shrunken estimates (clients in brackets)",
            "subtitle": f"Dots with {effects.confidence:.0%} intervals; ticks: the raw means.",
        },
        "width": WIDTH,
        "height": max(len(rows) * _ROW, 80),
        "data": {"values": rows},
        "layer": [
            _zero("x"),
            {
                "mark": {"type": "rule", "color": LIGHT.outcome, "strokeWidth": 2},
                "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "color": LIGHT.outcome,
                         "opacity": 1},
                "encoding": {"y": y, "x": x | {"field": "estimate"}},
            },
            {
                "mark": {"type": "tick", "color": LIGHT.soft, "thickness": 1.5, "size": 12},
                "encoding": {"y": y, "x": x | {"field": "mean"}},
            },
        ],
    }  # fmt: skip


def _funnel(effects: TherapistEffects, title: str) -> Specification:
    most = max(one.n for one in effects.therapists)
    x = {
        "field": "n",
        "type": "quantitative",
        "title": "Clients of the therapist",
        "scale": {"domain": [0, most + 1], "nice": False},
        "axis": {"grid": False, "tickMinStep": 1},
    }
    y = {"field": "mean", "type": "quantitative", "title": title}
    points = [{"n": one.n, "mean": one.mean} for one in effects.therapists]
    layers: list[Specification] = [_zero("y")]
    for z, words, dash, side in _LIMITS:
        half = z * effects.client_sd
        layers += [
            layer | {"encoding": layer.get("encoding", {}) | {"x": x, "y": y}}
            for layer in _limit(half, most, words, dash, side)
        ]
    layers.append(
        {
            "data": {"values": points},
            "mark": {"type": "point", "size": 55, "color": LIGHT.outcome, "opacity": 1,
                     "strokeWidth": 1.75},
            "encoding": {"x": x, "y": y},
        }
    )  # fmt: skip
    return {
        "title": {
            "text": "Raw means and what chance alone would do",
            "subtitle": "Few clients scatter widely. Lines: limits if therapists did not differ.",
        },
        "width": WIDTH,
        "height": _FUNNEL_HEIGHT,
        "layer": layers,
    }


def _limit(half: float, most: int, words: str, dash: list[int], side: str) -> list[Specification]:
    """Return both lines of one limit, ``half / √n`` from 0, and its name at the right end."""
    last = most + 1
    steps = np.linspace(1.0, last, 80).tolist()
    line = {"type": "line", "color": LIGHT.soft, "strokeDash": dash, "strokeWidth": 1.25}
    lines: list[Specification] = [
        {
            "data": {"values": [{"n": n, "mean": sign * half / math.sqrt(n)} for n in steps]},
            "mark": line,
        }
        for sign in (-1.0, 1.0)
    ]
    name: Specification = {
        "data": {"values": [{"n": last, "mean": half / math.sqrt(last), "words": words}]},
        "mark": {"type": "text", "align": "left", "baseline": side, "dx": 6, "color": LIGHT.soft},
        "encoding": {"text": {"field": "words"}},
    }
    return [*lines, name]


def _zero(axis: str) -> Specification:
    return {
        "data": {"values": [{"zero": 0}]},
        "mark": {"type": "rule", "color": LIGHT.ink, "strokeWidth": 1},
        "encoding": {axis: {"field": "zero", "type": "quantitative"}},
    }
