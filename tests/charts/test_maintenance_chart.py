"""The picture of maintenance: it shows what was found, also where little was."""

from __future__ import annotations

import math

import numpy as np

from openalliance.charts.maintenance import maintenance_chart
from openalliance.charts.render import to_svg
from openalliance.core.course.maintenance.analysis import (
    Maintenance,
    MaintenanceSettings,
    maintenance,
)
from openalliance.core.course.maintenance.panel import FollowUp


def _found(scores: np.ndarray, scale: tuple[float, float] | None) -> Maintenance:
    panel = FollowUp(waves=np.array([0.0, 3.0, 12.0]), scores=scores, worse=1.0)
    return maintenance(panel, MaintenanceSettings(limit=5.0, draws=50, scale=scale))


def test_three_panels_show_what_was_found() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(8, 3, (60, 3))
    scores[rng.random(60) < 0.4, 1] = math.nan
    scores[rng.random(60) < 0.6, 2] = math.nan
    found = _found(scores, (-10.0, 30.0))
    made = maintenance_chart(found, score="PHQ-9")
    answered, means, survival = made["vconcat"]
    assert [row["share"] for row in answered["data"]["values"]] == [
        one.response.value for one in found.waves[1:]
    ]
    assert [row["weighted"] for row in means["data"]["values"]] == [
        one.weighted.mean.value for one in found.waves
    ]
    assert [row["words"] for row in survival["layer"][-1]["data"]["values"]] == [
        str(step.at_risk) for step in found.survival.steps
    ]
    svg = to_svg(made)
    assert "all who left" in svg
    assert "Mean PHQ-9" in svg


def test_a_wave_nobody_answered_and_no_scale_can_be_drawn() -> None:
    scores = np.array([[5.0, 6.0, math.nan], [6.0, 7.0, math.nan], [7.0, math.nan, math.nan]])
    svg = to_svg(maintenance_chart(_found(scores, None), score="y"))
    assert "Months after the ending" in svg
    assert "worst" not in svg
