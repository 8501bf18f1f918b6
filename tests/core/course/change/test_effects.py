"""Group anchors: what an interval says, the same in both directions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openalliance.core.course.change_methods import Effect, Threshold, between, grade, within

LOWER = Threshold(improvement=9.0, deterioration=5.0, sign=-1.0, confidence=0.95)
HIGHER = Threshold(improvement=9.0, deterioration=5.0, sign=1.0, confidence=0.95)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.0, 2.0, Effect.NOT_SIGNIFICANT),
        (-1.0, 20.0, Effect.NOT_SIGNIFICANT),
        (0.0, 20.0, Effect.NOT_SIGNIFICANT),
        (1.0, 8.0, Effect.NOT_RELEVANT),
        (1.0, 10.0, Effect.NOT_SURELY),
        (8.0, 15.0, Effect.PROBABLE),
        (9.5, 15.0, Effect.LARGE),
        (-4.0, -1.0, Effect.NOT_RELEVANT),
        (-5.5, -1.0, Effect.NOT_SURELY_LESS),
        (-9.0, -4.0, Effect.PROBABLE),
        (-9.0, -6.0, Effect.LARGE),
    ],
)
def test_categories_of_an_interval(low: float, high: float, expected: Effect) -> None:
    assert grade(low, high, HIGHER) is expected


def test_an_interval_around_zero_is_inconclusive_in_both_directions() -> None:
    """clinicalsignificance 3.0.0 gives NA for this where higher is better.

    Its rules there: “not relevant” only with both bounds of one sign, everything else only with
    the upper bound above the threshold; [-1, 2] with the threshold 9 meets none.
    """
    change = np.array([-1.0, 0.0, 1.0, 2.0])
    for threshold, sign in ((LOWER, -1.0), (HIGHER, 1.0)):
        found = within(sign * change, threshold)
        assert found.effect is Effect.NOT_SIGNIFICANT
        assert found.lower < 0.0 < found.upper


def test_a_change_for_the_worse_is_not_called_improvement() -> None:
    """The package calls any significant rise "not clinically relevant" where lower is better."""
    found = within(np.array([14.0, 15.0, 16.0, 15.0]), LOWER)
    assert found.effect is Effect.LARGE
    assert found.for_the_worse


def test_intervals_are_those_of_student_and_welch() -> None:
    rng = np.random.default_rng(5)
    pre, post = rng.normal(30.0, 8.0, 23), rng.normal(22.0, 9.0, 23)
    expected = stats.ttest_rel(post, pre).confidence_interval(0.9)
    threshold = Threshold(improvement=5.0, deterioration=5.0, sign=-1.0, confidence=0.9)
    found = within(post - pre, threshold)
    assert (found.lower, found.upper) == pytest.approx(tuple(expected), rel=1e-10)
    other = rng.normal(20.0, 3.0, 11)
    welch = stats.ttest_ind(other, post, equal_var=False).confidence_interval(0.9)
    compared = between(post, other, threshold)
    assert (compared.lower, compared.upper) == pytest.approx(tuple(welch), rel=1e-10)
    assert compared.n == (23, 11)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_clients_have_no_interval(n: int) -> None:
    found = within(np.full(n, 3.0), LOWER)
    assert found.effect is None
    assert math.isnan(found.lower)
    assert between(np.full(n, 3.0), np.arange(5.0), LOWER).effect is None


def test_everybody_changing_alike_leaves_no_doubt() -> None:
    assert within(np.full(6, -12.0), LOWER).effect is Effect.LARGE
    assert within(np.zeros(6), LOWER).effect is Effect.NOT_SIGNIFICANT
    assert between(np.full(3, 20.0), np.full(4, 8.0), LOWER).effect is Effect.LARGE


@given(st.lists(st.integers(-30, 30).map(float), min_size=2, max_size=15))
def test_mirroring_scale_and_direction_changes_nothing(changes: list[float]) -> None:
    lower, higher = within(np.array(changes), LOWER), within(-np.array(changes), HIGHER)
    assert (lower.lower, lower.upper) == pytest.approx((-higher.upper, -higher.lower))
    assert lower.for_the_worse is higher.for_the_worse
    mirrored = {
        Effect.NOT_SURELY: Effect.NOT_SURELY_LESS,
        Effect.NOT_SURELY_LESS: Effect.NOT_SURELY,
    }
    assert higher.effect is not None
    assert lower.effect is mirrored.get(higher.effect, higher.effect)
