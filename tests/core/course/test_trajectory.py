"""The expected course: a prediction interval given the first score."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course import WORKING_TRAJECTORY, Trajectory
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

WIDE = replace(WORKING_TRAJECTORY, minimum=-1e6, maximum=1e6)


def drawn(model: Trajectory, weeks: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = 200_000
    start = rng.standard_normal(n)
    rho = model.start_rate_correlation
    rate = rho * start + math.sqrt(1 - rho**2) * rng.standard_normal(n)
    keep = model.swing_persistence**weeks
    swing = rng.standard_normal(n)
    later = keep * swing + math.sqrt(1 - keep**2) * rng.standard_normal(n)
    true = model.start_mean + model.start_sd * start
    first = true + model.swing_sd * swing + model.sem * rng.standard_normal(n)
    slope = model.rate_mean + model.rate_sd * rate
    second = true + slope * math.log1p(weeks) + model.swing_sd * later
    return first, second + model.sem * rng.standard_normal(n)


@pytest.mark.parametrize("weeks", [1.0, 4.0, 20.0])
def test_the_band_holds_its_share_at_every_first_score(weeks: float) -> None:
    first, later = drawn(WIDE, weeks, seed=3)
    for low, high in ((0.0, 3.0), (3.0, 5.0), (5.0, 9.0)):
        inside = []
        for start, score in zip(first[:4000], later[:4000], strict=True):
            if low <= start < high:
                band = WIDE.band(weeks, float(start))
                inside.append(band.low <= score <= band.high)
        assert np.mean(inside) == pytest.approx(WIDE.level, abs=0.035)


def test_prediction_is_the_regression_on_the_first_score() -> None:
    first, later = drawn(WIDE, 6.0, seed=4)
    slope, start = np.polyfit(first, later, 1)
    mean, sd = WIDE.prediction(6.0, 2.0)
    assert mean == pytest.approx(start + slope * 2.0, abs=0.02)
    assert sd == pytest.approx(np.std(later - start - slope * first), rel=0.01)


@given(st.floats(0.0, 300.0), st.floats(0.0, 10.0))
def test_band_lies_within_the_scale_and_around_the_mean(weeks: float, first: float) -> None:
    band = WORKING_TRAJECTORY.band(weeks, first)
    assert 0.0 <= band.low <= band.mean <= band.high <= 10.0


def test_share_doing_better_turns_with_the_direction() -> None:
    higher = WIDE.share_doing_better(5.0, 4.0, 3.0, Better.HIGHER)
    lower = WIDE.share_doing_better(5.0, 4.0, 3.0, Better.LOWER)
    assert higher + lower == pytest.approx(1.0)
    assert higher > 0.5


@pytest.mark.parametrize(
    "wrong",
    [{"sem": 0.0}, {"start_rate_correlation": 2.0}, {"swing_persistence": 1.0}, {"level": 1.0},
     {"maximum": -1e7}, {"rate_sd": -1.0}],
)  # fmt: skip
def test_impossible_parameters_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        replace(WIDE, **wrong)


def test_weeks_before_the_first_score_are_refused() -> None:
    with pytest.raises(InputError):
        WIDE.prediction(-1.0, 4.0)


def test_the_default_says_it_does_not_come_from_clients() -> None:
    assert "not estimated from clients" in WORKING_TRAJECTORY.source
