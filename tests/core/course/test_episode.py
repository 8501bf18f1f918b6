"""One episode's course: live and in batch, in any order, with every signal at its onset."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course import (
    AllianceMeasure,
    Course,
    CourseSettings,
    CourseState,
    Observation,
    ObservationKind,
    OutcomeMeasure,
    RuptureRules,
    SignalKind,
    Verdict,
    fold,
    in_order,
    published_normal_gap,
    start,
    update,
)
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Better, Rater
from openalliance.core.simulation import SimulationSettings, observations, simulate

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
DEFAULTS = CourseSettings()


def seen(
    week: int, kind: ObservationKind, value: float = 0.0, rater: Rater = Rater.CLIENT
) -> Observation:
    return Observation(
        at=BEGIN + timedelta(weeks=week), session=week + 1, kind=kind, rater=rater, value=value
    )


def outcomes(*values: float) -> list[Observation]:
    return [seen(week, ObservationKind.OUTCOME, value) for week, value in enumerate(values)]


def kinds(course: Course) -> list[tuple[str, int | None]]:
    return [(signal.kind.value, signal.session) for signal in course.signals]


def live(made: list[Observation], rules: CourseSettings) -> tuple[CourseState, list[Any]]:
    state, signals = start(rules), []
    for observation in in_order(made):
        # Through JSON each time: what is stored between two check-ins loses nothing.
        stored = json.dumps(state.to_json(), allow_nan=False)
        taken = update(CourseState.from_json(json.loads(stored)), observation, rules)
        state = taken.state
        signals += taken.signals
    return state, signals


COHORT = simulate(SimulationSettings(clients=40), np.random.default_rng(9))


@pytest.mark.parametrize("client", range(40))
def test_live_equals_batch_and_order_of_rows_does_not_matter(client: int) -> None:
    made = observations(COHORT, client, date(2026, 1, 5))
    batch = fold(made, DEFAULTS)
    state, signals = live(made, DEFAULTS)
    assert state == batch.state
    assert tuple(signals) == batch.signals
    np.random.default_rng(client).shuffle(made)  # type: ignore[arg-type]
    assert fold(made, DEFAULTS) == batch


any_observation = st.builds(
    seen,
    st.integers(0, 30),
    st.sampled_from(ObservationKind),
    st.integers(0, 20).map(lambda half: half / 2.0),
    st.sampled_from([Rater.CLIENT, Rater.THERAPIST]),
)


@settings(max_examples=60)
@given(st.lists(any_observation, max_size=25), st.randoms())
def test_any_observations_in_any_order_make_one_course(
    made: list[Observation], chance: Any
) -> None:
    batch = fold(made, DEFAULTS)
    state, signals = live(made, DEFAULTS)
    assert (state, tuple(signals)) == (batch.state, batch.signals)
    chance.shuffle(made)
    assert fold(made, DEFAULTS) == batch
    for signal in batch.signals:
        assert all(math.isfinite(value) for value in signal.seen.values())


@settings(max_examples=40)
@given(st.lists(st.integers(0, 20).map(lambda half: half / 2.0), min_size=2, max_size=15))
def test_turning_the_outcome_turns_nothing_but_the_sign(values: list[float]) -> None:
    trajectory = DEFAULTS.trajectory
    assert trajectory is not None
    turned_trajectory = replace(
        trajectory,
        start_mean=10.0 - trajectory.start_mean,
        rate_mean=-trajectory.rate_mean,
        better=Better.LOWER,
    )
    turned_settings = CourseSettings(
        outcome=OutcomeMeasure(better=Better.LOWER), trajectory=turned_trajectory
    )
    plain = fold(outcomes(*values), DEFAULTS)
    turned = fold(outcomes(*(10.0 - value for value in values)), turned_settings)
    assert kinds(plain) == kinds(turned)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 20).map(lambda half: half / 2.0), min_size=2, max_size=15))
def test_another_unit_of_the_alliance_changes_no_signal(values: list[float]) -> None:
    made = [seen(week, ObservationKind.ALLIANCE, value) for week, value in enumerate(values)]
    times_seven = [replace(o, value=7.0 * o.value + 12.0) for o in made]
    measure = AllianceMeasure(minimum=12.0, maximum=82.0, sem=3.5, level_sd=2.1)
    other = CourseSettings(alliance={Rater.CLIENT: measure})
    assert kinds(fold(made, DEFAULTS)) == kinds(fold(times_seven, other))


def test_state_does_not_grow_with_the_history() -> None:
    def size(weeks: int) -> int:
        ratings = [seen(week, ObservationKind.ALLIANCE, 7.0) for week in range(weeks)]
        return len(
            json.dumps(fold([*ratings, *outcomes(*[5.0] * weeks)], DEFAULTS).state.to_json())
        )

    assert size(400) - size(20) < 40


def test_what_arrives_late_is_refused_and_folded_afresh() -> None:
    late, rest = seen(1, ObservationKind.OUTCOME, 5.0), outcomes(4.0, 5.0, 6.0)
    state = fold(rest, DEFAULTS).state
    with pytest.raises(ConflictError):
        update(state, late, DEFAULTS)
    assert len(fold([*rest, late], DEFAULTS).outcome) == 4


def test_reliable_change_is_said_once_per_direction() -> None:
    course = fold(outcomes(4.0, 6.0, 5.3, 6.0, 4.2, 6.0, 2.0), replace(DEFAULTS, trajectory=None))
    said = [(s.session, s.talk_about) for s in course.signals]
    assert said == [
        (2, "what-got-better"), (6, "what-got-better"), (7, "what-got-worse"),
    ]  # fmt: skip
    assert course.change is not None
    assert course.change.verdict is Verdict.DETERIORATED
    assert course.change.rci == pytest.approx(-2.0 / (math.sqrt(2.0) * 0.5))


def test_off_track_is_said_at_onset_with_the_share_doing_better() -> None:
    course = fold(outcomes(5.0, 5.0, 2.5, 2.4, 2.6, 5.5), DEFAULTS)
    off = [signal for signal in course.signals if signal.kind is SignalKind.OFF_TRACK]
    assert [signal.session for signal in off] == [3]
    assert off[0].certainty.probability is not None
    assert off[0].certainty.probability > 0.9
    point = course.outcome[2]
    assert point.expected_low is not None
    assert point.value < point.expected_low
    assert not course.state.outcome.off_track if course.state.outcome else False


def test_without_a_trajectory_nothing_is_expected() -> None:
    course = fold(outcomes(5.0, 1.0), replace(DEFAULTS, trajectory=None))
    assert course.expected == ()
    assert course.outcome[1].expected is None
    assert [s.kind for s in course.signals] == [SignalKind.RELIABLE_CHANGE]


def test_every_marked_safety_answer_is_a_signal() -> None:
    made = [seen(week, ObservationKind.SAFETY, value) for week, value in enumerate([0, 2, 2, 0])]
    course = fold(made, DEFAULTS)
    assert kinds(course) == [("safety", 2), ("safety", 3)]
    assert not course.state.safety_marked


def test_missed_check_ins_are_said_once_per_row() -> None:
    missed, done = ObservationKind.CHECK_IN_MISSED, ObservationKind.CHECK_IN_DONE
    row = [missed, missed, missed, done, missed, missed]
    course = fold([seen(week, kind) for week, kind in enumerate(row)], DEFAULTS)
    assert kinds(course) == [("missed-check-ins", 2), ("missed-check-ins", 6)]


def both(week: int, client: float, therapist: float) -> list[Observation]:
    return [
        seen(week, ObservationKind.ALLIANCE, client),
        seen(week, ObservationKind.ALLIANCE, therapist, Rater.THERAPIST),
    ]


def test_the_usual_gap_is_no_signal_and_an_unusual_one_is_said_once() -> None:
    usual = [o for week in range(6) for o in both(week, 8.0, 7.5)]
    assert fold(usual, DEFAULTS).signals == ()
    unusual = [o for week in range(6) for o in both(week, 5.0, 9.0)]
    (signal,) = fold(unusual, DEFAULTS).signals
    assert signal.kind is SignalKind.GAP
    assert signal.seen["gap"] < signal.seen["usual_low"]


def test_a_gap_needs_both_ratings_of_one_session() -> None:
    made = [both(0, 5.0, 9.0)[0], both(1, 5.0, 9.0)[1]]
    assert fold(made, DEFAULTS).signals == ()


def test_gaps_of_usual_pairs_are_seldom_a_signal() -> None:
    rng = np.random.default_rng(12)
    norm = published_normal_gap(1.3)
    found = 0
    for gap in rng.normal(norm.mean, norm.sd, 400):
        levels = (6.0 + gap / 2.0, 6.0 - gap / 2.0)
        noise = 0.5 * rng.standard_normal((8, 2))
        made = [
            o
            for week in range(8)
            for o in both(
                week,
                float(np.clip(levels[0] + noise[week, 0], 0, 10)),
                float(np.clip(levels[1] + noise[week, 1], 0, 10)),
            )
        ]
        found += any(s.kind is SignalKind.GAP for s in fold(made, DEFAULTS).signals)
    assert found / 400 <= 1.0 - norm.coverage


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": datetime(2026, 1, 5)},  # noqa: DTZ001
        {"at": datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=1)))},
        {"session": 0},
        {"value": math.nan},
    ],
)
def test_impossible_observations_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(seen(0, ObservationKind.OUTCOME, 5.0), **wrong)


@pytest.mark.parametrize("kind", [ObservationKind.OUTCOME, ObservationKind.ALLIANCE])
def test_values_outside_the_range_are_refused_without_repeating_them(kind: ObservationKind) -> None:
    with pytest.raises(InputError) as refused:
        update(start(), seen(0, kind, 11.25), DEFAULTS)
    assert "11.25" not in str(refused.value)


def test_a_rater_without_a_measure_is_refused() -> None:
    with pytest.raises(InputError):
        update(start(), seen(0, ObservationKind.ALLIANCE, 5.0, Rater.OBSERVER), DEFAULTS)


@pytest.mark.parametrize(
    "document", [{}, {"version": 0}, {"version": 1}, {"version": 1, "last_at": 3}]
)
def test_a_damaged_state_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="fold"):
        CourseState.from_json(document)


@pytest.mark.parametrize(
    "make",
    [
        lambda: OutcomeMeasure(sem=0.0),
        lambda: OutcomeMeasure(minimum=1.0, maximum=1.0),
        lambda: OutcomeMeasure(reliable_change=-1.0),
        lambda: AllianceMeasure(level_sd=-1.0),
        lambda: RuptureRules(false_alarm_rate=0.0),
        lambda: RuptureRules(huber=0.0),
        lambda: RuptureRules(scale_df=2.0),
        lambda: RuptureRules(huber=float("inf")),
        lambda: OutcomeMeasure(sem=float("inf")),
        lambda: OutcomeMeasure(sem=1e-200),
        lambda: OutcomeMeasure(maximum=float("inf")),
        lambda: AllianceMeasure(level_sd=float("nan")),
        lambda: CourseSettings(gap_probability=0.2),
        lambda: CourseSettings(missed_check_ins=0),
        lambda: CourseSettings(outcome=OutcomeMeasure(maximum=63.0, sem=3.0)),
        lambda: CourseSettings(outcome=OutcomeMeasure(better=Better.LOWER)),
        lambda: CourseSettings(
            alliance=dict.fromkeys(Rater, AllianceMeasure(minimum=12.0, maximum=60.0, sem=2.0))
        ),
    ],
)
def test_impossible_settings_are_refused(make: Any) -> None:
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("level", "7"), ("level", float("nan")), ("variance", -1.0), ("scale", 0.0), ("df", 2.0)],
)
def test_a_state_that_holds_no_possible_level_is_refused(field: str, wrong: Any) -> None:
    document = fold([seen(0, ObservationKind.ALLIANCE, 7.0)], DEFAULTS).state.to_json()
    document["alliance"]["client"][field] = wrong
    with pytest.raises(InputError, match="fold"):
        CourseState.from_json(document)


def test_the_band_stays_drawable_over_years() -> None:
    course = fold([*outcomes(4.0), seen(260, ObservationKind.OUTCOME, 6.0)], DEFAULTS)
    assert len(course.expected) <= 62
    assert course.expected[-1].weeks >= 260.0
