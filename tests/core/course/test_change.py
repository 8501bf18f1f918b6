"""Reliable change: more than measurement error, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course import (
    Verdict,
    change_between,
    reliable_change_index,
    standard_error_of_measurement,
    verdicts,
)
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

scores = st.floats(0.0, 60.0)

LIMITS = [(8.2, 3.2), (8.7, 3.7), (9.2, 4.2)]


def test_published_example_of_jacobson_and_truax() -> None:
    sem = standard_error_of_measurement(7.5, 0.80)
    assert sem == pytest.approx(3.35, abs=0.01)
    assert float(reliable_change_index(32.5, 47.5, sem)) == pytest.approx(3.16, abs=0.01)


def test_a_published_limit_is_reached_not_passed() -> None:
    change = change_between(10.0, 4.0, sem=1.0, better=Better.LOWER, limit=6.0)
    assert change.verdict is Verdict.IMPROVED
    almost = change_between(10.0, 4.1, sem=1.0, better=Better.LOWER, limit=6.0)
    assert almost.verdict is Verdict.UNCHANGED


@pytest.mark.parametrize(("first", "last"), LIMITS)
def test_a_published_limit_in_tenths_is_reached_whatever_binary_fractions_make_of_it(
    first: float, last: float
) -> None:
    assert abs(last - first) < 5.0
    change = change_between(first, last, sem=1.8, better=Better.LOWER, limit=5.0)
    assert change.verdict is Verdict.IMPROVED


def test_missing_scores_give_no_verdict() -> None:
    found = verdicts([1.0, np.nan], [9.0, 2.0], sem=0.5, better=Better.HIGHER)
    assert found.tolist() == [1, 0]


@given(scores, scores)
def test_one_client_is_the_array_of_one(first: float, last: float) -> None:
    code = {Verdict.IMPROVED: 1, Verdict.UNCHANGED: 0, Verdict.DETERIORATED: -1}
    alone = change_between(first, last, sem=2.0, better=Better.LOWER)
    assert verdicts([first], [last], sem=2.0, better=Better.LOWER)[0] == code[alone.verdict]


@given(scores, scores)
def test_turning_the_direction_turns_the_verdict(first: float, last: float) -> None:
    lower = verdicts([first], [last], sem=2.0, better=Better.LOWER)
    higher = verdicts([first], [last], sem=2.0, better=Better.HIGHER)
    assert lower[0] == -higher[0]


def test_noise_alone_is_called_reliable_at_the_nominal_rate() -> None:
    rng = np.random.default_rng(11)
    truth = rng.normal(5.0, 2.0, 100_000)
    noise = rng.normal(0.0, 0.5, (2, truth.size))
    found = verdicts(truth + noise[0], truth + noise[1], sem=0.5, better=Better.HIGHER)
    assert np.mean(found != 0) == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize(("sd", "reliability"), [(0.0, 0.8), (1.0, 1.0), (1.0, -0.1)])
def test_impossible_reliability_is_refused(sd: float, reliability: float) -> None:
    with pytest.raises(InputError):
        standard_error_of_measurement(sd, reliability)
