"""Robust errors: the definition in whole matrices, and what the correction promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meta_made import made, whole
from scipy.linalg import sqrtm

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta import clusters as clusters_module
from openalliance.core.evidence.meta import robust as module
from openalliance.core.evidence.meta.clusters import Clusters
from openalliance.core.evidence.meta.robust import Correction, robust, robust_contrasts
from openalliance.core.evidence.meta.three_level import fit_three_level, working_model
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaData, meta_data


def uneven(seed: int, *, k: int = 40) -> MetaData:
    """Return effects of studies of one to many effects."""
    rng = np.random.default_rng(seed)
    data = made(seed, k=k)
    studies = np.sort(rng.integers(0, 12, k))
    studies[:8] = np.arange(8) % 4
    return meta_data(data.y, data.v, x=data.x, studies=studies)


def by_definition(
    data: MetaData, m: np.ndarray, correction: Correction, clusters: np.ndarray | None = None
) -> np.ndarray:
    codes = data.studies if clusters is None else clusters
    w = np.linalg.inv(m)
    n = np.linalg.inv(data.x.T @ w @ data.x)
    e = data.y - data.x @ (n @ data.x.T @ w @ data.y)
    studies = int(codes.max()) + 1
    meat = np.zeros((data.p, data.p))
    for study in range(studies):
        rows = np.flatnonzero(codes == study)
        here, x = m[np.ix_(rows, rows)], data.x[rows]
        a = np.eye(rows.size)
        if correction is Correction.CR1:
            a *= np.sqrt(studies / (studies - 1))
        if correction is Correction.CR2:
            root = np.linalg.cholesky(here).T
            inner = root @ (here - x @ n @ x.T) @ root.T
            a = root.T @ np.linalg.inv(sqrtm(inner).real) @ root
        score = x.T @ np.linalg.inv(here) @ a @ e[rows]
        meat += np.outer(score, score)
    return np.asarray(n @ meat @ n)


@given(
    seed=st.integers(0, 10**6),
    rho=st.sampled_from([0.0, 0.6]),
    correction=st.sampled_from(list(Correction)),
)
@settings(max_examples=25)
def test_it_is_its_definition(seed: int, rho: float, correction: Correction) -> None:
    data = uneven(seed)
    fit = fit_three_level(data, rho=rho)
    m = whole(data, float(fit.sigma2[0]), float(fit.sigma2[1]), rho)
    expected = by_definition(data, m, correction)
    assert robust(fit, correction).vcov == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(seed=st.integers(0, 10**6), rho=st.sampled_from([0.0, 0.6]))
@settings(max_examples=25)
def test_cr2_is_unbiased_under_the_working_model(seed: int, rho: float) -> None:
    working = working_model(fit_three_level(uneven(seed), rho=rho))
    _, moments = module._sandwich(working, Clusters(working), Correction.CR2)
    assert moments.mean() == pytest.approx(working.vcov, rel=1e-7, abs=1e-12)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15)
def test_one_combination_is_its_coefficient(seed: int) -> None:
    fit = fit_random(uneven(seed))
    found = robust(fit)
    for at in range(fit.data.p):
        tested = robust_contrasts(fit, np.eye(fit.data.p)[at])
        assert tested.statistic == pytest.approx(found.statistic[at] ** 2)
        assert tested.df2 == pytest.approx(found.df[at])
        assert tested.p == pytest.approx(found.p[at])
    together = robust_contrasts(fit, np.array([[0, 1, 1], [0, 1, -1]]))
    assert found.joint is not None
    assert together.statistic == pytest.approx(found.joint.statistic)
    assert together.df2 == pytest.approx(found.joint.df2)


def test_studies_of_one_effect_and_equal_weights_give_student_s_test() -> None:
    y = np.random.default_rng(4).normal(0.3, 0.2, 12)
    found = robust(fit_random(meta_data(y, np.full(12, 0.05))))
    assert found.df == pytest.approx([11.0])
    assert found.se == pytest.approx([y.std(ddof=1) / np.sqrt(12)])


def test_a_term_that_one_study_alone_decides_has_no_robust_error_and_it_is_said() -> None:
    rng = np.random.default_rng(1)
    studies = np.repeat(np.arange(8), 3)
    x = np.column_stack([studies != 0, studies == 0, np.tile([-1.0, 0.0, 1.0], 8)])
    data = meta_data(rng.normal(size=24), np.full(24, 0.1), x=x, studies=studies)
    found = robust(fit_three_level(data))
    assert "alone decides “x1”:" in found.notes[0]
    assert np.isnan([found.se[1], found.p[1], found.ci_low[1]]).all()
    assert np.isfinite(found.se[[0, 2]]).all()
    assert found.joint is not None
    assert np.isnan(found.joint.p)
    assert np.isnan(robust_contrasts(fit_three_level(data), np.eye(3)[1]).p)


def test_a_term_that_one_study_decides_in_part_is_said_with_its_share() -> None:
    rng = np.random.default_rng(1)
    studies = np.repeat(np.arange(8), 3)
    x = np.column_stack([np.ones(24), np.arange(24) > 0])
    data = meta_data(rng.normal(size=24), np.full(24, 0.1), x=x, studies=studies)
    fit = fit_three_level(data)
    working = working_model(fit)
    _, moments = module._sandwich(working, Clusters(working), Correction.CR2)
    kept = np.diag(moments.mean()) / np.diag(working_model(fit).vcov)
    assert (kept < 0.9).all()
    found = robust(fit)
    assert "decides part of “Intercept”, “x1”: up to " in found.notes[0]
    assert np.isfinite(found.se).all()


def test_few_studies_behind_a_term_are_said() -> None:
    rng = np.random.default_rng(1)
    studies = np.repeat(np.arange(8), 3)
    x = np.column_stack([np.ones(24), studies < 2])
    data = meta_data(rng.normal(size=24), np.full(24, 0.1), x=x, studies=studies)
    found = robust(fit_three_level(data))
    assert found.df[1] < 4.0
    assert "degrees of freedom for “x1”" in found.notes[0]


def test_many_studies_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = fit_three_level(made(2, k=400, studies=120))
    at_once = robust(fit)
    monkeypatch.setattr(clusters_module, "_AT_ONCE", 40)
    assert robust(fit).vcov == pytest.approx(at_once.vcov, rel=1e-12)


def test_what_cannot_be_done_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="two studies"):
        robust(fit_random(meta_data([0.1, 0.2], [0.1, 0.1], studies=[0, 0])))
    fit = fit_three_level(made(2))
    with pytest.raises(InputError, match="columns"):
        robust_contrasts(fit, np.eye(2))
    with pytest.raises(InputError, match="follows"):
        robust_contrasts(fit, np.array([[0, 1, 1], [0, 2, 2]]))
    monkeypatch.setattr(module, "LARGEST_STUDY", 2)
    with pytest.raises(InputError, match="CR1"):
        robust(fit)
    assert robust(fit, Correction.CR1).clusters == 12


@given(
    seed=st.integers(0, 10**6),
    rho=st.sampled_from([0.0, 0.6]),
    correction=st.sampled_from(Correction),
)
@settings(max_examples=20)
def test_clusters_of_several_studies_are_their_definition(
    seed: int, rho: float, correction: Correction
) -> None:
    data = uneven(seed)
    clusters = np.random.default_rng(seed).permutation(np.arange(data.n_studies) % 5)[data.studies]
    fit = fit_three_level(data, rho=rho)
    m = whole(data, float(fit.sigma2[0]), float(fit.sigma2[1]), rho)
    found = robust(fit, correction, clusters=clusters)
    assert found.clusters == 5
    expected = by_definition(data, m, correction, clusters)
    assert found.vcov == pytest.approx(expected, rel=1e-6, abs=1e-10)


def test_clusters_that_are_the_studies_change_nothing() -> None:
    data = uneven(4)
    fit = fit_three_level(data, rho=0.4)
    ours, same = robust(fit, clusters=data.studies * 7 + 3), robust(fit)
    assert ours.vcov == pytest.approx(same.vcov)
    assert ours.df == pytest.approx(same.df)
    alone = meta_data(data.y, data.v, x=data.x)
    nested = robust(fit_random(data))
    given_apart = robust(fit_random(alone), clusters=data.studies)
    assert given_apart.se == pytest.approx(nested.se)
    assert given_apart.df == pytest.approx(nested.df)


def test_a_study_in_two_clusters_is_refused() -> None:
    data = uneven(4)
    fit = fit_three_level(data)
    with pytest.raises(InputError, match="whole studies"):
        robust(fit, clusters=np.arange(data.k) % 2)
    assert robust(fit_random(data), clusters=np.arange(data.k) % 4).clusters == 4
    with pytest.raises(InputError, match="one integer code"):
        robust(fit, clusters=np.zeros(3))


def test_a_coefficient_that_nothing_is_left_for_has_no_degrees_of_freedom() -> None:
    assert np.isnan(module._satterthwaite(np.zeros(3), np.zeros((3, 2))))
