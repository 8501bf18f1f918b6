"""Sudden gains or losses, laid over each other at the step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.course.gains import WINDOW, YES, Gains

Specification = dict[str, Any]

WIDTH, HEIGHT = 520, 300
TEXT_SIZE = 12
_MOST_LINES = 200
"""Single courses that can be told apart at all; of more, every so-manieth is drawn."""


def gains_chart(
    gains: Gains, scores: NDArray[np.float64], *, score: str, losses: bool
) -> Specification:
    """Return the courses around each step, thin, and their mean, thick.

    Parameters
    ----------
    gains
        What was found, at least one.
    scores
        The scores they were found in, shape ``(n_clients, n_sessions)``.
    score
        What the score is called.
    losses
        Whether they are losses.
    """
    offsets = np.arange(1 - WINDOW, WINDOW + 1)
    at = gains.session[:, None] - 1 + offsets
    inside = (at >= 0) & (at < scores.shape[1])
    around = np.where(
        inside, scores[gains.client[:, None], np.clip(at, 0, scores.shape[1] - 1)], np.nan
    )
    every = -(-len(gains) // _MOST_LINES)
    lines = [
        {"place": int(place), "score": float(value), "line": k, "reversed": _kind(gains, k)}
        for k in range(0, len(gains), every)
        for place, value in zip(offsets, around[k], strict=True)
        if np.isfinite(value)
    ]
    means = np.nanmean(around, axis=0)
    mean = [
        {"place": int(place), "score": float(value)}
        for place, value in zip(offsets, means, strict=True)
    ]
    named, many = ("loss", "losses") if losses else ("gain", "gains")
    drawn = "all" if every == 1 else f"1 of {every}"
    x = {
        "field": "place",
        "type": "quantitative",
        "title": f"Sessions from the one before the {named}",
        "scale": {"nice": False, "padding": 12},
        "axis": {"grid": False, "values": offsets.tolist(), "format": "+d"},
    }
    y = {"field": "score", "type": "quantitative", "title": score, "scale": {"zero": False}}
    end = mean[-1] | {"words": "mean"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"Scores of three sessions before and after each sudden {named}.",
        "title": {
            "text": f"Sudden {many}, laid over each other",
            "subtitle": [
                f"{len(gains)} {many} of {gains.clients_with_gain} clients; drawn: {drawn}.",
                "Dashed: reversed later. Thick: the mean of all.",
            ],
        },
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": lines},
                "mark": {
                    "type": "line", "color": LIGHT.outcome, "opacity": 0.35, "strokeWidth": 1,
                },
                "encoding": {
                    "x": x,
                    "y": y,
                    "detail": {"field": "line"},
                    "strokeDash": {
                        "field": "reversed",
                        "type": "nominal",
                        "scale": {"domain": ["no", "yes"], "range": [[1, 0], [3, 3]]},
                        "legend": None,
                    },
                },
            },
            {
                "data": {"values": mean},
                "mark": {
                    "type": "line", "color": LIGHT.ink, "strokeWidth": 3,
                    "point": {"filled": True, "size": 60, "color": LIGHT.ink},
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [end]},
                "mark": {"type": "text", "align": "left", "dx": 10, "fontWeight": 600},
                "encoding": {"x": x, "y": y, "text": {"field": "words"}},
            },
        ],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }  # fmt: skip


def _kind(gains: Gains, k: int) -> str:
    return "yes" if gains.reversed[k] == YES else "no"
