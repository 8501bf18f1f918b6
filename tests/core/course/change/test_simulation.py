"""Error rates with known truth: who is called changed when nobody changed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openalliance.core.course.change_methods import (
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    PrePost,
    analyse_change,
)
from openalliance.core.course.probability import normal_cdf

RELIABILITY = 0.8
CLIENTS = 200_000


def unchanged_clients(seed: int, *, least: float = -math.inf) -> PrePost:
    """Scores of SD 1 and reliability .8, no true change; who starts at ``least`` or above."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.0, math.sqrt(RELIABILITY), CLIENTS)
    pre, post = truth + rng.normal(0.0, math.sqrt(1.0 - RELIABILITY), (2, CLIENTS))
    kept = pre >= least
    return PrePost(pre=pre[kept], post=post[kept])


def rates(pairs: PrePost, method: ChangeMethod, *, sd: float | None = None) -> tuple[float, float]:
    """Share called improved and share called deteriorated."""
    settings = ChangeSettings(
        method=method, approach=ChangeApproach.DISTRIBUTION, reliability=RELIABILITY, sd=sd
    )
    codes = analyse_change(pairs, settings).codes
    return float(np.mean(codes == 1)), float(np.mean(codes == -1))


def beyond(z: float) -> float:
    return 2.0 * normal_cdf(-z)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("jt", 0.05),
        ("gln", 0.05),
        ("hll", 0.05),
        # The interval's error is that of one score, not of a prediction: 14 % instead of 5 %.
        ("en", beyond(1.959964 / math.sqrt(1.0 + RELIABILITY))),
        ("nk", beyond(1.959964 * math.sqrt((1.0 + RELIABILITY**2) / (1.0 + RELIABILITY)))),
    ],
)
def test_false_alarms_without_any_change(method: str, expected: float) -> None:
    improved, deteriorated = rates(unchanged_clients(1), ChangeMethod(method))
    assert improved + deteriorated == pytest.approx(expected, abs=0.0025)
    assert improved == pytest.approx(deteriorated, abs=0.004)


def test_clients_chosen_for_a_high_score_regress_and_jacobson_truax_calls_it_improvement() -> None:
    chosen = unchanged_clients(2, least=1.0)
    improved, deteriorated = rates(chosen, ChangeMethod.JACOBSON_TRUAX, sd=1.0)
    assert improved == pytest.approx(0.065, abs=0.004)
    assert deteriorated == pytest.approx(0.007, abs=0.003)


def test_reliable_changes_are_found_with_the_power_they_should_have() -> None:
    pairs = unchanged_clients(3)
    sd_diff = math.sqrt(2.0 * (1.0 - RELIABILITY))
    better = PrePost(pre=pairs.pre, post=pairs.post - 2.8 * sd_diff)
    improved, _ = rates(better, ChangeMethod.JACOBSON_TRUAX)
    assert improved == pytest.approx(normal_cdf(2.8 - 1.959964), abs=0.004)
