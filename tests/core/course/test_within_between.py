"""Within and between clients: the correction for few sessions, its interval, invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.within_between.analysis import WithinBetween, within_between
from openalliance.core.course.within_between.dynamics import corrected, least_squares
from openalliance.core.course.within_between.panel import paired, products_of, sessions_of, summed
from openalliance.core.errors import InputError

CARRIED = np.array([[0.35, -0.20], [-0.10, 0.40]])
"""Rows: later outcome, later alliance; columns: earlier outcome, earlier alliance."""

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def cohort(rng: np.random.Generator, clients: int, sessions: int, *, drift: float = 0.0) -> Rows:
    """Clients who begin away from where they settle, as clients do."""
    root = np.linalg.cholesky(np.array([[1.0, -0.3], [-0.3, 0.8]]))
    own = rng.normal(size=(clients, 2))
    now = own / 0.6 + rng.normal(size=(clients, 2)) + 1.0
    seen = []
    for _ in range(sessions):
        now = own + now @ CARRIED.T + rng.normal(size=(clients, 2)) @ root.T
        seen.append(now)
    values = np.stack(seen, axis=1)
    values += rng.normal(0.0, drift, (clients, 1, 2)) * np.arange(sessions)[None, :, None]
    client = np.repeat(np.arange(clients), sessions)
    time = np.tile(np.arange(sessions, dtype=np.float64), clients)
    return client, time, values[:, :, 0].ravel(), values[:, :, 1].ravel()


def carried(rows: Rows, *, line: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Uncorrected and corrected estimates."""
    sessions = sessions_of(*rows)
    products = products_of(sessions, paired(sessions, 1), line=line)
    whole = summed(products.flat().sum(axis=0, keepdims=True))
    return least_squares(whole)[0], corrected(whole)[0]


def analysed(rows: Rows, *, line: bool = False, draws: int = 100) -> WithinBetween:
    return within_between(*rows, rng=np.random.default_rng(3), draws=draws, line=line)


def numbers(found: WithinBetween) -> np.ndarray:
    return np.array(
        [[one.corrected.estimate, one.uncorrected.estimate, one.standardised.estimate]
         for one in found.paths]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sessions", "line", "largest"),
    [(5, False, 0.02), (10, False, 0.01), (20, False, 0.01), (10, True, 0.015), (20, True, 0.01)],
)
def test_few_sessions_do_not_bias_the_corrected_estimates(
    sessions: int, line: bool, largest: float
) -> None:
    rng = np.random.default_rng(20261123)
    drift = 0.2 if line else 0.0
    both = [carried(cohort(rng, 400, sessions, drift=drift), line=line) for _ in range(60)]
    plain, mended = np.mean(both, axis=0)
    assert np.abs(mended - CARRIED).max() < largest
    # What the correction is for: without it the outcome seems to forget.
    assert plain[0, 0] < CARRIED[0, 0] - 0.9 / sessions


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held, runs = 0, 150
    for _ in range(runs):
        found = analysed(cohort(rng, 100, 8), draws=300)
        one = found.path("alliance", "outcome").corrected
        back = found.path("outcome", "alliance").corrected
        held += int(one.low <= CARRIED[0, 1] <= one.high)
        held += int(back.low <= CARRIED[1, 0] <= back.high)
    assert 0.92 <= held / (2 * runs) <= 0.98


def test_least_squares_are_those_of_a_column_per_client() -> None:
    client, time, outcome, alliance = cohort(np.random.default_rng(1), 12, 6)
    later = np.flatnonzero(time > 0)
    own = (client[later, None] == np.arange(12)).astype(float)
    x = np.column_stack([outcome[later - 1], alliance[later - 1], own])
    expected = np.linalg.lstsq(x, outcome[later], rcond=None)[0][:2]
    plain, _ = carried((client, time, outcome, alliance))
    assert plain[0] == pytest.approx(expected, rel=1e-10)
    x = np.column_stack([x, own * time[later, None]])
    expected = np.linalg.lstsq(x, outcome[later], rcond=None)[0][:2]
    plain, _ = carried((client, time, outcome, alliance), line=True)
    assert plain[0] == pytest.approx(expected, rel=1e-10)


def test_the_slope_between_clients_is_that_of_their_means() -> None:
    rows = cohort(np.random.default_rng(1), 40, 6)
    means = [np.bincount(rows[0], weights=part) / 6.0 for part in rows[2:]]
    assert analysed(rows).between.estimate == pytest.approx(
        np.polyfit(means[1], means[0], 1)[0], rel=1e-9
    )


def test_a_missed_session_breaks_the_chain() -> None:
    rows = cohort(np.random.default_rng(2), 30, 8)
    gone = rows[1] == 4.0
    outcome = np.where(gone, np.nan, rows[2])
    found = analysed((rows[0], rows[1], outcome, rows[3]))
    assert found.n_rows == 30 * 7
    assert found.n_pairs == 30 * 5


def test_gaps_do_not_bias_the_corrected_estimates() -> None:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(60):
        client, time, outcome, alliance = cohort(rng, 400, 10)
        there = rng.random(client.size) < 0.85
        found.append(carried((client[there], time[there], outcome[there], alliance[there]))[1])
    assert np.mean(found, axis=0) == pytest.approx(CARRIED, abs=0.015)


def test_longer_lags_are_given_without_correction_and_say_so() -> None:
    rows = cohort(np.random.default_rng(2), 40, 12)
    found = within_between(*rows, rng=np.random.default_rng(1), lag=2, draws=100)
    assert np.isnan(found.paths[0].corrected.estimate)
    assert np.isfinite(found.paths[0].uncorrected.low)
    assert "Nickell" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c, t, y, a: (c, t * 0.0, y, a), "two rows of one session"),
        (lambda c, t, y, a: (c, t * 3.0, y, a), "1 apart"),
        (lambda c, t, y, a: (c, t, y * np.nan, a), "both ratings"),
        (lambda c, t, y, a: (c, t, y, a * 0.0 + 2.0), "does not vary"),
    ],
)
def test_what_cannot_be_analysed_is_refused(change: object, words: str) -> None:
    rows = change(*cohort(np.random.default_rng(2), 6, 5))  # type: ignore[operator]
    with pytest.raises(InputError, match=words):
        analysed(rows)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_the_order_of_rows_is_nothing(seed: int, line: bool) -> None:
    rows = cohort(np.random.default_rng(seed), 25, 7)
    order = np.random.default_rng(seed + 1).permutation(rows[0].size)
    shuffled = tuple(part[order] for part in rows)
    assert numbers(analysed(shuffled, line=line)) == pytest.approx(  # type: ignore[arg-type]
        numbers(analysed(rows, line=line)), abs=1e-9, nan_ok=True
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 3.0, -2.0]), st.floats(-40.0, 40.0))
def test_other_units_or_direction_change_units_and_direction_only(
    seed: int, factor: float, shift: float
) -> None:
    client, time, outcome, alliance = cohort(np.random.default_rng(seed), 40, 8)
    one = analysed((client, time, outcome, alliance))
    other = analysed((client, time, shift + factor * outcome, alliance))
    scaled = np.array([factor, 1.0 / factor, 1.0, 1.0])
    assert numbers(other)[:, :2] == pytest.approx(numbers(one)[:, :2] * scaled[:, None], abs=1e-6)
    assert np.abs(numbers(other)[:, 2]) == pytest.approx(np.abs(numbers(one)[:, 2]), abs=1e-6)
    assert other.between.estimate == pytest.approx(factor * one.between.estimate, abs=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_two_ratings_changing_places_swaps_the_paths(seed: int) -> None:
    client, time, outcome, alliance = cohort(np.random.default_rng(seed), 40, 8)
    one = analysed((client, time, outcome, alliance))
    other = analysed((client, time, alliance, outcome))
    assert numbers(other) == pytest.approx(numbers(one)[[1, 0, 3, 2]], abs=1e-6)


def test_the_same_seed_gives_the_same_intervals() -> None:
    rows = cohort(np.random.default_rng(9), 30, 6)
    assert analysed(rows) == analysed(rows)
