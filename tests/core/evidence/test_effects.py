"""Effect sizes: known values, exact ways back, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.evidence.effects import (
    Effects,
    Weighting,
    average_within,
    correlations,
    difference_from_odds,
    difference_from_r,
    fisher_z,
    log_odds_ratio,
    log_risk_ratio,
    odds_from_difference,
    r_from_difference,
    r_from_z,
    small_sample_factor,
    standardised_difference,
    standardised_difference_from_t,
    z_from_r,
)

some_r = st.floats(-0.95, 0.95)
some_variance = st.floats(1e-6, 10.0)


def effects(estimate: float, variance: float) -> Effects:
    return Effects(estimate=np.array([estimate]), variance=np.array([variance]))


def same(one: Effects, other: Effects) -> None:
    assert one.estimate == pytest.approx(other.estimate, rel=1e-10, abs=1e-13)
    assert one.variance == pytest.approx(other.variance, rel=1e-9)


def test_fishers_z() -> None:
    found = fisher_z([0.5, -0.5], [28, 103])
    assert found.estimate == pytest.approx([0.5493061443340549, -0.5493061443340549])
    assert found.variance == pytest.approx([0.04, 0.01])
    assert found.se == pytest.approx([0.2, 0.1])


def test_raw_correlations() -> None:
    found = correlations(0.5, 101)
    assert (found.estimate[0], found.variance[0]) == pytest.approx((0.5, 0.005625))


def test_hedges_correction_is_the_exact_one() -> None:
    assert small_sample_factor(2.0) == pytest.approx(1.0 / math.sqrt(math.pi), rel=1e-14)
    assert small_sample_factor(100.0) == pytest.approx(1.0 - 3.0 / 399.0, abs=1e-5)
    assert small_sample_factor(1e6) == pytest.approx(1.0, abs=1e-6)


def test_a_difference_and_its_t_are_one() -> None:
    given_means = standardised_difference(mean1=12.0, sd1=4.0, n1=20, mean2=10.0, sd2=5.0, n2=25)
    pooled = math.sqrt((19 * 16 + 24 * 25) / 43)
    t = 2.0 / (pooled * math.sqrt(1 / 20 + 1 / 25))
    same(given_means, standardised_difference_from_t(t=t, n1=20, n2=25))


def test_ratios_and_their_empty_cells() -> None:
    odds = log_odds_ratio(events1=[0, 0, 10], n1=[10, 10, 30], events2=[2, 0, 5], n2=[10, 10, 30])
    assert odds.estimate[0] == pytest.approx(math.log(0.5 * 8.5 / (10.5 * 2.5)))
    assert np.isnan(odds.estimate[1])
    assert odds.variance[2] == pytest.approx(1 / 10 + 1 / 20 + 1 / 5 + 1 / 25)
    risk = log_risk_ratio(events1=10, n1=30, events2=5, n2=30)
    assert risk.estimate[0] == pytest.approx(math.log(2.0))
    assert risk.variance[0] == pytest.approx(1 / 10 - 1 / 30 + 1 / 5 - 1 / 30)


@given(r=some_r, variance=some_variance, n1=st.integers(2, 500), n2=st.integers(2, 500))
def test_every_way_leads_back(r: float, variance: float, n1: int, n2: int) -> None:
    start = effects(r, variance)
    same(r_from_z(z_from_r(start)), start)
    same(r_from_difference(difference_from_r(start)), start)
    same(r_from_difference(difference_from_r(start, n1=n1, n2=n2), n1=n1, n2=n2), start)
    same(difference_from_odds(odds_from_difference(start)), start)


@given(
    data=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 5.0)), min_size=1, max_size=8),
    rho=st.floats(0.0, 0.95),
)
def test_an_average_is_that_of_the_whole_covariance_matrix(
    data: list[tuple[float, float]], rho: float
) -> None:
    y, v = np.array(data).T
    whole = rho * np.sqrt(np.outer(v, v))
    whole[np.diag_indices(v.size)] = v
    given_effects = Effects(estimate=y, variance=v)
    _, found = average_within(given_effects, np.zeros(y.size, int), rho=rho)
    inverse = np.linalg.inv(whole)
    assert found.variance[0] == pytest.approx(1.0 / inverse.sum(), rel=1e-7)
    assert found.estimate[0] == pytest.approx((inverse @ y).sum() / inverse.sum(), abs=1e-6)
    _, equal = average_within(
        given_effects, np.zeros(y.size, int), rho=rho, weighting=Weighting.EQUAL
    )
    assert equal.estimate[0] == pytest.approx(y.mean(), abs=1e-12)
    assert equal.variance[0] == pytest.approx(whole.mean(), rel=1e-9)
    assert found.variance[0] <= equal.variance[0] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fisher_z([0.1, 1.0], [10, 10]), "r, value 2"),
        (lambda: fisher_z([0.1], [3]), "n, value 1"),
        (lambda: fisher_z([0.1, 0.2, 0.3], [10, 10]), "equally long"),
        (lambda: fisher_z([math.inf], [10]), "finite"),
        (lambda: log_odds_ratio(events1=5, n1=4, events2=1, n2=4), "more events"),
        (lambda: log_risk_ratio(events1=-1, n1=4, events2=1, n2=4), "not below 0"),
        (lambda: standardised_difference_from_t(t=1.0, n1=1, n2=5), "two persons"),
        (lambda: average_within(effects(0.1, 0.0), [1], rho=0.5), "above 0"),
        (lambda: average_within(effects(0.1, 1.0), [1], rho=1.0), "rho"),
        (lambda: z_from_r(effects(1.0, 1.0)), "between"),
    ],
)
def test_what_cannot_be_is_refused(call: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()  # type: ignore[operator]
