"""The histogram of change."""

from __future__ import annotations

import numpy as np
import pytest

from openalliance.charts import render
from openalliance.charts.cohort_change import cohort_change_chart
from openalliance.core.instruments import Better

CHANGE = np.round(np.random.default_rng(1).normal(1.0, 2.0, 2_000) * 5.0) / 5.0


@pytest.mark.parametrize("change", [CHANGE, np.zeros(3), np.array([4.0]), np.empty(0)])
def test_every_client_is_in_one_bar(change: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    chart = cohort_change_chart(change, limit=1.39, better=Better.HIGHER)
    bars = chart["layer"][0]["data"]["values"]
    assert sum(bar["clients"] for bar in bars) == change.size
    assert render.to_svg(chart).startswith("<svg")


def test_bars_share_the_steps_of_the_scores_equally() -> None:
    bars = cohort_change_chart(CHANGE, limit=1.39, better=Better.HIGHER)["layer"][0]["data"]
    steps = {round((bar["to"] - bar["from"]) / 0.2, 6) for bar in bars["values"]}
    assert len(steps) == 1
    assert steps.pop() % 1.0 == 0.0


def test_words_turn_with_the_direction() -> None:
    words = [
        [
            word["said"]
            for word in cohort_change_chart(CHANGE, limit=1.0, better=better)["layer"][2]["data"][
                "values"
            ]
        ]
        for better in (Better.HIGHER, Better.LOWER)
    ]
    assert words[0] == ["deteriorated", "unchanged", "improved"]
    assert words[1] == words[0][::-1]
