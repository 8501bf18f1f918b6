"""Ruptures in whole series: by state space, by control chart, by criterion."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course import AllianceMeasure, Onset, RuptureRules, filter_and_smooth
from openalliance.core.course.alliance import take_rating
from openalliance.core.course.alliance_methods import control_charts, criterion, state_space
from openalliance.core.course.alliance_methods.control_charts import Chart, ChartRules, ChartSpread
from openalliance.core.course.alliance_methods.criterion import Criterion, CriterionRules
from openalliance.core.course.alliance_methods.forecasts import forecast_loglik
from openalliance.core.course.alliance_methods.gaussian import (
    _compiled_each,
    _Fit,
    fit_each,
    fit_pooled,
)
from openalliance.core.course.alliance_methods.series import (
    RatingSeries,
    SeriesFound,
    rating_series,
    summarise,
)
from openalliance.core.course.alliance_methods.state_space import Ceiling, find_ruptures, levels
from openalliance.core.course.states import LevelState, Observed
from openalliance.core.errors import InputError

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
MEASURE = AllianceMeasure()
RULES = RuptureRules()

ratings = st.lists(st.floats(0.0, 10.0).map(lambda value: round(value, 1)), min_size=1, max_size=25)


def one(values: list[float], sessions: list[float] | None = None) -> RatingSeries:
    numbers = sessions or [float(k) for k in range(1, len(values) + 1)]
    return rating_series([0] * len(values), numbers, values)


def found_by(rules: ChartRules | CriterionRules | RuptureRules, values: list[float]) -> SeriesFound:
    series = one(values)
    if isinstance(rules, ChartRules):
        return control_charts.find_ruptures(series, rules)[0]
    if isinstance(rules, CriterionRules):
        return criterion.find_ruptures(series, rules)[0]
    return find_ruptures(series, MEASURE, rules)[0]


METHODS = [
    RULES,
    *(ChartRules(chart=chart, sigmas=2.0, decision=3.0) for chart in Chart),
    *(CriterionRules(criterion=which) for which in Criterion),
]


@given(ratings, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_batch_is_the_fold_of_live_ratings(values: list[float], gap: int) -> None:
    sessions = [float(1 + gap * place) for place in range(len(values))]
    series = one(values, sessions)
    rows = levels(series, MEASURE, RULES)
    (found,) = find_ruptures(series, MEASURE, RULES)
    state: LevelState | None = None
    opened, repaired = [], []
    for row, value in enumerate(values):
        seen = Observed(at=BEGIN, session=int(sessions[row]), value=value)
        state, opens, closes = take_rating(state, seen, MEASURE, RULES)
        assert (rows.level[row], rows.variance[row]) == (state.level, state.variance)
        assert found.level_se[row] == pytest.approx(state.se, rel=1e-12)
        if opens and state.rupture is not None:
            opened.append((row, state.rupture.depth, state.rupture.probability))
        repaired += [row] if closes is not None else []
    assert [(r.row, r.depth, r.probability) for r in found.ruptures] == opened
    assert [r.repaired_row for r in found.ruptures if r.repaired_row is not None] == repaired


@pytest.mark.parametrize("rules", METHODS, ids=str)
def test_the_order_of_rows_is_no_matter(rules: ChartRules | CriterionRules | RuptureRules) -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(8), 12)
    sessions, values = np.tile(np.arange(12.0), 8), np.clip(rng.normal(8, 1, 96), 0, 10)
    mixed = rng.permutation(96)

    def all_of(series: RatingSeries) -> list[tuple[float, float]]:
        if isinstance(rules, ChartRules):
            found = control_charts.find_ruptures(series, rules)
        elif isinstance(rules, CriterionRules):
            found = criterion.find_ruptures(series, rules)
        else:
            found = find_ruptures(series, MEASURE, rules)
        return [(r.session, r.depth) for part in found for r in part.ruptures]

    ordered = rating_series(codes, sessions, values)
    assert all_of(rating_series(codes[mixed], sessions[mixed], values[mixed])) == all_of(ordered)


@pytest.mark.parametrize("rules", METHODS, ids=str)
def test_other_units_find_the_same_ruptures(
    rules: ChartRules | CriterionRules | RuptureRules,
) -> None:
    values = [7.5, 8.0, 7.8, 8.1, 7.9, 8.2, 4.0, 4.2, 7.9, 8.1, 7.8]
    plain = found_by(rules, values)
    assert plain.ruptures
    scaled = [3.0 * value + 20.0 for value in values]
    if isinstance(rules, RuptureRules):
        measure = AllianceMeasure(minimum=20.0, maximum=50.0, sem=1.5, level_sd=0.9)
        other = find_ruptures(one(scaled), measure, rules)[0]
    else:
        other = found_by(rules, scaled)
    for ours, theirs in zip(plain.ruptures, other.ruptures, strict=True):
        assert (ours.row, ours.repaired_row, ours.onset) == (
            theirs.row, theirs.repaired_row, theirs.onset,
        )  # fmt: skip
        assert theirs.depth == pytest.approx(3.0 * ours.depth)
        assert theirs.standardised == pytest.approx(ours.standardised)


def test_sessions_without_a_rating_make_the_level_less_certain() -> None:
    near = find_ruptures(one([8.0, 8.0, 8.0], [1, 2, 3]), MEASURE, RULES)[0]
    far = find_ruptures(one([8.0, 8.0, 8.0], [1, 2, 7.5]), MEASURE, RULES)[0]
    assert far.level_se[2] > near.level_se[2]
    left_out = rating_series([0] * 4, [1, 2, 5, 7.5], [8.0, 8.0, np.nan, 8.0])
    assert find_ruptures(left_out, MEASURE, RULES)[0].level_se[2] == far.level_se[2]


def test_with_nothing_learnt_of_spread_it_is_the_plain_filter_and_smoother() -> None:
    values = np.random.default_rng(3).normal(7.0, 0.5, 20)
    rules = replace(RULES, scale_df=1e12, huber=50.0)
    rows = levels(one(list(values)), AllianceMeasure(minimum=-99, maximum=99), rules)
    plain = filter_and_smooth(values, noise=0.25, drift=0.09)
    assert rows.level == pytest.approx(plain.filtered, rel=1e-9)
    assert rows.smoothed == pytest.approx(plain.smoothed, rel=1e-9)
    assert rows.smoothed_variance == pytest.approx(plain.smoothed_variance, rel=1e-9)


def test_compiled_and_plain_are_the_same_lines() -> None:
    rng = np.random.default_rng(4)
    values = np.round(np.clip(rng.normal(8.0, 1.2, (1300, 16)), 0, 10), 1)
    codes, sessions = np.repeat(np.arange(1300), 16), np.tile(np.arange(16.0), 1300)
    many = rating_series(codes, sessions, values.ravel())
    few = many.only(np.arange(40))
    for ceiling in Ceiling:
        compiled, plain = (levels(s, MEASURE, RULES, ceiling) for s in (many, few))
        assert np.array_equal(compiled.event[:640], plain.event)
        assert compiled.level[:640] == pytest.approx(plain.level, rel=1e-13)
        assert compiled.smoothed[:640] == pytest.approx(plain.smoothed, rel=1e-13)
    assert forecast_loglik(many, MEASURE, RULES) < forecast_loglik(few, MEASURE, RULES)
    found = _Fit(*(np.full(few.count, np.nan) for _ in _Fit._fields))
    _compiled_each(few.offsets, few.sessions, few.ratings, found)
    assert found.loglik == pytest.approx(fit_each(few).loglik, rel=1e-12)


def test_a_rating_at_the_top_lifts_a_censored_level_above_the_scale() -> None:
    tens = one([10.0] * 6)
    assert levels(tens, MEASURE, RULES).level.max() == 10.0
    censored = levels(tens, MEASURE, RULES, Ceiling.CENSORED)
    assert censored.level[-1] > 10.0
    assert (np.diff(censored.level) > 0.0).all()


def test_variances_by_maximum_likelihood_scale_with_the_ratings() -> None:
    values = list(np.random.default_rng(5).normal(size=25).cumsum() * 0.4 + 5.0)
    plain, scaled = fit_each(one(values)), fit_each(one([3.0 * v - 7.0 for v in values]))
    assert scaled.noise[0] + scaled.drift[0] == pytest.approx(9 * (plain.noise + plain.drift)[0])
    assert scaled.loglik[0] == pytest.approx(plain.loglik[0] - 24 * math.log(3.0), abs=1e-8)
    both = rating_series([0] * 25 + [1] * 25, list(range(25)) * 2, values * 2)
    assert fit_pooled(both).loglik[0] == pytest.approx(2.0 * plain.loglik[0], abs=1e-7)


def test_a_rise_each_time_is_all_drift_and_a_zigzag_all_error() -> None:
    rise, zigzag = fit_each(one([1.0, 2, 4, 5, 7, 8])), fit_each(one([4.0, 5, 4, 5, 4, 5]))
    assert rise.noise[0] == 0.0
    assert zigzag.drift[0] == 0.0
    assert rise.at_boundary[0]
    assert zigzag.at_boundary[0]


def test_too_short_and_constant_series_have_no_variances() -> None:
    series = rating_series([0, 0, 1, 1, 1], [1, 2, 1, 2, 3], [5.0, 6.0, 7.0, 7.0, 7.0])
    assert np.isnan(fit_each(series).noise).all()
    with pytest.raises(InputError, match="too few"):
        fit_pooled(series.only([0]))


def test_a_chart_without_two_ratings_or_any_spread_says_so() -> None:
    rules = ChartRules()
    assert found_by(rules, [5.0]).reason == "a chart needs at least two ratings"
    assert "never differ" in (found_by(rules, [5.0] * 5).reason or "")
    tenths = replace(rules, spread=ChartSpread.SD, baseline=3)
    assert "never differ" in (found_by(tenths, [0.1, 0.1, 0.1, 0.05]).reason or "")
    all_baseline = found_by(replace(rules, baseline=5), [5.0, 6.0, 5.0])
    assert "in the baseline" in (all_baseline.reason or "")


def test_a_baseline_is_not_moved_by_what_follows_it() -> None:
    calm = [8.0, 8.2, 7.9, 8.1, 8.0]
    rules = ChartRules(baseline=5)
    found = found_by(rules, [*calm, 6.5, 6.0, 8.1])
    assert found.level == pytest.approx(np.full(8, np.mean(calm)))
    (rupture,) = found.ruptures
    assert (rupture.row, rupture.repaired_row) == (5, 7)
    assert rupture.sessions_to_repair == 2


@pytest.mark.parametrize("unit", [1.0, 0.1, 1.0 / 3.0])
def test_a_rating_on_the_centre_is_a_repair_in_any_unit(unit: float) -> None:
    ratings = [80.0, 81.0, 80.0, 79.0, 80.0, 60.0, 80.0, 100.0]
    found = found_by(ChartRules(sigmas=1.5), [unit * rating for rating in ratings])
    assert [(rupture.row, rupture.repaired_row) for rupture in found.ruptures] == [(5, 6)]


def test_a_run_below_the_centre_is_a_gradual_rupture() -> None:
    values = [8.0, 8.4] * 6 + [7.9] * 7
    assert found_by(ChartRules(baseline=12), values).ruptures == ()
    (rupture,) = found_by(ChartRules(baseline=12, run_length=7), values).ruptures
    assert (rupture.row, rupture.onset) == (18, Onset.GRADUAL)


@pytest.mark.parametrize(("criterion_", "rows"), [("stiles", [3]), ("strauss", [3]), ("gumz", [3])])
def test_a_v_is_a_rupture_and_its_repair_by_every_criterion(
    criterion_: str, rows: list[int]
) -> None:
    found = found_by(CriterionRules(criterion=Criterion(criterion_)), [8, 8, 8, 5, 8, 8, 8, 8])
    assert [rupture.row for rupture in found.ruptures] == rows
    assert found.ruptures[0].repaired_row == 4
    assert found.ruptures[0].depth == pytest.approx(3.0)
    assert np.isnan(found.level).all()


def test_a_decline_over_sessions_counts_from_its_beginning_in_gumz_only() -> None:
    values = [8.0, 8.0, 7.5, 7.0, 6.5, 6.0, 8.0, 8.0]
    (rupture,) = found_by(CriterionRules(criterion=Criterion.GUMZ, threshold=1.5), values).ruptures
    assert (rupture.row, rupture.onset) == (4, Onset.GRADUAL)
    assert rupture.depth == pytest.approx(1.5)
    rules = CriterionRules(criterion=Criterion.STILES, threshold=1.5)
    assert found_by(rules, values).ruptures == ()


def test_who_varies_less_than_most_has_no_rupture_by_strauss() -> None:
    values = [8.0, 8.2, 8.0, 7.4, 8.0, 8.1]
    steady, wild = rating_series([0] * 6, range(6), values), [2.0, 9.0, 3.0, 8.0, 2.0, 9.0]
    both = rating_series([0] * 6 + [1] * 6, [*range(6), *range(6)], [*values, *wild])
    rules = CriterionRules(criterion=Criterion.STRAUSS)
    assert criterion.find_ruptures(steady, rules)[0].ruptures
    quiet, loud = criterion.find_ruptures(both, rules)
    assert not quiet.ruptures
    assert "varies less" in (quiet.reason or "")
    assert loud.ruptures


def test_counts_over_all_series() -> None:
    broken = found_by(RULES, [8.0] * 8 + [4.0] + [8.0] * 4)
    summary = summarise([broken, found_by(RULES, [8.0] * 8)])
    assert (summary.series_with_rupture, summary.ruptures, summary.repaired) == (1, 1, 1)
    assert summary.repair_rate == 1.0
    assert math.isnan(summarise([]).repair_rate)


def test_impossible_series_are_refused() -> None:
    with pytest.raises(InputError, match="rated once"):
        one([5.0, 6.0], [2, 2])
    with pytest.raises(InputError, match="outside"):
        levels(one([11.0]), MEASURE, RULES)
    with pytest.raises(InputError):
        ChartRules(baseline=1)
    with pytest.raises(InputError):
        CriterionRules(threshold=0.0)


def test_a_state_space_rupture_is_on_the_measures_scale() -> None:
    (found,) = state_space.find_ruptures(one([8.0] * 8 + [4.0]), MEASURE, RULES)
    (rupture,) = found.ruptures
    assert rupture.depth == pytest.approx(4.0)
    assert rupture.repaired_at is None
    assert rupture.sessions_to_repair is None
