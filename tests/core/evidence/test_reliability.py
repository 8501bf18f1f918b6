"""Internal consistency: alpha, omega, halves, and what each item does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from openalliance.core.errors import InputError
from openalliance.core.evidence.reliability import Reliability, minres, prorated, reliability

NAMES = ("a", "b", "c", "d")


def _parallel(rng: np.random.Generator, n: int, k: int, r: float) -> np.ndarray:
    """Parallel items with correlation ``r``; alpha is k·r / (1 + (k - 1)·r)."""
    common = rng.normal(0, math.sqrt(r), (n, 1))
    return common + rng.normal(0, math.sqrt(1 - r), (n, k))


def test_items_that_are_equal_have_no_error() -> None:
    found = reliability(np.repeat([[1.0], [2.0], [4.0]], 4, axis=1), items=NAMES)
    assert found.alpha == pytest.approx(1.0)
    assert found.omega_total == pytest.approx(1.0)
    assert found.sem == pytest.approx(0.0, abs=1e-7)


def test_loadings_of_one_exact_factor_are_found() -> None:
    true = np.array([0.9, 0.7, 0.5, 0.3])
    correlations = np.outer(true, true)
    np.fill_diagonal(correlations, 1.0)
    assert minres(correlations) == pytest.approx(true, abs=1e-9)


def test_a_loading_beyond_one_is_held_at_one_and_said() -> None:
    """Correlations .9, .9, .2 ask the first item for a loading of √(.9·.9/.2) = 2."""
    correlations = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, 0.63], [0.9, 0.63, 1.0]])
    assert minres(correlations).max() == 1.0
    factor = np.linalg.cholesky(correlations)
    rng = np.random.default_rng(8)
    raw = rng.normal(size=(60, 3))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw, rowvar=False))).T
    found = reliability(white @ factor.T, items=("a", "b", "c"))
    assert any("Heywood" in note for note in found.notes)


def test_two_items_have_alpha_but_neither_omega_nor_alpha_without() -> None:
    found = reliability([[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [5.0, 4.0]], items=("a", "b"))
    assert math.isnan(found.omega_total)
    assert all(math.isnan(one.alpha_if_dropped) for one in found.items)
    assert found.alpha == pytest.approx(2 * (1 - 4.25 / (4.25 + 10 / 3)))


def test_a_constant_item_is_said_and_leaves_alpha_defined() -> None:
    table = np.column_stack([_parallel(np.random.default_rng(1), 80, 3, 0.5), np.full(80, 2.0)])
    found = reliability(table, items=NAMES)
    assert 0.0 < found.alpha < 1.0
    assert math.isnan(found.omega_total)
    assert math.isnan(found.items[3].item_rest)
    assert any("d has the same answer" in note for note in found.notes)


def test_a_constant_item_of_tenths_has_no_correlations() -> None:
    forms = np.random.default_rng(3).integers(0, 5, (23, 4)).astype(float)
    forms[:, 3] = 0.1
    found = reliability(forms, items=("a", "b", "c", "d"))
    assert found.items[3].sd == 0.0
    assert math.isnan(found.items[3].item_rest)
    assert math.isnan(found.omega_total)


def test_an_item_that_runs_against_the_others_is_named() -> None:
    table = _parallel(np.random.default_rng(2), 200, 4, 0.5)
    table[:, 1] *= -1.0
    notes = reliability(table, items=NAMES).notes
    assert any(note.startswith("b runs against") for note in notes)


def test_gaps_are_filled_with_the_forms_own_mean_if_half_is_there() -> None:
    filled, kept = prorated([[1.0, np.nan, 3.0, np.nan], [np.nan, np.nan, np.nan, 2.0]])
    assert filled.tolist() == [[1.0, 2.0, 3.0, 2.0]]
    assert kept.tolist() == [True, False]


@pytest.mark.parametrize(
    ("table", "names", "words"),
    [
        ([[1.0], [2.0], [3.0]], ("a",), "two items"),
        ([[1.0, 2.0], [2.0, 3.0]], ("a", "b"), "three"),
        ([[1.0, 2.0]] * 3, ("a", "b"), "not vary"),
        ([[1.0, -1.0], [2.0, -2.0], [4.0, -4.0]], ("a", "b"), "not vary"),
        ([[1.0, np.nan], [2.0, 1.0], [3.0, 2.0]], ("a", "b"), "finite"),
        ([[1.0, 3.0], [2.0, 1.0], [3.0, 2.0]], ("a",), "one name"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    table: list[list[float]], names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        reliability(table, items=names)


noise = npst.arrays(np.float64, (12, 4), elements=st.integers(0, 3).map(float))
BASE = _parallel(np.random.default_rng(5), 12, 4, 0.4)


def _figures(found: Reliability) -> list[float]:
    return [found.alpha, found.alpha_low, found.alpha_high, found.omega_total, found.split_half]


@settings(max_examples=30)
@given(noise, st.randoms(use_true_random=False))
def test_the_order_of_forms_is_nothing(extra: np.ndarray, random: object) -> None:
    table = BASE + extra
    order = list(range(12))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = reliability(table, items=NAMES), reliability(table[order], items=NAMES)
    assert _figures(one) == pytest.approx(_figures(other), abs=1e-9)


@settings(max_examples=30)
@given(noise, st.sampled_from([-4.0, -1.0, 0.25, 10.0]), st.floats(-100, 100))
def test_other_units_or_direction_keep_coefficients_and_scale_errors(
    extra: np.ndarray, factor: float, shift: float
) -> None:
    table = BASE + extra
    one = reliability(table, items=NAMES)
    other = reliability(shift + factor * table, items=NAMES)
    assert _figures(one) == pytest.approx(_figures(other), abs=1e-7)
    assert other.sem == pytest.approx(abs(factor) * one.sem, rel=1e-7)


@settings(max_examples=30)
@given(noise)
def test_alpha_without_an_item_is_alpha_of_the_others(extra: np.ndarray) -> None:
    table = BASE + extra
    whole = reliability(table, items=NAMES)
    for i in range(4):
        others = reliability(np.delete(table, i, axis=1), items=NAMES[:3])
        assert whole.items[i].alpha_if_dropped == pytest.approx(others.alpha, abs=1e-9)


def test_feldts_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Alpha of five parallel items with r = .4 is .769; 95 % intervals, 2,000 samples of 40."""
    rng = np.random.default_rng(20261123)
    truth = 5 * 0.4 / (1 + 4 * 0.4)
    held = 0
    for _ in range(2000):
        found = reliability(_parallel(rng, 40, 5, 0.4), items=("a", "b", "c", "d", "e"))
        held += found.alpha_low <= truth <= found.alpha_high
    assert 0.93 <= held / 2000 <= 0.97
