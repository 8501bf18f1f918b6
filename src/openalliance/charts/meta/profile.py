"""Profile likelihood of the variances: one clear peak each, or an estimate not to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openalliance.charts.theme import LIGHT, configuration
from openalliance.core.evidence.views.profile import Profile

Specification = dict[str, Any]

WIDTH, HEIGHT = 300, 220
TEXT_SIZE = 12


def profile_chart(profiles: Sequence[Profile], *, level: float) -> Specification:
    """Return a panel for each variance, with its estimate and interval."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Profile likelihood of each variance of true effects.",
        "title": {
            "text": "How well the data fit with other variances",
            "subtitle": [
                "All else is fitted anew at each point. Solid line: the estimate.",
                f"Above the dashed line lies the {level:.0%} interval.",
            ],
        },
        "spacing": 36,
        "hconcat": [_panel(one) for one in profiles],
        "config": configuration(LIGHT, plot_width=WIDTH, text_size=TEXT_SIZE),
    }


def _panel(profile: Profile) -> Specification:
    deepest = profile.cut - 4.0
    rows = [
        {"variance": value, "loglik": height}
        for value, height in zip(profile.values.tolist(), profile.loglik.tolist(), strict=True)
        if height > deepest
    ]
    x = {
        "field": "variance", "type": "quantitative", "title": f"Variance {profile.component}",
        "scale": {"nice": False}, "axis": {"ticks": True, "domain": True, "tickCount": 5},
    }  # fmt: skip
    y = {
        "field": "loglik", "type": "quantitative", "title": "Log-likelihood",
        "scale": {"zero": False},
    }  # fmt: skip
    return {
        "title": {
            "text": profile.component.capitalize(),
            "subtitle": f"{profile.estimate:.4f} ({profile.low:.4f} to {profile.high:.4f})",
        },
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": [{"loglik": profile.cut}]},
                "mark": {"type": "rule", "color": LIGHT.soft, "strokeDash": [5, 3]},
                "encoding": {"y": y},
            },
            {
                "data": {"values": [{"variance": profile.estimate}]},
                "mark": {"type": "rule", "color": LIGHT.ink},
                "encoding": {"x": x},
            },
            {
                "data": {"values": rows},
                "mark": {"type": "line", "color": LIGHT.outcome, "strokeWidth": 2,
                         "point": {"color": LIGHT.outcome, "size": 24}},
                "encoding": {"x": x, "y": y},
            },
        ],
    }  # fmt: skip
