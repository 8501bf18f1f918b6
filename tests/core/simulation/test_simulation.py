"""Simulated cohorts: reproducible, well formed, and near the published figures."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from openalliance.core.course import CourseSettings, ObservationKind, fold
from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater, catalogue
from openalliance.core.simulation import (
    CHECK_IN_ITEMS,
    CHECK_OUT_ITEMS,
    LIFE_ITEMS,
    RECORD_COLUMNS,
    TRUTH_COLUMNS,
    Attendance,
    Cohort,
    EndingKind,
    SimulationSettings,
    Targets,
    long_records,
    observations,
    simulate,
    truth_records,
)

TARGETS = Targets()
BEGIN = date(2025, 1, 6)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    settings = SimulationSettings(clients=10_000, therapists=250)
    return simulate(settings, np.random.default_rng(1))


def person_mean(values: np.ndarray) -> np.ndarray:
    answered = np.isfinite(values)
    count = answered.sum(axis=1)
    total = np.where(answered, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def last_value(values: np.ndarray) -> np.ndarray:
    reverse = np.isfinite(values)[:, ::-1].argmax(axis=1)
    return values[np.arange(len(values)), values.shape[1] - 1 - reverse]


def residual_change(cohort: Cohort) -> np.ndarray:
    life = cohort.life()
    first, last = life[:, 0], last_value(life)
    return last - np.polyval(np.polyfit(first, last, 1), first)


def standardised_difference(one: np.ndarray, other: np.ndarray) -> float:
    pooled = (one.var() * one.size + other.var() * other.size) / (one.size + other.size)
    return float((one.mean() - other.mean()) / np.sqrt(pooled))


def test_alliance_and_outcome_correlate_as_published(cohort: Cohort) -> None:
    alliance, outcome = person_mean(cohort.alliance()[0]), residual_change(cohort)
    rated = np.isfinite(alliance)
    r = np.corrcoef(alliance[rated], outcome[rated])[0, 1]
    assert r == pytest.approx(TARGETS.alliance_outcome_r, abs=0.04)


def test_drop_out_is_as_frequent_as_published(cohort: Cohort) -> None:
    left = np.mean(cohort.ending == EndingKind.UNPLANNED)
    assert left == pytest.approx(TARGETS.drop_out, abs=0.02)


def test_who_leaves_had_the_weaker_alliance(cohort: Cohort) -> None:
    alliance = person_mean(cohort.alliance()[0])
    left = cohort.ending == EndingKind.UNPLANNED
    rated = np.isfinite(alliance)
    d = standardised_difference(alliance[rated & ~left], alliance[rated & left])
    assert d == pytest.approx(TARGETS.alliance_drop_out_d, abs=0.12)


def test_clients_rate_above_their_therapists(cohort: Cohort) -> None:
    client, therapist = (person_mean(view) for view in cohort.alliance())
    rated = np.isfinite(client) & np.isfinite(therapist)
    pooled = np.sqrt((client[rated].var() + therapist[rated].var()) / 2.0)
    g = (client[rated].mean() - therapist[rated].mean()) / pooled
    assert g == pytest.approx(TARGETS.client_above_therapist_g, abs=0.05)
    r = np.corrcoef(client[rated], therapist[rated])[0, 1]
    assert r == pytest.approx(TARGETS.perspectives_r, abs=0.06)


def test_therapists_explain_their_share(cohort: Cohort) -> None:
    outcome, therapist = residual_change(cohort), cohort.therapist
    size = np.bincount(therapist)
    means = np.bincount(therapist, outcome) / size
    within = ((outcome - means[therapist]) ** 2).sum() / (outcome.size - size.size)
    between = (size * (means - outcome.mean()) ** 2).sum() / (size.size - 1)
    per = (outcome.size - (size**2).sum() / outcome.size) / (size.size - 1)
    icc = (between - within) / (between + (per - 1.0) * within)
    assert icc == pytest.approx(TARGETS.therapist_icc, abs=0.02)


def test_gains_are_as_frequent_as_published(cohort: Cohort) -> None:
    share = cohort.truth.gain.any(axis=1).mean()
    assert share == pytest.approx(TARGETS.sudden_gain_share, abs=0.02)


def test_follow_ups_are_few_and_not_random(cohort: Cohort) -> None:
    answered = np.isfinite(cohort.follow_up[:, :, 0])
    rates = answered.mean(axis=0)
    assert (np.diff(rates) < 0.0).all()
    assert rates[1] < 0.45
    after = cohort.truth.after[:, 1]
    assert after[answered[:, 1]].mean() > after[~answered[:, 1]].mean() + 0.2


def test_a_better_than_usual_alliance_precedes_a_better_session(cohort: Cohort) -> None:
    alliance, outcome = cohort.truth.alliance_client, cohort.truth.outcome
    steps = np.diff(outcome, axis=1)
    unusual = alliance[:, 1:-1] - alliance[:, :-2]
    r = np.corrcoef(unusual.ravel(), steps[:, 1:].ravel())[0, 1]
    assert 0.02 < r < 0.3


def test_the_mean_of_the_items_has_the_stated_error(cohort: Cohort) -> None:
    for seen, truth in (
        (cohort.life(), cohort.truth.outcome),
        (cohort.alliance()[1], cohort.truth.alliance_therapist),
    ):
        inside = np.isfinite(seen) & (truth > 3.0) & (truth < 7.0)
        assert (seen - truth)[inside].std() == pytest.approx(0.5, abs=0.02)


def test_responses_fit_our_forms(cohort: Cohort) -> None:
    for key, items, responses in (
        ("oa-check-in", CHECK_IN_ITEMS, cohort.check_in),
        ("oa-check-out-client", CHECK_OUT_ITEMS, cohort.check_out_client),
        ("oa-check-out-therapist", CHECK_OUT_ITEMS, cohort.check_out_therapist),
        ("oa-follow-up", LIFE_ITEMS, cohort.follow_up),
    ):
        for place, item in enumerate(items):
            form, found = catalogue()[key].item(item), responses[:, :, place]
            answers = found[np.isfinite(found)]
            assert (answers >= form.minimum).all()
            assert (answers <= form.maximum).all()
            assert (answers == np.rint(answers)).all()


def test_nothing_is_recorded_after_the_end(cohort: Cohort) -> None:
    after = cohort.attendance == Attendance.NONE
    for responses in (cohort.check_in, cohort.check_out_client, cohort.check_out_therapist):
        assert np.isnan(responses[after]).all()
    assert (cohort.attendance[:, 0] == Attendance.ATTENDED).all()


def same(one: object, other: object) -> bool:
    return all(
        np.array_equal(
            getattr(one, field.name),
            getattr(other, field.name),
            equal_nan=getattr(one, field.name).dtype.kind == "f",
        )
        for field in fields(one)  # type: ignore[arg-type]
        if field.name != "truth"
    )


def test_one_seed_one_cohort() -> None:
    settings = SimulationSettings(clients=30)
    one, again, other = (simulate(settings, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert same(one, again)
    assert same(one.truth, again.truth)
    assert not same(one, other)


def test_what_was_seen_cannot_be_written_over(cohort: Cohort) -> None:
    with pytest.raises(ValueError, match="read-only"):
        cohort.check_in[0, 0, 0] = 3.0


def test_records_hold_every_answer_once() -> None:
    cohort = simulate(SimulationSettings(clients=20), np.random.default_rng(2))
    records = long_records(cohort, BEGIN)
    assert tuple(records) == RECORD_COLUMNS
    answers = sum(
        int(np.isfinite(part).sum())
        for part in (
            cohort.check_in, cohort.check_out_client, cohort.check_out_therapist, cohort.follow_up,
        )
    )  # fmt: skip
    assert {column.size for column in records.values()} == {answers}
    keys = set(zip(*(records[n] for n in ("client", "date", "instrument", "item")), strict=True))
    assert len(keys) == answers


def test_truth_has_one_row_per_session_due() -> None:
    cohort = simulate(SimulationSettings(clients=20), np.random.default_rng(2))
    truth = truth_records(cohort)
    assert tuple(truth) == TRUTH_COLUMNS
    assert truth["client"].size == cohort.held.sum()


def test_observations_carry_each_score() -> None:
    cohort = simulate(SimulationSettings(clients=20), np.random.default_rng(2))
    for client in range(20):
        made = observations(cohort, client, BEGIN)
        scores = [o.value for o in made if o.kind is ObservationKind.OUTCOME]
        life = cohort.life()[client]
        assert scores == life[np.isfinite(life)].tolist()
        first_day = BEGIN + timedelta(days=int(cohort.day[client, 0]))
        assert made[0].at == datetime.combine(first_day, time(11), UTC)


def test_signals_on_a_cohort_are_mostly_right_and_no_surer_than_right() -> None:
    """Power, false alarms and calibration of rupture signals where the truth is known."""
    cohort = simulate(SimulationSettings(clients=500, therapists=20), np.random.default_rng(5))
    right, sure, begun, caught = [], [], 0, 0
    for client in range(cohort.clients):
        course = fold(observations(cohort, client, BEGIN), CourseSettings())
        open_then = cohort.truth.rupture_open[client]
        began_then = cohort.truth.rupture_began[client]
        in_rupture = False
        for point in course.alliance.get(Rater.CLIENT, ())[1:]:
            session = (point.session or 0) - 1
            if not in_rupture:
                begun += bool(began_then[session])
                caught += bool(began_then[session]) and point.rupture
            in_rupture = point.in_rupture
        for rupture in course.ruptures:
            if rupture.rater == "client":
                right.append(open_then[(rupture.session or 0) - 1])
                sure.append(rupture.probability)
    assert np.mean(right) > 0.85
    assert np.mean(right) >= np.mean(sure) - 0.05
    assert 0.40 < caught / begun < 0.65


def test_the_working_band_holds_its_share_of_simulated_scores() -> None:
    cohort = simulate(SimulationSettings(clients=400), np.random.default_rng(6))
    inside = [
        point.expected_low <= point.value <= (point.expected_high or 0.0)
        for client in range(cohort.clients)
        for point in fold(observations(cohort, client, BEGIN), CourseSettings()).outcome
        if point.expected_low is not None
    ]
    assert np.mean(inside) == pytest.approx(0.80, abs=0.04)


@pytest.mark.parametrize("wrong", [{"clients": 0}, {"therapists": 0}, {"sessions": 5}])
def test_impossible_cohorts_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        SimulationSettings(**wrong)
