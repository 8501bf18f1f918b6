"""Drop-out: person-period rows, hazards, life table, competing endings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.dropout import (
    Competing,
    Ending,
    HazardFit,
    PersonPeriods,
    Shape,
    after_ending,
    after_gap,
    baseline_for,
    design_for,
    fit_hazard,
    last_rows,
    life_table,
    repeated,
    varies_only_with_period,
)
from openalliance.core.errors import InputError
from openalliance.core.estimation.logistic import Firth, Ridge


def cohort(
    seed: int, clients: int = 300, periods: int = 8, *, planned: float = 0.0
) -> tuple[PersonPeriods, np.ndarray]:
    """Simulate clients with one lasting and one changing covariate and a known hazard."""
    rng = np.random.default_rng(seed)
    lasting = rng.normal(size=clients)
    rows: list[tuple[int, int, int, float, float]] = []
    for client in range(clients):
        for period in range(1, periods + 1):
            changing = float(rng.normal())
            eta = -2.6 + 0.1 * period + 0.5 * lasting[client] - 0.7 * changing
            leaves = rng.random() < 1.0 / (1.0 + np.exp(-eta))
            done = not leaves and rng.random() < planned
            kind = Ending.DROP_OUT if leaves else Ending.PLANNED if done else Ending.NONE
            rows.append((client, period, kind, float(lasting[client]), changing))
            if kind is not Ending.NONE:
                break
    table = np.array(rows, dtype=np.float64)
    made = PersonPeriods(
        client=table[:, 0].astype(int), period=table[:, 1], ending=table[:, 2].astype(int)
    )
    return made, table[:, 3:]


def fitted(
    periods: PersonPeriods, values: np.ndarray, shape: Shape = Shape.FACTOR, **how: object
) -> HazardFit:
    design = design_for(periods, values, ["a", "b"], baseline=baseline_for(periods, shape))
    return fit_hazard(periods, design, **how)  # type: ignore[arg-type]


def by_name(fit: HazardFit) -> dict[str, float]:
    return {term.term: term.estimate for term in fit.terms}


def test_rows_that_cannot_be_are_marked() -> None:
    client = np.array([1, 1, 1, 2, 2, 2])
    period = np.array([1.0, 2.0, 2.0, 3.0, 1.0, 4.0])
    ending = np.array([0, 0, 0, 1, 0, 0])
    assert repeated(client, period).tolist() == [False, False, True, False, False, False]
    assert after_ending(client, period, ending).tolist() == [False] * 5 + [True]
    assert after_gap(client, period).tolist() == [False, False, False, True, False, False]
    assert last_rows(client[[0, 1, 3, 4, 5]], period[[0, 1, 3, 4, 5]]).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("client", "period", "ending", "message"),
    [
        ([1, 1], [1.0, 1.0], [0, 0], "same period twice"),
        ([1, 1], [1.0, 2.0], [1, 0], "after the ending"),
        ([1, 1], [2.0, 1.0], [0, 2], "after the ending"),
        ([1], [np.nan], [0], "missing"),
        ([1], [1.0], [3], "0 \\(none\\)"),
        ([], [], [], "no row"),
    ],
)
def test_rows_that_cannot_be_are_refused(
    client: list, period: list, ending: list, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PersonPeriods(
            client=np.array(client, dtype=int),
            period=np.array(period, dtype=float),
            ending=np.array(ending, dtype=int),
        )


def test_nobody_leaving_is_an_error_not_a_number() -> None:
    periods = PersonPeriods(
        client=np.array([1, 2]), period=np.array([1.0, 1.0]), ending=np.array([0, 2])
    )
    design = design_for(periods, np.zeros((2, 0)), [], baseline=baseline_for(periods, Shape.NONE))
    with pytest.raises(InputError, match="nobody drops out"):
        fit_hazard(periods, design)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_and_units_of_covariates_do_not_matter(seed: int) -> None:
    periods, values = cohort(seed, clients=120)
    fit = fitted(periods, values, Shape.LINEAR)
    order = np.random.default_rng(seed).permutation(periods.n_rows)
    other = fitted(periods.take(order), values[order] * [10.0, -1.0] + [3.0, 0.0], Shape.LINEAR)
    assert other.loglik == pytest.approx(fit.loglik, rel=1e-10)
    assert by_name(other)["a"] * 10.0 == pytest.approx(by_name(fit)["a"], abs=1e-8)
    assert by_name(other)["b"] == pytest.approx(-by_name(fit)["b"], abs=1e-8)
    assert other.hazard == pytest.approx(fit.hazard[order], abs=1e-9)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_a_factor_alone_gives_the_life_table(link: str) -> None:
    periods, _ = cohort(2)
    design = design_for(
        periods, np.zeros((periods.n_rows, 0)), [], baseline=baseline_for(periods, Shape.FACTOR)
    )
    fit = fit_hazard(periods, design, link=link)
    for row in life_table(periods, fit):
        assert row.hazard == pytest.approx(row.observed.value, abs=1e-10)
        assert row.baseline_hazard == pytest.approx(row.observed.value, abs=1e-10)
        assert row.model_survival == pytest.approx(row.survival, abs=1e-10)


def test_a_period_without_drop_outs_leaves_the_others_as_they_are() -> None:
    periods, values = cohort(3)
    quiet = np.isin(periods.period, [1.0, 4.0])
    ending = np.where(quiet, 0, periods.ending)
    kept = ~after_ending(periods.client, periods.period, ending)
    periods = replace(periods.take(kept), ending=ending[kept])
    values, quiet = values[kept], quiet[kept]
    fit = fitted(periods, values)
    assert fit.separated == ("period[T.1]", "period[T.4]")
    assert fit.design.baseline.reference == 2.0
    others = fitted(periods.take(~quiet), values[~quiet])
    for term in others.terms:
        assert by_name(fit)[term.term] == pytest.approx(term.estimate, abs=1e-8)
    assert fit.loglik == pytest.approx(others.loglik, abs=1e-8)
    assert (fit.hazard[quiet] == 0.0).all()
    for remedy in (
        fitted(periods, values, Shape.SPLINE),
        fitted(periods, values, penalty=Firth()),
        fitted(periods, values, penalty=Ridge(strength=1.0, columns=tuple(range(1, 8)))),
    ):
        assert remedy.separated == ()
        assert (remedy.hazard > 0.0).all()


def test_known_coefficients_are_covered() -> None:
    """95 % intervals of both covariates over 1,000 cohorts, time-varying one included."""
    inside = np.zeros(2)
    for seed in range(1000):
        fit = fitted(*cohort(50_000 + seed, clients=150, periods=5), Shape.LINEAR)
        for at, (term, truth) in enumerate(zip(fit.terms[-2:], (0.5, -0.7), strict=True)):
            inside[at] += abs(term.estimate - truth) < 1.959964 * term.se
    assert (inside / 1000 >= 0.93).all()
    assert (inside / 1000 <= 0.97).all()


def test_cloglog_of_grouped_times_finds_the_continuous_hazard_ratio() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=20_000)
    time = rng.exponential(1.0 / (0.15 * np.exp(0.6 * x)))
    rows = [
        (client, period, int(left <= period), value)
        for client, (left, value) in enumerate(zip(time, x, strict=True))
        for period in range(1, min(int(np.ceil(left)), 6) + 1)
    ]
    table = np.array(rows)
    periods = PersonPeriods(
        client=table[:, 0].astype(int), period=table[:, 1], ending=table[:, 2].astype(int)
    )
    design = design_for(periods, table[:, 3], ["x"], baseline=baseline_for(periods, Shape.FACTOR))
    fit = fit_hazard(periods, design, link="cloglog")
    assert fit.terms[-1].estimate == pytest.approx(0.6, abs=0.03)
    assert fit.terms[0].estimate == pytest.approx(np.log(0.15), abs=0.05)


def test_everybody_has_left_ended_or_is_still_there() -> None:
    periods, values = cohort(5, planned=0.1)
    assert periods.n_planned > 20
    table = life_table(periods, fitted(periods, values, Shape.LINEAR))
    still = 1.0
    for row in table:
        still *= 1.0 - (row.drop_outs + row.planned) / row.at_risk
        assert row.incidence + row.incidence_planned + still == pytest.approx(1.0, abs=1e-12)
    assert table[-1].incidence < 1.0 - table[-1].survival


def test_planned_endings_do_not_count_as_drop_outs() -> None:
    periods, values = cohort(6, planned=0.08)
    apart = fitted(periods, values, Shape.LINEAR)
    jointly = fitted(periods, values, Shape.LINEAR, competing=Competing.MULTINOMIAL)
    binary = fitted(
        replace(periods, ending=np.where(periods.ending == 1, 1, 0)), values, Shape.LINEAR
    )
    assert apart.terms == binary.terms
    assert [term.term for term in apart.planned_terms] == [term.term for term in apart.terms]
    for one, other in zip(apart.terms, jointly.terms, strict=True):
        assert other.estimate == pytest.approx(one.estimate, abs=0.25)
    total = jointly.hazard + jointly.hazard_planned
    assert (total < 1.0).all()
    assert jointly.hazard.sum() == pytest.approx(periods.n_events, abs=1e-6)
    assert jointly.hazard_planned.sum() == pytest.approx(periods.n_planned, abs=1e-6)


def test_a_covariate_that_is_the_period_in_disguise_is_seen() -> None:
    periods, values = cohort(7)
    assert varies_only_with_period(periods, np.log(periods.period))
    assert not varies_only_with_period(periods, values[:, 1])
