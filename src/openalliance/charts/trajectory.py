"""Growth curves: some clients' scores, the usual course with its band, forecasts of a few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openalliance.charts.theme import LIGHT, configuration

Specification = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

WIDTH = 560
HEIGHT = 340
TEXT_SIZE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPicture:
    """What is drawn.

    Parameters
    ----------
    lines
        Scores of some clients in order of time: ``client``, ``time``, ``score``.
    curve
        The usual course: ``time``, ``mean``, its 95 % interval ``mean_low`` to ``mean_high``, and
        ``low`` to ``high``, between which a new client's score is expected.
    forecasts
        Of a few of those clients: ``client``, ``time``, ``mean``, ``low``, ``high``.
    time_title, score_title
        Titles of the axes.
    level
        Level of the bands.
    n_clients, n_drawn
        Clients fitted and drawn.
    """

    lines: Rows
    curve: Rows
    forecasts: Rows
    time_title: str
    score_title: str
    level: float
    n_clients: int
    n_drawn: int


def trajectory_chart(picture: GrowthPicture) -> Specification:
    """Return the picture of growth curves."""
    level = f"{100.0 * picture.level:g} %"
    said = [
        f"{picture.n_clients:,} clients, {picture.n_drawn:,} of them drawn as thin lines.",
        "Thick: the usual course with its 95 % interval.",
        f"Shaded: {level} of new clients’ scores are expected here.",
    ]
    if picture.forecasts:
        said.append(f"Diamonds: forecasts of some clients, with {level} bands.")
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Scores of clients over time with the usual course and its band.",
        "title": {"text": "Growth curves", "subtitle": said},
        "width": WIDTH,
        "height": HEIGHT,
        "encoding": {
            "x": {
                "field": "time",
                "type": "quantitative",
                "title": picture.time_title,
                "scale": {"nice": False, "zero": False},
            },
            "y": _y("score", picture.score_title),
        },
        "layer": [*_band(picture), _lines(picture), *_curve(picture), *_forecasts(picture)],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _y(field: str, title: str) -> Specification:
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}


def _band(picture: GrowthPicture) -> list[Specification]:
    encoding = {"y": _y("low", picture.score_title), "y2": {"field": "high"}}
    area = {"type": "area", "color": LIGHT.expected, "opacity": 0.28, "clip": True}
    return [{"data": {"values": list(picture.curve)}, "mark": area, "encoding": encoding}]


def _lines(picture: GrowthPicture) -> Specification:
    return {
        "data": {"values": list(picture.lines)},
        "mark": {"type": "line", "color": LIGHT.soft, "strokeWidth": 0.6, "opacity": 0.45},
        "encoding": {"detail": {"field": "client", "type": "nominal"}},
    }


def _curve(picture: GrowthPicture) -> list[Specification]:
    data = {"values": list(picture.curve)}
    interval = {"y": _y("mean_low", picture.score_title), "y2": {"field": "mean_high"}}
    middle = picture.curve[len(picture.curve) * 3 // 5]
    label = {"values": [{**middle, "words": "usual course"}]}
    return [
        {
            "data": data,
            "mark": {"type": "area", "color": LIGHT.outcome, "opacity": 0.35},
            "encoding": interval,
        },
        {
            "data": data,
            "mark": {"type": "line", "color": LIGHT.outcome, "strokeWidth": 3},
            "encoding": {"y": _y("mean", picture.score_title)},
        },
        {
            "data": label,
            "mark": {
                "type": "text", "align": "center", "dy": -12, "fontWeight": 600,
                "fontSize": TEXT_SIZE, "color": LIGHT.outcome,
            },
            "encoding": {
                "y": _y("mean", picture.score_title), "text": {"field": "words"},
            },
        },
    ]  # fmt: skip


def _forecasts(picture: GrowthPicture) -> list[Specification]:
    if not picture.forecasts:
        return []
    data = {"values": list(picture.forecasts)}
    names = dict.fromkeys(row["client"] for row in picture.forecasts)
    own = [row for row in picture.lines if row["client"] in {str(name) for name in names}]
    spread = {"y": _y("low", picture.score_title), "y2": {"field": "high"}}
    mean = {"y": _y("mean", picture.score_title)}
    last = [[r for r in picture.forecasts if r["client"] == name][-1] for name in names]
    labels = [{**row, "words": f"client {row['client']}"} for row in last]
    text = {"type": "text", "align": "left", "dx": 8, "fontSize": TEXT_SIZE, "color": LIGHT.client}
    drawn = {"type": "line", "color": LIGHT.client, "strokeWidth": 1.6}
    detail = {"detail": {"field": "client", "type": "nominal"}}
    mark = {
        "type": "point",
        "shape": "diamond",
        "filled": True,
        "size": 42,
        "opacity": 1,
        "color": LIGHT.client,
    }
    return [
        {"data": {"values": own}, "mark": drawn, "encoding": detail},
        {"data": data, "mark": {"type": "rule", "color": LIGHT.client, "strokeWidth": 1.4},
         "encoding": spread},
        {"data": data, "mark": mark, "encoding": mean},
        {"data": {"values": labels}, "mark": text,
         "encoding": {**mean, "text": {"field": "words"}}},
    ]  # fmt: skip
