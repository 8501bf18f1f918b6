"""Leaving out all at once gives what fitting each rest for itself gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meta_made import made

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.left_out import rests
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import MetaData, MetaFit, Method, Test, meta_data
from openalliance.core.evidence.meta.without import By, Refit, leave_out, refit

_NUMBERS = ("estimate", "se", "statistic", "p", "ci_low", "ci_high", "vcov")


def same(ours: Refit | None, theirs: MetaFit | None, *, to: float = 1e-8) -> None:
    assert (ours is None) == (theirs is None)
    if ours is None or theirs is None:
        return
    for name in _NUMBERS:
        expected = getattr(theirs, name)
        scale = max(1.0, float(np.abs(expected).max())) if expected.size else 1.0
        assert getattr(ours, name) == pytest.approx(
            expected, rel=to, abs=to * scale, nan_ok=True
        ), name
    assert ours.tau2 == pytest.approx(theirs.tau2, rel=to, abs=1e-13, nan_ok=True)
    assert ours.sigma2 == pytest.approx(theirs.sigma2, rel=1e-6, abs=1e-9)
    assert ours.heterogeneity.q == pytest.approx(theirs.heterogeneity.q, rel=to, abs=1e-12)
    for name in ("q_df", "q_p", "i2", "h2", "typical_variance"):
        expected = getattr(theirs.heterogeneity, name)
        assert getattr(ours.heterogeneity, name) == pytest.approx(
            expected, rel=1e-6, abs=1e-8, nan_ok=True
        ), name
    assert (ours.k, ours.studies) == (theirs.data.k, theirs.data.n_studies)
    assert (ours.boundary, ours.converged) == (theirs.boundary, theirs.converged)


def one_by_one(fit: MetaFit, by: By) -> list[MetaFit | None]:
    groups = fit.data.studies if by is By.STUDY else np.arange(fit.data.k)
    found: list[MetaFit | None] = []
    for code in range(int(groups.max()) + 1):
        try:
            found.append(refit(fit, fit.data.rows(groups != code)))
        except InputError:
            found.append(None)
    return found


def all_the_same(fit: MetaFit, by: By = By.EFFECT) -> None:
    for ours, theirs in zip(leave_out(fit, by=by).fits, one_by_one(fit, by), strict=True):
        same(ours, theirs)


@given(seed=st.integers(0, 10**6), method=st.sampled_from(Method), by=st.sampled_from(By))
@settings(max_examples=30)
def test_every_method_and_both_ways_of_leaving_out(seed: int, method: Method, by: By) -> None:
    data = made(seed, k=30, studies=9)
    test = list(Test)[seed % 3]
    all_the_same(fit_random(data, method=method, test=test), by)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15)
def test_variances_at_and_near_the_boundary(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 25))
    v = rng.uniform(0.001, 0.5, k)
    data = meta_data(0.2 + np.sqrt(v) * rng.standard_normal(k), v)
    fit = fit_random(data, method=[Method.REML, Method.ML, Method.PM, Method.DL][seed % 4])
    all_the_same(fit)
    all_the_same(fit_fixed(data, test=Test.KNHA))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(meta_data([0.1, 0.4], [0.1, 0.2]), id="two effects"),
        pytest.param(meta_data([0.1, 0.4, 0.2], [0.1, 0.2, 0.1]), id="three effects"),
        pytest.param(meta_data([0.3] * 6, [0.1] * 6), id="all equal"),
        pytest.param(meta_data([0.3] * 5 + [2.0], [0.1] * 6), id="all but one equal"),
        pytest.param(
            meta_data([0.1, 0.3, 0.5, 0.2], [1e-8, 0.1, 0.2, 0.1]), id="one has all the weight"
        ),
        pytest.param(
            meta_data([1e9, 3e9, 5e9, 2e9, 8e9], [1e17, 1e18, 2e17, 1e17, 1e16]), id="huge"
        ),
        pytest.param(
            meta_data(
                [0.5, 0.1, 0.2, 0.3, 0.2, 0.1],
                [0.1] * 6,
                x=np.column_stack([np.ones(6), [1, 0, 0, 0, 0, 0]]),
            ),
            id="a level with one effect",
        ),
    ],
)
@pytest.mark.parametrize("method", Method)
def test_the_edges(data: MetaData, method: Method) -> None:
    all_the_same(fit_random(data, method=method))


def test_two_maxima_of_a_rest_are_left_to_a_fit_of_its_own() -> None:
    # precise effects that agree, coarse ones that do not: likelihood high at 0 and far from it
    y = np.array([0.0, 0.02, -0.02, 0.01, 3.0, -3.0, 2.5, -2.5, 2.0])
    v = np.array([0.0004] * 4 + [0.6] * 5)
    all_the_same(fit_random(meta_data(y, v), method=Method.ML))


def test_most_rests_are_found_at_once() -> None:
    fit = fit_random(made(1, k=200, studies=50))
    assert rests(fit, np.arange(200)).codes.size == 200


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]))
@settings(max_examples=8)
def test_three_levels_from_where_all_effects_ended(seed: int, rho: float) -> None:
    data = made(
        seed, k=30, studies=8, between=[0.0, 0.08][seed % 2], within=[0.04, 0.0][seed % 3 > 1]
    )
    all_the_same(fit_three_level(data, rho=rho), By.STUDY)
