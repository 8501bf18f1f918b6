"""Effects in studies: the blocks are the whole matrix, slopes are slopes, edges are told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meta_made import made, whole
from scipy.special import chdtri

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Blocks, slopes
from openalliance.core.evidence.meta.three_level import (
    contained_df,
    fit_three_level,
    variance_interval,
)
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaData, Method, Test, meta_data


def loglik(data: MetaData, m: np.ndarray, *, restricted: bool) -> float:
    inverse = np.linalg.inv(m)
    gram = data.x.T @ inverse @ data.x
    e = data.y - data.x @ np.linalg.solve(gram, data.x.T @ inverse @ data.y)
    rows = data.k - data.p if restricted else data.k
    found = rows * math.log(2 * math.pi) + np.linalg.slogdet(m)[1] + e @ inverse @ e
    if restricted:
        found += np.linalg.slogdet(gram)[1] - np.linalg.slogdet(data.x.T @ data.x)[1]
    return float(-0.5 * found)


@given(
    seed=st.integers(0, 10**6),
    between=st.sampled_from([0.0, 0.02, 0.5]),
    within=st.sampled_from([0.0, 0.03, 0.7]),
    rho=st.sampled_from([0.0, 0.4, 0.9]),
    restricted=st.booleans(),
)
@settings(max_examples=40)
def test_blocks_are_the_whole_matrix(
    seed: int, between: float, within: float, rho: float, restricted: bool
) -> None:
    data = made(seed)
    m = whole(data, between, within, rho)
    blocks = Blocks(data, rho=rho)
    working = blocks.at(between, within)
    expected = loglik(data, m, restricted=restricted)
    assert working.loglik(restricted=restricted) == pytest.approx(expected, rel=1e-9)
    inverse = np.linalg.inv(m)
    assert working.solve(data.y[blocks.order]) == pytest.approx((inverse @ data.y)[blocks.order])
    assert working.trace_inverse() == pytest.approx(np.trace(inverse))
    assert working.trace_inverse_squared() == pytest.approx(np.sum(inverse**2))
    assert working.vcov == pytest.approx(np.linalg.inv(data.x.T @ inverse @ data.x))


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]), restricted=st.booleans())
@settings(max_examples=25)
def test_slopes_are_those_of_the_likelihood(seed: int, rho: float, restricted: bool) -> None:
    blocks = Blocks(made(seed), rho=rho)
    theta, step = np.array([0.07, 0.05]), 1e-5
    found = slopes(blocks.at(*theta), restricted=restricted)
    for at in range(2):
        move = step * np.eye(2)[at]
        up, down = blocks.at(*(theta + move)), blocks.at(*(theta - move))
        rise = up.loglik(restricted=restricted) - down.loglik(restricted=restricted)
        assert found.gradient[at] == pytest.approx(rise / (2 * step), rel=1e-4, abs=1e-4)
        bend = slopes(up, restricted=restricted).gradient
        bend = bend - slopes(down, restricted=restricted).gradient
        assert -found.curvature[at] == pytest.approx(bend / (2 * step), rel=1e-3, abs=1e-2)


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]))
@settings(max_examples=20)
def test_nothing_nearby_or_far_is_likelier(seed: int, rho: float) -> None:
    data = made(seed, between=0.03 * (seed % 3), within=0.03 * (seed % 2))
    found = fit_three_level(data, rho=rho)
    assert found.converged
    blocks = Blocks(data, rho=rho)
    near = [found.sigma2 * [one, two] for one in (0.9, 1, 1.1) for two in (0.9, 1, 1.1)]
    far = [np.array([one, two]) for one in (0, 0.02, 0.2) for two in (0, 0.02, 0.2)]
    for sigma2 in near + far:
        assert blocks.at(*sigma2).loglik(restricted=True) <= found.loglik + 1e-9


@given(seed=st.integers(0, 10**6), shift=st.floats(-3, 3), scale=st.floats(0.1, 10.0))
@settings(max_examples=15)
def test_other_units_and_another_order_change_nothing(
    seed: int, shift: float, scale: float
) -> None:
    data = made(seed)
    order = np.random.default_rng(seed).permutation(data.k)
    found = fit_three_level(data)
    other = fit_three_level(
        meta_data(
            shift + scale * data.y[order],
            scale**2 * data.v[order],
            x=data.x[order],
            studies=100 - data.studies[order],
        )
    )
    assert other.sigma2 == pytest.approx(scale**2 * found.sigma2, rel=1e-4, abs=1e-8 * scale**2)
    assert other.estimate[1:] == pytest.approx(scale * found.estimate[1:], rel=1e-5, abs=1e-7)
    assert other.p[1:] == pytest.approx(found.p[1:], rel=1e-3, abs=1e-7)


def test_without_studies_that_differ_it_is_the_two_level_model() -> None:
    data = made(3)
    held = fit_three_level(data, held=(0.0, None))
    plain = fit_random(data)
    assert held.sigma2[1] == pytest.approx(plain.tau2, rel=1e-7)
    assert held.loglik == pytest.approx(plain.loglik, abs=1e-9)


def test_a_variance_of_0_is_said() -> None:
    rng = np.random.default_rng(2)
    y = 0.3 + np.repeat(rng.normal(0, 0.5, 15), 4)
    found = fit_three_level(meta_data(y, np.full(60, 0.05), studies=np.repeat(np.arange(15), 4)))
    assert found.boundary
    assert found.converged
    assert found.sigma2[1] == 0.0
    assert any("within studies" in note and "boundary" in note for note in found.notes)
    assert np.isnan(found.sigma2_vcov).all()
    low, high = variance_interval(found, 1)
    assert low == 0.0
    assert high > 0.0


def test_profile_ends_are_where_the_likelihood_has_fallen_by_the_depth() -> None:
    data = made(8, k=60, studies=15)
    found = fit_three_level(data)
    depth = chdtri(1, 0.05) / 2.0
    for which in (0, 1):
        for end in variance_interval(found, which):
            if end > 0.0:
                held = (end, None) if which == 0 else (None, end)
                there = fit_three_level(data, held=held)
                assert found.loglik - there.loglik == pytest.approx(depth, abs=1e-6)


def test_a_variance_that_nothing_bounds_has_no_upper_end() -> None:
    studies = np.array([0, 0, 1, 1, 1, 0])
    x = np.column_stack([np.ones(6), studies])
    data = meta_data([0.1, 0.2, 0.5, 0.9, 0.3, 0.2], [0.01] * 6, x=x, studies=studies)
    assert variance_interval(fit_three_level(data), 0) == (0.0, math.inf)


def test_degrees_of_freedom_are_of_the_level_at_which_a_column_varies() -> None:
    data = made(1)
    assert contained_df(data).tolist() == [9.0, 37.0, 9.0]
    found = fit_three_level(data, test=Test.T)
    assert found.df.tolist() == [9.0, 37.0, 9.0]


def test_it_grows_to_very_many_effects() -> None:
    data = made(4, k=60_000, studies=15_000)
    found = fit_three_level(data)
    assert found.converged
    assert found.sigma2 == pytest.approx([0.08, 0.04], abs=0.004)


@pytest.mark.parametrize(
    ("settings_given", "said"),
    [
        ({"method": Method.DL}, "REML or ML"),
        ({"test": Test.KNHA}, "two levels"),
        ({"rho": 1.0}, "rho"),
        ({"held": (-1.0, None)}, "held"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings_given: dict, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError, match=said):
        fit_three_level(made(1), **settings_given)


def test_studies_with_one_effect_each_are_refused() -> None:
    with pytest.raises(InputError, match="two effects"):
        fit_three_level(meta_data([0.1, 0.2, 0.3, 0.5], [0.1] * 4))
