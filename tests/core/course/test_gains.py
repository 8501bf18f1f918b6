"""Sudden gains and losses: three criteria, reversal, and what cannot be judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from openalliance.core.course.gains import NO, UNKNOWN, YES, GainRules, sudden_gains
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

NAN = float("nan")
RULES = GainRules(cutoff=7.0)


def _sessions(*scores: float, rules: GainRules = RULES) -> list[int]:
    return sudden_gains([scores], rules).session.tolist()


def test_a_large_lasting_step_is_a_gain() -> None:
    found = sudden_gains([[30.0, 29.0, 30.0, 18.0, 17.0, 16.0]], RULES)
    assert found.session.tolist() == [3]
    assert found.magnitude.tolist() == [12.0]
    assert found.before_mean.tolist() == pytest.approx([89 / 3])
    assert found.after_mean.tolist() == pytest.approx([17.0])
    assert found.proportion.tolist() == pytest.approx([12 / 14])
    assert found.reversed.tolist() == [NO]


def test_each_criterion_can_refuse() -> None:
    assert _sessions(30, 29, 30, 24, 23, 22) == []  # six points
    assert _sessions(60, 59, 60, 50, 49, 48) == []  # not a quarter
    assert _sessions(45, 15, 30, 20, 35, 10) == []  # no clear step in this unrest
    assert _sessions(30, 29, 30, 23, 22, 21, rules=GainRules(cutoff=7.0, percent=0.2)) == [3]


def test_a_step_of_exactly_the_cutoff_and_exactly_a_quarter_counts() -> None:
    assert _sessions(28, 28, 28, 21, 21, 21) == [3]


def test_the_third_criterion_has_no_factor_for_the_number_of_sessions() -> None:
    """Means 30 and 20 with pooled SD 3.7: t·s is 10.3 as published, 8.4 with √(1/3 + 1/3)."""
    assert _sessions(33.7, 26.3, 30.0, 20.0, 16.3, 23.7) == []
    assert _sessions(33.5, 26.5, 30.0, 20.0, 16.5, 23.5) == [3]


def test_with_missing_sessions_the_critical_value_is_that_of_the_sessions_there() -> None:
    """Pooled SD 3 of five sessions, means 10 apart: 2.776 is passed, 3.182 (df 3) is too, 4.303
    (two and two sessions, df 2) is not."""
    wide = (NAN, 33.0, 27.0, 20.0, NAN, 17.0)
    published = GainRules(cutoff=7.0, missing_adjustment=False)
    assert _sessions(*wide) == []
    assert _sessions(*wide, rules=published) == [3]


def test_what_cannot_be_judged_is_unknown_and_not_no() -> None:
    found = sudden_gains([[30.0, 29.0, NAN, 18.0, 17.0, 16.0], [30.0] * 6], RULES)
    assert found.criteria[3, 0].tolist() == [UNKNOWN, UNKNOWN, NO]
    assert found.criteria[3, 1].tolist() == [NO, NO, NO]
    assert found.judgeable_steps.tolist() == [1, 3]
    assert sudden_gains([[NAN] * 6], RULES).judgeable_steps.tolist() == [0]


def test_more_than_half_lost_is_a_reversal_from_the_first_session_after_the_step() -> None:
    def lost(*later: float) -> int:
        return int(sudden_gains([[30.0, 30.0, 30.0, 20.0, *later]], RULES).reversed[0])

    assert lost(20.0, 20.0, 25.0) == NO  # exactly half
    assert lost(20.0, 20.0, 25.1) == YES
    assert lost(25.1, 18.0, 18.0) == YES  # the session right after the step's
    assert lost(NAN, 19.0, NAN) == NO


def test_without_a_later_session_a_reversal_is_unknown() -> None:
    rules = GainRules(cutoff=7.0, missing_adjustment=False)
    found = sudden_gains([[30.0, 30.0, 30.0, 20.0, NAN, 20.0]], rules)
    assert found.session.tolist() == [3]
    found = sudden_gains([[30.0, 30.0, 30.0, 30.0, 20.0, 20.0]], RULES)
    assert (found.session.tolist(), found.reversed.tolist()) == ([4], [NO])


def test_the_share_of_the_whole_change_needs_first_and_last_session() -> None:
    found = sudden_gains([[NAN, 30.0, 30.0, 20.0, 20.0, 20.0]], RULES)
    assert np.isnan(found.proportion).tolist() == [True]


def test_a_loss_needs_a_quarter_of_the_score_before_as_well() -> None:
    """The package's default asks losses for -25 %, which every rise passes."""
    rise = (40.0, 40.0, 40.0, 47.5, 47.5, 47.5)
    assert _sessions(*rise, rules=GainRules(cutoff=7.0, losses=True)) == []
    assert _sessions(*rise, rules=GainRules(cutoff=7.0, percent=0.0, losses=True)) == [3]
    found = sudden_gains([[20.0, 20.0, 20.0, 30.0, 30.0, 24.0]], GainRules(cutoff=7, losses=True))
    assert found.magnitude.tolist() == [-10.0]
    assert found.reversed.tolist() == [YES]


@pytest.mark.parametrize(
    ("scores", "words"), [([[1.0, 2.0, 3.0]], "four sessions"), ([[np.inf] * 6], "finite")]
)
def test_scores_that_do_not_do_are_refused(scores: list[list[float]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sudden_gains(scores, RULES)


@pytest.mark.parametrize(
    "wrong", [{"cutoff": 0.0}, {"percent": -0.1}, {"percent": 25.0}, {"alpha": 1.0}]
)
def test_rules_that_do_not_do_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        GainRules(**({"cutoff": 7.0} | wrong))


tables = npst.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(4, 10)),
    elements=st.one_of(st.integers(0, 40).map(float), st.just(NAN)),
)


@given(tables, st.randoms(use_true_random=False))
def test_clients_do_not_depend_on_each_other(table: np.ndarray, random: object) -> None:
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = sudden_gains(table, RULES), sudden_gains(table[order], RULES)
    assert np.array_equal(one.criteria[:, order], other.criteria)
    alone = np.concatenate([sudden_gains([row], RULES).criteria for row in table], axis=1)
    assert np.array_equal(one.criteria, alone)


@given(tables)
def test_with_the_direction_reversed_gains_are_gains_and_losses_losses(table: np.ndarray) -> None:
    for losses in (False, True):
        # No quarter: it is one of the score itself, which has a natural zero.
        low, high = (
            GainRules(cutoff=5.0, percent=0.0, losses=losses, better=better)
            for better in (Better.LOWER, Better.HIGHER)
        )
        one, other = sudden_gains(table, low), sudden_gains(-table, high)
        assert np.array_equal(one.criteria, other.criteria)
        assert np.array_equal(one.reversed, other.reversed)
        assert np.array_equal(one.magnitude, other.magnitude)


@given(tables, st.sampled_from([0.5, 2.0, 8.0, 0.1, 1 / 3, 1e-6]))
def test_other_units_change_nothing_but_units(table: np.ndarray, factor: float) -> None:
    one = sudden_gains(table, RULES)
    other = sudden_gains(table * factor, GainRules(cutoff=7.0 * factor))
    assert np.array_equal(one.criteria[:2], other.criteria[:2])
    assert np.array_equal(one.criteria[3], other.criteria[3])
    assert np.array_equal(one.reversed, other.reversed)
    assert np.allclose(one.magnitude * factor, other.magnitude, rtol=1e-12)


def test_tenths_on_the_threshold_count_as_whole_points_do() -> None:
    points = np.array([[31.0, 30.0, 31.0, 24.0, 21.0, 22.0, 27.5]])
    rules = {"cutoff": 7.0, "percent": 0.1}
    assert sudden_gains(points, GainRules(**rules)).reversed.tolist() == [NO]
    tenths = sudden_gains(points / 10.0, GainRules(**rules | {"cutoff": 0.7}))
    assert tenths.session.tolist() == [3]
    assert tenths.reversed.tolist() == [NO]


def test_blocks_of_clients_make_no_difference() -> None:
    table = np.random.default_rng(1).normal(25, 8, (5000, 9)).round()
    table[np.random.default_rng(2).random(table.shape) < 0.15] = NAN
    whole = sudden_gains(table, RULES)
    parts = [sudden_gains(part, RULES).criteria for part in np.array_split(table, 7)]
    assert np.array_equal(whole.criteria, np.concatenate(parts, axis=1))
    assert len(whole) > 50
