"""Mixed models against the textbook likelihood, and the properties any of them must have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit, fit

Data = dict[str, np.ndarray]


def made(seed: int, *, clients: int = 40, phi: float = 0.0, therapists: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    rows = rng.integers(3, 9, clients)
    codes = np.repeat(np.arange(clients), rows)
    times = np.concatenate([np.cumsum(rng.exponential(1.0, n)) for n in rows])
    effects = rng.multivariate_normal([20.0, -1.0], [[16.0, -0.6], [-0.6, 0.4]], clients)
    errors = []
    for n, own in zip(rows, np.split(times, np.cumsum(rows)[:-1]), strict=True):
        corr = phi ** np.abs(own[:, None] - own) if phi else np.eye(n)
        errors.append(rng.multivariate_normal(np.zeros(n), 4.0 * corr))
    y = effects[codes, 0] + effects[codes, 1] * times + np.concatenate(errors)
    found = {"y": y, "codes": codes, "times": times, "rows": np.ones_like(y)}
    if therapists:
        of = rng.integers(0, therapists, clients)
        found["therapists"] = of[codes]
        found["y"] = y + 3.0 * rng.standard_normal(therapists)[of[codes]]
    return found


def growth(data: Data, **further: object) -> MixedFit:
    x = np.column_stack([data["rows"], data["times"]])
    names = ("Intercept", "time")
    return fit(data["y"], x, data["codes"], z=x, terms=names, random_terms=names, **further)


def direct_loglik(found: MixedFit, data: Data, *, phi: float = 0.0, share: float = 0.0) -> float:
    """The log-likelihood by its definition, with the full covariance of every row."""
    x = np.column_stack([data["rows"], data["times"]])
    same = data["codes"][:, None] == data["codes"]
    gap = np.abs(data["times"][:, None] - data["times"])
    memory = (1 - share) * (phi**gap if phi else np.eye(len(x))) + share * np.eye(len(x))
    v = same * (x @ found.random_covariance @ x.T + found.residual_sd**2 * memory)
    if found.upper is not None:
        of = data["therapists"]
        v = v + (of[:, None] == of) * found.upper.covariance[0, 0]
    rest = data["y"] - x @ found.estimate
    solved = np.linalg.solve(v, np.column_stack([x, rest]))
    p = x.shape[1] if found.reml else 0
    value = np.linalg.slogdet(v)[1] + rest @ solved[:, -1] + (len(x) - p) * np.log(2 * np.pi)
    if found.reml:
        value += np.linalg.slogdet(x.T @ solved[:, :-1])[1]
    return -0.5 * float(value)


@pytest.mark.parametrize("reml", [True, False])
def test_loglik_is_that_of_the_marginal_model(reml: bool) -> None:
    data = made(1)
    found = growth(data, reml=reml)
    assert found.loglik == pytest.approx(direct_loglik(found, data), abs=1e-8)


@pytest.mark.parametrize("error", [False, True])
def test_loglik_with_autocorrelation_is_that_of_the_marginal_model(error: bool) -> None:
    data = made(2, phi=0.6, clients=60)
    found = growth(data, times=data["times"], error_share=error)
    assert found.autocorrelation is not None
    phi, share = found.autocorrelation.phi, found.autocorrelation.error_share
    assert found.loglik == pytest.approx(direct_loglik(found, data, phi=phi, share=share), abs=1e-8)


@pytest.mark.parametrize("reml", [True, False])
def test_loglik_with_therapists_is_that_of_the_marginal_model(reml: bool) -> None:
    data = made(3, therapists=6, clients=50)
    found = growth(data, reml=reml, upper_groups=data["therapists"])
    assert found.upper is not None
    assert found.upper.sd[0] > 0.0
    assert found.loglik == pytest.approx(direct_loglik(found, data), abs=1e-8)


def test_three_level_effects_are_the_conditional_expectations() -> None:
    data = made(3, therapists=6, clients=50)
    found = growth(data, upper_groups=data["therapists"])
    assert found.upper is not None
    x = np.column_stack([data["rows"], data["times"]])
    of = (data["therapists"][:, None] == found.upper.codes).astype(float)
    clients = (data["codes"][:, None] == found.random.codes).astype(float)
    z = np.hstack([of, clients * x[:, [0]], clients * x[:, [1]]])
    t, g = of.shape[1], clients.shape[1]
    cov = np.zeros((t + 2 * g, t + 2 * g))
    cov[:t, :t] = np.eye(t) * found.upper.covariance[0, 0]
    cov[t:, t:] = np.kron(found.random_covariance, np.eye(g))
    v = z @ cov @ z.T + np.eye(len(x)) * found.residual_sd**2
    gain = cov @ z.T @ np.linalg.inv(v)
    effects = gain @ (data["y"] - x @ found.estimate)
    spread = np.diag(cov - gain @ z @ cov)
    assert found.upper.effects[:, 0] == pytest.approx(effects[:t], abs=1e-8)
    assert found.blups.T.ravel() == pytest.approx(effects[t:], abs=1e-8)
    assert found.upper.effect_covariance[:, 0, 0] == pytest.approx(spread[:t], abs=1e-8)
    own = np.diagonal(found.blup_covariance, axis1=1, axis2=2)
    assert own.T.ravel() == pytest.approx(spread[t:], abs=1e-8)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_rows_and_names_of_clients_do_not_matter(seed: int) -> None:
    data = made(seed)
    found = growth(data)
    mixed = np.random.default_rng(seed).permutation(data["y"].size)
    other = {key: column[mixed] for key, column in data.items()}
    other["codes"] = 977 - 3 * other["codes"]
    again = growth(other)
    assert again.loglik == pytest.approx(found.loglik, abs=1e-8)
    assert again.estimate == pytest.approx(found.estimate, abs=1e-6)
    assert again.blups[::-1] == pytest.approx(found.blups, abs=1e-5)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(-1e3, 1e3), st.sampled_from([-1.0, 1.0]))
def test_units_and_direction_of_the_score(scale: float, shift: float, sign: float) -> None:
    data = made(5)
    found = growth(data)
    other = growth({**data, "y": sign * scale * data["y"] + shift})
    assert other.estimate[1] == pytest.approx(sign * scale * found.estimate[1], rel=1e-6)
    assert other.random_sd == pytest.approx(scale * found.random_sd, rel=1e-5)
    assert other.df == pytest.approx(found.df, rel=1e-4)
    lost = (data["y"].size - 2) * np.log(scale)
    assert other.loglik == pytest.approx(found.loglik - lost, abs=1e-6)


@pytest.mark.parametrize("unit", [1.0 / 7.0, 7.0, 1e4])
def test_unit_of_time(unit: float) -> None:
    data = made(6, phi=0.5)
    found = growth(data, times=data["times"])
    other = growth({**data, "times": unit * data["times"]}, times=unit * data["times"])
    assert other.estimate[1] == pytest.approx(found.estimate[1] / unit, rel=1e-5)
    assert other.autocorrelation is not None
    assert found.autocorrelation is not None
    assert other.autocorrelation.phi**unit == pytest.approx(found.autocorrelation.phi, abs=1e-5)


@pytest.mark.parametrize("shift", [-3.0, 100.0, 2000.0])
def test_where_time_begins_does_not_matter(shift: float) -> None:
    data = made(11)
    found, other = growth(data), growth({**data, "times": data["times"] + shift})
    assert other.loglik == pytest.approx(found.loglik, abs=1e-6)
    assert other.estimate[1] == pytest.approx(found.estimate[1], rel=1e-5)
    assert other.random_sd[1] == pytest.approx(found.random_sd[1], rel=1e-4)


def test_a_variance_of_zero_is_found_and_said() -> None:
    rng = np.random.default_rng(7)
    codes = np.repeat(np.arange(20), 5)
    y = rng.standard_normal(100)
    y -= np.repeat(y.reshape(20, 5).mean(axis=1), 5)
    found = fit(y, np.ones((100, 1)), codes)
    assert found.random_sd[0] == 0.0
    assert found.boundary
    assert found.converged
    assert "singular" in found.notes[0]
    assert found.residual_sd == pytest.approx(np.std(y, ddof=1), rel=1e-9)


def test_a_correlation_of_one_is_an_optimum_and_said() -> None:
    rng = np.random.default_rng(8)
    codes = np.repeat(np.arange(80), 4)
    times = np.tile(np.arange(4.0), 80)
    own = rng.standard_normal(80)[codes]
    y = own * (2.0 + times) + 2.0 * rng.standard_normal(320)
    found = growth({"y": y, "codes": codes, "times": times, "rows": np.ones(320)})
    assert found.converged
    assert found.boundary
    assert abs(found.random_correlation[0, 1]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_covariance_near_the_optimum_is_better(seed: int) -> None:
    data = made(seed, clients=12)
    found = growth(data)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        root = np.linalg.cholesky(found.random_covariance + 1e-9 * np.eye(2))
        root = root * (1.0 + 0.1 * rng.standard_normal((2, 2)))
        moved = replace(found, random=replace(found.random, covariance=root @ root.T))
        x = np.column_stack([data["rows"], data["times"]])
        same = data["codes"][:, None] == data["codes"]
        v = same * (x @ moved.random_covariance @ x.T) + found.residual_sd**2 * np.eye(len(x))
        solved = np.linalg.solve(v, x)
        beta = np.linalg.solve(x.T @ solved, solved.T @ data["y"])
        moved = replace(moved, estimate=beta)
        assert direct_loglik(moved, data) <= found.loglik + 1e-7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.ones((6, 2))}, "follows from"),
        ({"y": np.full(6, 3.0)}, "do not vary"),
        ({"y": np.array([1.0, 1.0, 2.0, 2.0, 4.0, 4.0])}, "exactly"),
        ({"y": np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0])}, "missing"),
        ({"groups": np.arange(6)}, "cannot determine"),
        ({"groups": np.zeros(6, int)}, "two groups"),
        ({"groups": np.zeros(6)}, "integer"),
        ({"z": np.zeros((6, 1))}, "zero in every row"),
        ({"upper_groups": np.array([0, 1, 0, 1, 0, 1])}, "more than one upper group"),
        ({"times": np.zeros(6)}, "same time"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change: dict[str, np.ndarray], words: str) -> None:
    given = {
        "y": np.array([1.0, 2.0, 4.0, 5.0, 9.0, 8.0]),
        "x": np.ones((6, 1)),
        "groups": np.array([0, 0, 1, 1, 2, 2]),
    } | change
    with pytest.raises(InputError, match=words):
        fit(given.pop("y"), given.pop("x"), given.pop("groups"), **given)


def test_components_and_their_errors() -> None:
    data = made(9, clients=300, phi=0.5)
    found = growth(data, times=data["times"], error_share=True)
    named = dict(zip(found.component_names, found.components, strict=True))
    assert named["group_sd_1"] == pytest.approx(found.random_sd[1], rel=1e-12)
    assert named["group_correlation_1_0"] == pytest.approx(found.random_correlation[1, 0])
    se = dict(zip(found.component_names, np.sqrt(np.diag(found.component_covariance)), strict=True))
    assert named["group_sd_0"] == pytest.approx(4.0, abs=4 * se["group_sd_0"])
    assert 4.0 / np.sqrt(2 * 300) < se["group_sd_0"] < 3 * 4.0 / np.sqrt(2 * 300)
