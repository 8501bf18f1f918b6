"""Fixed and random-effects models: what must hold of any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.heterogeneity import profile_interval, q_profile
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.influence import leverages
from openalliance.core.evidence.meta.two_level import (
    explained,
    fit_fixed,
    fit_random,
)
from openalliance.core.evidence.meta.values import Method, Test, meta_data

effects = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.005, 1.0)), min_size=4, max_size=15).map(
    lambda rows: (np.array([y for y, _ in rows]), np.array([v for _, v in rows]))
)


@given(data=effects, shift=st.floats(-3, 3), scale=st.floats(0.2, 5.0))
@settings(max_examples=40)
def test_other_units_change_nothing_but_the_units(
    data: tuple[np.ndarray, np.ndarray], shift: float, scale: float
) -> None:
    y, v = data
    for method in Method:
        one = fit_random(meta_data(y, v), method=method)
        other = fit_random(meta_data(shift + scale * y, scale**2 * v), method=method)
        assert other.tau2 == pytest.approx(scale**2 * one.tau2, rel=1e-5, abs=1e-9)
        assert other.estimate[0] == pytest.approx(shift + scale * one.estimate[0], abs=1e-6)
        assert other.heterogeneity.i2 == pytest.approx(one.heterogeneity.i2, abs=1e-3)


@given(data=effects)
@settings(max_examples=40)
def test_no_other_variance_is_likelier(data: tuple[np.ndarray, np.ndarray]) -> None:
    ready = meta_data(*data)
    for method in (Method.REML, Method.ML):
        found = fit_random(ready, method=method)
        others = [found.tau2 * factor for factor in (0.5, 0.9, 1.1, 2.0)]
        for tau2 in [0.0, 0.01, 1.0, *others]:
            assert fit_random(ready, method=method, tau2=tau2).loglik <= found.loglik + 1e-10


@given(data=effects)
@settings(max_examples=30)
def test_intervals_hold_the_estimate(data: tuple[np.ndarray, np.ndarray]) -> None:
    found = fit_random(meta_data(*data))
    low, high = profile_interval(found)
    assert 0.0 <= low <= found.tau2 <= high
    lowest, highest = q_profile(found)
    assert 0.0 <= lowest <= highest
    further = predict(found)
    assert further.true_low[0] <= further.low[0] <= further.estimate[0] <= further.true_high[0]
    assert leverages(found).sum() == pytest.approx(1.0)


def test_equal_effects_have_no_variance_and_it_is_said() -> None:
    found = fit_random(meta_data([0.3] * 5, [0.02] * 5))
    assert (found.tau2, found.boundary, found.heterogeneity.i2) == (0.0, True, 0.0)
    assert "boundary" in found.notes[0]
    assert fit_fixed(meta_data([0.3] * 5, [0.02] * 5)).estimate == pytest.approx(found.estimate)
    assert q_profile(found) == (0.0, 0.0)


def test_effects_that_do_not_scatter_leave_nothing_to_test_by() -> None:
    x = np.column_stack([np.ones(6), np.arange(6)])
    found = fit_random(meta_data(0.1 + 0.2 * x[:, 1], [0.02] * 6, x=x), test=Test.KNHA)
    assert np.isnan(found.p).all()
    assert found.joint is not None
    assert math.isnan(found.joint.p)
    assert any("no test" in note for note in found.notes)


def test_a_variance_that_nothing_bounds_has_no_upper_end() -> None:
    found = fit_random(meta_data([0.3, 0.9], [0.1, 0.1], x=[[1, 0], [1, 1]]))
    assert profile_interval(found) == (0.0, math.inf)
    assert q_profile(found) == (0.0, math.inf)


def test_of_two_maxima_the_higher_one_is_found() -> None:
    y, v = [-2.0, 2.0, 0.0, 0.0, 0.0, 0.0], [0.9, 0.9, 1e-4, 1e-4, 1e-4, 1e-4]
    found = fit_random(meta_data(y, v))
    grid = [fit_random(meta_data(y, v), tau2=tau2).loglik for tau2 in np.linspace(0, 4, 400)]
    assert found.loglik >= max(grid) - 1e-9


def test_moderators_are_tested_together() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(30), rng.standard_normal((30, 2))])
    y = x @ [0.2, 0.5, 0.0] + rng.normal(0, 0.2, 30)
    found = fit_random(meta_data(y, np.full(30, 0.01), x=x), test=Test.KNHA)
    assert found.joint is not None
    assert (found.joint.df1, found.joint.df2) == (2, 27)
    assert found.joint.p < 1e-6
    assert 0.0 < explained(found) <= 100.0
    with pytest.raises(InputError, match="which values"):
        predict(found)
    at = predict(found, np.array([[1.0, 0.0, 0.0]]))
    assert at.estimate[0] == pytest.approx(found.estimate[0])


def test_a_wider_interval_needs_effects_left() -> None:
    found = fit_random(meta_data([0.1, 0.5, 0.2], [0.01, 0.01, 0.02]))
    plain, wide = predict(found), predict(found, wider=True)
    assert wide.true_high[0] > plain.true_high[0]
    assert (wide.low, wide.high) == (plain.low, plain.high)
    with pytest.raises(InputError, match="too few"):
        predict(fit_random(meta_data([0.1, 0.5], [0.01, 0.01])), wider=True)


def test_columns_of_very_different_size_do_no_harm() -> None:
    rng = np.random.default_rng(6)
    years, y = rng.integers(1990, 2020, 40).astype(float), rng.normal(0.3, 0.2, 40)
    v = np.full(40, 0.02)
    plain = fit_random(meta_data(y, v, x=np.column_stack([np.ones(40), years])))
    centred = fit_random(meta_data(y, v, x=np.column_stack([np.ones(40), (years - 2000) * 1e-6])))
    assert plain.tau2 == pytest.approx(centred.tau2, rel=1e-9)
    assert plain.estimate[1] == pytest.approx(centred.estimate[1] * 1e-6, rel=1e-7)


def test_dependence_is_said() -> None:
    found = fit_random(meta_data([0.1, 0.2, 0.3, 0.4], [0.1] * 4, studies=[1, 1, 2, 2]))
    assert any("2 studies" in note for note in found.notes)


def test_a_single_effect_is_itself() -> None:
    found = fit_random(meta_data([0.4], [0.04]))
    assert (found.estimate[0], found.se[0], found.tau2) == pytest.approx((0.4, 0.2, 0.0))


@pytest.mark.parametrize(
    ("y", "v", "x", "said"),
    [
        ([0.1, math.nan], [0.1, 0.1], None, "must be there"),
        ([0.1, 0.2], [0.1, 0.0], None, "above 0"),
        ([0.1, 0.2], [0.1], None, "one variance"),
        ([0.1, 0.2], [0.1, 0.1], [[1, 2], [1, 2]], "follows"),
        ([0.1], [0.1], [[1, 2]], "too few"),
        ([], [], None, "too few"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    y: list[float], v: list[float], x: list[list[float]] | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        meta_data(y, v, x=x)


def test_settings_that_do_not_fit_are_refused() -> None:
    data = meta_data([0.1, 0.5, 0.2], [0.01, 0.01, 0.02])
    with pytest.raises(InputError, match="level"):
        fit_random(data, level=95.0)
    with pytest.raises(InputError, match="tau2"):
        fit_random(data, tau2=-1.0)
    with pytest.raises(InputError, match="more effects than terms"):
        fit_random(meta_data([0.1], [0.1]), test=Test.T)
    with pytest.raises(InputError, match="REML or ML"):
        profile_interval(fit_random(data, method=Method.DL))
    with pytest.raises(InputError, match="random-effects"):
        q_profile(fit_fixed(data))
