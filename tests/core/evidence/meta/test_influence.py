"""Predictions and influence: what they are by definition, and what happens at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meta_made import made, whole

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.influence import influence, leverages, standardised
from openalliance.core.evidence.meta.predictions import (
    effect_deviations,
    study_deviations,
    true_effects,
)
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import Test, meta_data
from openalliance.core.evidence.meta.without import By, cumulative, leave_out


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]))
@settings(max_examples=20)
def test_predictions_are_their_definition(seed: int, rho: float) -> None:
    data = made(seed)
    fit = fit_three_level(data, rho=rho)
    m = whole(data, float(fit.sigma2[0]), float(fit.sigma2[1]), rho)
    errors = whole(data, 0.0, 0.0, rho)
    w = np.linalg.inv(m)
    p = w - w @ data.x @ fit.vcov @ data.x.T @ w
    found = true_effects(fit)
    assert found.estimate == pytest.approx(data.y - errors @ p @ data.y, abs=1e-8)
    assert found.se**2 == pytest.approx(np.diag(errors - errors @ p @ errors), abs=1e-9)
    parts = study_deviations(fit).estimate[data.studies] + effect_deviations(fit).estimate
    assert data.x @ fit.estimate + parts == pytest.approx(found.estimate, abs=1e-8)
    within = float(fit.sigma2[1])
    left = within - within**2 * np.diag(p)
    assert effect_deviations(fit).se ** 2 == pytest.approx(left, abs=1e-9)


def test_equal_true_effects_are_the_expected_ones() -> None:
    data = made(2)
    fit = fit_fixed(data)
    found = true_effects(fit)
    assert found.estimate == pytest.approx(data.x @ fit.estimate)
    assert found.se**2 == pytest.approx(np.diag(data.x @ fit.vcov @ data.x.T))
    with pytest.raises(InputError, match="three-level"):
        study_deviations(fit)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10)
def test_predictions_lie_between_effect_and_expectation(seed: int) -> None:
    data = made(seed, k=15)
    fit = fit_random(data)
    expected = data.x @ fit.estimate
    found = true_effects(fit).estimate
    assert ((found - expected) * (data.y - found) >= -1e-12).all()


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]))
@settings(max_examples=10)
def test_leverages_and_residuals_are_their_definition(seed: int, rho: float) -> None:
    data = made(seed)
    fit = fit_three_level(data, rho=rho)
    m = whole(data, float(fit.sigma2[0]), float(fit.sigma2[1]), rho)
    hat = data.x @ fit.vcov @ data.x.T @ np.linalg.inv(m)
    assert leverages(fit) == pytest.approx(np.diag(hat), abs=1e-9)
    left = np.eye(data.k) - hat
    errors = np.sqrt(np.diag(left @ m @ left.T))
    assert standardised(fit) == pytest.approx(left @ data.y / errors, abs=1e-8)


def test_leaving_out_is_fitting_the_others() -> None:
    data = made(5, k=12, studies=12)
    fit = fit_random(data, test=Test.KNHA)
    found = influence(fit)
    others = fit_random(data.rows(np.arange(12) != 3), test=Test.KNHA)
    moved = fit.estimate - others.estimate
    assert found.refits.values("estimate")[3] == pytest.approx(others.estimate)
    assert found.cook[3] == pytest.approx(moved @ np.linalg.inv(fit.vcov) @ moved)
    ratio = np.linalg.det(others.vcov) / np.linalg.det(fit.vcov)
    assert found.covariance_ratio[3] == pytest.approx(ratio)
    by_study = influence(fit, by=By.STUDY)
    assert by_study.cook[data.studies] == pytest.approx(found.cook)
    assert by_study.studentised == pytest.approx(found.studentised)
    assert by_study.dffits.size == 0


def test_an_effect_far_from_the_others_stands_out() -> None:
    y = np.random.default_rng(1).normal(0.3, 0.1, 20)
    y[7] = 2.5
    found = influence(fit_random(meta_data(y, np.full(20, 0.01))))
    for values in (found.cook, np.abs(found.studentised), np.abs(found.dffits)):
        assert np.argmax(values) == 7
    assert found.studentised[7] > 5.0
    assert found.covariance_ratio[7] < 0.5


def test_what_cannot_be_fitted_without_is_missing() -> None:
    x = np.column_stack([np.ones(6), [1, 0, 0, 0, 0, 0]])
    found = influence(fit_random(meta_data([0.5, 0.1, 0.2, 0.3, 0.2, 0.1], [0.1] * 6, x=x)))
    assert found.refits.fits[0] is None
    assert np.isnan(found.cook[0])
    assert np.isnan(found.refits.values("estimate")[0]).all()
    assert np.isfinite(found.cook[1:]).all()


def test_cumulative_ends_in_the_whole_and_goes_by_the_order() -> None:
    data = made(6, k=24, studies=8)
    years = np.random.default_rng(6).integers(1990, 2020, 8)[data.studies]
    fit = fit_three_level(data)
    found = cumulative(fit, order=years, by=By.STUDY)
    assert found.values("estimate")[-1] == pytest.approx(fit.estimate, abs=1e-6)
    came = [years[data.studies == code][0] for code in found.codes.tolist()]
    assert came == sorted(came)
    assert found.fits[0] is None
    with pytest.raises(InputError, match="one finite number"):
        cumulative(fit, order=[2000.0])


def test_leaving_out_studies_leaves_all_their_effects_out() -> None:
    data = made(7)
    found = leave_out(fit_three_level(data), by=By.STUDY)
    assert [fit.k for fit in found.fits if fit] == (40 - np.bincount(data.studies)).tolist()
