"""Pre against post: each client a mark, with the band of no reliable change and the cut-off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.change_methods import (
    BY_CODE,
    Band,
    Category,
    ChangeAnalysis,
    ChangeApproach,
    unchanged_band,
)
from openalliance.core.instruments import Better

Specification = dict[str, Any]

SIDE = 440
TEXT_SIZE = 12
MOST_MARKS = 3_000
"""More marks than this hide each other; then every so-manieth client is drawn, and that is said."""

_UNDEFINED = "undefined"


def change_chart(found: ChangeAnalysis) -> Specification:
    """Return the picture of an analysis of change."""
    step = max(1, math.ceil(found.clients.size / MOST_MARKS))
    domain = _domain(found)
    x = _axis("pre", "Pre score", domain)
    y = _axis("post", f"Post score ({found.settings.better.value} is better)", domain)
    band = unchanged_band(found)
    layers = [] if band is None else _band(band, domain)
    layers += [_diagonal(domain), *_cutoff(found, domain), _marks(found, step)]
    shown = f"{found.clients.size:,} clients"
    if step > 1:
        shown += f"; one in {step} is drawn"
    said = [shown + ".", *_explained(found, band)]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Pre and post score of each client with the category of the change.",
        "title": {"text": "Change of each client", "subtitle": said},
        "width": SIDE,
        "height": SIDE,
        "encoding": {"x": x, "y": y},
        "layer": layers,
        "config": configuration(LIGHT, plot_width=SIDE, text_size=TEXT_SIZE)
        | {
            "legend": {
                "title": None,
                "labelFontSize": TEXT_SIZE,
                "labelColor": LIGHT.ink,
                "symbolSize": 70,
                "symbolStrokeWidth": 1.6,
            }
        },
    }


def _domain(found: ChangeAnalysis) -> list[float]:
    """Return one range for both axes, so that no change is the diagonal."""
    low = min(float(found.pre.min()), float(found.post.min()))
    high = max(float(found.pre.max()), float(found.post.max()))
    if found.cutoff is not None:
        low, high = min(low, found.cutoff.value), max(high, found.cutoff.value)
    room = 0.04 * (high - low) or 1.0
    return [low - room, high + room]


def _axis(name: str, title: str, domain: list[float]) -> Specification:
    return {
        "field": name,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": domain, "nice": False, "zero": False},
    }


def _band(band: Band, domain: list[float]) -> list[Specification]:
    rows = [{"pre": pre, "post": band.lower.at(pre), "upper": band.upper.at(pre)} for pre in domain]
    edge = {"type": "line", "color": LIGHT.missed, "strokeWidth": 1, "clip": True}
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "area", "color": LIGHT.grid, "opacity": 0.75, "clip": True},
            "encoding": {"y2": {"field": "upper"}},
        },
        *(
            {
                "data": {"values": [{"pre": pre, "post": line.at(pre)} for pre in domain]},
                "mark": edge,
            }
            for line in (band.lower, band.upper)
        ),
    ]


def _diagonal(domain: list[float]) -> Specification:
    return {
        "data": {"values": [{"pre": end, "post": end} for end in domain]},
        "mark": {"type": "line", "color": LIGHT.soft, "strokeWidth": 1},
    }


def _cutoff(found: ChangeAnalysis, domain: list[float]) -> list[Specification]:
    if found.cutoff is None:
        return []
    value = found.cutoff.value
    drawn = {"type": "rule", "strokeDash": [5, 4], "color": LIGHT.goal, "strokeWidth": 1.4}
    words = f"cut-off {found.cutoff.type.value} = {value:.1f}"
    return [
        {
            "data": {"values": [{"pre": value}]},
            "mark": drawn,
            "encoding": {"y": {"value": 0}, "y2": {"value": SIDE}},
        },
        {
            "data": {"values": [{"post": value}]},
            "mark": drawn,
            "encoding": {"x": {"value": 0}, "x2": {"value": SIDE}},
        },
        {
            "data": {"values": [{"post": value, "pre": domain[1], "words": words}]},
            "mark": {"type": "text", "align": "left", "dx": 6, "color": LIGHT.goal,
                     "fontSize": TEXT_SIZE},
            "encoding": {"text": {"field": "words"}},
        },
    ]  # fmt: skip


def _marks(found: ChangeAnalysis, step: int) -> Specification:
    """Return the clients; shape and filling say the category, colour only repeats it."""
    worse = "triangle-up" if found.settings.better is Better.LOWER else "triangle-down"
    looks = {
        Category.RECOVERED: ("circle", LIGHT.repair, LIGHT.repair),
        Category.IMPROVED: ("circle", LIGHT.repair, LIGHT.ground),
        Category.UNCHANGED: ("cross", LIGHT.soft, LIGHT.ground),
        Category.DETERIORATED: (worse, LIGHT.rupture, LIGHT.ground),
        Category.HARMED: (worse, LIGHT.rupture, LIGHT.rupture),
    }
    names = {share.category: f"{share.category.value} ({share.n:,})" for share in found.summary}
    keys = {category.code: names[category] for category in names}
    scale = [looks[category] for category in names]
    undefined = int(np.count_nonzero(~np.isin(found.codes, list(BY_CODE))))
    if undefined:
        names_of_all = [*names.values(), f"{_UNDEFINED} ({undefined:,})"]
        scale.append(("square", LIGHT.missed, LIGHT.ground))
    else:
        names_of_all = list(names.values())
    rows = [
        {"pre": pre, "post": post, "category": keys.get(code, names_of_all[-1])}
        for pre, post, code in zip(
            found.pre[::step].tolist(),
            found.post[::step].tolist(),
            found.codes[::step].tolist(),
            strict=True,
        )
    ]

    def channel(place: int) -> Specification:
        return {
            "field": "category",
            "type": "nominal",
            "scale": {"domain": names_of_all, "range": [look[place] for look in scale]},
        }

    return {
        "data": {"values": rows},
        "mark": {"type": "point", "size": 46, "strokeWidth": 1.5, "opacity": 0.9},
        "encoding": {"shape": channel(0), "stroke": channel(1), "fill": channel(2)},
    }


def _explained(found: ChangeAnalysis, band: Band | None) -> list[str]:
    said = ["Line: no change at all."]
    if band is not None:
        reason = {
            ChangeApproach.PERCENTAGE: "less than the percentage that counts",
            ChangeApproach.ANCHOR: "less than the important difference",
        }.get(found.settings.approach, "no more than error")
        if found.settings.approach is ChangeApproach.COMBINED and found.settings.uses_anchor:
            reason = "less than the important difference"
        said.append(f"Shaded: {reason}.")
    return [" ".join(said)]
