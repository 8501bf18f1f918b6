"""Error, drift and spread estimated from ratings whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openalliance.core.course import AllianceMeasure, RuptureRules
from openalliance.core.course.alliance_methods.estimation import estimate, estimate_steady
from openalliance.core.course.alliance_methods.series import RatingSeries, rating_series
from openalliance.core.course.alliance_methods.state_space import Ceiling, find_ruptures
from openalliance.core.simulation.ratings import (
    Fall,
    RatingScenario,
    SimulatedRatings,
    simulate_ratings,
)

OPEN = AllianceMeasure(minimum=-1e6, maximum=1e6, sem=1.0, level_sd=0.6)
SCALE = AllianceMeasure(minimum=0.0, maximum=10.0)
RULES = RuptureRules()
STEADY = RatingScenario()
CLIENTS = 1000


def series_of(made: SimulatedRatings) -> RatingSeries:
    clients, sessions = made.ratings.shape
    return rating_series(
        np.repeat(np.arange(clients), sessions),
        np.tile(np.arange(sessions), clients),
        made.ratings.ravel(),
    )


def made(scenario: RatingScenario, seed: int, clients: int = CLIENTS) -> SimulatedRatings:
    return simulate_ratings(scenario, clients, np.random.default_rng(seed))


def test_estimates_give_nominal_false_alarms_and_covering_intervals() -> None:
    fit = estimate(series_of(made(STEADY, 1)), OPEN, RULES)
    assert fit.converged
    assert fit.measure.sem == pytest.approx(0.5, rel=0.05)
    assert fit.measure.level_sd == pytest.approx(0.3, rel=0.10)
    fresh = made(STEADY, 2)
    found = find_ruptures(series_of(fresh), fit.measure, fit.rules)
    opened = sum(len(part.ruptures) for part in found) / (15 * CLIENTS)
    assert opened == pytest.approx(RULES.false_alarm_rate, abs=0.003)
    level = np.array([part.level for part in found])
    se = np.array([part.level_se for part in found])
    covered = np.abs(level - fresh.level) < 1.96 * se
    assert 0.93 <= covered.mean() <= 0.97


def test_clients_who_do_not_differ_are_seen_not_to() -> None:
    fit = estimate(series_of(made(replace(STEADY, spread_df=math.inf), 3, 400)), OPEN, RULES)
    assert fit.rules.scale_df > 60.0


def test_ruptures_do_not_pass_for_drift() -> None:
    steady, broken = made(STEADY, 4), made(replace(STEADY, fall=Fall.STEP, depth=3.0), 5)
    slow = made(replace(STEADY, fall=Fall.SLOW, depth=4.0), 6)
    place = np.arange(CLIENTS) % 10
    mixed = np.where((place < 2)[:, None], broken.ratings, steady.ratings)
    mixed = np.where((place == 2)[:, None], slow.ratings, mixed)
    series = series_of(replace(steady, ratings=mixed))
    plain, screened = (run(series, OPEN, RULES) for run in (estimate, estimate_steady))
    assert plain.measure.level_sd > 0.38
    assert screened.measure.level_sd == pytest.approx(0.3, abs=0.04)
    assert screened.measure.sem == pytest.approx(0.5, abs=0.03)
    assert screened.left_out > 0.2 * CLIENTS


def test_a_ceiling_taken_for_exact_hides_the_error_and_censored_does_not() -> None:
    top = made(replace(STEADY, start=9.8, maximum=10.0), 7)
    series = series_of(top)
    given, censored = (estimate(series, SCALE, RULES, ceiling=how) for how in (
        Ceiling.AS_GIVEN, Ceiling.CENSORED,
    ))  # fmt: skip
    assert given.measure.sem < 0.35
    assert censored.measure.sem == pytest.approx(0.5, abs=0.08)
    found = find_ruptures(series, censored.measure, censored.rules, Ceiling.CENSORED)
    assert sum(len(part.ruptures) for part in found) / (15 * CLIENTS) < 0.013
    level = np.array([part.level for part in found])
    se = np.array([part.level_se for part in found])
    assert 0.92 <= (np.abs(level - top.level) < 1.96 * se).mean() <= 0.97


def test_where_nearly_all_ratings_are_at_the_top_no_error_is_made_up() -> None:
    values = np.full(40, 10.0)
    values[4] = 6.0
    series = rating_series(np.repeat(range(5), 8), np.tile(np.arange(8), 5), values)
    fit = estimate_steady(series, SCALE, RULES, ceiling=Ceiling.CENSORED)
    assert (fit.measure, fit.estimated) == (SCALE, ())
    assert any("at the top of the scale" in words for words in fit.cautions)


def test_what_is_known_is_kept() -> None:
    series = series_of(made(STEADY, 8, 60))
    known = replace(OPEN, sem=0.45, level_sd=0.25)
    fit = estimate(series, known, RULES, known=("sem", "level_sd", "scale_df"))
    assert (fit.measure, fit.rules, fit.estimated) == (known, RULES, ())
    part = estimate(series, known, RULES, known=("sem",))
    assert part.measure.sem == 0.45
    assert part.loglik >= fit.loglik - 1e-6


def test_few_ratings_keep_the_working_drift_and_say_so() -> None:
    values = [8.0, 8.2, 7.9, 8.1, 8.0, 7.8, 8.1, 8.0, 4.5, 5.0, 7.9, 8.1]
    series = rating_series([0] * 12, range(12), values)
    fit = estimate_steady(series, SCALE, RULES, known=("sem",))
    assert fit.measure.level_sd == SCALE.level_sd
    assert any("to tell drift from ruptures" in words for words in fit.cautions)
    (found,) = find_ruptures(series, fit.measure, fit.rules)
    assert [rupture.row for rupture in found.ruptures] == [8]


@pytest.mark.parametrize("values", [[5.0], [5.0] * 40])
def test_without_any_difference_the_given_figures_stay(values: list[float]) -> None:
    fit = estimate_steady(
        rating_series([0] * len(values), range(len(values)), values), SCALE, RULES
    )
    assert fit.measure == SCALE
    assert any("working values" in words for words in fit.cautions)


def test_ours_finds_more_than_a_control_chart_at_the_same_false_alarms() -> None:
    from openalliance.core.course.alliance_methods import control_charts

    broken = made(replace(STEADY, fall=Fall.DIP, depth=2.0), 9, 500)
    steady = series_of(made(STEADY, 10, 500))
    fit = estimate(steady, OPEN, RULES)
    chart = control_charts.ChartRules(sigmas=3.0)
    while sum(len(f.ruptures) for f in control_charts.find_ruptures(steady, chart)) > 75:
        chart = replace(chart, sigmas=chart.sigmas + 0.1)
    ours = find_ruptures(series_of(broken), fit.measure, fit.rules)
    theirs = control_charts.find_ruptures(series_of(broken), chart)
    share = [
        np.mean([any(0 <= r.row - broken.onset < 4 for r in part.ruptures) for part in found])
        for found in (ours, theirs)
    ]
    assert share[0] > share[1] + 0.05
