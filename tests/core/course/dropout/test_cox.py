"""Cox likelihood, baseline hazard and robust errors against plain sums over risk sets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from openalliance.core.course.dropout.cox import (
    Ties,
    cumulative_hazard,
    partial_loglik,
    robust_covariance,
)
from openalliance.core.errors import InputError


def rows(seed: int, clients: int = 60) -> dict[str, np.ndarray]:
    """Make start-stop rows with many ties, two covariates, and late entries."""
    rng = np.random.default_rng(seed)
    made = []
    for client in range(clients):
        at, lasting = int(rng.integers(0, 3)), rng.normal()
        for _ in range(rng.integers(1, 6)):
            until = at + int(rng.integers(1, 3))
            changing = rng.normal()
            leaves = rng.random() < 1.0 / (1.0 + np.exp(1.6 - 0.6 * lasting - 0.4 * changing))
            made.append((client, at, until, leaves, lasting, changing))
            at = until
            if leaves:
                break
    table = np.array(made, dtype=np.float64)
    return {
        "client": table[:, 0].astype(int), "start": table[:, 1], "stop": table[:, 2],
        "event": table[:, 3] == 1.0, "x": table[:, 4:],
    }  # fmt: skip


def plain(data: dict[str, np.ndarray], eta: np.ndarray, ties: str) -> tuple[float, np.ndarray]:
    """Log-likelihood and steps of the hazard, risk set by risk set."""
    risk, total, steps = np.exp(eta), 0.0, []
    for time in np.unique(data["stop"][data["event"]]):
        there = (data["start"] < time) & (data["stop"] >= time)
        gone = data["event"] & (data["stop"] == time)
        count, step = int(gone.sum()), 0.0
        for turn in range(count):
            share = turn / count if ties == "efron" else 0.0
            left = risk[there].sum() - share * risk[gone].sum()
            total -= np.log(left)
            step += 1.0 / left
        total += eta[gone].sum()
        steps.append(step)
    return total, np.cumsum(steps)


@pytest.mark.parametrize("ties", list(Ties))
@pytest.mark.parametrize("seed", range(5))
def test_likelihood_and_baseline_risk_set_by_risk_set(seed: int, ties: str) -> None:
    data = rows(seed)
    eta = data["x"] @ [0.5, -0.3]
    when = {key: data[key] for key in ("start", "stop", "event")}
    loglik, cumulative = plain(data, eta, ties)
    assert partial_loglik(eta, **when, ties=ties) == pytest.approx(loglik, rel=1e-12)
    assert cumulative_hazard(eta, **when, ties=ties)[1] == pytest.approx(cumulative, rel=1e-11)


def fitted(data: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    when = {key: data[key] for key in ("start", "stop", "event")}

    def against(point: np.ndarray) -> float:
        return -partial_loglik(data["x"] @ point, **when)

    top = minimize(against, np.zeros(2), method="BFGS", options={"gtol": 1e-9}).x
    step, information = 1e-4, np.empty((2, 2))
    for i, one in enumerate(np.eye(2) * step):
        for j, other in enumerate(np.eye(2) * step):
            corners = [against(top + a * one + b * other) for a in (1, -1) for b in (1, -1)]
            information[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return top, np.linalg.inv(information)


def test_robust_errors_are_those_of_leaving_clients_out() -> None:
    """The infinitesimal jackknife: change of the coefficients when a client counts a bit less."""
    data = rows(11, clients=250)
    top, covariance = fitted(data)
    when = {key: data[key] for key in ("client", "start", "stop", "event")}
    robust = robust_covariance(data["x"], top, covariance, **when)
    moved = []
    for client in range(250):
        kept = data["client"] != client
        less = {key: values[kept] for key, values in data.items()}
        moved.append(fitted(less)[0] - top)
    jackknife = np.array(moved).T @ np.array(moved)
    assert np.sqrt(np.diag(robust)) == pytest.approx(np.sqrt(np.diag(jackknife)), rel=0.04)


def test_splitting_a_row_changes_nothing() -> None:
    data = rows(12)
    when = {key: data[key] for key in ("start", "stop", "event")}
    eta = data["x"] @ [0.5, -0.3]
    middle = (data["start"] + data["stop"]) / 2.0
    halves = {
        "start": np.r_[data["start"], middle],
        "stop": np.r_[middle, data["stop"]],
        "event": np.r_[np.zeros(eta.size, dtype=bool), data["event"]],
    }
    whole = partial_loglik(eta, **when)
    assert partial_loglik(np.r_[eta, eta], **halves) == pytest.approx(whole, rel=1e-12)


def test_what_cannot_be_is_refused() -> None:
    data = rows(13)
    when = {key: data[key] for key in ("start", "stop", "event")}
    eta = np.zeros(data["start"].size)
    with pytest.raises(InputError, match="nobody drops out"):
        partial_loglik(eta, **(when | {"event": np.zeros(eta.size, dtype=bool)}))
    with pytest.raises(InputError, match="start before it stops"):
        partial_loglik(eta, **(when | {"start": when["stop"]}))
