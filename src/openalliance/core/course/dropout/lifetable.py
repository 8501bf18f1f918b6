"""How many drop out in each period and how many are left: observed, and by the model.

References
----------
Singer, J. D., & Willett, J. B. (1993). It's about time: using discrete-time survival analysis to
study duration and the timing of events. *Journal of Educational Statistics, 18*, 155-195.

Kalbfleisch, J. D., & Prentice, R. L. (2002). *The statistical analysis of failure time data*
(2nd ed.), sections 1.4 and 8.2. Wiley.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.dropout.hazard import HazardFit
from openalliance.core.course.dropout.periods import Ending, PersonPeriods
from openalliance.core.estimation.proportions import Proportion, two_sided, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period.

    Parameters
    ----------
    at_risk, drop_outs, planned
        Numbers of clients.
    observed
        Share of those at risk who drop out, with its interval.
    survival, survival_se, survival_low, survival_high
        Share still free of dropping out after the period (Kaplan-Meier; planned endings leave the
        risk set), Greenwood's error, interval on the log scale.
    hazard
        Mean of the fitted hazards of those at risk; ``nan`` without a model.
    baseline_hazard
        Fitted hazard of a client whose covariates are at their overall means.
    model_survival
        Product of one minus ``hazard``.
    incidence, incidence_planned
        Share expected to have dropped out, and to have ended as planned, by the end of the period
        (Aalen-Johansen): the two and those still there are everybody.
    """

    period: float
    at_risk: int
    drop_outs: int
    planned: int
    observed: Proportion
    survival: float
    survival_se: float
    survival_low: float
    survival_high: float
    hazard: float
    baseline_hazard: float
    model_survival: float
    incidence: float
    incidence_planned: float


def life_table(
    periods: PersonPeriods, fit: HazardFit | None = None, *, confidence: float = 0.95
) -> tuple[Period, ...]:
    """Tabulate the periods, rising.

    Parameters
    ----------
    periods
        The rows.
    fit
        A model of the same rows.
    confidence
        Of the intervals.
    """
    z = two_sided(confidence)
    grid, place = np.unique(periods.period, return_inverse=True)
    place = place.reshape(-1)
    at_risk = np.bincount(place)
    gone = np.bincount(place, weights=periods.dropped_out)
    planned = np.bincount(place, weights=(periods.ending == Ending.PLANNED).astype(np.float64))
    share = gone / at_risk
    survival = np.cumprod(1.0 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(gone / (at_risk * (at_risk - gone)))
        error = np.where(survival > 0.0, survival * np.sqrt(summed), np.nan)
        factor = np.exp(z * np.sqrt(summed))
    hazard = baseline = np.full(grid.size, np.nan)
    if fit is not None:
        hazard = np.bincount(place, weights=fit.hazard) / at_risk
        baseline = _at_means(fit, grid)
    stayed = np.cumprod(1.0 - (gone + planned) / at_risk)
    before = np.r_[1.0, stayed[:-1]]
    incidence, other = np.cumsum(before * share), np.cumsum(before * planned / at_risk)
    by_model = np.cumprod(1.0 - hazard)
    return tuple(
        Period(
            period=float(grid[t]),
            at_risk=int(at_risk[t]),
            drop_outs=int(gone[t]),
            planned=int(planned[t]),
            observed=wilson(int(gone[t]), int(at_risk[t]), confidence=confidence),
            survival=float(survival[t]),
            survival_se=float(error[t]),
            survival_low=float(survival[t] / factor[t]) if survival[t] > 0.0 else math.nan,
            survival_high=min(1.0, float(survival[t] * factor[t])) if survival[t] else math.nan,
            hazard=float(hazard[t]),
            baseline_hazard=float(baseline[t]),
            model_survival=float(by_model[t]),
            incidence=float(incidence[t]),
            incidence_planned=float(other[t]),
        )
        for t in range(grid.size)
    )


def _at_means(fit: HazardFit, grid: Floats) -> Floats:
    means = fit.design.values.mean(axis=0)
    rows = np.column_stack(
        [np.ones(grid.size), fit.design.baseline.columns(grid), np.tile(means, (grid.size, 1))]
    )
    return fit.predict(rows)
