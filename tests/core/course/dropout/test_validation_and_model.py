"""Drop-out: judged on clients it has not seen, and asked about one client."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.dropout import (
    DropOutModel,
    NoRisk,
    Risk,
    Shape,
    after_ending,
    baseline_for,
    client_folds,
    design_for,
    fit_hazard,
    last_rows,
    life_table,
    minimum_events,
    model_of,
    performance,
    row_risks,
    validate,
)
from openalliance.core.course.dropout.periods import PersonPeriods
from openalliance.core.errors import InputError
from openalliance.core.estimation.logistic import Firth
from openalliance.core.simulation import Attendance, EndingKind, SimulationSettings, simulate


def alliance_rows(seed: int, clients: int) -> tuple[PersonPeriods, np.ndarray]:
    """Person-period rows of the simulator's cohort: client-rated alliance, who did not return.

    A row is a session that was held and may have been the last; the covariate is its check-out.
    """
    made = simulate(SimulationSettings(clients=clients), np.random.default_rng(seed))
    rating = made.alliance()[0]
    client, session = np.nonzero(made.attendance != Attendance.NONE)
    last = session == made.held[client] - 1
    unplanned = made.ending[client] == EndingKind.UNPLANNED
    ending = np.where(last & unplanned, 1, np.where(last, 2, 0))
    value = rating[client, session]
    there = np.isfinite(value)
    periods = PersonPeriods(client=client[there], period=session[there] + 1.0, ending=ending[there])
    return periods, value[there][:, None]


def hazard_of(periods: PersonPeriods, values: np.ndarray, shape: Shape = Shape.LINEAR):  # noqa: ANN201
    names = [f"x{number}" for number in range(values.shape[1])]
    design = design_for(periods, values, names, baseline=baseline_for(periods, shape))
    return fit_hazard(periods, design)


def test_simulated_drop_out_has_the_published_discrimination() -> None:
    """Alliance alone, d = .55, is an AUC of about .65 (Sharf et al. 2010)."""
    periods, values = alliance_rows(1, 1200)
    found = validate(periods, hazard_of(periods, values), rng=np.random.default_rng(1))
    seen = found.performance
    assert 0.60 <= seen.auc.value <= 0.70
    assert seen.auc.low < seen.auc.value < seen.auc.high
    assert seen.brier.value < seen.brier.reference
    assert seen.calibration.slope.low < 1.0 < seen.calibration.slope.high
    assert seen.calibration.intercept.value == pytest.approx(0.0, abs=0.1)


def noise(seed: int, columns: int) -> tuple[PersonPeriods, np.ndarray]:
    rng = np.random.default_rng(seed)
    client = np.repeat(np.arange(150), 4)
    ending = np.zeros(600, dtype=int)
    ending[3::4] = rng.random(150) < 0.4
    period = np.tile(np.arange(1.0, 5.0), 150)
    return PersonPeriods(client=client, period=period, ending=ending), rng.normal(
        size=(600, columns)
    )


def test_noise_foretells_nothing_out_of_fold_though_it_seems_to() -> None:
    out, within, slopes = [], [], []
    for seed in range(12):
        periods, values = noise(seed, 12)
        found = validate(
            periods, hazard_of(periods, values, Shape.NONE), rng=np.random.default_rng(seed)
        )
        out.append(found.performance.auc.value)
        within.append(found.apparent.auc.value)
        slopes.append(found.performance.calibration.slope.value)
        assert found.optimism > 0.0
        assert found.apparent.calibration.slope.value == pytest.approx(1.0, abs=1e-6)
    assert np.mean(out) == pytest.approx(0.5, abs=0.04)
    assert np.mean(within) > 0.62
    assert np.mean(slopes) < 0.35


def test_no_client_is_in_two_parts_and_the_seed_decides() -> None:
    periods, values = noise(3, 2)
    fold = client_folds(periods, 10, np.random.default_rng(4))
    for client in range(150):
        assert np.unique(fold[periods.client == client]).size == 1
    events = np.bincount(fold, weights=periods.dropped_out, minlength=10)
    assert events.max() - events.min() <= 1
    fit = hazard_of(periods, values)
    one = validate(periods, fit, rng=np.random.default_rng(9))
    other = validate(periods, fit, rng=np.random.default_rng(9))
    assert (one.hazard == other.hazard).all()
    assert one.performance == other.performance


def test_out_of_fold_hazards_come_from_a_model_without_the_client() -> None:
    periods, values = noise(5, 2)
    fit = hazard_of(periods, values)
    found = validate(periods, fit, rng=np.random.default_rng(5), folds=5)
    others = found.fold != 2
    alone = hazard_of(periods.take(others), values[others])
    assert found.hazard[~others] == pytest.approx(
        alone.predict(fit.design.matrix[~others]), abs=1e-10
    )


def test_a_period_the_others_lack_is_left_out_and_counted() -> None:
    periods, values = noise(6, 1)
    extra = PersonPeriods(
        client=np.r_[periods.client, 149],
        period=np.r_[periods.period, 5.0],
        ending=np.r_[np.where(periods.client == 149, 0, periods.ending), 0],
    )
    fit = hazard_of(extra, np.r_[values, [[0.0]]], Shape.FACTOR)
    found = validate(extra, fit, rng=np.random.default_rng(6))
    assert found.performance.n_left_out == 1
    assert np.isnan(found.hazard[-1])


def test_too_few_drop_outs_cannot_be_validated() -> None:
    periods, values = noise(7, 1)
    lone = np.zeros(600, dtype=int)
    lone[3] = 1
    few = PersonPeriods(client=periods.client, period=periods.period, ending=lone)
    with pytest.raises(InputError, match="at least two drop-outs"):
        validate(few, hazard_of(few, values, Shape.NONE), rng=np.random.default_rng(7))


def test_same_period_pairs_are_not_helped_by_the_period() -> None:
    periods, _ = alliance_rows(8, 300)
    judged = performance(periods, periods.period / 100.0)
    assert judged.same_period_auc == pytest.approx(0.5, abs=1e-12)


def test_a_kept_model_says_what_the_fit_says() -> None:
    periods, values = alliance_rows(9, 400)
    for shape in Shape:
        fit = hazard_of(periods, values, shape)
        model = model_of(fit, n_events=periods.n_events, n_clients=periods.n_clients, needed=50)
        rows = last_rows(periods.client, periods.period)[:40]
        chances, lows, highs = row_risks(fit, rows)
        for row, chance, low, high in zip(rows, chances, lows, highs, strict=True):
            told = model.risk({"x0": values[row, 0]}, period=periods.period[row])
            if isinstance(told, NoRisk):
                assert shape is Shape.FACTOR
                continue
            assert told.probability == pytest.approx(chance, rel=1e-9)
            assert (told.low, told.high) == pytest.approx((low, high), rel=1e-8)


def test_contributions_add_up_to_the_risk() -> None:
    periods, values = noise(10, 3)
    fit = hazard_of(periods, values, Shape.NONE)
    model = model_of(fit, n_events=80, n_clients=150)
    asked = {"x0": 1.0, "x1": -2.0, "x2": 0.5}
    told, average = (
        model.risk(at, period=2.0) for at in (asked, dict(zip(asked, model.means, strict=True)))
    )
    assert isinstance(told, Risk)
    assert isinstance(average, Risk)
    moved = sum(part.moved for part in told.moved_by)
    odds = [np.log(r.probability / (1 - r.probability)) for r in (told, average)]
    assert moved == pytest.approx(odds[0] - odds[1], abs=1e-10)
    sizes = [abs(part.moved) for part in told.moved_by]
    assert sizes == sorted(sizes, reverse=True)


def test_individual_risk_is_refused_below_the_stated_events() -> None:
    periods, values = noise(11, 3)
    fit = hazard_of(periods, values, Shape.NONE)
    assert minimum_events(4) == 50
    assert minimum_events(9) == 90
    model = model_of(fit, n_events=49, n_clients=150)
    asked = {"x0": 0.0, "x1": 0.0, "x2": 0.0}
    refused = model.risk(asked, period=1.0)
    assert isinstance(refused, NoRisk)
    assert "model 49" in refused.reason
    assert "50" in refused.reason
    enough = model_of(fit, n_events=50, n_clients=150)
    assert isinstance(enough.risk(asked, period=1.0), Risk)
    lacking = enough.risk({"x0": 0.0, "x1": 0.0}, period=1.0)
    assert isinstance(lacking, NoRisk)
    assert "x2" in lacking.reason


def test_a_situation_in_which_nobody_left_has_no_number() -> None:
    periods, values = noise(11, 1)  # everybody who leaves does so in the fourth period
    model = model_of(hazard_of(periods, values), n_events=60, n_clients=150)
    refused = model.risk({"x0": 0.0}, period=2.0)
    assert isinstance(refused, NoRisk)
    assert "nobody has dropped out" in refused.reason


def test_products_are_formed_from_their_parts() -> None:
    periods, values = noise(12, 2)
    names = ["a", "b", "a:b"]
    wide = np.column_stack([values, values.prod(axis=1)])
    design = design_for(periods, wide, names, baseline=baseline_for(periods, Shape.NONE))
    model = model_of(fit_hazard(periods, design), n_events=60, n_clients=150)
    one = model.risk({"a": 2.0, "b": 3.0}, period=1.0)
    other = model.risk({"a": 2.0, "b": 3.0, "a:b": 6.0}, period=1.0)
    assert one == other


@pytest.mark.parametrize("shape", list(Shape))
def test_a_model_survives_being_written_down(shape: Shape) -> None:
    periods, values = alliance_rows(13, 150)
    fit = hazard_of(periods, values, shape)
    found = validate(periods, fit, rng=np.random.default_rng(1), folds=3)
    model = model_of(fit, n_events=90, n_clients=150, validation=found)
    back = DropOutModel.from_json(model.to_json())
    assert back.to_json() == model.to_json()
    asked = {"x0": 7.0}
    assert back.risk(asked, period=2.0) == model.risk(asked, period=2.0)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', "null"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a drop-out model"):
        DropOutModel.from_json(text)


def test_a_page_can_load_the_model_without_large_libraries() -> None:
    code = (
        "import sys, openalliance.core.course.dropout as d; "
        "print([m for m in ('scipy', 'numba', 'pandas', 'lifelines') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 1_000_000),
    shape=st.sampled_from(list(Shape)),
    link=st.sampled_from(["logit", "cloglog"]),
    firth=st.booleans(),
)
def test_very_small_cohorts_give_a_result_or_a_reason(
    seed: int, shape: Shape, link: str, firth: bool
) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (client, period, int(rng.choice(3, p=[0.8, 0.12, 0.08])), rng.normal())
        for client in range(rng.integers(3, 30))
        for period in range(1, rng.integers(2, 8))
    ]
    table = np.array(rows)
    client, ending = table[:, 0].astype(int), table[:, 2].astype(int)
    there = ~after_ending(client, table[:, 1], ending)
    periods = PersonPeriods(client=client[there], period=table[there, 1], ending=ending[there])
    penalty = Firth() if firth else None
    try:
        baseline = baseline_for(periods, shape)
        design = design_for(periods, table[there, 3], ["x"], baseline=baseline)
        fit = fit_hazard(periods, design, link=link, penalty=penalty)
        assert fit.converged
        assert np.isfinite(fit.loglik)
        assert ((fit.hazard >= 0.0) & (fit.hazard <= 1.0)).all()
        assert fit.separated == () or not firth
        life_table(periods, fit)
        row_risks(fit, last_rows(periods.client, periods.period))
        found = validate(periods, fit, rng=rng, penalty=penalty)
        assert found.performance.n_rows + found.performance.n_left_out == periods.n_rows
    except InputError:
        return
