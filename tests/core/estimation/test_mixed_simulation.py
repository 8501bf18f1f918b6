"""Mixed models where the truth is known: bias, coverage of intervals, error rates."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from openalliance.core.estimation.mixed import fit

TRUTH = {"rate": -1.0, "start_sd": 4.0, "rate_sd": 0.6, "residual_sd": 2.0}
DRAWS = 400


def drawn(rng: np.random.Generator, *, phi: float = 0.0) -> tuple[np.ndarray, ...]:
    """Fifteen clients, six sessions, an arm without effect."""
    clients, sessions = 15, 6
    codes = np.repeat(np.arange(clients), sessions)
    times = np.tile(np.arange(float(sessions)), clients)
    arm = (codes % 2).astype(float)
    start = TRUTH["start_sd"] * rng.standard_normal(clients)
    rate = TRUTH["rate"] + TRUTH["rate_sd"] * rng.standard_normal(clients)
    error = rng.standard_normal((clients, sessions))
    for j in range(1, sessions):
        error[:, j] = phi * error[:, j - 1] + np.sqrt(1 - phi**2) * error[:, j]
    y = 20.0 + start[codes] + rate[codes] * times + TRUTH["residual_sd"] * error.ravel()
    x = np.column_stack([np.ones_like(times), times, arm, arm * times])
    return y, x, codes


def test_small_samples_satterthwaite_intervals_hold_95_percent() -> None:
    rng = np.random.default_rng(20)
    inside, rejected, rates, variances = [], [], [], []
    for _ in range(DRAWS):
        y, x, codes = drawn(rng)
        found = fit(y, x, codes, z=x[:, :2])
        half = student.ppf(0.975, found.df[1]) * found.se[1]
        inside.append(abs(found.estimate[1] - TRUTH["rate"]) <= half)
        rejected.append(found.p[3] < 0.05)
        rates.append(found.estimate[1])
        variances.append(found.residual_sd**2)
    assert 0.93 <= np.mean(inside) <= 0.97
    assert 0.03 <= np.mean(rejected) <= 0.07
    assert abs(np.mean(rates) - TRUTH["rate"]) < 4 * np.std(rates) / np.sqrt(DRAWS)
    # REML variances are unbiased while no variance is pushed to 0.
    assert abs(np.mean(variances) / TRUTH["residual_sd"] ** 2 - 1.0) < 0.03


def test_independent_data_seldom_prefer_autocorrelation() -> None:
    rng = np.random.default_rng(21)
    times = np.tile(np.arange(6.0), 15)
    preferred = 0
    for _ in range(24):
        y, x, codes = drawn(rng)
        plain = fit(y, x, codes)
        memory = fit(y, x, codes, times=times)
        assert memory.loglik >= plain.loglik - 1e-6
        preferred += fit(y, x, codes, z=x[:, :2]).loglik > memory.loglik
    # The data have rates of their own; a memory of residuals does not take their place.
    assert preferred > 12


def test_autocorrelation_is_recovered() -> None:
    rng = np.random.default_rng(22)
    found = []
    for _ in range(15):
        y, x, codes = drawn(rng, phi=0.6)
        one = fit(y, x, codes, z=x[:, :2], times=x[:, 1])
        assert one.autocorrelation is not None
        found.append(one.autocorrelation.phi)
    assert 0.3 < np.median(found) < 0.8
