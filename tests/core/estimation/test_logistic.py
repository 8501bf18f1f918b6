"""Regression of a yes or no: exact, indifferent to form, honest about separation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from openalliance.core.errors import InputError
from openalliance.core.estimation.links import Link, bend, pieces, predictor, probability
from openalliance.core.estimation.logistic import Firth, Ridge, fit_binary

LINKS = ("logit", "cloglog")


def made(seed: int, n: int = 300, link: str = "logit") -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 2)), rng.integers(0, 2, n)])
    chance = probability(design @ np.array([-1.0, 0.6, -0.4, 0.5]), Link(link))
    return design, (rng.random(n) < chance).astype(float)


@pytest.mark.parametrize("link", LINKS)
def test_the_score_is_zero_and_no_other_point_is_likelier(link: str) -> None:
    design, outcome = made(1, link=link)
    fit = fit_binary(design, outcome, link=link)
    here = pieces(design @ fit.coefficients, outcome, fit.link)
    assert np.abs(design.T @ here.residual).max() < 1e-9
    best = minimize(
        lambda b: -pieces(design @ b, outcome, Link(link)).loglik.sum(), np.zeros(4), tol=1e-12
    )
    assert fit.loglik >= -best.fun - 1e-9
    assert fit.coefficients == pytest.approx(best.x, abs=1e-4)
    assert fit.converged
    assert not fit.separated


@pytest.mark.parametrize("link", LINKS)
def test_derivatives_are_those_of_the_log_likelihood(link: str) -> None:
    eta = np.linspace(-6.0, 3.0, 40)
    for outcome in (np.zeros(40), np.ones(40)):
        up = pieces(eta + 1e-6, outcome, Link(link))
        down = pieces(eta - 1e-6, outcome, Link(link))
        here = pieces(eta, outcome, Link(link))
        assert here.residual == pytest.approx((up.loglik - down.loglik) / 2e-6, rel=1e-5, abs=1e-7)
        slope = (np.log(up.weight) - np.log(down.weight)) / 2e-6
        assert bend(eta, Link(link)) == pytest.approx(slope, rel=1e-5, abs=1e-6)
    assert predictor(probability(eta, Link(link)), Link(link)) == pytest.approx(eta, rel=1e-9)


def test_two_by_two_table_in_closed_form() -> None:
    design = np.repeat([[1.0, 0.0], [1.0, 1.0]], [50, 40], axis=0)
    outcome = np.r_[np.ones(10), np.zeros(40), np.ones(16), np.zeros(24)]
    fit = fit_binary(design, outcome)
    odds = np.log([10 / 40, (16 / 24) / (10 / 40)])
    assert fit.coefficients == pytest.approx(odds, rel=1e-12)
    errors = np.sqrt([1 / 10 + 1 / 40, 1 / 10 + 1 / 40 + 1 / 16 + 1 / 24])
    assert fit.standard_errors == pytest.approx(errors, rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), link=st.sampled_from(LINKS))
def test_permutation_and_rescaling(seed: int, link: str) -> None:
    design, outcome = made(seed, link=link)
    rng = np.random.default_rng(seed)
    fit = fit_binary(design, outcome, link=link)
    order = rng.permutation(outcome.size)
    shuffled = fit_binary(design[order], outcome[order], link=link)
    assert shuffled.coefficients == pytest.approx(fit.coefficients, abs=1e-10)
    change = np.array([[1, 300, 0, 0], [0, 0.01, 0, 0], [0, 0, 1, 0], [0, 0, 0, -5.0]])
    scaled = fit_binary(design @ change, outcome, link=link)
    assert change @ scaled.coefficients == pytest.approx(fit.coefficients, abs=1e-8)
    assert scaled.loglik == pytest.approx(fit.loglik, abs=1e-9)
    assert change @ scaled.covariance @ change.T == pytest.approx(fit.covariance, abs=1e-8)


def test_reversing_the_outcome_reverses_a_logit() -> None:
    design, outcome = made(4)
    one, other = fit_binary(design, outcome), fit_binary(design, 1.0 - outcome)
    assert one.coefficients == pytest.approx(-other.coefficients, abs=1e-12)


def test_weights_count_rows() -> None:
    design, outcome = made(5)
    times = np.random.default_rng(5).integers(0, 4, outcome.size)
    weighted = fit_binary(design, outcome, weights=times)
    repeated = fit_binary(np.repeat(design, times, axis=0), np.repeat(outcome, times))
    assert weighted.coefficients == pytest.approx(repeated.coefficients, abs=1e-11)
    assert weighted.covariance == pytest.approx(repeated.covariance, abs=1e-11)
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-12)


def test_offset_is_a_coefficient_held_fixed() -> None:
    design, outcome = made(6)
    free = fit_binary(design, outcome)
    held = fit_binary(design[:, :3], outcome, offset=design[:, 3] * free.coefficients[3])
    assert held.coefficients == pytest.approx(free.coefficients[:3], abs=1e-10)


@pytest.mark.parametrize("link", LINKS)
def test_a_group_without_events_is_separated_and_the_rest_is_as_without_it(link: str) -> None:
    design, outcome = made(7, link=link)
    empty = design[:, 1] > 1.2
    outcome[empty] = 0.0
    wide = np.column_stack([design, empty])
    fit = fit_binary(wide, outcome, link=link)
    rest = fit_binary(design[~empty], outcome[~empty], link=link)
    assert fit.separated
    assert fit.converged
    assert fit.coefficients[4] == -np.inf
    assert fit.coefficients[:4] == pytest.approx(rest.coefficients, abs=1e-8)
    assert fit.standard_errors[:4] == pytest.approx(rest.standard_errors, abs=1e-8)
    assert np.isnan(fit.standard_errors[4])
    assert fit.loglik == pytest.approx(rest.loglik, abs=1e-9)
    assert (fit.predict(wide)[empty] == 0.0).all()
    assert fit.predict(wide)[~empty] == pytest.approx(rest.fitted, abs=1e-9)


@pytest.mark.parametrize("link", LINKS)
def test_complete_separation_is_proven(link: str) -> None:
    x = np.linspace(-1.0, 1.0, 20)
    fit = fit_binary(np.column_stack([np.ones(20), x]), x > 0.1, link=link)
    assert fit.separated
    assert fit.loglik == 0.0
    assert fit.coefficients[1] == np.inf
    assert (fit.fitted == (x > 0.1)).all()


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000), link=st.sampled_from(LINKS), whole=st.booleans())
def test_separation_is_found_exactly_when_there_is_any(seed: int, link: str, whole: bool) -> None:
    """Linear programming decides: is there a direction that no row contradicts (Konis 2007)."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(6, 25)), int(rng.integers(1, 4))
    values = rng.integers(-2, 3, (n, p)) if whole else rng.normal(size=(n, p))
    design = np.column_stack([np.ones(n), values])
    outcome = (rng.random(n) < probability(design[:, 1] * rng.choice([0, 1, 3]), Link.LOGIT)) * 1.0
    try:
        fit = fit_binary(design, outcome, link=link)
    except InputError:
        return
    towards = np.where(outcome > 0.5, 1.0, -1.0)[:, None] * design
    best = linprog(
        -towards.sum(axis=0), A_ub=-towards, b_ub=np.zeros(n), bounds=[(-1, 1)] * (p + 1)
    )
    assert fit.separated == (-best.fun > 1e-7)
    assert fit.converged


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("link", LINKS)
def test_firth_settles_whatever_the_data(seed: int, link: str) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    design = np.column_stack([np.ones(n), rng.integers(-2, 3, (n, 2))])
    outcome = np.r_[1.0, 0.0, (rng.random(n - 2) < probability(2.0 * design[2:, 1], Link.LOGIT))]
    fit = fit_binary(design, outcome, link=link, penalty=Firth())
    assert fit.converged
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(fit.standard_errors).all()


def test_rare_events_and_extreme_probabilities_are_not_called_separated() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=4000) * 6.0
    design = np.column_stack([np.ones(x.size), x])
    outcome = rng.random(x.size) < probability(-14.0 + 1.6 * x, Link.LOGIT)
    fit = fit_binary(design, outcome)
    assert fit.fitted.min() < 1e-12
    assert not fit.separated
    assert fit.converged


@pytest.mark.parametrize("link", LINKS)
def test_firth_is_finite_and_at_the_top_of_its_penalised_likelihood(link: str) -> None:
    design, outcome = made(9, n=60, link=link)
    design[:, 3] = outcome  # separates completely
    fit = fit_binary(design, outcome, link=link, penalty=Firth())
    assert fit.converged
    assert np.isfinite(fit.coefficients).all()

    def penalised(point: np.ndarray) -> float:
        here = pieces(design @ point, outcome, Link(link))
        information = design.T @ (design * here.weight[:, None])
        return float(here.loglik.sum() + 0.5 * np.linalg.slogdet(information)[1])

    top = penalised(fit.coefficients)
    for step in np.eye(4) * 1e-3:
        assert penalised(fit.coefficients + step) < top
        assert penalised(fit.coefficients - step) < top


def test_firth_of_a_table_adds_half_to_every_cell() -> None:
    design = np.repeat([[1.0, 0.0], [1.0, 1.0]], [7, 5], axis=0)
    outcome = np.r_[np.ones(2), np.zeros(5), np.ones(5)]
    fit = fit_binary(design, outcome, penalty=Firth())
    odds = np.log([2.5 / 5.5, (5.5 / 0.5) / (2.5 / 5.5)])
    assert fit.coefficients == pytest.approx(odds, rel=1e-8)


def test_ridge_shrinks_only_its_columns() -> None:
    design, outcome = made(10)
    plain = fit_binary(design, outcome)
    light = fit_binary(design, outcome, penalty=Ridge(strength=1e-9, columns=(1, 2)))
    heavy = fit_binary(design, outcome, penalty=Ridge(strength=1e9, columns=(1, 2)))
    without = fit_binary(design[:, [0, 3]], outcome)
    assert light.coefficients == pytest.approx(plain.coefficients, abs=1e-7)
    assert heavy.coefficients[[0, 3]] == pytest.approx(without.coefficients, abs=1e-5)
    assert np.abs(heavy.coefficients[1:3]).max() < 1e-5


@pytest.mark.parametrize(
    ("design", "outcome", "message"),
    [
        ([[1.0, 2.0]] * 4, [0, 1, 0, 1], "follows from the columns before"),
        ([[1.0, 0.0]] * 4, [0, 1, 0, 1], "is 0 throughout"),
        ([[1.0]] * 3, [0, 0, 0], "outcomes are the same"),
        ([[1.0]] * 3, [0, 1, 2], "0 or 1"),
        ([[np.nan]] * 3, [0, 1, 1], "missing"),
        ([[1.0]] * 3, [0, 1], "one outcome a row"),
    ],
)
def test_what_cannot_be_fitted_is_refused(design: list, outcome: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_binary(design, outcome)


def test_collinear_column_is_named() -> None:
    design, outcome = made(11)
    wide = np.column_stack([design, design[:, 1] - 2.0 * design[:, 3]])
    with pytest.raises(InputError, match="“sum”"):
        fit_binary(wide, outcome, terms=["Intercept", "a", "b", "c", "sum"])


def test_nearly_collinear_columns_are_still_exact() -> None:
    design, outcome = made(12)
    near = np.column_stack([design, design[:, 1] + 1e-6 * design[:, 2] ** 2])
    fit = fit_binary(near, outcome)
    here = pieces(near @ fit.coefficients, outcome, Link.LOGIT)
    assert fit.converged
    assert np.abs(near.T @ here.residual).max() < 1e-6


def test_start_changes_nothing_but_the_steps() -> None:
    design, outcome = made(13)
    cold = fit_binary(design, outcome)
    warm = fit_binary(design, outcome, start=cold.coefficients)
    assert warm.iterations < cold.iterations
    assert warm.coefficients == pytest.approx(cold.coefficients, abs=1e-12)
