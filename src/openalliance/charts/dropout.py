"""Drop-out by period, and what raises or lowers the risk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.dropout import Period, Term

Specification = dict[str, Any]

WIDTH = 520
TEXT_SIZE = 12
_HAZARD, _SURVIVAL = 220, 200
_ROW = 26
_FAR = 12.0
"""Log odds beyond which an interval is cut: e to the 12th is certainty for every purpose."""


def hazard_chart(periods: Sequence[Period], *, unit: str, model: bool = True) -> Specification:
    """Return hazard and survival by period: points what was seen, lines what the model says.

    Parameters
    ----------
    periods
        The life table.
    unit
        What a period is called, the title of the axis.
    model
        Whether to draw the model's lines.
    """
    rows = [_row(period) for period in periods]
    planned = any(period.planned for period in periods)
    x = {
        "field": "period",
        "type": "quantitative",
        "title": unit,
        "scale": {"nice": False, "zero": False, "padding": 10},
        "axis": {"grid": False, "tickMinStep": 1},
    }
    said = ["Points: observed, with 95 % intervals." + (" Lines: the model." if model else "")]
    if planned:
        said.append("Below, of all clients: who has dropped out, and who has ended as planned.")
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Share of clients who drop out in each period, and who have not so far.",
        "title": {"text": "Drop-out by period", "subtitle": said},
        "spacing": 16,
        "data": {"values": rows},
        "vconcat": [
            _hazard(x | {"title": None}, model=model),
            _incidence(x) if planned else _survival(x, model=model),
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _row(period: Period) -> dict[str, float | int | None]:
    row = {
        "period": period.period,
        "observed": period.observed.value,
        "low": period.observed.low,
        "high": period.observed.high,
        "hazard": period.hazard,
        "survival": period.survival,
        "survival_low": period.survival_low,
        "survival_high": period.survival_high,
        "model_survival": period.model_survival,
        "gone": period.incidence,
        "gone_or_done": period.incidence + period.incidence_planned,
    }
    return {key: value if math.isfinite(value) else None for key, value in row.items()}


def _share(field: str, title: str, *, full: bool = False) -> Specification:
    scale = {"domain": [0, 1]} if full else {"zero": True}
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": scale,
        "axis": {"format": "~%", "tickCount": 5, "minExtent": 40},
    }


def _hazard(x: Specification, *, model: bool) -> Specification:
    layers: list[Specification] = [
        {
            "mark": {"type": "rule", "color": LIGHT.expected, "strokeWidth": 1.5},
            "encoding": {"y": _share("low", "Drop out, of those there"), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1,
                     "color": LIGHT.outcome},
            "encoding": {"y": _share("observed", "Drop out, of those there")},
        },
    ]  # fmt: skip
    if model:
        layers.append(
            {
                "mark": {"type": "line", "color": LIGHT.ink, "strokeWidth": 1.5},
                "encoding": {"y": _share("hazard", "Drop out, of those there")},
            }
        )
    return {"width": WIDTH, "height": _HAZARD, "encoding": {"x": x}, "layer": layers}


def _survival(x: Specification, *, model: bool) -> Specification:
    title = "Have not dropped out"
    layers: list[Specification] = [
        {
            "mark": {"type": "area", "interpolate": "step-after", "color": LIGHT.expected,
                     "opacity": 0.3},
            "encoding": {"y": _share("survival_low", title, full=True),
                         "y2": {"field": "survival_high"}},
        },
        {
            "mark": {"type": "line", "interpolate": "step-after", "color": LIGHT.outcome,
                     "strokeWidth": 2},
            "encoding": {"y": _share("survival", title, full=True)},
        },
    ]  # fmt: skip
    if model:
        layers.append(
            {
                "mark": {"type": "line", "interpolate": "step-after", "color": LIGHT.ink,
                         "strokeDash": [4, 3], "strokeWidth": 1.5},
                "encoding": {"y": _share("model_survival", title, full=True)},
            }
        )  # fmt: skip
    return {"width": WIDTH, "height": _SURVIVAL, "encoding": {"x": x}, "layer": layers}


def _incidence(x: Specification) -> Specification:
    title = "Share of all clients"
    lines = (
        ("gone", LIGHT.rupture, [1, 0], "dropped out"),
        ("gone_or_done", LIGHT.repair, [6, 3], "dropped out or ended as planned"),
    )
    layers: list[Specification] = []
    for field, colour, dash, words in lines:
        y = _share(field, title, full=True)
        layers += [
            {
                "mark": {"type": "line", "interpolate": "step-after", "color": colour,
                         "strokeDash": dash, "strokeWidth": 2},
                "encoding": {"y": y},
            },
            {
                "transform": [{"joinaggregate": [{"op": "max", "field": "period", "as": "last"}]},
                              {"filter": "datum.period == datum.last"}],
                "mark": {"type": "text", "align": "right", "baseline": "bottom", "dy": -4,
                         "color": colour, "text": words},
                "encoding": {"y": y},
            },
        ]  # fmt: skip
    return {"width": WIDTH, "height": _SURVIVAL, "encoding": {"x": x}, "layer": layers}


def coefficient_chart(terms: Sequence[Term], *, ratio: str, z: float) -> Specification:
    """Return a forest of coefficients as ratios, the intercept left out.

    Parameters
    ----------
    terms
        Coefficients; those without a finite estimate are named without a mark.
    ratio
        What the exponential of a coefficient is: odds ratio, hazard ratio.
    z
        Standard normal value of the interval.
    """
    rows = []
    for term in terms:
        if term.term == "Intercept":
            continue
        known = math.isfinite(term.estimate) and math.isfinite(term.se)
        near = [term.estimate - z * term.se, term.estimate + z * term.se] if known else [0.0, 0.0]
        low, high = (math.exp(min(max(end, -_FAR), _FAR)) for end in near)
        at = math.exp(min(max(term.estimate, -_FAR), _FAR)) if known else None
        words = f"{at:.2f} ({low:.2f} to {high:.2f})" if at is not None else "no finite estimate"
        rows.append({"term": term.term, "at": at, "low": low if known else None,
                     "high": high if known else None, "words": words})  # fmt: skip
    y = {"field": "term", "type": "nominal", "sort": [row["term"] for row in rows], "title": None,
         "axis": {"labelLimit": 220, "labelColor": LIGHT.ink}}  # fmt: skip
    x = {"field": "at", "type": "quantitative",
         "scale": {"type": "log", "zero": False, "nice": False},
         "title": f"{ratio} per unit, with interval (log scale)",
         "axis": {"format": "~g", "tickCount": 6}}  # fmt: skip
    data = {"values": rows}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Coefficients of the drop-out model with their intervals.",
        "title": {"text": "What goes with dropping out",
                  "subtitle": [f"Right of 1: the risk is higher. {ratio}, others held equal."]},
        "width": WIDTH - 120,
        "height": {"step": _ROW},
        "layer": [
            {"data": {"values": [{"at": 1.0}]},
             "mark": {"type": "rule", "color": LIGHT.soft, "strokeDash": [4, 3]},
             "encoding": {"x": x}},
            {"data": data, "mark": {"type": "rule", "color": LIGHT.outcome, "strokeWidth": 1.5},
             "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}}},
            {"data": data,
             "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1,
                      "color": LIGHT.outcome},
             "encoding": {"y": y, "x": x}},
            {"data": data,
             "mark": {"type": "text", "align": "left", "dx": 10},
             "encoding": {"y": y, "x": {"value": WIDTH - 120}, "text": {"field": "words"}}},
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }  # fmt: skip
