"""Splines, several kinds of outcome, and resampling of clients."""

from __future__ import annotations

import numpy as np
import pytest

from openalliance.core.errors import InputError
from openalliance.core.estimation.bootstrap import cluster_draws, percentile_interval
from openalliance.core.estimation.logistic import fit_binary
from openalliance.core.estimation.multinomial import fit_multinomial
from openalliance.core.estimation.splines import knots_for, natural_spline

KNOTS = (1.0, 3.0, 6.0, 10.0)


def test_spline_is_straight_beyond_its_knots_and_smooth_between() -> None:
    for outside in (np.linspace(-5, 1, 7), np.linspace(10, 20, 7)):
        assert np.diff(natural_spline(outside, KNOTS), 2, axis=0) == pytest.approx(0.0, abs=1e-9)
    step = 1e-4
    for knot in KNOTS:
        around = natural_spline(knot + step * np.arange(-3, 4), KNOTS)
        second = np.diff(around, 2, axis=0) / step**2
        assert np.abs(np.diff(second, axis=0)).max() < 1e-2


def test_spline_space_holds_every_natural_spline() -> None:
    from scipy.interpolate import CubicSpline

    x = np.linspace(1.0, 10.0, 50)
    other = CubicSpline(KNOTS, [2.0, -1.0, 4.0, 0.5], bc_type="natural")(x)
    basis = np.column_stack([np.ones(50), natural_spline(x, KNOTS)])
    weights = np.linalg.lstsq(basis, other, rcond=None)[0]
    assert basis @ weights == pytest.approx(other, abs=1e-9)


def test_knots_need_three_places() -> None:
    assert knots_for(np.arange(101)) == (5.0, 35.0, 65.0, 95.0)
    with pytest.raises(InputError, match="straight line"):
        knots_for([1, 1, 2, 2])


def made(seed: int, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    eta = np.column_stack([np.zeros(n), design @ [-1.0, 0.8, 0.0], design @ [-0.5, 0.0, -0.6]])
    chance = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    outcome = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    return design, outcome


def test_multinomial_with_two_kinds_is_the_logit() -> None:
    design, outcome = made(1)
    two = (outcome == 1).astype(int)
    one, other = fit_multinomial(design, two), fit_binary(design, two)
    assert one.coefficients[0] == pytest.approx(other.coefficients, abs=1e-10)
    assert one.standard_errors[0] == pytest.approx(other.standard_errors, abs=1e-9)
    assert one.loglik == pytest.approx(other.loglik, rel=1e-12)


def test_multinomial_score_is_zero_and_reference_does_not_matter() -> None:
    design, outcome = made(2)
    fit = fit_multinomial(design, outcome)
    told = outcome[:, None] == np.arange(3)
    assert np.abs(design.T @ (told - fit.fitted)).max() < 1e-9
    turned = fit_multinomial(design, (outcome + 2) % 3)  # kind 1 becomes the reference
    assert turned.loglik == pytest.approx(fit.loglik, rel=1e-12)
    assert turned.coefficients[1] == pytest.approx(-fit.coefficients[0], abs=1e-9)
    assert fit.coefficients[0] == pytest.approx([-1.0, 0.8, 0.0], abs=0.35)


def test_multinomial_saturated_by_a_group_reproduces_the_table() -> None:
    group = np.repeat([0.0, 1.0], 60)
    outcome = np.r_[np.repeat([0, 1, 2], [30, 20, 10]), np.repeat([0, 1, 2], [15, 15, 30])]
    fit = fit_multinomial(np.column_stack([np.ones(120), group]), outcome)
    assert fit.fitted[0] == pytest.approx([1 / 2, 1 / 3, 1 / 6], rel=1e-10)
    assert fit.coefficients[1] == pytest.approx(np.log([1 / 3, 6.0]), rel=1e-9)


def test_multinomial_says_when_a_kind_is_separated() -> None:
    design, outcome = made(3)
    wide = np.column_stack([design, (design[:, 1] > 1.0) & (outcome == 0)])
    fit = fit_multinomial(wide, outcome)
    assert fit.separated.all()
    assert not fit.converged


def test_drawn_clients_are_whole_and_as_many() -> None:
    rng = np.random.default_rng(4)
    client = np.array([3, 3, 7, 9, 9, 9, 1])
    for rows, place in cluster_draws(client, 50, rng):
        assert np.unique(place).size == 4
        for draw in range(4):
            mine = client[rows[place == draw]]
            assert (mine == mine[0]).all()
            assert mine.size == np.sum(client == mine[0])


def test_bootstrap_error_of_a_mean_is_its_standard_error() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=400)
    means = [values[rows].mean() for rows, _ in cluster_draws(np.arange(400), 2000, rng)]
    assert np.std(means) == pytest.approx(values.std() / 20.0, rel=0.05)
    low, high = percentile_interval(means)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20.0, rel=0.08)
    assert np.isnan(percentile_interval([np.nan, np.nan])[0])
