"""AUC, Brier score, calibration and predictive values against brute force and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.estimation.discrimination import (
    auc,
    brier,
    calibration,
    calibration_curve,
    predictive_value,
)
from openalliance.core.estimation.proportions import clopper_pearson, wilson


def brute(scores: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """AUC and DeLong's error by comparing every case with every non-case."""
    cases, controls = scores[outcome == 1], scores[outcome == 0]
    wins = (cases[:, None] > controls) + 0.5 * (cases[:, None] == controls)
    of_case, of_control = wins.mean(axis=1), wins.mean(axis=0)
    variance = of_case.var(ddof=1) / cases.size + of_control.var(ddof=1) / controls.size
    return float(wins.mean()), float(np.sqrt(variance))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), levels=st.sampled_from([3, 10, 1000]))
def test_auc_and_delong_against_all_pairs(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    outcome = np.r_[0, 0, 1, 1, rng.integers(0, 2, 40)]
    scores = rng.integers(0, levels, 44) + outcome * levels / 5
    found = auc(scores, outcome)
    value, error = brute(scores, outcome)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.se == pytest.approx(error, rel=1e-10, abs=1e-12)
    assert auc(-scores, outcome).value == pytest.approx(1.0 - value, abs=1e-12)
    assert auc(np.exp(scores / levels), outcome).value == pytest.approx(value, abs=1e-12)
    order = rng.permutation(44)
    assert auc(scores[order], outcome[order]).se == pytest.approx(error, rel=1e-10, abs=1e-12)


def test_copies_of_a_client_add_no_certainty() -> None:
    rng = np.random.default_rng(2)
    outcome = rng.integers(0, 2, 200)
    scores = rng.normal(size=200) + outcome
    once = auc(scores, outcome, clusters=np.arange(200))
    thrice = auc(np.repeat(scores, 3), np.repeat(outcome, 3), clusters=np.repeat(np.arange(200), 3))
    rows = auc(np.repeat(scores, 3), np.repeat(outcome, 3))
    assert once.se == pytest.approx(auc(scores, outcome).se, rel=1e-12)
    assert thrice.value == pytest.approx(once.value, rel=1e-12)
    assert thrice.se == pytest.approx(once.se, rel=1e-12)
    assert rows.se < 0.6 * thrice.se


def test_clustered_interval_covers() -> None:
    """Clients with several like-minded rows, true AUC by a very large sample."""
    rng = np.random.default_rng(3)

    def rows(clients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        trait = np.repeat(3.0 * rng.normal(size=clients), 4)
        scores = trait + 0.5 * rng.normal(size=trait.size)
        outcome = rng.random(trait.size) < 1.0 / (1.0 + np.exp(1.0 - trait))
        return scores, outcome, np.repeat(np.arange(clients), 4)

    truth = auc(*rows(100_000)[:2]).value
    inside, naive = 0, 0
    for _ in range(600):
        scores, outcome, client = rows(80)
        found, plain = auc(scores, outcome, clusters=client), auc(scores, outcome)
        inside += found.low <= truth <= found.high
        naive += plain.low <= truth <= plain.high
    assert 0.93 <= inside / 600 <= 0.97
    assert naive / 600 < 0.90


def test_too_few_to_tell_is_said() -> None:
    alone = auc([0.1, 0.2, 0.3], [0, 0, 1])
    assert alone.value == 1.0
    assert np.isnan(alone.se)
    assert np.isnan(alone.low)
    assert np.isnan(auc([0.1, 0.2], [0, 0]).value)


def test_brier_by_hand() -> None:
    found = brier([0.1, 0.6, 0.3, 0.9], [0, 1, 0, 1])
    assert found.value == pytest.approx((0.01 + 0.16 + 0.09 + 0.01) / 4, rel=1e-12)
    assert found.reference == 0.25
    assert found.skill == pytest.approx(1.0 - found.value / 0.25, rel=1e-12)
    assert np.isnan(brier([0.1, 0.2], [0, 0]).skill)


def test_probabilities_bent_by_known_amounts_are_found_out() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=60_000) - 1.0
    outcome = rng.random(truth.size) < 1.0 / (1.0 + np.exp(-truth))
    bent = 1.0 / (1.0 + np.exp(-(2.0 * truth + 0.5)))
    found = calibration(bent, outcome)
    assert found.slope.value == pytest.approx(0.5, abs=0.02)
    assert found.slope.low < 0.5 < found.slope.high
    raised = calibration(1.0 / (1.0 + np.exp(-(truth + 0.5))), outcome)
    assert raised.intercept.value == pytest.approx(-0.5, abs=0.03)
    right = calibration(1.0 / (1.0 + np.exp(-truth)), outcome)
    assert right.intercept.value == pytest.approx(0.0, abs=0.03)
    assert right.slope.value == pytest.approx(1.0, abs=0.03)


def test_calibration_in_the_large_makes_the_total_right() -> None:
    rng = np.random.default_rng(5)
    chances = rng.uniform(0.05, 0.6, 500)
    outcome = rng.random(500) < 0.2
    found = calibration(chances, outcome)
    logits = np.log(chances / (1 - chances)) + found.intercept.value
    assert np.sum(1 / (1 + np.exp(-logits))) == pytest.approx(outcome.sum(), rel=1e-9)
    assert found.expected == pytest.approx(chances.sum())
    assert found.observed == outcome.sum()


def test_calibration_error_by_clients_against_its_formula() -> None:
    rng = np.random.default_rng(6)
    chances, client = rng.uniform(0.1, 0.5, 300), np.repeat(np.arange(60), 5)
    outcome = (rng.random(300) < chances).astype(float)
    found = calibration(chances, outcome, clusters=client).intercept
    logits = np.log(chances / (1 - chances)) + found.value
    fitted = 1 / (1 + np.exp(-logits))
    sums = np.array([np.sum((outcome - fitted)[client == c]) for c in range(60)])
    error = np.sqrt(60 / 59 * np.sum(sums**2)) / np.sum(fitted * (1 - fitted))
    assert found.se == pytest.approx(error, rel=1e-8)


def test_certain_rows_and_missing_events_are_said() -> None:
    found = calibration([0.0, 1.0, 0.4, 0.5, 0.6, 0.3], [0, 1, 0, 1, 0, 1])
    assert found.n_certain == 2
    none = calibration([0.2, 0.3], [0, 0])
    assert np.isnan(none.slope.value)
    assert none.reason == "all outcomes are the same"
    same = calibration([0.2] * 10, [0, 1] * 5)
    assert np.isfinite(same.intercept.value)
    assert "no slope" in same.reason


def test_curve_keeps_equal_probabilities_together_and_loses_no_row() -> None:
    rng = np.random.default_rng(7)
    chances = rng.integers(1, 6, 400) / 10
    outcome = rng.random(400) < chances
    curve = calibration_curve(chances, outcome, bins=10)
    assert sum(part.n for part in curve) == 400
    assert sum(part.observed.count for part in curve) == outcome.sum()
    for one, other in itertools.pairwise(curve):
        assert one.highest < other.lowest
    smooth = calibration_curve(rng.random(1000), rng.integers(0, 2, 1000), bins=10)
    assert [part.n for part in smooth] == [100] * 10


def test_predictive_values_of_a_table() -> None:
    flag = np.repeat([1, 1, 0, 0], [20, 30, 10, 140])
    outcome = np.repeat([1, 0, 1, 0], [20, 30, 10, 140])
    found = predictive_value(flag, outcome)
    assert (found.ppv.value, found.npv.value) == (0.4, 140 / 150)
    assert (found.sensitivity.value, found.specificity.value) == (20 / 30, 140 / 170)
    assert found.base_rate.value == 30 / 200
    assert found.ppv == wilson(20, 50)
    exact = predictive_value(flag, outcome, interval="clopper")
    assert exact.ppv == clopper_pearson(20, 50)
    assert exact.ppv.low < found.ppv.low
    assert exact.ppv.high > found.ppv.high
    assert np.isnan(predictive_value([0, 0], [0, 1]).ppv.value)


def test_intervals_of_a_proportion_against_published_values() -> None:
    """Brown, Cai & DasGupta's definitions; Newcombe (1998), table 1: 81 of 263, 15 of 148."""
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    found = clopper_pearson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2527, 0.3676)
    found = wilson(15, 148)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)
    assert wilson(0, 20).low == 0.0
    assert clopper_pearson(20, 20).high == 1.0


@pytest.mark.parametrize(
    ("scores", "outcome"), [([0.1, np.nan], [0, 1]), ([0.1, 0.2], [0, 2]), ([0.1], [0, 1])]
)
def test_what_cannot_be_judged_is_refused(scores: list, outcome: list) -> None:
    for judge in (auc, brier, calibration):
        with pytest.raises(InputError):
            judge(scores, outcome)
