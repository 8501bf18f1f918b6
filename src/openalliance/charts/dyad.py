"""Client and therapist: the gap of each dyad, their means against each other, the surface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.dyad.congruence import Congruence
from openalliance.core.course.dyad.gap import Gap
from openalliance.core.course.dyad.ratings import DyadRatings

Specification = dict[str, Any]

WIDTH = 460
TEXT_SIZE = 12
_SQUARE = 320
_ROW = 15
_MOST_ROWS = 60
"""Dyads that a page holds; with more, a histogram of the gaps."""
_GRID = 41


def dyad_chart(
    ratings: DyadRatings,
    gap: Gap,
    surface: Congruence | None,
    names: Sequence[str],
    *,
    outcome: str,
) -> Specification:
    """Return gaps above means and, with an outcome, its surface.

    Parameters
    ----------
    ratings, gap, surface
        What was analysed and found.
    names
        Label of each dyad, in the order of the codes.
    outcome
        What the outcome is called.
    """
    few = len(names) <= _MOST_ROWS and math.isfinite(gap.between_sd)
    panels = [_gaps(gap, names) if few else _histogram(gap), _means(ratings)]
    if surface is not None:
        panels.append(_surface(ratings, surface, outcome))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Ratings of the same sessions by clients and their therapists.",
        "title": {
            "text": "Client and therapist on the same sessions",
            "subtitle": f"{ratings.n_dyads} dyads, {ratings.dyad.size} sessions rated by both.",
        },
        "spacing": 28,
        "vconcat": panels,
        "resolve": {"scale": {"color": "independent"}},
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _gaps(gap: Gap, names: Sequence[str]) -> Specification:
    rows = [
        {"dyad": name, "mean": one.mean, "estimate": one.estimate, "low": one.estimate_low,
         "high": one.estimate_high}
        for name, one in zip(names, gap.dyads, strict=True)
    ]  # fmt: skip
    y = {
        "field": "dyad",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"grid": False, "labelLimit": 160},
    }
    x = {"type": "quantitative", "title": "Client above therapist, points"}
    return {
        "title": {
            "text": "How far apart",
            "subtitle": "Dots: shrunken gap with interval. Ticks: raw mean. Dashed: all dyads.",
        },
        "width": WIDTH,
        "height": max(len(rows) * _ROW, 80),
        "data": {"values": rows},
        "layer": [
            _rule("x", 0.0, [1, 0]),
            _rule("x", gap.mean, [5, 3]),
            {
                "mark": {"type": "rule", "color": LIGHT.client, "strokeWidth": 1.5},
                "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "tick", "color": LIGHT.soft, "thickness": 1.5, "size": 9},
                "encoding": {"y": y, "x": x | {"field": "mean"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 40, "color": LIGHT.client,
                         "opacity": 1},
                "encoding": {"y": y, "x": x | {"field": "estimate"}},
            },
        ],
    }  # fmt: skip


def _histogram(gap: Gap) -> Specification:
    counts, edges = np.histogram([one.mean for one in gap.dyads], bins="auto")
    rows = [
        {"from": low, "to": high, "dyads": int(count)}
        for count, low, high in zip(counts, edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
    return {
        "title": {"text": "How far apart", "subtitle": "Dashed: the mean of all dyads."},
        "width": WIDTH,
        "height": 200,
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "bar", "color": LIGHT.client, "opacity": 0.75,
                         "stroke": LIGHT.ground},
                "encoding": {
                    "x": {"field": "from", "type": "quantitative", "bin": {"binned": True},
                          "title": "Client above therapist, points (mean of the dyad)"},
                    "x2": {"field": "to"},
                    "y": {"field": "dyads", "type": "quantitative", "title": "Dyads"},
                },
            },
            _rule("x", 0.0, [1, 0]),
            _rule("x", gap.mean, [5, 3]),
        ],
    }  # fmt: skip


def _means(ratings: DyadRatings) -> Specification:
    client, therapist = ratings.means(ratings.client), ratings.means(ratings.therapist)
    low = float(min(client.min(), therapist.min()))
    high = float(max(client.max(), therapist.max()))
    x = _axis("client", "Client’s mean rating", low, high)
    y = _axis("therapist", "Therapist’s mean rating", low, high)
    points = [
        {"client": mine, "therapist": theirs}
        for mine, theirs in zip(client.tolist(), therapist.tolist(), strict=True)
    ]
    return {
        "title": {"text": "Of one mind?", "subtitle": "On the line both rate alike."},
        "width": _SQUARE,
        "height": _SQUARE,
        "layer": [
            _diagonal(low, high, x, y),
            {
                "data": {"values": points},
                "mark": {"type": "point", "size": 45, "color": LIGHT.client, "opacity": 0.9,
                         "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y},
            },
        ],
    }  # fmt: skip


def _surface(ratings: DyadRatings, surface: Congruence, outcome: str) -> Specification:
    client, therapist = ratings.means(ratings.client), ratings.means(ratings.therapist)
    low = float(min(client.min(), therapist.min()))
    high = float(max(client.max(), therapist.max()))
    steps = np.linspace(low, high, _GRID)
    step = (high - low) / (_GRID - 1)
    b = np.array([one.estimate for one in surface.coefficients])
    c, t = (part.ravel() for part in np.meshgrid(steps, steps))
    mine, theirs = c - surface.centre, t - surface.centre
    columns = [np.ones_like(mine), mine, theirs, mine**2, mine * theirs, theirs**2]
    height = np.column_stack(columns) @ b
    cells = [
        {"client": x - step / 2, "to": x + step / 2, "therapist": y - step / 2,
         "up": y + step / 2, "value": z}
        for x, y, z in zip(c.tolist(), t.tolist(), height.tolist(), strict=True)
    ]  # fmt: skip
    x = _axis("client", "Client’s rating", low, high)
    y = _axis("therapist", "Therapist’s rating", low, high)
    points = [
        {"client": one, "therapist": other}
        for one, other in zip(client.tolist(), therapist.tolist(), strict=True)
    ]
    return {
        "title": {
            "text": f"{outcome} over both ratings",
            "subtitle": "Trust it only where dyads (circles) lie. On the line both rate alike.",
        },
        "width": _SQUARE,
        "height": _SQUARE,
        "layer": [
            {
                "data": {"values": cells},
                "mark": {"type": "rect"},
                "encoding": {
                    "x": x, "x2": {"field": "to"}, "y": y, "y2": {"field": "up"},
                    "color": {
                        "field": "value",
                        "type": "quantitative",
                        "title": outcome,
                        "scale": {"range": [LIGHT.ground, LIGHT.outcome], "interpolate": "rgb"},
                    },
                },
            },
            _diagonal(low, high, x, y),
            {
                "data": {"values": points},
                "mark": {"type": "point", "size": 26, "color": LIGHT.ink, "opacity": 0.8,
                         "strokeWidth": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
    }  # fmt: skip


def _axis(field: str, title: str, low: float, high: float) -> Specification:
    room = (high - low) * 0.03
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [low - room, high + room], "nice": False, "zero": False},
        "axis": {"grid": False},
    }


def _diagonal(low: float, high: float, x: Specification, y: Specification) -> Specification:
    ends = [{"client": value, "therapist": value} for value in (low, high)]
    return {
        "data": {"values": ends},
        "mark": {"type": "line", "color": LIGHT.ink, "strokeWidth": 1.25, "strokeDash": [4, 3]},
        "encoding": {"x": x, "y": y},
    }


def _rule(axis: str, value: float, dash: list[int]) -> Specification:
    return {
        "data": {"values": [{"value": value}]},
        "mark": {"type": "rule", "color": LIGHT.ink, "strokeWidth": 1, "strokeDash": dash},
        "encoding": {axis: {"field": "value", "type": "quantitative"}},
    }
