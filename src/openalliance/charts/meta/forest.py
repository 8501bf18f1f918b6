"""Forest plot: every effect or study, groups of them, the average and where true effects lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.views.forest import Lines, Summary

Specification = dict[str, Any]
Back = Callable[[float], float]

WIDTH = 380
TEXT_SIZE = 12
_ROW = 20
MOST_LINES = 80
"""Lines that a page holds; with more they are drawn thin and sorted, without names and figures."""
_LONGEST_NAME = 42
_SQUARES = (14.0, 190.0)
"""Areas of the smallest and the largest square."""
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some lines under a heading, with their own average; the heading may be empty.

    ``order`` are positions of its lines.
    """

    heading: str
    order: Sequence[int]
    summary: Summary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """What a forest plot shows.

    Parameters
    ----------
    lines, names
        Effects or studies, and what they are called.
    groups
        In which order and groups; one with an empty heading if there are none.
    overall
        The average of all; ``None`` where moderators leave no one average.
    title, subtitle
        Words above.
    axis
        What the axis is called.
    level
        Level of the intervals.
    null
        Where the line of no effect stands; ``None`` for no line.
    """

    lines: Lines
    names: Sequence[str]
    groups: Sequence[Group]
    overall: Summary | None
    title: str
    subtitle: Sequence[str]
    axis: str
    level: float
    null: float | None = 0.0


def forest_chart(forest: Forest, *, back: Back | None = None, log: bool = False) -> Specification:
    """Return a forest plot.

    Parameters
    ----------
    forest
        What it shows.
    back
        Turns values into those that people read, such as r or odds ratios.
    log
        Whether ``back`` is exponential: the axis is logarithmic then.
    """
    drawn = _Drawn(forest, back or (lambda value: value))
    layers = drawn.layers()
    height = max(80.0, drawn.row * _ROW if drawn.named else min(900.0, drawn.row * 6.0))
    subtitle = list(forest.subtitle)
    if not drawn.named:
        subtitle.append(f"More than {MOST_LINES} lines: without names, in the order of their size.")
    x = _axis(forest, drawn, log=log)
    y = {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.6, drawn.row - 0.4], "reverse": True, "nice": False},
    }
    for layer in layers:
        for channel, shared in (("x", x), ("y", y)):
            given = layer.setdefault("encoding", {}).get(channel)
            if given is not None and "field" in given:
                layer["encoding"][channel] = {**shared, **given}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": _words(forest, back or (lambda value: value)),
        "title": {"text": forest.title, "subtitle": subtitle},
        "width": WIDTH,
        "height": height,
        "layer": layers,
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


class _Drawn:
    """Layers, from the top row down."""

    def __init__(self, forest: Forest, back: Back) -> None:
        self.forest, self.back = forest, back
        self.row = 0
        self.named = len(forest.names) <= MOST_LINES
        self.effects: list[dict[str, Any]] = []
        self.words: list[dict[str, Any]] = []
        self.diamonds: list[Specification] = []
        self.seen: list[float] = []
        for group in forest.groups:
            self._group(group)
        if forest.overall is not None:
            name = "Average of all"
            self._summary(name, forest.overall)
            if not math.isnan(forest.overall.true_low):
                self._prediction(forest.overall)

    def layers(self) -> list[Specification]:
        forest, made = self.forest, []
        if forest.null is not None:
            made.append(_rule(self.back(forest.null), LIGHT.ink, [1, 0]))
        if forest.overall is not None:
            made.append(_rule(self.back(forest.overall.estimate), LIGHT.soft, [4, 3]))
        made.append(
            {
                "data": {"values": self.effects},
                "mark": {"type": "rule", "color": LIGHT.ink, "strokeWidth": 1.25, "aria": False},
                "encoding": {
                    "x": {"field": "low"}, "x2": {"field": "high"}, "y": {"field": "row"},
                },
            }
        )  # fmt: skip
        made.append(
            {
                "data": {"values": self.effects},
                "mark": {"type": "point", "shape": "square", "filled": True, "opacity": 1,
                         "color": LIGHT.outcome},
                "encoding": {
                    "x": {"field": "estimate"}, "y": {"field": "row"},
                    "size": {"field": "size", "type": "quantitative", "scale": None},
                    "description": {"field": "words"},
                },
            }
        )  # fmt: skip
        return [*made, *self.diamonds, *_texts(self.words)]

    def _group(self, group: Group) -> None:
        if group.heading:
            self.words.append({"row": self.row, "left": group.heading, "bold": True})
            self.row += 1
        lines, heaviest = self.forest.lines, float(self.forest.lines.weight.max())
        order = group.order
        if not self.named:
            order = sorted(order, key=lambda at: float(lines.estimate[at]))
        for at in order:
            ends = [float(side[at]) for side in (lines.low, lines.high)]
            estimate = float(lines.estimate[at])
            share = max(float(lines.weight[at]), 0.0) / heaviest
            smallest, largest = _SQUARES
            self.effects.append(
                {
                    "row": self.row,
                    "low": self.back(ends[0]),
                    "high": self.back(ends[1]),
                    "estimate": self.back(estimate),
                    "words": f"{self.forest.names[at]}: {self._figures(estimate, *ends)}",
                    "size": smallest + (largest - smallest) * share if self.named else 9.0,
                }
            )
            if self.named:
                self._say(self.forest.names[at], estimate, *ends, bold=False)
            self.row += 1
        if group.summary is not None:
            self._summary("Average", group.summary)
            self.row += 1 if self.named else 3

    def _summary(self, name: str, found: Summary) -> None:
        tall = 0.32 if self.named else 1.6
        self.row += 0 if self.named else 2
        corners = [
            {"x": self.back(found.low), "top": self.row, "bottom": self.row},
            {"x": self.back(found.estimate), "top": self.row - tall, "bottom": self.row + tall},
            {"x": self.back(found.high), "top": self.row, "bottom": self.row},
        ]
        self.diamonds.append(
            {
                "data": {"values": corners},
                "mark": {"type": "area", "color": LIGHT.ink, "opacity": 1, "orient": "vertical",
                         "aria": False},
                "encoding": {
                    "x": {"field": "x"}, "y": {"field": "top"}, "y2": {"field": "bottom"},
                },
            }
        )  # fmt: skip
        self._say(name, found.estimate, found.low, found.high, bold=True)
        self.row += 1 if self.named else 3

    def _prediction(self, found: Summary) -> None:
        low, high = self.back(found.true_low), self.back(found.true_high)
        self.row += 0 if self.named else 1
        ends = [{"row": self.row, "low": low, "high": high}]
        tips = [{"row": self.row, "low": end} for end in (low, high)]
        words = f"True effects of further studies: {shown(low)} to {shown(high)}"
        thick = {"type": "rule", "color": LIGHT.soft, "strokeWidth": 3, "description": words}
        tip = {"type": "point", "shape": "stroke", "angle": 90, "size": 70,
               "color": LIGHT.soft, "strokeWidth": 3, "opacity": 1, "aria": False}  # fmt: skip
        x, y = {"field": "low"}, {"field": "row"}
        self.diamonds += [
            {
                "data": {"values": ends}, "mark": thick,
                "encoding": {"x": x, "x2": {"field": "high"}, "y": y},
            },
            {"data": {"values": tips}, "mark": tip, "encoding": {"x": x, "y": y}},
        ]  # fmt: skip
        self.words.append(
            {
                "row": self.row,
                "left": "True effects of further studies",
                "right": f"{shown(low)} to {shown(high)}",
                "bold": False,
            }
        )
        self.row += 1 if self.named else 2

    def _figures(self, estimate: float, low: float, high: float) -> str:
        return f"{shown(self.back(estimate))} [{shown(self.back(low))}, {shown(self.back(high))}]"

    def _say(self, name: str, estimate: float, low: float, high: float, *, bold: bool) -> None:
        self.words.append(
            {
                "row": self.row,
                "left": shortened(name),
                "right": self._figures(estimate, low, high),
                "bold": bold,
            }
        )


def shown(value: float) -> str:
    """Return a value with two decimals and a true minus sign."""
    return f"{value:.2f}".replace("-", "−").replace("−0.00", "0.00")


def shortened(name: str) -> str:
    """Return a name that fits beside a picture."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _texts(words: list[dict[str, Any]]) -> list[Specification]:
    """Return names and figures; only headings and averages are heard, squares say the rest."""
    made: list[Specification] = []
    for bold in (False, True):
        rows = [row for row in words if row["bold"] is bold]
        for side, align, place in (("left", "right", -10), ("right", "left", WIDTH + 10)):
            heard = bold and side == "left"
            chosen = [
                {"row": row["row"], "shown": row[side], "said": _said(row)}
                for row in rows
                if side in row
            ]
            if chosen:
                made.append(
                    {
                        "data": {"values": chosen},
                        "mark": {"type": "text", "align": align, "baseline": "middle",
                                 "fontWeight": 600 if bold else 400, "aria": heard},
                        "encoding": {
                            "x": {"value": place}, "y": {"field": "row"},
                            "text": {"field": "shown"}, "description": {"field": "said"},
                        },
                    }
                )  # fmt: skip
    return made


def _said(row: dict[str, Any]) -> str:
    return ": ".join(row[side] for side in ("left", "right") if side in row)


def _rule(at: float, colour: str, dash: list[int]) -> Specification:
    return {
        "data": {"values": [{"at": at}]},
        "mark": {
            "type": "rule",
            "color": colour,
            "strokeWidth": 1,
            "strokeDash": dash,
            "aria": False,
        },
        "encoding": {"x": {"field": "at"}},
    }


def _axis(forest: Forest, drawn: _Drawn, *, log: bool) -> Specification:
    lines, summary = forest.lines, forest.overall
    lows = [float(lines.low.min())]
    highs = [float(lines.high.max())]
    if summary is not None and not math.isnan(summary.true_low):
        lows.append(summary.true_low)
        highs.append(summary.true_high)
    if forest.null is not None:
        lows.append(forest.null)
        highs.append(forest.null)
    domain = [drawn.back(min(lows)), drawn.back(max(highs))]
    scale: dict[str, Any] = {"domain": domain, "nice": not log, "zero": False}
    axis: dict[str, Any] = {
        "grid": False,
        "domain": True,
        "ticks": True,
        "tickCount": 7,
        "labelOverlap": True,
        "labelSeparation": 6,
    }
    if log:
        scale["type"] = "log"
        axis["values"] = [tick for tick in _TICKS if domain[0] <= tick <= domain[1]]
    return {"type": "quantitative", "title": forest.axis, "scale": scale, "axis": axis}


def _words(forest: Forest, back: Back) -> str:
    said = f"Forest plot of {len(forest.names)} lines. {forest.title}."
    if forest.overall is not None:
        found = forest.overall
        said += (
            f" Average {shown(back(found.estimate))}, {forest.level:.0%} interval"
            f" {shown(back(found.low))} to {shown(back(found.high))}."
        )
    return said
