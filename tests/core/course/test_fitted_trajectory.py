"""Expected courses from a practice's own data, and their blend with norms."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from openalliance.core.course import WORKING_TRAJECTORY, OutcomeMeasure, Trajectory
from openalliance.core.course.trajectories.blend import blend, own_weights
from openalliance.core.course.trajectories.fitted import (
    Estimated,
    FittedTrajectory,
    fit_trajectory,
)
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

WIDE = replace(WORKING_TRAJECTORY, minimum=-1e6, maximum=1e6, start_mean=5.0)
MEASURE = OutcomeMeasure(minimum=-1e6, maximum=1e6, sem=0.5)

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def practice(truth: Trajectory, clients: int, seed: int, *, sessions: int = 10) -> Rows:
    """Scores of clients who follow the live engine's model exactly."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clients), sessions)
    weeks = np.cumsum(rng.choice([1.0, 1.0, 2.0], (clients, sessions)), axis=1)
    weeks = weeks - weeks[:, :1]
    both = truth.start_rate_correlation * truth.start_sd * truth.rate_sd
    cov = [[truth.start_sd**2, both], [both, truth.rate_sd**2]]
    own = rng.multivariate_normal([truth.start_mean, truth.rate_mean], cov, clients)
    swing = np.empty_like(weeks)
    swing[:, 0] = rng.standard_normal(clients)
    for j in range(1, sessions):
        keep = truth.swing_persistence ** (weeks[:, j] - weeks[:, j - 1])
        fresh = rng.standard_normal(clients)
        swing[:, j] = keep * swing[:, j - 1] + np.sqrt(1 - keep**2) * fresh
    error = truth.sem * rng.standard_normal(weeks.shape)
    scores = own[:, :1] + own[:, 1:] * np.log1p(weeks) + truth.swing_sd * swing + error
    return codes, weeks.ravel(), scores.ravel()


def test_the_truth_is_recovered_within_its_errors() -> None:
    found = fit_trajectory(*practice(WIDE, 800, seed=1), MEASURE)
    assert found.converged
    truth = Estimated(
        start_mean=WIDE.start_mean,
        start_sd=WIDE.start_sd,
        rate_mean=WIDE.rate_mean,
        rate_sd=WIDE.rate_sd,
        start_rate_correlation=WIDE.start_rate_correlation,
        residual_sd=math.hypot(WIDE.swing_sd, WIDE.sem),
        error_share=WIDE.sem**2 / (WIDE.swing_sd**2 + WIDE.sem**2),
        swing_persistence=WIDE.swing_persistence,
    ).numbers()
    errors = found.errors.numbers()
    for name, value in found.estimates.numbers().items():
        assert abs(value - truth[name]) < 3.5 * errors[name], name
    assert found.trajectory.swing_sd == pytest.approx(WIDE.swing_sd, abs=0.12)
    assert found.trajectory.sem == pytest.approx(WIDE.sem, abs=0.12)
    assert (found.n_clients, found.n_rows) == (800, 8000)


def test_reversing_the_direction_mirrors_the_course() -> None:
    codes, weeks, scores = practice(WIDE, 60, seed=2)
    up = fit_trajectory(codes, weeks, scores, MEASURE)
    down = fit_trajectory(codes, weeks, -scores, replace(MEASURE, better=Better.LOWER))
    assert down.trajectory.rate_mean == pytest.approx(-up.trajectory.rate_mean, rel=1e-6)
    assert down.trajectory.swing_sd == pytest.approx(up.trajectory.swing_sd, rel=1e-4)
    assert down.trajectory.better is Better.LOWER


def test_missing_scores_are_left_out_and_order_does_not_matter() -> None:
    codes, weeks, scores = practice(WIDE, 40, seed=3)
    gaps = np.random.default_rng(3).random(scores.size) < 0.2
    with_gaps = np.where(gaps, np.nan, scores)
    found = fit_trajectory(codes, weeks, with_gaps, MEASURE)
    kept = np.flatnonzero(~gaps)[::-1]
    again = fit_trajectory(codes[kept], weeks[kept], scores[kept], MEASURE)
    assert again.trajectory.rate_mean == pytest.approx(found.trajectory.rate_mean, rel=1e-6)
    assert again.trajectory.rate_sd == pytest.approx(found.trajectory.rate_sd, rel=1e-4)


def test_swings_are_left_out_when_there_are_none() -> None:
    quiet = replace(WIDE, swing_sd=0.0, swing_persistence=0.0)
    found = fit_trajectory(*practice(quiet, 100, seed=4), MEASURE)
    assert found.trajectory.swing_sd == pytest.approx(0.0, abs=0.35)
    if found.estimates.error_share == 1.0:
        assert math.isnan(found.errors.swing_persistence)


def test_too_few_clients_are_refused() -> None:
    with pytest.raises(InputError, match="published norms until then"):
        fit_trajectory(*practice(WIDE, 9, seed=5), MEASURE)


@pytest.mark.parametrize("weeks", [[-1.0], [math.inf]])
def test_times_before_the_start_are_refused(weeks: list[float]) -> None:
    with pytest.raises(InputError, match="weeks"):
        fit_trajectory([0], weeks, [1.0], MEASURE)


def known(error: float, clients: int = 100) -> FittedTrajectory:
    """Own data that say something else than the norms, with a given standard error of all."""
    own = replace(WIDE, start_mean=8.0, rate_mean=-0.5, rate_sd=1.2, source="ours")
    residual = math.hypot(own.swing_sd, own.sem)
    names = [field.name for field in fields(Estimated)]
    numbers = {name: getattr(own, name) for name in names if hasattr(own, name)}
    share = (own.sem / residual) ** 2
    return FittedTrajectory(
        trajectory=own,
        estimates=Estimated(**numbers, residual_sd=residual, error_share=share),
        errors=Estimated(**dict.fromkeys(names, error)),
        n_clients=clients,
        n_rows=10 * clients,
        converged=True,
    )


def test_without_own_data_the_norms_stand() -> None:
    assert blend(WIDE, None) is WIDE


def test_limits_of_the_blend() -> None:
    vague, sure = blend(WIDE, known(1e6)), blend(WIDE, known(1e-9))
    for field in fields(Trajectory):
        if isinstance(getattr(WIDE, field.name), float):
            assert getattr(vague, field.name) == pytest.approx(getattr(WIDE, field.name), abs=1e-6)
            ours = getattr(known(1.0).trajectory, field.name)
            assert getattr(sure, field.name) == pytest.approx(ours, abs=1e-6)


def test_the_more_precise_the_own_data_the_more_they_count() -> None:
    errors = [3.0, 1.0, 0.3, 0.1, 0.03]
    means = [blend(WIDE, known(error)).rate_mean for error in errors]
    assert means == sorted(means, reverse=True)
    norms = [blend(WIDE, known(0.2), norm_clients=n).rate_mean for n in (1, 10, 100, 1000)]
    assert norms == sorted(norms)


def test_weight_grows_with_the_practice() -> None:
    other = replace(WIDE, rate_mean=0.2, rate_sd=0.9, start_mean=3.0)
    codes, weeks, scores = practice(other, 1000, seed=6)
    weights = []
    for clients in (15, 60, 250, 1000):
        seen = codes < clients
        own = fit_trajectory(codes[seen], weeks[seen], scores[seen], MEASURE)
        weights.append(own_weights(WIDE, own))
        mixed = blend(WIDE, own)
        assert min(own.trajectory.rate_mean, 0.65) <= mixed.rate_mean
        assert mixed.rate_mean <= max(own.trajectory.rate_mean, 0.65)
    for name in ("start_mean", "rate_mean"):
        series = [weight.numbers()[name] for weight in weights]
        assert series == sorted(series)
    assert min(weights[-1].numbers().values()) > 0.6
    assert weights[0].rate_mean < 0.4


def test_no_variation_in_rates_still_blends() -> None:
    still = replace(known(0.1), errors=replace(known(0.1).errors, rate_sd=math.nan))
    still = replace(still, estimates=replace(still.estimates, rate_sd=0.0))
    mixed = blend(WIDE, still)
    assert 0.0 < mixed.rate_sd < WIDE.rate_sd
    assert mixed.start_rate_correlation == pytest.approx(WIDE.start_rate_correlation)


def test_other_scales_are_refused() -> None:
    with pytest.raises(InputError, match="different scales"):
        blend(WORKING_TRAJECTORY, known(0.1))
