"""What is kept after the ending: who answers, what they say and stand for, who relapses when."""

from __future__ import annotations

import math
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.maintenance.analysis import Maintenance, Wave
from openalliance.core.course.maintenance.weighting import Estimate

Specification = dict[str, Any]

WIDTH = 520
TEXT_SIZE = 12
_BEYOND = 1.05
"""How far the last step is drawn, so that it can be seen."""
_RESPONSE, _MEANS, _SURVIVAL = 120, 230, 190


def maintenance_chart(found: Maintenance, *, score: str) -> Specification:
    """Return response, means and time to relapse above one another, by month.

    Parameters
    ----------
    found
        The result.
    score
        What the score is called.
    """
    times = [one.wave for one in found.waves]
    x = {
        "field": "month",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, times[-1] * 1.24], "nice": False, "padding": 10},
        "axis": {"grid": False, "values": _spaced(times), "format": "~g"},
    }
    panels = [_response(found, x), _means(found, x, score)]
    if found.survival is not None:
        panels.append(_survival(found, x))
    panels[-1]["encoding"] = {"x": x | {"title": "Months after the ending"}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Who answers after the ending, means of all who left, time to relapse.",
        "title": {
            "text": "What is kept after the ending",
            "subtitle": f"{found.n} clients who left.",
        },
        "spacing": 24,
        "vconcat": panels,
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _spaced(times: list[float]) -> list[float]:
    """Return the waves that can be labelled without touching each other."""
    shown: list[float] = []
    for time in times:
        if not shown or time - shown[-1] >= times[-1] / 20.0:
            shown.append(time)
    return shown


def _response(found: Maintenance, x: Specification) -> Specification:
    rows = [
        {
            "month": one.wave,
            "share": one.response.value,
            "low": one.response.low,
            "high": one.response.high,
            "words": f"{one.response.value:.0%}",
        }
        for one in found.waves[1:]
    ]
    y = _share_axis("Answered")
    return {
        "title": "Who answers",
        "width": WIDTH,
        "height": _RESPONSE,
        "data": {"values": rows},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "rule", "color": LIGHT.expected, "strokeWidth": 2},
                "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}},
            },
            _points(y | {"field": "share"}, LIGHT.outcome, filled=True),
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "color": LIGHT.ink},
                "encoding": {"y": y | {"field": "share"}, "text": {"field": "words"}},
            },
        ],
    }


def _share_axis(title: str) -> Specification:
    return {
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "~%", "values": [0, 0.25, 0.5, 0.75, 1], "minExtent": 44},
    }


def _points(y: Specification, colour: str, *, filled: bool, shape: str = "circle") -> Specification:
    mark = {"type": "point", "shape": shape, "filled": filled, "size": 50, "opacity": 1,
            "color": colour}  # fmt: skip
    return {"mark": mark, "encoding": {"y": y}}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(one: Wave) -> dict[str, float | None]:
    weighted: Estimate = one.weighted.mean
    return {
        "month": one.wave,
        "observed": _number(one.observed.value),
        "weighted": _number(weighted.value),
        "low": _number(weighted.low),
        "high": _number(weighted.high),
        "best": None if one.bounds is None else one.bounds.best,
        "worst": None if one.bounds is None else one.bounds.worst,
    }


def _means(found: Maintenance, x: Specification, score: str) -> Specification:
    rows = [_row(one) for one in found.waves]
    y = {"type": "quantitative", "title": f"Mean {score}", "scale": {"zero": False},
         "axis": {"tickCount": 6, "minExtent": 44}}  # fmt: skip
    bounded = rows[0]["best"] is not None
    layers: list[Specification] = []
    if bounded:
        layers.append(
            {
                "mark": {"type": "area", "color": LIGHT.grid, "opacity": 0.8},
                "encoding": {"y": y | {"field": "best"}, "y2": {"field": "worst"}},
            }
        )
    lines = (("weighted", LIGHT.outcome, [1, 0], 2.0), ("observed", LIGHT.therapist, [5, 3], 1.5))
    layers += [
        {
            "mark": {"type": "rule", "color": LIGHT.outcome, "strokeWidth": 1.5},
            "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        *(
            {
                "mark": {"type": "line", "color": colour, "strokeDash": dash, "strokeWidth": width},
                "encoding": {"y": y | {"field": name}},
            }
            for name, colour, dash, width in lines
        ),
        _points(y | {"field": "weighted"}, LIGHT.outcome, filled=True),
        _points(y | {"field": "observed"}, LIGHT.therapist, filled=False, shape="square"),
        *_names(rows, y),
    ]
    said = "Lines: with intervals, all who left (weighted); dashed, those who answered."
    return {
        "title": {
            "text": "What the scores say",
            "subtitle": [said, *(["Band: all the silent at their best, or at their worst."]
                                 if bounded else [])],
        },
        "width": WIDTH,
        "height": _MEANS,
        "data": {"values": rows},
        "encoding": {"x": x},
        "layer": layers,
    }  # fmt: skip


def _names(rows: list[dict[str, float | None]], y: Specification) -> list[Specification]:
    """Name the lines at their right end, the higher one above."""
    last = next((row for row in reversed(rows) if row["weighted"] is not None), None)
    if last is None or last["observed"] is None or last["weighted"] is None:
        return []
    above = last["weighted"] >= last["observed"]
    ends = [
        ("all who left", last["weighted"], LIGHT.outcome, -8 if above else 10),
        ("those who answered", last["observed"], LIGHT.therapist, 10 if above else -8),
    ]
    return [
        {
            "data": {"values": [{"month": last["month"], "value": value, "words": words}]},
            "mark": {"type": "text", "align": "left", "dx": 8, "dy": shift, "color": colour},
            "encoding": {"y": y | {"field": "value"}, "text": {"field": "words"}},
        }
        for words, value, colour, shift in ends
    ]


def _at_waves(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows whose numbers have room beside each other."""
    shown = set(_spaced([row["month"] for row in rows]))
    return [row for row in rows if row["month"] in shown]


def _survival(found: Maintenance, x: Specification) -> Specification:
    if found.survival is None:
        return {}
    watched = [step for step in found.survival.steps if step.at_risk]
    rows: list[dict[str, Any]] = [
        {
            "month": step.time,
            "free": step.survival,
            "low": step.survival if math.isnan(step.low) else step.low,
            "high": step.survival if math.isnan(step.high) else step.high,
            "words": f"{step.at_risk}",
        }
        for step in watched
    ]
    named = _at_waves(rows)
    rows.append(rows[-1] | {"month": float(found.waves[-1].wave) * _BEYOND})
    y = _share_axis("Free of relapse")
    return {
        "title": {
            "text": "Time to relapse",
            "subtitle": "Kaplan–Meier with interval. At the foot: clients still watched and free.",
        },
        "width": WIDTH,
        "height": _SURVIVAL,
        "data": {"values": rows},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "area", "interpolate": "step-after", "color": LIGHT.expected,
                         "opacity": 0.3},
                "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "color": LIGHT.outcome,
                         "strokeWidth": 2},
                "encoding": {"y": y | {"field": "free"}},
            },
            {
                "data": {"values": [rows[-1] | {"words": f"{watched[-1].survival:.0%}"}]},
                "mark": {"type": "text", "align": "left", "dx": 6, "color": LIGHT.outcome},
                "encoding": {"y": y | {"field": "free"}, "text": {"field": "words"}},
            },
            {
                "data": {"values": named},
                "mark": {"type": "text", "baseline": "bottom", "dy": -4, "color": LIGHT.soft},
                "encoding": {"y": {"value": _SURVIVAL}, "text": {"field": "words"}},
            },
        ],
    }  # fmt: skip
