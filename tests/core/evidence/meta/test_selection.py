"""Selection by steps: its gradient, its optimum, what it undoes, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta import selection as module
from openalliance.core.evidence.meta.selection import Side, fit_selection
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaData, Method, meta_data


def selected(seed: int, *, k: int = 300, weight: float = 0.2) -> MetaData:
    """Return effects around .2, of which those not significant are published less often."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.1, 10 * k)
    y = rng.normal(0.2, 0.2, 10 * k) + np.sqrt(v) * rng.standard_normal(10 * k)
    kept = (ndtr(-y / np.sqrt(v)) <= 0.025) | (rng.uniform(size=10 * k) < weight)
    return meta_data(y[kept][:k], v[kept][:k])


def loglik(data: MetaData, theta: np.ndarray, steps: tuple[float, ...]) -> float:
    """Return the logarithm of the likelihood as it is written, at (μ, τ², δ₂ …)."""
    weights = np.concatenate([[1.0], theta[2:]])
    edges = [np.full(data.k, np.inf), *(np.sqrt(data.v) * -ndtri(cut) for cut in steps)]
    edges.append(np.full(data.k, -np.inf))
    s = np.sqrt(data.v + theta[1])
    whole = sum(
        weight * (ndtr((edges[at] - theta[0]) / s) - ndtr((edges[at + 1] - theta[0]) / s))
        for at, weight in enumerate(weights)
    )
    mine = weights[np.searchsorted(steps, ndtr(-data.y / np.sqrt(data.v)))]
    density = np.exp(-0.5 * ((data.y - theta[0]) / s) ** 2) / (s * math.sqrt(2 * math.pi))
    return float(np.log(mine * density / whole).sum())


@given(seed=st.integers(0, 10**6), steps=st.sampled_from([(0.025,), (0.025, 0.5)]))
@settings(max_examples=10)
def test_it_is_the_likelihood_and_nothing_nearby_is_likelier(
    seed: int, steps: tuple[float, ...]
) -> None:
    data = selected(seed, k=120)
    found = fit_selection(data, steps=steps)
    theta = np.concatenate([found.estimate, [found.tau2], found.weights[1:]])
    assert found.converged
    assert found.loglik == pytest.approx(loglik(data, theta, steps), abs=1e-8)
    assert found.loglik >= found.unselected.loglik - 1e-9
    rng = np.random.default_rng(seed)
    for size in (0.001, 0.01, 0.1):
        near = theta * np.exp(size * rng.standard_normal((10, theta.size)))
        assert max(loglik(data, one, steps) for one in near) <= found.loglik + 1e-9


def test_the_gradient_is_one() -> None:
    data = selected(3, k=60)
    problem = module._Problem(
        y=data.y,
        v=data.v,
        q=data.basis,
        step=np.searchsorted([0.025, 0.5], ndtr(-data.y / np.sqrt(data.v))),
        cuts=np.sqrt(data.v)[:, None] * -ndtri(np.array([0.025, 0.5])),
    )
    theta = np.array([1.5, 0.03, -0.7, 0.4])
    for at in range(4):
        move = 1e-6 * np.eye(4)[at]
        rise = problem.value(theta + move)[0] - problem.value(theta - move)[0]
        assert problem.value(theta)[1][at] == pytest.approx(rise / 2e-6, rel=1e-5, abs=1e-5)


def test_it_undoes_the_selection_that_was_made() -> None:
    data = selected(8, k=3_000)
    plain, found = fit_random(data, method=Method.ML), fit_selection(data)
    assert plain.estimate[0] > 0.27
    assert found.estimate[0] == pytest.approx(0.2, abs=3.0 * float(found.se[0]))
    assert found.weights[1] == pytest.approx(0.2, abs=3.0 * float(found.weights_se[1]))
    assert found.tau2 == pytest.approx(0.04, abs=3.0 * found.tau2_se)
    assert found.ratio_p < 1e-6


def test_the_other_side_is_the_mirror_image() -> None:
    data = selected(9, k=80)
    one = fit_selection(data)
    other = fit_selection(meta_data(-data.y, data.v), side=Side.LESS)
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-7)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-9)


def test_moderators_and_other_units() -> None:
    data = selected(10, k=150)
    x = np.column_stack([np.ones(150), np.random.default_rng(1).normal(size=150)])
    one = fit_selection(meta_data(data.y, data.v, x=x))
    other = fit_selection(meta_data(10 * data.y, 100 * data.v, x=x))
    assert other.estimate == pytest.approx(10 * one.estimate, rel=1e-5)
    assert other.se == pytest.approx(10 * one.se, rel=1e-4)
    assert other.tau2 == pytest.approx(100 * one.tau2, rel=1e-4)


def test_a_variance_of_0_and_dependence_are_said() -> None:
    rng = np.random.default_rng(2)
    v = np.full(60, 0.04)
    y = 0.3 + 0.5 * np.sqrt(v) * rng.standard_normal(60)
    found = fit_selection(meta_data(y, v, studies=np.arange(60) // 2))
    assert found.tau2 == 0.0
    assert found.boundary
    assert math.isnan(found.tau2_se)
    assert any("boundary" in note for note in found.notes)
    assert any("30 studies" in note for note in found.notes)


@pytest.mark.parametrize(
    ("steps", "said"),
    [((), "rise"), ((0.5, 0.1), "rise"), ((0.0,), "rise"), ((1e-300,), "no effect")],
)
def test_steps_that_do_not_serve_are_refused(steps: tuple[float, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_selection(selected(1, k=40), steps=steps)


def test_too_few_effects_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        fit_selection(meta_data([0.1, 0.9, 0.2], [0.04] * 3))
