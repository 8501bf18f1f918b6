"""Rupture and repair, against simulated truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from openalliance.core.course import (
    AllianceMeasure,
    Course,
    CourseSettings,
    Method,
    Observation,
    ObservationKind,
    Onset,
    RuptureRules,
    SignalKind,
    fold,
)
from openalliance.core.course.alliance import rupture_probability, take_rating
from openalliance.core.course.limits import RATINGS_WATCHED, fall_limit
from openalliance.core.course.states import LevelState, Observed
from openalliance.core.instruments import Rater

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULES = RuptureRules()
UNBOUNDED = AllianceMeasure(minimum=-1e6, maximum=1e6)
CLIENTS, SESSIONS = 700, 16


@dataclass(frozen=True)
class Found:
    alarms: float
    coverage: float


def run(
    ratings: NDArray[np.float64], truth: NDArray[np.float64], measure: AllianceMeasure
) -> Found:
    """Share of ratings after the first taken for a rupture; share of levels within 1.96 se."""
    alarms, inside = [], []
    for client in range(ratings.shape[0]):
        state: LevelState | None = None
        for t in range(ratings.shape[1]):
            seen = Observed(at=BEGIN, session=t + 1, value=float(ratings[client, t]))
            state, opens, _ = take_rating(state, seen, measure, RULES)
            state = state.without_rupture()
            inside.append(abs(state.level - truth[client, t]) < 1.96 * state.se)
            if t:
                alarms.append(opens)
    return Found(alarms=float(np.mean(alarms)), coverage=float(np.mean(inside)))


def cohort(seed: int, spread: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    rng = np.random.default_rng(seed)
    sd = np.sqrt(spread)[:, None]
    truth = 0.3 * sd * rng.standard_normal((CLIENTS, SESSIONS)).cumsum(axis=1)
    return truth + 0.5 * sd * rng.standard_normal(truth.shape), truth


def course(ratings: list[float]) -> Course:
    return fold(
        [
            Observation(
                at=BEGIN + timedelta(weeks=week),
                session=week + 1,
                kind=ObservationKind.ALLIANCE,
                rater=Rater.CLIENT,
                value=value,
            )
            for week, value in enumerate(ratings)
        ],
        CourseSettings(),
    )


def test_false_alarms_come_at_the_nominal_rate_when_clients_differ_in_spread() -> None:
    spread = RULES.scale_df / np.random.default_rng(1).chisquare(RULES.scale_df, CLIENTS)
    found = run(*cohort(2, spread), UNBOUNDED)
    # 10,500 ratings: two standard errors of the rate are 0.002.
    assert found.alarms == pytest.approx(RULES.false_alarm_rate, abs=0.003)
    assert 0.93 <= found.coverage <= 0.97


def test_false_alarms_are_fewer_when_the_stated_error_is_right_for_all() -> None:
    found = run(*cohort(3, np.ones(CLIENTS)), UNBOUNDED)
    assert found.alarms <= RULES.false_alarm_rate
    assert 0.93 <= found.coverage <= 0.97


def test_twice_the_error_does_not_alarm_as_a_fixed_error_would() -> None:
    found = run(*cohort(4, np.full(CLIENTS, 4.0)), UNBOUNDED)
    fixed = 0.122  # P(Z < -2.33/2): what a filter that believes the stated error would give
    assert found.alarms < 0.6 * fixed


@pytest.mark.parametrize("level", [9.4, 9.7, 10.0])
def test_no_more_false_alarms_at_the_ceiling(level: float) -> None:
    rng = np.random.default_rng(7)
    truth = np.full((CLIENTS, SESSIONS), level)
    items = np.rint(level + 1.2 * rng.standard_normal((*truth.shape, 6)))
    found = run(np.clip(items, 0.0, 10.0).mean(axis=2), truth, AllianceMeasure())
    assert found.alarms <= RULES.false_alarm_rate


@pytest.mark.parametrize(("depth", "least_power"), [(2.0, 0.55), (3.0, 0.90)])
def test_power_to_see_a_fall(depth: float, least_power: float) -> None:
    ratings, _ = cohort(8, np.ones(CLIENTS))
    ratings[:, 8] -= depth
    seen = 0
    for client in range(CLIENTS):
        state: LevelState | None = None
        for t in range(9):
            rating = Observed(at=BEGIN, session=t + 1, value=float(ratings[client, t]))
            state, opens, _ = take_rating(state, rating, UNBOUNDED, RULES)
            state = state.without_rupture()
        seen += opens
    assert seen / CLIENTS >= least_power


def test_one_low_rating_neither_drags_the_level_nor_passes_in_silence() -> None:
    found = course([8.0] * 8 + [4.0] + [8.0] * 3)
    points = found.alliance[Rater.CLIENT]
    assert points[8].rupture
    assert points[8].level > 6.5
    assert points[8].se > points[7].se
    assert points[9].level > 7.0
    (rupture,) = found.ruptures
    assert rupture.depth == pytest.approx(4.0)
    assert rupture.probability > 0.9
    assert rupture.sessions_to_repair is not None


def test_a_lasting_fall_is_followed_and_not_called_repaired() -> None:
    found = course([8.0] * 8 + [5.0] * 6)
    last = found.alliance[Rater.CLIENT][-1]
    assert last.level == pytest.approx(5.0, abs=0.5)
    assert last.in_rupture
    (rupture,) = found.ruptures
    assert rupture.repaired_at is None
    assert [signal.kind for signal in found.signals] == [SignalKind.RUPTURE]


def test_repair_is_counted_in_sessions_also_over_sessions_without_rating() -> None:
    ratings = course([8.0] * 8 + [5.0]).alliance[Rater.CLIENT]
    seen = [
        Observation(at=p.at, session=p.session, kind=ObservationKind.ALLIANCE, value=p.rating)
        for p in ratings
    ]
    seen += [
        Observation(
            at=BEGIN + timedelta(weeks=session),
            session=session,
            kind=ObservationKind.ALLIANCE,
            value=8.2,
        )
        for session in (12, 13)
    ]
    (rupture,) = fold(seen, CourseSettings()).ruptures
    assert rupture.session == 9
    assert rupture.repaired_session in {12, 13}
    assert rupture.sessions_to_repair == (rupture.repaired_session or 0) - 9


def test_a_rise_is_no_rupture_however_surprising() -> None:
    assert course([3.0] * 8 + [9.0]).ruptures == ()
    assert rupture_probability(6.0, 10.0, 0.7, 10.0, RULES) == 0.0


def test_the_deeper_the_fall_the_more_probable_the_rupture() -> None:
    chances = [rupture_probability(-z, 20.0, 0.7, 10.0, RULES) for z in (0.5, 2.0, 3.0, 5.0, 9.0)]
    assert chances == sorted(chances)
    assert all(0.0 <= chance <= 1.0 for chance in chances)


def test_the_error_shrinks_to_the_plain_one_as_the_spread_becomes_known() -> None:
    seen = Observed(at=BEGIN, session=1, value=7.0)
    state, _, _ = take_rating(None, seen, UNBOUNDED, RULES)
    assert state.se == pytest.approx(0.5 * np.sqrt(10.0 / 8.0))
    known, _, _ = take_rating(None, seen, UNBOUNDED, RuptureRules(scale_df=1e9))
    assert known.se == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("lasting", "least", "most"), [(0.0, 0.65, 0.95), (1.5, 0.0, 0.20), (3.0, 0.0, 0.02)]
)
def test_who_comes_back_is_seen_and_who_does_not_is_not(
    lasting: float, least: float, most: float
) -> None:
    ratings, _ = cohort(12, np.ones(CLIENTS))
    ratings[:, 8] -= 3.0
    ratings[:, 9:13] -= lasting
    opened, repaired = 0, 0
    for client in range(CLIENTS):
        state: LevelState | None = None
        for t in range(13):
            rating = Observed(at=BEGIN, session=t + 1, value=float(ratings[client, t]))
            state, opens, closes = take_rating(state, rating, UNBOUNDED, RULES)
            state = state.without_rupture() if t < 8 else state
            opened += opens and t == 8
            if closes is not None:
                repaired += closes.began.session == 9
    assert opened > 0.9 * CLIENTS
    assert least <= repaired / opened <= most


def test_a_small_wobble_never_alarms_even_a_very_steady_client() -> None:
    assert course([9.0, 9.1] * 20 + [8.4]).ruptures == ()


def test_a_slow_fall_is_seen_that_no_single_rating_shows() -> None:
    ratings, _ = cohort(21, np.ones(CLIENTS))
    ratings[:, 4:12] -= np.arange(1, 9) * 0.5
    ratings[:, 12:] -= 4.0
    rules = {"both": RULES, "sudden only": RuptureRules(slow_share=0.0)}
    seen = {name: share_seen(ratings, range(4, 13), rule) for name, rule in rules.items()}
    assert seen["both"] > 0.93
    assert seen["sudden only"] < 0.65


def share_seen(ratings: NDArray[np.float64], window: range, rules: RuptureRules) -> float:
    """Share of clients, steady until the window, whose rupture opens within it."""
    seen, steady = 0, 0
    for client in range(ratings.shape[0]):
        state: LevelState | None = None
        opened: list[int] = []
        for t in range(window.stop):
            rating = Observed(at=BEGIN, session=t + 1, value=float(ratings[client, t]))
            state, opens, _ = take_rating(state, rating, UNBOUNDED, rules)
            opened += [t] if opens else []
        if not opened or opened[0] >= window.start:
            steady += 1
            seen += bool(opened)
    return seen / steady


def test_a_slow_fall_counts_from_where_it_began_until_it_is_back_there() -> None:
    found = course([8.0] * 6 + [7.4, 6.9, 6.3, 5.8, 5.4] + [7.9, 8.1, 8.0, 8.0])
    (rupture,) = found.ruptures
    assert rupture.onset is Onset.GRADUAL
    assert rupture.before == pytest.approx(8.0, abs=0.05)
    assert rupture.probability > 0.8
    assert rupture.repaired_session in {12, 13, 14}
    assert [signal.method for signal in found.signals] == [
        Method.CUSUM,
        Method.LOCAL_LEVEL,
    ]


def test_the_limit_of_slow_falls_keeps_its_rate() -> None:
    rate = RULES.false_alarm_rate * RULES.slow_share
    limit = fall_limit(rate, RULES.scale_df, RULES.slow_allowance, RULES.huber)
    rng = np.random.default_rng(22)
    df = RULES.scale_df + np.arange(RATINGS_WATCHED)
    surprises = rng.standard_t(df, (40_000, RATINGS_WATCHED))
    alarms, fall = 0, np.zeros(surprises.shape[0])
    for t in range(RATINGS_WATCHED):
        steps = -np.clip(surprises[:, t], -RULES.huber, RULES.huber) - RULES.slow_allowance
        fall = np.maximum(fall + steps, 0.0)
        alarms += int((fall > limit).sum())
        fall[fall > limit] = 0.0
    assert alarms / surprises.size == pytest.approx(rate, rel=0.05)


def test_no_slow_falls_are_looked_for_when_they_get_no_share() -> None:
    assert fall_limit(0.0, 10.0, 0.5, 2.0) == np.inf
