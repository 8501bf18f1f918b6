"""Contour-enhanced funnel plot: where effects lie, and where they would just be significant.

References
----------
Peters, J. L., Sutton, A. J., Jones, D. R., Abrams, K. R., & Rushton, L. (2008). Contour-enhanced
meta-analysis funnel plots help distinguish publication bias from other causes of asymmetry.
*Journal of Clinical Epidemiology, 61*(10), 991-996. https://doi.org/10.1016/j.jclinepi.2007.11.010
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.meta.values import Array

Specification = dict[str, Any]

WIDTH, HEIGHT = 480, 340
TEXT_SIZE = 12
_SHADES = ((0.01, "#ffffff"), (0.05, "#dcdcdc"), (0.10, "#b9b9b9"), (1.0, "#f4f4f4"))
"""Two-sided p values up to which a shade reaches, from the outside in."""


def funnel_chart(
    y: Array,
    v: Array,
    *,
    average: float,
    axis: str,
    filled: tuple[Array, Array] | None = None,
    line: tuple[float, float] | None = None,
    subtitle: Sequence[str] = (),
) -> Specification:
    """Return a funnel plot.

    Parameters
    ----------
    y, v
        Effects and their sampling variances.
    average
        Where the centre line stands.
    axis
        What effects are called.
    filled
        Effects and variances that trim-and-fill put in; drawn as rings.
    line
        Intercept and slope on the standard error (Egger), drawn dashed.
    subtitle
        Words above.
    """
    se = np.sqrt(v)
    deepest = 1.05 * float(se.max())
    reach = max(2.2 * deepest, float(np.abs(y - average).max()) * 1.05)
    span = (min(average - reach, -1.0 * deepest), max(average + reach, 1.0 * deepest))
    x = {
        "type": "quantitative",
        "title": axis,
        "scale": {"domain": list(span), "nice": False},
        "axis": {"grid": False, "ticks": True, "domain": True},
    }
    depth = {
        "type": "quantitative",
        "title": "Standard error",
        "scale": {"domain": [0.0, deepest], "reverse": True, "nice": False},
        "axis": {"grid": False, "ticks": True, "domain": True},
    }
    layers = [*_contours(span, deepest), *_cone(average, span, deepest)]
    if line is not None:
        layers.append(_egger(line, span, deepest))
    layers.append(_points(y, se, shape="circle", ring=False))
    if filled is not None and filled[0].size:
        layers.append(_points(filled[0], np.sqrt(filled[1]), shape="circle", ring=True))
    layers.append(_key())
    for layer in layers:
        encoding = layer["encoding"]
        encoding["x"] = {**x, **encoding["x"]}
        if "field" in encoding["y"]:
            encoding["y"] = {**depth, **encoding["y"]}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": (
            f"Funnel plot of {y.size} effects around {average:.2f}, over shades of where an effect"
            " would be significant."
        ),
        "title": {"text": "Effects by how exact they are", "subtitle": list(subtitle)},
        "width": WIDTH,
        "height": HEIGHT,
        "layer": layers,
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _contours(span: tuple[float, float], deepest: float) -> list[Specification]:
    """Return shades by the two-sided p value that an effect would have, from the outside in."""
    made: list[Specification] = [_ground(span, deepest)]
    for (outer, _), (_, colour) in itertools.pairwise(_SHADES):
        z = float(-special.ndtri(outer / 2.0))
        rows = [
            {"se": se, "low": max(-z * se, span[0]), "high": min(z * se, span[1])}
            for se in np.linspace(0.0, deepest, 60).tolist()
            if -z * se < span[1] and z * se > span[0]
        ]
        made.append(
            {
                "data": {"values": rows},
                "mark": {"type": "area", "color": colour, "opacity": 1, "orient": "horizontal"},
                "encoding": {
                    "y": {"field": "se"}, "x": {"field": "low"}, "x2": {"field": "high"},
                },
            }
        )  # fmt: skip
    return made


def _ground(span: tuple[float, float], deepest: float) -> Specification:
    return {
        "data": {"values": [{"left": span[0], "right": span[1], "top": 0.0, "bottom": deepest}]},
        "mark": {"type": "rect", "color": _SHADES[0][1], "stroke": LIGHT.grid},
        "encoding": {
            "x": {"field": "left"}, "x2": {"field": "right"},
            "y": {"field": "top"}, "y2": {"field": "bottom"},
        },
    }  # fmt: skip


def _cone(average: float, span: tuple[float, float], deepest: float) -> list[Specification]:
    z = float(special.ndtri(0.975))
    made: list[Specification] = []
    for sign, dash in ((-1.0, [5, 3]), (0.0, [1, 0]), (1.0, [5, 3])):
        last = deepest
        if sign:
            edge = span[1] if sign > 0.0 else span[0]
            last = min(deepest, abs(edge - average) / z)
        rows = [{"x": average + sign * z * se, "se": se} for se in (0.0, last)]
        made.append(
            {
                "data": {"values": rows},
                "mark": {"type": "line", "color": LIGHT.ink, "strokeDash": dash,
                         "strokeWidth": 1.25},
                "encoding": {"x": {"field": "x"}, "y": {"field": "se"}},
            }
        )  # fmt: skip
    return made


def _egger(line: tuple[float, float], span: tuple[float, float], deepest: float) -> Specification:
    rows = [
        {"x": line[0] + line[1] * se, "se": se}
        for se in np.linspace(0.0, deepest, 40).tolist()
        if span[0] <= line[0] + line[1] * se <= span[1]
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "color": LIGHT.outcome, "strokeDash": [2, 2], "strokeWidth": 2},
        "encoding": {"x": {"field": "x"}, "y": {"field": "se"}},
    }


def _points(y: Array, se: Array, *, shape: str, ring: bool) -> Specification:
    rows = [{"x": one, "se": error} for one, error in zip(y.tolist(), se.tolist(), strict=True)]
    size = 46.0 if y.size <= 300 else 46.0 * math.sqrt(300.0 / y.size)
    return {
        "data": {"values": rows},
        "mark": {"type": "point", "shape": shape, "size": size, "opacity": 1,
                 "fill": "#ffffff" if ring else LIGHT.outcome, "stroke": LIGHT.ink,
                 "strokeWidth": 1.5 if ring else 0.6},
        "encoding": {"x": {"field": "x"}, "y": {"field": "se"}},
    }  # fmt: skip


def _key() -> Specification:
    """Return what the shades mean, under the axis."""
    words = "p against no effect: white < .01, light .01 to .05, dark .05 to .10, middle > .10"
    return {
        "data": {"values": [{"words": words}]},
        "mark": {"type": "text", "align": "left", "color": LIGHT.soft, "fontSize": 11},
        "encoding": {
            "x": {"value": 0}, "y": {"value": HEIGHT + 52}, "text": {"field": "words"},
        },
    }  # fmt: skip
