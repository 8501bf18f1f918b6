"""Forecasts given what is known: the right mean, bands that hold what they say."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openalliance.core.course import WORKING_TRAJECTORY
from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.course.trajectories.fitted import trajectory_from_fit
from openalliance.core.course.trajectories.prediction import Observed, Wanted, forecast
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import fit

DATA = Path(__file__).parents[4] / "shared" / "data" / "clinical" / "enrichd_bdi_long.csv"
NAMES = ("Intercept", "time")


def columns(times: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones_like(times), np.log1p(times)])


def simulated(seed: int, clients: int, sessions: int = 10) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clients), sessions)
    times = np.tile(np.arange(float(sessions)), clients)
    own = rng.multivariate_normal([20.0, -2.0], [[25.0, -2.0], [-2.0, 2.0]], clients)[codes]
    swing = rng.standard_normal((clients, sessions))
    for j in range(1, sessions):
        swing[:, j] = 0.7 * swing[:, j - 1] + np.sqrt(1 - 0.49) * swing[:, j]
    y = own[:, 0] + own[:, 1] * np.log1p(times) + 3.5 * swing.ravel()
    return codes, times, y + 2.0 * rng.standard_normal(codes.size)


def coverage(
    codes: np.ndarray, times: np.ndarray, y: np.ndarray, *, memory: bool, known: int, level: float
) -> tuple[float, float]:
    """Fit on even clients, forecast odd ones after ``known`` sessions: share inside, mean SD."""
    train = codes % 2 == 0
    further = {"times": times[train], "error_share": True} if memory else {}
    x = columns(times)
    found = fit(y[train], x[train], codes[train], z=x[train], terms=NAMES, **further)
    position = np.zeros(codes.size, dtype=int)
    for client in np.unique(codes):
        own = np.flatnonzero(codes == client)
        position[own[np.argsort(times[own])]] = np.arange(own.size)
    past, next_one = ~train & (position < known), ~train & (position == known)
    seen = Observed(codes=codes[past], times=times[past], y=y[past], x=x[past], z=x[past])
    want = Wanted(codes=codes[next_one], times=times[next_one], x=x[next_one], z=x[next_one])
    made = forecast(found, seen, want, level=level)
    inside = (made.low <= y[next_one]) & (y[next_one] <= made.high)
    return float(inside.mean()), float(made.sd.mean())


def test_forecast_is_the_regression_on_everything_seen() -> None:
    codes, times, y = simulated(1, 60)
    x = columns(times)
    found = fit(y, x, codes, z=x, terms=NAMES, times=times, error_share=True)
    one = codes == 7
    seen = Observed(codes=codes[one], times=times[one], y=y[one], x=x[one], z=x[one])
    new = columns(np.array([14.0]))
    made = forecast(found, seen, Wanted(codes=np.array([7]), times=np.array([14.0]), x=new, z=new))
    assert found.autocorrelation is not None
    phi, share = found.autocorrelation.phi, found.autocorrelation.error_share
    all_times = np.append(times[one], 14.0)
    z = np.vstack([x[one], new])
    lag = np.abs(all_times[:, None] - all_times)
    v = z @ found.random_covariance @ z.T
    v += found.residual_sd**2 * ((1 - share) * phi**lag + share * np.eye(11))
    weights = np.linalg.solve(v[:10, :10], v[:10, 10])
    assert made.mean[0] == pytest.approx(
        (new @ found.estimate)[0] + weights @ (y[one] - x[one] @ found.estimate), rel=1e-10
    )
    left = new[0] - weights @ x[one]
    spread = v[10, 10] - weights @ v[:10, 10] + left @ found.vcov @ left
    assert made.sd[0] == pytest.approx(np.sqrt(spread), rel=1e-10)


def test_forecast_from_one_score_is_that_of_the_live_engine() -> None:
    codes, times, y = simulated(2, 200)
    x = columns(times)
    found = fit(y, x, codes, z=x, terms=NAMES, times=times, error_share=True)
    measure = OutcomeMeasure(minimum=-1e6, maximum=1e6)
    live = trajectory_from_fit(found, measure, source="test")
    one = columns(np.zeros(1))
    later = columns(np.array([6.0]))
    seen = Observed(codes=np.zeros(1, int), times=np.zeros(1), y=np.array([27.0]), x=one, z=one)
    want = Wanted(codes=np.zeros(1, int), times=np.array([6.0]), x=later, z=later)
    known = replace(found, vcov=np.zeros((2, 2)))
    made = forecast(known, seen, want)
    mean, sd = live.prediction(6.0, 27.0)
    assert made.mean[0] == pytest.approx(mean, rel=1e-9)
    assert made.sd[0] == pytest.approx(sd, rel=1e-9)
    assert live.level == WORKING_TRAJECTORY.level


@pytest.mark.parametrize("known", [1, 4, 8])
def test_bands_hold_their_share_in_simulation(known: int) -> None:
    inside, _ = coverage(*simulated(3, 3000), memory=True, known=known, level=0.80)
    assert inside == pytest.approx(0.80, abs=0.035)


def test_bands_that_ignore_memory_miss_their_share_in_simulation() -> None:
    data = simulated(4, 3000)
    right, _ = coverage(*data, memory=True, known=8, level=0.95)
    assert right == pytest.approx(0.95, abs=0.02)
    naive = off_by(*data)
    assert naive < 0.92


def off_by(codes: np.ndarray, times: np.ndarray, y: np.ndarray) -> float:
    """Coverage, four sessions ahead, of a 95 % band that takes residuals as independent."""
    train = codes % 2 == 0
    x = columns(times)
    found = fit(y[train], x[train], codes[train], z=x[train], terms=NAMES)
    past, last = ~train & (times < 6), ~train & (times == 9)
    seen = Observed(codes=codes[past], times=times[past], y=y[past], x=x[past], z=x[past])
    want = Wanted(codes=codes[last], times=times[last], x=x[last], z=x[last])
    made = forecast(found, seen, want, level=0.95)
    return float(((made.low <= y[last]) & (y[last] <= made.high)).mean())


@pytest.mark.skipif(not DATA.exists(), reason="the published sessions are not here")
def test_enrichd_later_sessions_left_out() -> None:
    with DATA.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["BDI"]]
    codes = np.array([int(row["ID"]) for row in rows])
    times, y = (np.array([float(row[name]) for row in rows]) for name in ("wk", "BDI"))
    for known in (3, 6, 10):
        held, width = coverage(codes, times, y, memory=True, known=known, level=0.95)
        assert 0.91 <= held <= 0.98
        _, without = coverage(codes, times, y, memory=False, known=known, level=0.95)
        # One session ahead, what remains of the last swing narrows the band.
        assert width < 0.97 * without


def test_clients_not_seen_have_the_mean_curve() -> None:
    codes, times, y = simulated(5, 30)
    x = columns(times)
    found = fit(y, x, codes, z=x, terms=NAMES)
    seen = Observed(codes=codes[:10], times=times[:10], y=y[:10], x=x[:10], z=x[:10])
    new = columns(np.array([3.0]))
    made = forecast(found, seen, Wanted(codes=np.array([99]), times=np.array([3.0]), x=new, z=new))
    assert made.mean[0] == pytest.approx((new @ found.estimate)[0])
    with pytest.raises(InputError, match="level"):
        forecast(found, seen, Wanted(codes=codes[:1], times=times[:1], x=x[:1], z=x[:1]), level=1.0)
