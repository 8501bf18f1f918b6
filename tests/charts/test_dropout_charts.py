"""Pictures of drop-out: what is drawn is what was found, and it can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from openalliance.charts.calibration import calibration_chart
from openalliance.charts.dropout import coefficient_chart, hazard_chart
from openalliance.charts.render import to_svg
from openalliance.core.course.dropout import PersonPeriods, Term, life_table
from openalliance.core.estimation.calibration import calibration

NAN = float("nan")


def test_calibration_shows_every_group_with_its_interval() -> None:
    rng = np.random.default_rng(1)
    chances = rng.uniform(0.01, 0.4, 500)
    found = calibration(chances, rng.random(500) < chances)
    made = calibration_chart(found, np.r_[chances, np.nan])
    points = made["vconcat"][0]["layer"][-1]["data"]["values"]
    assert [row["seen"] for row in points] == [part.observed.value for part in found.curve]
    assert [row["low"] for row in points] == [part.observed.low for part in found.curve]
    strip = made["vconcat"][1]["data"]["values"]
    assert sum(row["count"] for row in strip) == 500
    svg = to_svg(made)
    assert "Slope" in svg
    assert "just right" in svg


@pytest.mark.parametrize("planned", [False, True])
def test_hazard_and_survival(planned: bool) -> None:
    rng = np.random.default_rng(2)
    client = np.repeat(np.arange(60), 3)
    ending = np.zeros(180, dtype=int)
    ending[2::3] = rng.integers(0, 3 if planned else 2, 60)
    period = np.tile([1.0, 2.0, 3.0], 60)
    periods = PersonPeriods(client=client, period=period, ending=ending)
    svg = to_svg(hazard_chart(life_table(periods), unit="Session", model=False))
    assert ("ended as planned" in svg) == planned
    assert "Session" in svg


def test_a_coefficient_without_a_finite_estimate_is_named() -> None:
    terms = [
        Term(term="Intercept", estimate=-2.0, se=0.3, z=-6.7, p=0.0),
        Term(term="alliance", estimate=-0.4, se=0.1, z=-4.0, p=0.0),
        Term(term="session[T.9]", estimate=-np.inf, se=NAN, z=NAN, p=NAN),
    ]
    svg = to_svg(coefficient_chart(terms, ratio="Odds ratio", z=1.96))
    assert "no finite estimate" in svg
    assert "0.67 (0.55 to 0.82)" in svg
    assert "Intercept" not in svg
