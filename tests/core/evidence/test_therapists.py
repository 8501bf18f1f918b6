"""Differences between therapists: the share of variance, shrunken estimates, no ranks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import fit
from openalliance.core.evidence.therapists import TherapistEffects, therapist_effects


def _practice(
    rng: np.random.Generator, *, therapists: int, clients: int, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes with total variance 1, the therapists' codes and their true effects."""
    codes = np.repeat(np.arange(therapists), rng.poisson(clients - 2, therapists) + 2)
    true = rng.normal(0.0, math.sqrt(share), therapists)
    return true[codes] + rng.normal(0.0, math.sqrt(1.0 - share), codes.size), codes, true


@pytest.fixture(scope="module")
def practice() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    outcome, codes, _ = _practice(rng, therapists=30, clients=12, share=0.2)
    return outcome, codes, rng.normal(size=codes.size)


def test_the_estimates_are_those_of_the_mixed_model(
    practice: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    outcome, codes, pre = practice
    x = np.column_stack([np.ones(codes.size), pre])
    ours = therapist_effects(outcome, codes, x=x, terms=("Intercept", "pre"))
    general = fit(outcome, x, codes)
    assert ours.loglik == pytest.approx(general.loglik, abs=1e-9)
    assert ours.therapist_sd == pytest.approx(general.random_sd[0], rel=1e-6)
    assert ours.client_sd == pytest.approx(general.residual_sd, rel=1e-6)
    assert [term.estimate for term in ours.fixed] == pytest.approx(list(general.estimate), rel=1e-7)
    assert [one.estimate for one in ours.therapists] == pytest.approx(
        list(general.blups[:, 0]), abs=1e-6
    )


def test_a_balanced_practice_has_the_shares_of_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(2)
    outcome = rng.normal(size=(8, 5)) + rng.normal(size=(8, 1))
    between = 5.0 * outcome.mean(axis=1).var(ddof=1)
    within = float(outcome.var(axis=1, ddof=1).mean())
    found = therapist_effects(outcome.ravel(), np.repeat(np.arange(8), 5))
    assert found.client_sd**2 == pytest.approx(within, rel=1e-6)
    assert found.therapist_sd**2 == pytest.approx((between - within) / 5.0, rel=1e-6)


def test_few_clients_shrink_more_than_many() -> None:
    rng = np.random.default_rng(3)
    outcome, codes, _ = _practice(rng, therapists=40, clients=10, share=0.3)
    found = therapist_effects(outcome, codes)
    weights = {one.n: one.weight for one in found.therapists}
    by_n = [weights[n] for n in sorted(weights)]
    assert by_n == sorted(by_n)
    assert all(abs(one.estimate) <= abs(one.mean) for one in found.therapists)


def test_with_few_therapists_no_share_is_given() -> None:
    outcome = np.random.default_rng(4).normal(size=40)
    found = therapist_effects(outcome, np.repeat(np.arange(4), 10))
    assert math.isnan(found.icc)
    assert all(math.isnan(one.estimate) for one in found.therapists)
    assert "too few" in found.notes[0]


def test_a_share_of_zero_is_said_and_still_has_an_upper_bound() -> None:
    outcome = np.tile([-1.0, 0.0, 1.0, 2.0], 10)
    found = therapist_effects(outcome, np.repeat(np.arange(10), 4))
    assert found.boundary
    assert found.icc == 0.0
    assert found.icc_low == 0.0 < found.icc_high < 0.5
    assert any("estimated as 0" in note for note in found.notes)


@pytest.mark.parametrize(
    ("outcome", "codes", "words"),
    [
        ([1.0, 2.0, 3.0], [0, 0, 0], "two therapists"),
        ([1.0, 2.0, 3.0], [0, 1, 2], "two clients"),
        ([1.0, np.nan, 3.0, 4.0], [0, 0, 1, 1], "finite"),
        ([1.0, 1.0, 3.0, 3.0, 2.0, 2.0], [0, 0, 1, 1, 2, 2], "nothing varies"),
    ],
)
def test_what_cannot_be_analysed_is_refused(
    outcome: list[float], codes: list[int], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        therapist_effects(outcome, codes)


def test_dependent_columns_are_refused() -> None:
    x = np.column_stack([np.ones(12), np.full(12, 2.0)])
    with pytest.raises(InputError, match="depend"):
        therapist_effects(np.arange(12.0), np.arange(12) % 6, x=x, terms=("a", "b"))


samples = npst.arrays(np.float64, 36, elements=st.floats(-5, 5).map(lambda v: round(v, 3)))


def _numbers(found: TherapistEffects) -> np.ndarray:
    return np.array([[one.mean, one.estimate, one.low, one.high] for one in found.therapists])


@settings(max_examples=15, deadline=None)
@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(outcome: np.ndarray, random: object) -> None:
    outcome = outcome + np.sin(np.arange(36.0) * 7.0)
    codes = np.arange(36) % 6
    order = np.arange(36)
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = (
        therapist_effects(outcome, codes),
        therapist_effects(outcome[order], codes[order]),
    )
    # The top of a flat likelihood is found to about the root of machine precision.
    assert one.icc == pytest.approx(other.icc, abs=1e-6)
    assert _numbers(one) == pytest.approx(_numbers(other), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(samples, st.sampled_from([-3.0, -1.0, 0.1, 25.0]), st.floats(-50, 50))
def test_other_units_or_direction_change_units_and_direction_only(
    outcome: np.ndarray, factor: float, shift: float
) -> None:
    outcome = outcome + np.sin(np.arange(36.0) * 7.0)
    codes = np.arange(36) % 6
    one = therapist_effects(outcome, codes)
    other = therapist_effects(shift + factor * outcome, codes)
    assert other.icc == pytest.approx(one.icc, abs=1e-6)
    assert other.icc_high == pytest.approx(one.icc_high, abs=1e-5)
    mean, estimate, low, high = (factor * _numbers(one)).T
    expected = np.column_stack([mean, estimate, np.minimum(low, high), np.maximum(low, high)])
    assert _numbers(other) == pytest.approx(expected, abs=2e-4 * abs(factor))


@pytest.mark.slow
def test_intervals_hold_what_they_promise() -> None:
    """Of 95 % intervals 93 to 97 % hold the truth: the share's, and those of therapists."""
    rng = np.random.default_rng(20261123)
    runs, held, shares, of_therapists, number = 200, 0, [], 0, 0
    for _ in range(runs):
        outcome, codes, true = _practice(rng, therapists=40, clients=15, share=0.1)
        found = therapist_effects(outcome, codes)
        held += found.icc_low <= 0.1 <= found.icc_high
        shares.append(found.icc)
        of_therapists += sum(one.low <= true[one.code] <= one.high for one in found.therapists)
        number += len(found.therapists)
    assert 0.92 <= held / runs <= 0.98
    assert 0.93 <= of_therapists / number <= 0.97
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)
