"""Drop-out against R 4.2.2 (glm) and survival 3.5.3, on our own and on published data."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openalliance.core.course.dropout import (
    HazardFit,
    PersonPeriods,
    Shape,
    baseline_for,
    design_for,
    fit_hazard,
    life_table,
)
from openalliance.core.course.dropout.cox import cumulative_hazard, partial_loglik

HERE = Path(__file__).parent
SHARED = Path(__file__).parents[3] / "shared"
BTHEB = SHARED / "data" / "clinical" / "btheb_person_period.csv"
ENRICHD = SHARED / "data" / "clinical" / "enrichd_person_period_even.csv"
published = pytest.mark.skipif(not BTHEB.exists(), reason="the published data are not here")
both_links = pytest.mark.parametrize("link", ["logit", "cloglog"])

Columns = dict[str, np.ndarray]


def columns(path: Path) -> Columns:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    made = {}
    for name in rows[0]:
        cells = [row[name] for row in rows]
        try:
            made[name] = np.array([float(cell) for cell in cells])
        except ValueError:
            made[name] = np.array(cells)
    return made


def expected(name: str, part: str) -> dict[str, Any]:
    path = HERE / name if (HERE / name).exists() else SHARED / "reference" / name
    return dict(json.loads(path.read_text(encoding="utf-8"))[part])


def hazard(data: Columns, client: str, period: str, covariates: Columns, shape: Shape, link: str):  # noqa: ANN201
    periods = PersonPeriods(
        client=data[client].astype(int), period=data[period], ending=data["event"].astype(int)
    )
    design = design_for(
        periods,
        np.column_stack(list(covariates.values())),
        list(covariates),
        baseline=baseline_for(periods, shape, name=period),
    )
    return periods, fit_hazard(periods, design, link=link)


def agrees(fit: HazardFit, theirs: dict[str, Any]) -> None:
    assert [t.estimate for t in fit.terms] == pytest.approx(theirs["coef"], abs=1e-8)
    assert [t.se for t in fit.terms] == pytest.approx(theirs["se"], abs=1e-7)
    assert [t.z for t in fit.terms] == pytest.approx(theirs["z"], abs=1e-6)
    assert [t.p for t in fit.terms] == pytest.approx(theirs["p"], abs=1e-7)
    assert fit.loglik == pytest.approx(theirs["logLik"], abs=1e-9)
    assert fit.hazard[:10] == pytest.approx(theirs["fitted_first10"], abs=1e-8)


@both_links
def test_mixed_growth_discrete(link: str) -> None:
    """mixed_growth.json: discrete_logit, discrete_cloglog."""
    data = columns(HERE / "person_period.csv")
    covariates = {name: data[name] for name in ("y", "chg", "med")}
    _, fit = hazard(data, "id", "s", covariates, Shape.LINEAR, link)
    theirs = expected("mixed_growth.json", f"discrete_{link}")
    assert [t.term for t in fit.terms] == ["Intercept", *theirs["terms"][1:]]
    agrees(fit, theirs)


def btheb() -> tuple[Columns, Columns]:
    data = columns(BTHEB)
    covariates = {
        "prev_bdi": data["prev_bdi"],
        "treatmentTAU": (data["treatment"] == "TAU").astype(float),
        "drugYes": (data["drug"] == "Yes").astype(float),
    }
    return data, covariates


@published
@both_links
def test_mixed_survival_btheb_discrete(link: str) -> None:
    """mixed_survival_btheb.json: discrete_logit, discrete_cloglog."""
    data, covariates = btheb()
    _, fit = hazard(data, "id", "j", covariates, Shape.FACTOR, link)
    agrees(fit, expected("mixed_survival_btheb.json", f"discrete_{link}"))


@published
def test_mixed_survival_btheb_km() -> None:
    """mixed_survival_btheb.json: km (survfit's std_err is that of the log)."""
    data, _ = btheb()
    periods = PersonPeriods(
        client=data["id"].astype(int), period=data["tstop"], ending=data["event"].astype(int)
    )
    table, theirs = life_table(periods), expected("mixed_survival_btheb.json", "km")
    assert [row.period for row in table] == theirs["time"]
    assert [row.at_risk for row in table] == theirs["n_risk"]
    assert [row.drop_outs for row in table] == theirs["n_event"]
    assert [row.survival for row in table] == pytest.approx(theirs["surv"], rel=1e-12)
    on_log = [row.survival_se / row.survival for row in table]
    assert on_log == pytest.approx(theirs["std_err"], rel=1e-10)
    assert [row.survival_low for row in table] == pytest.approx(theirs["lower"], rel=1e-9)
    assert [row.survival_high for row in table] == pytest.approx(theirs["upper"], rel=1e-9)


@published
@both_links
def test_mixed_survival_enrichd_even_discrete(link: str) -> None:
    """mixed_survival_enrichd_even.json: discrete_logit, discrete_cloglog."""
    data = columns(ENRICHD)
    covariates = {"log(s)": np.log(data["s"])} | {n: data[n] for n in ("BDI", "chg", "med")}
    _, fit = hazard(data, "ID", "s", covariates, Shape.NONE, link)
    theirs = expected("mixed_survival_enrichd_even.json", f"discrete_{link}")
    assert [t.term for t in fit.terms] == ["Intercept", *theirs["terms"][1:]]
    agrees(fit, theirs)


def cox_data(name: str) -> tuple[Columns, Columns, str]:
    if name == "mixed_survival_btheb.json":
        data, covariates = btheb()
        return data, covariates, "id"
    data = columns(ENRICHD)
    return data, {n: data[n] for n in ("BDI", "chg", "med")}, "ID"


@published
@pytest.mark.parametrize("name", ["mixed_survival_btheb.json", "mixed_survival_enrichd_even.json"])
def test_cox_efron(name: str) -> None:
    """mixed_survival_btheb.json and _enrichd_even.json: cox_efron."""
    from openalliance.cli.analyse.cox import fit_cox

    data, covariates, client = cox_data(name)
    theirs = expected(name, "cox_efron")
    fit = fit_cox(
        client=data[client].astype(int), start=data["tstart"], stop=data["tstop"],
        event=data["event"], covariates=np.column_stack(list(covariates.values())),
        names=list(covariates),
    )  # fmt: skip
    assert [t.estimate for t in fit.terms] == pytest.approx(theirs["coef"], abs=1e-8)
    assert [t.se for t in fit.terms] == pytest.approx(theirs["se"], abs=1e-7)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(theirs["loglik"], abs=1e-8)
    assert fit.likelihood_ratio == pytest.approx(theirs["lrt"], abs=1e-7)


@published
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("mixed_survival_btheb.json", "cox_efron_cluster"),
        ("mixed_survival_enrichd_even.json", "cox_cluster"),
    ],
)
def test_cox_cluster(name: str, part: str) -> None:
    """mixed_survival_btheb.json: cox_efron_cluster; _enrichd_even.json: cox_cluster."""
    from openalliance.cli.analyse.cox import fit_cox

    data, covariates, client = cox_data(name)
    fit = fit_cox(
        client=data[client].astype(int), start=data["tstart"], stop=data["tstop"],
        event=data["event"], covariates=np.column_stack(list(covariates.values())),
        names=list(covariates),
    )  # fmt: skip
    assert fit.robust_errors == pytest.approx(expected(name, part)["robust_se"], abs=1e-7)


@published
@pytest.mark.parametrize("name", ["mixed_survival_btheb.json", "mixed_survival_enrichd_even.json"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_loglik_and_basehaz(name: str, ties: str) -> None:
    """mixed_survival_btheb.json and _enrichd_even.json: log-likelihood and basehaz by both ties.

    The baseline is the hazard when every covariate is 0.
    """
    data, covariates, _ = cox_data(name)
    theirs = expected(name, f"cox_{ties}")
    eta = np.column_stack(list(covariates.values())) @ theirs["coef"]
    risk = {"start": data["tstart"], "stop": data["tstop"], "event": data["event"] == 1.0}
    found = partial_loglik(eta, **risk, ties=ties)
    assert found == pytest.approx(theirs["loglik"][1], abs=1e-8)
    times, summed = cumulative_hazard(eta, **risk, ties=ties)
    at = np.searchsorted(times, theirs["basehaz"]["time"], side="right")
    ours = np.r_[0.0, summed][at]
    assert ours == pytest.approx(theirs["basehaz"]["hazard"], abs=1e-8)
