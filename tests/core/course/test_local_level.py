"""The local level is the best linear estimate, computed one value at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openalliance.core.course import filter_and_smooth, filter_step
from openalliance.core.errors import InputError

values = st.lists(st.floats(0.0, 10.0), min_size=2, max_size=12)


def generalised_least_squares(
    series: NDArray[np.float64], noise: float, drift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levels from the whole covariance matrix at once, nothing assumed about the first one."""
    n = series.size
    seen = np.flatnonzero(np.isfinite(series))
    walk = drift * np.minimum.outer(np.arange(n), np.arange(n)).astype(float)
    weight = np.linalg.inv(walk[np.ix_(seen, seen)] + noise * np.eye(seen.size))
    spread = 1.0 / weight.sum()
    start = spread * (weight @ series[seen]).sum()
    pull = walk[:, seen] @ weight
    level = start + pull @ (series[seen] - start)
    left = 1.0 - pull.sum(axis=1)
    variance = np.diag(walk - pull @ walk[seen, :]) + left**2 * spread
    return level, variance


@pytest.mark.parametrize("missing", [[], [3], [0, 1], [2, 3, 9]])
def test_smoother_equals_generalised_least_squares(missing: list[int]) -> None:
    series = np.random.default_rng(4).normal(6.0, 1.0, 10)
    series[missing] = np.nan
    found = filter_and_smooth(series, noise=0.3, drift=0.1)
    level, variance = generalised_least_squares(series, 0.3, 0.1)
    inside = slice(int(np.flatnonzero(np.isfinite(series))[0]), None)
    assert found.smoothed[inside] == pytest.approx(level[inside], rel=1e-10)
    assert found.smoothed_variance[inside] == pytest.approx(variance[inside], rel=1e-9)


def test_filter_at_each_time_is_the_smoother_of_what_was_known_then() -> None:
    series = np.random.default_rng(5).normal(6.0, 1.0, 8)
    found = filter_and_smooth(series, noise=0.3, drift=0.1)
    for known in range(1, 9):
        so_far = filter_and_smooth(series[:known], noise=0.3, drift=0.1)
        assert found.filtered[known - 1] == pytest.approx(so_far.smoothed[-1], rel=1e-12)


@given(values, st.floats(0.1, 10.0), st.floats(-50.0, 50.0))
def test_another_unit_and_zero_change_nothing_but_unit_and_zero(
    series: list[float], factor: float, shift: float
) -> None:
    plain = filter_and_smooth(series, noise=0.25, drift=0.09)
    other = filter_and_smooth(
        np.array(series) * factor + shift, noise=0.25 * factor**2, drift=0.09 * factor**2
    )
    assert other.filtered == pytest.approx(plain.filtered * factor + shift, rel=1e-9, abs=1e-7)
    assert other.smoothed_variance == pytest.approx(plain.smoothed_variance * factor**2, rel=1e-9)


@given(values)
def test_turning_the_scale_turns_the_level(series: list[float]) -> None:
    plain = filter_and_smooth(series, noise=0.25, drift=0.09)
    turned = filter_and_smooth(10.0 - np.array(series), noise=0.25, drift=0.09)
    assert turned.smoothed == pytest.approx(10.0 - plain.smoothed, abs=1e-9)


@given(values)
def test_the_level_stays_between_the_values(series: list[float]) -> None:
    found = filter_and_smooth(series, noise=0.25, drift=0.09)
    assert (found.filtered >= min(series) - 1e-9).all()
    assert (found.filtered <= max(series) + 1e-9).all()


def test_a_missing_value_only_makes_the_level_less_certain() -> None:
    level, variance, innovation, _ = filter_step(7.0, 0.2, math.nan, 0.25, 0.09)
    assert (level, variance) == (7.0, pytest.approx(0.29))
    assert math.isnan(innovation)


def test_level_holds_the_truth_in_95_of_100() -> None:
    rng = np.random.default_rng(6)
    inside = []
    for _ in range(400):
        truth = 0.3 * rng.standard_normal(20).cumsum()
        found = filter_and_smooth(truth + 0.5 * rng.standard_normal(20), noise=0.25, drift=0.09)
        inside += list(np.abs(found.filtered - truth) < 1.96 * np.sqrt(found.filtered_variance))
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize(
    ("series", "noise", "drift"), [([], 1.0, 1.0), ([np.nan], 1.0, 1.0), ([1.0], -1.0, 2.0),
                                   ([1.0], 0.0, 0.0)],
)  # fmt: skip
def test_impossible_series_are_refused(series: list[float], noise: float, drift: float) -> None:
    with pytest.raises(InputError):
        filter_and_smooth(series, noise=noise, drift=drift)
