"""A batch is the fold of live updates: the same steps, whatever the cohort."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course import (
    WORKING_TRAJECTORY,
    AllianceMeasure,
    Course,
    CourseSettings,
    Observation,
    ObservationKind,
    OutcomeMeasure,
    RuptureRules,
    Trajectory,
    Verdict,
    fold,
)
from openalliance.core.course.batch import (
    NO_SESSION,
    NO_VERDICT,
    AllianceCourses,
    OutcomeCourses,
    ValueFaultError,
    alliance_courses,
    client_offsets,
    first_out_of_order,
    outcome_courses,
)
from openalliance.core.course.batch import alliance as alliance_module
from openalliance.core.course.batch import outcome as outcome_module
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better, Rater

SECONDS_PER_WEEK = 604_800.0
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
CODES = {Verdict.IMPROVED: 1, Verdict.UNCHANGED: 0, Verdict.DETERIORATED: -1}

LOWER = Trajectory(
    start_mean=14.0, start_sd=4.0, rate_mean=-2.0, rate_sd=1.5, start_rate_correlation=-0.3,
    swing_sd=1.5, swing_persistence=0.4, sem=2.0, minimum=0.0, maximum=27.0, level=0.7,
    better=Better.LOWER, source="made up",
)  # fmt: skip
SETTINGS = {
    "higher": CourseSettings(),
    "lower": CourseSettings(
        outcome=OutcomeMeasure(
            better=Better.LOWER, minimum=0.0, maximum=27.0, sem=1.9, reliable_change=6.0
        ),
        trajectory=LOWER,
        rupture=RuptureRules(false_alarm_rate=0.05, repair_probability=0.5),
    ),
    "nothing expected": CourseSettings(trajectory=None),
    "both measures alike": CourseSettings(
        alliance={
            Rater.CLIENT: AllianceMeasure(sem=0.8, level_sd=0.2),
            Rater.THERAPIST: AllianceMeasure(sem=0.3, level_sd=0.0),
        },
        rupture=RuptureRules(slow_share=0.0, scale_df=4.0, huber=1.5),
    ),
}


@dataclass(frozen=True)
class Columns:
    client: np.ndarray[Any, Any]
    seconds: np.ndarray[Any, Any]
    session: np.ndarray[Any, Any]
    outcome: np.ndarray[Any, Any]
    alliance: dict[Rater, np.ndarray[Any, Any]]

    @property
    def offsets(self) -> np.ndarray[Any, Any]:
        return client_offsets(self.client)

    def course(self, client: int, rules: CourseSettings) -> Course:
        seen: list[Observation] = []
        for row in np.flatnonzero(self.client == client):
            at = BEGIN + timedelta(seconds=int(self.seconds[row]))
            session = int(self.session[row]) or None
            values = [(ObservationKind.OUTCOME, Rater.CLIENT, self.outcome[row])]
            values += [(ObservationKind.ALLIANCE, r, v[row]) for r, v in self.alliance.items()]
            seen += [
                Observation(at=at, session=session, kind=kind, rater=rater, value=float(value))
                for kind, rater, value in values
                if not math.isnan(value)
            ]
        return fold(seen, rules)


def drawn(seed: int, rules: CourseSettings, clients: int, *, missing: float = 0.2) -> Columns:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 25, clients)
    client = np.repeat(np.arange(clients), lengths)
    rows = client.size
    begins = np.repeat(np.cumsum(lengths) - lengths, lengths)
    seconds = (np.arange(rows) - begins) * 7 * 86_400 + rng.integers(0, 2 * 86_400, rows)
    session = np.arange(rows) - begins + 1 + rng.integers(0, 2, rows)
    session = np.where(rng.random(rows) < 0.05, NO_SESSION, session)
    low, high = rules.outcome.minimum, rules.outcome.maximum
    outcome = rng.normal((low + high) / 2, (high - low) / 5, rows).clip(low, high).round(1)
    alliance = {}
    for rater in (Rater.CLIENT, Rater.THERAPIST):
        level = 8.0 + 1.5 * rng.standard_normal(clients)[client]
        fallen = np.where(rng.random(rows) < 0.12, rng.normal(3.0, 1.0, rows), 0.0)
        slow = 0.2 * (np.arange(rows) - begins) * (rng.random(clients)[client] < 0.3)
        ratings = level - fallen - slow + 0.6 * rng.standard_normal(rows)
        ratings = ratings.clip(0.0, 10.0).round(1)
        alliance[rater] = np.where(rng.random(rows) < missing, np.nan, ratings)
    outcome = np.where(rng.random(rows) < missing, np.nan, outcome)
    return Columns(client, seconds, session, outcome, alliance)


def batch(
    columns: Columns, rules: CourseSettings, *, per_row: bool = True
) -> tuple[OutcomeCourses, dict[Rater, AllianceCourses]]:
    outcome = outcome_courses(
        columns.offsets, columns.seconds, columns.outcome,
        measure=rules.outcome, trajectory=rules.trajectory, units_per_week=SECONDS_PER_WEEK,
        per_row=per_row,
    )  # fmt: skip
    alliance = {
        rater: alliance_courses(
            columns.offsets, ratings, sessions=columns.session,
            measure=rules.alliance[rater], rules=rules.rupture, per_row=per_row,
        )
        for rater, ratings in columns.alliance.items()
    }  # fmt: skip
    return outcome, alliance


def close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)


def check_equal(columns: Columns, rules: CourseSettings) -> tuple[int, int]:
    outcome, alliance = batch(columns, rules)
    offsets = columns.offsets
    ruptures = off_track = 0
    for client in range(offsets.size - 1):
        course = columns.course(client, rules)
        check_outcome(course, outcome, client, rules)
        off_track += outcome.times_off_track[client]
        for rater, found in alliance.items():
            rows = slice(offsets[client], offsets[client + 1])
            check_alliance(course, rater, found, client, rows)
            ruptures += found.ruptures[client]
    return ruptures, off_track


def check_outcome(
    course: Course, found: OutcomeCourses, client: int, rules: CourseSettings
) -> None:
    state = course.state.outcome
    assert found.scores[client] == len(course.outcome)
    if state is None:
        assert np.isnan([found.first[client], found.last[client], found.change[client]]).all()
    else:
        assert (found.first[client], found.last[client]) == (state.first.value, state.last.value)
    if course.change is None or state is None:
        assert found.verdict[client] == NO_VERDICT
        assert np.isnan([found.change[client], found.rci[client], found.share[client]]).all()
        assert not found.off_track[client]
        return
    assert found.change[client] == course.change.change
    assert found.rci[client] == course.change.rci
    assert found.verdict[client] == CODES[course.change.verdict]
    assert found.off_track[client] == state.off_track
    if rules.trajectory is None:
        assert np.isnan(found.share[client])
        return
    weeks = (state.last.at - state.first.at).total_seconds() / SECONDS_PER_WEEK
    share = rules.trajectory.share_doing_better(
        weeks, state.first.value, state.last.value, rules.outcome.better
    )
    assert close(found.share[client], share)
    signals = sum(signal.kind.value == "off-track" for signal in course.signals)
    assert found.times_off_track[client] == signals


def check_alliance(
    course: Course, rater: Rater, found: AllianceCourses, client: int, rows: slice
) -> None:
    points = course.alliance.get(rater, ())
    assert found.ratings[client] == len(points)
    ruptures = [rupture for rupture in course.ruptures if rupture.rater is rater]
    assert found.ruptures[client] == len(ruptures)
    assert found.repairs[client] == sum(r.repaired_at is not None for r in ruptures)
    if not ruptures:
        assert math.isnan(found.probability[client])
    else:
        assert close(found.probability[client], max(r.probability for r in ruptures))
    if not points:
        assert math.isnan(found.level[client])
        return
    assert close(found.level[client], points[-1].level)
    assert close(found.se[client], points[-1].se)
    assert found.in_rupture[client] == points[-1].in_rupture
    assert found.rows is not None
    levels = found.rows.level[rows]
    seen = ~np.isnan(levels)
    np.testing.assert_allclose(levels[seen], [p.level for p in points], rtol=1e-12)
    np.testing.assert_allclose(found.rows.se[rows][seen], [p.se for p in points], rtol=1e-12)
    events = found.rows.event[rows][seen]
    assert np.isin(events, (1, 2)).tolist() == [p.rupture for p in points]
    assert (events == 3).tolist() == [p.repaired for p in points]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    which=st.sampled_from(sorted(SETTINGS)),
    missing=st.sampled_from([0.0, 0.2, 0.8, 1.0]),
)
def test_a_batch_is_the_fold_of_live_updates(seed: int, which: str, missing: float) -> None:
    check_equal(drawn(seed, SETTINGS[which], 6, missing=missing), SETTINGS[which])


@pytest.mark.parametrize("which", sorted(SETTINGS))
def test_compiled_batches_are_the_fold_too(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_module, "WORTH_COMPILING", 0)
    monkeypatch.setattr(alliance_module, "WORTH_COMPILING", 0)
    ruptures, off_track = check_equal(drawn(5, SETTINGS[which], 60), SETTINGS[which])
    assert ruptures > 20
    assert bool(off_track > 5) is (SETTINGS[which].trajectory is not None)


def test_threads_share_out_all_clients_and_change_nothing() -> None:
    rules = SETTINGS["higher"]
    columns = drawn(3, rules, 3_000)
    assert columns.client.size > alliance_module.WORTH_COMPILING
    outcome, alliance = batch(columns, rules, per_row=False)
    offsets = columns.offsets
    few = offsets[:500]
    rows = int(few[-1])
    part = outcome_courses(
        few, columns.seconds[:rows], columns.outcome[:rows],
        measure=rules.outcome, trajectory=rules.trajectory, units_per_week=SECONDS_PER_WEEK,
    )  # fmt: skip
    assert part.rows is None
    for name in ("scores", "first", "last", "change", "rci", "verdict", "off_track", "share"):
        np.testing.assert_allclose(
            getattr(outcome, name)[: few.size - 1], getattr(part, name), rtol=1e-12, err_msg=name
        )
    ratings = columns.alliance[Rater.CLIENT]
    some = alliance_courses(
        few, ratings[:rows], sessions=columns.session[:rows],
        measure=rules.alliance[Rater.CLIENT], rules=rules.rupture,
    )  # fmt: skip
    for name in ("ratings", "level", "se", "ruptures", "repairs", "in_rupture", "probability"):
        np.testing.assert_allclose(
            getattr(alliance[Rater.CLIENT], name)[: few.size - 1], getattr(some, name), rtol=1e-12,
            err_msg=name,
        )  # fmt: skip


def test_expectations_looked_up_by_day_are_those_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = SETTINGS["higher"]
    columns = drawn(8, rules, 200)
    days = np.asarray(columns.seconds // 86_400)
    again = first_out_of_order(columns.offsets, days)
    assert again is None
    asked: dict[str, Any] = {
        "measure": rules.outcome, "trajectory": rules.trajectory, "units_per_week": 7.0,
    }  # fmt: skip
    plain = outcome_courses(columns.offsets, days, columns.outcome, **asked)
    monkeypatch.setattr(outcome_module, "WORTH_COMPILING", 0)
    looked_up = outcome_courses(columns.offsets, days, columns.outcome, **asked)
    monkeypatch.setattr(outcome_module, "TABLE", 10)
    computed = outcome_courses(columns.offsets, days, columns.outcome, **asked)
    np.testing.assert_array_equal(looked_up.share, computed.share)
    np.testing.assert_allclose(looked_up.share, plain.share, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_clients_does_not_matter(seed: int) -> None:
    rules = SETTINGS["higher"]
    columns = drawn(seed, rules, 8)
    order = np.random.default_rng(seed).permutation(8)
    rows = np.concatenate([np.flatnonzero(columns.client == client) for client in order])
    moved = Columns(
        columns.client[rows], columns.seconds[rows], columns.session[rows], columns.outcome[rows],
        {rater: values[rows] for rater, values in columns.alliance.items()},
    )  # fmt: skip
    one, other = batch(columns, rules), batch(moved, rules)
    np.testing.assert_array_equal(one[0].share[order], other[0].share)
    np.testing.assert_array_equal(one[0].verdict[order], other[0].verdict)
    for rater in columns.alliance:
        np.testing.assert_array_equal(one[1][rater].level[order], other[1][rater].level)
        np.testing.assert_array_equal(one[1][rater].ruptures[order], other[1][rater].ruptures)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 7))
def test_parts_of_a_cohort_make_the_whole(seed: int, cut: int) -> None:
    rules = SETTINGS["lower"]
    columns = drawn(seed, rules, 8)
    whole = batch(columns, rules)[0]
    parts = []
    for chosen in (columns.client < cut, columns.client >= cut):
        alliance = {rater: values[chosen] for rater, values in columns.alliance.items()}
        part = Columns(
            columns.client[chosen], columns.seconds[chosen], columns.session[chosen],
            columns.outcome[chosen], alliance,
        )  # fmt: skip
        parts.append(batch(part, rules)[0])
    np.testing.assert_array_equal(whole.share, np.concatenate([part.share for part in parts]))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), factor=st.sampled_from([0.25, 2.0, 8.0]))
def test_another_unit_of_the_scale_changes_only_the_unit(seed: int, factor: float) -> None:
    rules = SETTINGS["higher"]
    columns = drawn(seed, rules, 6)
    measure = AllianceMeasure(
        minimum=0.0, maximum=10.0 * factor, sem=0.5 * factor, level_sd=0.3 * factor
    )
    ratings = columns.alliance[Rater.CLIENT]
    one = alliance_courses(columns.offsets, ratings, measure=AllianceMeasure(), rules=rules.rupture)
    other = alliance_courses(
        columns.offsets, ratings * factor, measure=measure, rules=rules.rupture
    )
    np.testing.assert_allclose(one.level * factor, other.level, rtol=1e-12)
    np.testing.assert_allclose(one.probability, other.probability, rtol=1e-9)
    np.testing.assert_array_equal(one.ruptures, other.ruptures)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mirrored_outcome_has_the_mirrored_course(seed: int) -> None:
    rules = SETTINGS["higher"]
    columns = drawn(seed, rules, 6)
    there = WORKING_TRAJECTORY
    mirrored = Trajectory(
        start_mean=10.0 - there.start_mean, start_sd=there.start_sd, rate_mean=-there.rate_mean,
        rate_sd=there.rate_sd, start_rate_correlation=there.start_rate_correlation,
        swing_sd=there.swing_sd, swing_persistence=there.swing_persistence, sem=there.sem,
        minimum=0.0, maximum=10.0, better=Better.LOWER, source="mirrored",
    )  # fmt: skip
    one = batch(columns, rules)[0]
    other = outcome_courses(
        columns.offsets, columns.seconds, 10.0 - columns.outcome,
        measure=OutcomeMeasure(better=Better.LOWER), trajectory=mirrored,
        units_per_week=SECONDS_PER_WEEK,
    )  # fmt: skip
    np.testing.assert_array_equal(one.verdict, other.verdict)
    np.testing.assert_allclose(one.share, other.share, rtol=1e-9)
    np.testing.assert_allclose(one.rci, -other.rci, atol=1e-12)


@pytest.mark.parametrize("worth", [0, 20_000])
def test_single_precision_and_whole_numbers_are_taken_exactly(
    worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_module, "WORTH_COMPILING", worth)
    rules = SETTINGS["lower"]
    columns = drawn(11, rules, 40, missing=0.0)
    asked: dict[str, Any] = {
        "measure": rules.outcome, "trajectory": rules.trajectory,
        "units_per_week": SECONDS_PER_WEEK,
    }  # fmt: skip
    for kind in (np.float32, np.int16):
        exact = columns.outcome.astype(kind)
        one = outcome_courses(columns.offsets, columns.seconds, exact, **asked)
        other = outcome_courses(
            columns.offsets, columns.seconds.astype(float), exact.astype(float), **asked
        )
        np.testing.assert_array_equal(one.change, other.change)
        np.testing.assert_allclose(one.share, other.share, rtol=1e-15)


@pytest.mark.parametrize("worth", [0, 20_000])
def test_a_value_outside_the_range_is_refused_by_its_row(
    worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_module, "WORTH_COMPILING", worth)
    monkeypatch.setattr(alliance_module, "WORTH_COMPILING", worth)
    offsets = client_offsets([1, 1, 2, 2])
    values = np.array([1.0, 2.0, 3.0, math.inf])
    with pytest.raises(ValueFaultError) as fault:
        outcome_courses(
            offsets, np.array([0.0, 1.0, 0.0, 1.0]), values,
            measure=OutcomeMeasure(), trajectory=None,
        )  # fmt: skip
    assert fault.value.row == 3
    with pytest.raises(ValueFaultError, match="row 2: the value lies outside"):
        alliance_courses(
            offsets, np.array([1.0, 11.0, 3.0, -1.0]),
            measure=AllianceMeasure(), rules=RuptureRules(),
        )  # fmt: skip


def test_columns_that_do_not_fit_are_refused() -> None:
    offsets = client_offsets([1, 1])
    time = np.array([0.0, 1.0])
    good: dict[str, Any] = {"measure": OutcomeMeasure(), "trajectory": None}
    with pytest.raises(InputError, match="one value per row"):
        outcome_courses(offsets, time, np.array([1.0]), **good)
    with pytest.raises(InputError, match="rise from 0"):
        outcome_courses(np.array([0, 2, 2]), time, time, **good)
    with pytest.raises(InputError, match="units_per_week"):
        outcome_courses(offsets, time, time, units_per_week=0.0, **good)
    with pytest.raises(InputError, match="numbers are needed"):
        outcome_courses(offsets, time, np.array(["a", "b"]), **good)
    with pytest.raises(InputError, match="one client per row"):
        client_offsets(np.zeros((2, 2)))
    with pytest.raises(InputError, match="whole numbers"):
        alliance_courses(
            offsets, time, sessions=time, measure=AllianceMeasure(), rules=RuptureRules()
        )


def test_nobody_at_all_has_no_course() -> None:
    offsets = client_offsets([])
    none = np.empty(0)
    found = outcome_courses(offsets, none, none, measure=OutcomeMeasure(), trajectory=None)
    assert found.change.shape == (0,)
    rated = alliance_courses(offsets, none, measure=AllianceMeasure(), rules=RuptureRules())
    assert rated.level.shape == (0,)


@pytest.mark.parametrize(
    ("clients", "time", "row"),
    [
        ([1, 1, 2, 2], [0.0, 1.0, 0.0, 1.0], None),
        ([1, 1, 2, 2], [0.0, 0.0, 0.0, 1.0], 1),
        ([1, 1, 2, 2], [0.0, 1.0, 5.0, 4.0], 3),
        ([1, 1, 2], [0.0, math.nan, 1.0], 1),
        ([1, 2], [0.0, math.nan], 1),
        ([], [], None),
    ],
)
def test_the_first_row_out_of_order_is_found(
    clients: list[int], time: list[float], row: int | None
) -> None:
    assert first_out_of_order(client_offsets(clients), np.array(time)) == row
