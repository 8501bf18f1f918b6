"""How good an off-track rule is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openalliance.core.course import WORKING_TRAJECTORY, OutcomeMeasure
from openalliance.core.course.trajectories.rules import (
    BadEnd,
    Ends,
    ends_of,
    quality_by_simulation,
    quality_by_split,
    rule_quality,
    simulated_scores,
)
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

WEEKS = np.arange(12.0)
WIDE = replace(WORKING_TRAJECTORY, minimum=-1e6, maximum=1e6)


def test_counts_are_those_of_the_two_by_two_table() -> None:
    ends = Ends(
        signalled=np.array([True] * 9 + [False] * 91),
        bad=np.array([True] * 6 + [False] * 3 + [True] * 4 + [False] * 87),
    )
    found = rule_quality(ends, source="made up")
    assert (found.sensitivity.count, found.sensitivity.n) == (6, 10)
    assert (found.specificity.count, found.specificity.n) == (87, 90)
    assert found.ppv.value == pytest.approx(6 / 9)
    assert found.npv.value == pytest.approx(87 / 91)
    assert found.bad_ends.value == 0.1
    assert found.ppv.low < found.ppv.value < found.ppv.high


def test_no_signal_leaves_ppv_undefined_and_few_ends_are_said() -> None:
    found = rule_quality(
        Ends(signalled=np.zeros(10, bool), bad=np.zeros(10, bool)), source="made up"
    )
    assert np.isnan(found.ppv.value)
    assert np.isnan(found.sensitivity.value)
    assert "Too few" in found.notes[0]


def test_a_single_score_is_beyond_the_band_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(1)
    scores = simulated_scores(WIDE, np.array([0.0, 5.0, 6.0]), 20_000, rng)
    codes = np.repeat(np.arange(20_000), 3)
    weeks = np.tile([0.0, 5.0, 6.0], 20_000)
    ends = ends_of(WIDE, codes, weeks, scores.ravel(), reliable_change=1.0)
    assert ends.signalled.mean() == pytest.approx((1 - WIDE.level) / 2, abs=0.007)


def test_only_scores_between_the_first_and_the_last_raise_it() -> None:
    codes = np.zeros(3, int)
    worse_at_the_end = ends_of(WIDE, codes, [0, 1, 2], [4.0, 4.5, -9.0], reliable_change=1.4)
    assert (worse_at_the_end.signalled[0], worse_at_the_end.bad[0]) == (False, True)
    worse_between = ends_of(WIDE, codes, [0, 1, 2], [4.0, -9.0, 4.5], reliable_change=1.4)
    assert (worse_between.signalled[0], worse_between.bad[0]) == (True, False)
    not_better = ends_of(
        WIDE, codes, [2, 0, 1], [4.5, 4.0, -9.0], reliable_change=1.4, bad_end=BadEnd.NOT_IMPROVED
    )
    assert (not_better.signalled[0], not_better.bad[0]) == (True, True)


def test_two_scores_are_too_few() -> None:
    assert ends_of(WIDE, [0, 0], [0, 1], [1.0, 2.0], reliable_change=1.0).bad.size == 0


def test_direction_of_the_score_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    scores = simulated_scores(WIDE, WEEKS, 500, rng).ravel()
    codes, weeks = np.repeat(np.arange(500), 12), np.tile(WEEKS, 500)
    mirrored = replace(WIDE, start_mean=-4.0, rate_mean=-0.65, better=Better.LOWER)
    up = ends_of(WIDE, codes, weeks, scores, reliable_change=1.4)
    down = ends_of(mirrored, codes, weeks, -scores, reliable_change=1.4)
    assert (up.signalled == down.signalled).all()
    assert (up.bad == down.bad).all()


def test_simulation_and_split_agree_on_the_same_clients() -> None:
    rng = np.random.default_rng(3)
    simulated = quality_by_simulation(WIDE, WEEKS, rng, reliable_change=1.4, clients=4000)
    scores = simulated_scores(WIDE, WEEKS, 400, rng).ravel()
    measure = OutcomeMeasure(minimum=-1e6, maximum=1e6)
    split = quality_by_split(
        np.repeat(np.arange(400), 12),
        np.tile(WEEKS, 400),
        scores,
        measure,
        rng,
        reliable_change=1.4,
    )
    assert split.n_clients == 400
    assert split.specificity.low - 0.03 < simulated.specificity.value
    assert simulated.specificity.value < split.specificity.high + 0.03
    assert split.sensitivity.low < simulated.sensitivity.value < split.sensitivity.high
    assert simulated.ppv.value > 2 * simulated.bad_ends.value


def test_a_change_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        ends_of(WIDE, [0], [0.0], [1.0], reliable_change=0.0)
