"""A drop-out analysis as a document, tables, a text and a picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openalliance.cli.delivery import Result
from openalliance.core.course.dropout import (
    IMPLAUSIBLE_AUC,
    HazardFit,
    Performance,
    Period,
    Shape,
    Term,
    Validation,
    last_rows,
    refusal,
    row_risks,
)
from openalliance.core.estimation.links import Link
from openalliance.core.estimation.proportions import two_sided

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.cli.analyse.dropout_rows import Rows

RATIO = {Link.LOGIT: "Odds ratio", Link.CLOGLOG: "Hazard ratio"}
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that an analysis came to."""

    rows: Rows
    fit: HazardFit
    validation: Validation | None
    reason: str
    table: tuple[Period, ...]
    needed: int
    period: str
    asked: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def shows_risk(self) -> bool:
        """Return whether there are drop-outs enough to speak of one client."""
        return self.rows.periods.n_events >= self.needed


def result_of(found: Found) -> Result:
    """Put together what the command hands over."""
    periods, fit, asked = found.rows.periods, found.fit, found.asked
    notes = notes_of(found)
    coefficients = term_rows(fit.terms, asked["confidence"])
    hazard = [_period_row(period) for period in found.table]
    clients = _client_rows(found) if found.shows_risk else None
    document: dict[str, Any] = {
        "model": "hazard",
        "coefficients": coefficients,
        "loglik": fit.loglik,
        "n_rows": periods.n_rows,
        "n_clients": periods.n_clients,
        "n_events": periods.n_events,
        "n_planned": periods.n_planned,
        "performance": _performance(found),
        "hazard": hazard,
        "converged": fit.converged,
        "separated": list(fit.separated),
        "individual_risk": {
            "shown": found.shows_risk,
            "n_events": periods.n_events,
            "minimum_events": found.needed,
            "reason": None if found.shows_risk else refusal(periods.n_events, found.needed),
        },
        "clients": clients,
        "settings": _settings(found),
        "notes": notes,
    }
    if periods.n_planned:
        document["planned_coefficients"] = term_rows(fit.planned_terms, asked["confidence"])
    tables: dict[str, Any] = {"coefficients": coefficients, "hazard": hazard}
    if clients is not None:
        tables["clients"] = clients
    return Result(
        title="Drop-out",
        document=document,
        tables=tables,
        text=functools.partial(_text, found),
        chart=functools.partial(_chart, found),
        notes=notes,
    )


def term_rows(terms: Sequence[Term], confidence: float) -> list[dict[str, Any]]:
    """Return coefficients as rows; what is not finite is missing."""
    z = two_sided(confidence)
    return [
        {
            "term": term.term,
            "estimate": term.estimate,
            "se": term.se,
            "z": term.z,
            "p": term.p,
            "ci_lower": term.estimate - z * term.se,
            "ci_upper": term.estimate + z * term.se,
        }
        for term in terms
    ]


def _period_row(period: Period) -> dict[str, Any]:
    return {
        "period": int(period.period) if period.period.is_integer() else period.period,
        "at_risk": period.at_risk,
        "events": period.drop_outs,
        "planned": period.planned,
        "observed": period.observed.value,
        "observed_lower": period.observed.low,
        "observed_upper": period.observed.high,
        "hazard": period.hazard,
        "baseline_hazard": period.baseline_hazard,
        "survival": period.survival,
        "survival_se": period.survival_se,
        "survival_lower": period.survival_low,
        "survival_upper": period.survival_high,
        "model_survival": period.model_survival,
        "incidence": period.incidence,
        "incidence_planned": period.incidence_planned,
    }


def _client_rows(found: Found) -> list[dict[str, Any]]:
    periods, names = found.rows.periods, found.rows.clients.names
    last = last_rows(periods.client, periods.period)
    risk, low, high = row_risks(found.fit, last, confidence=found.asked["confidence"])
    out_of_fold = None if found.validation is None else found.validation.hazard[last]
    return [
        {
            "client": names[int(periods.client[row])],
            "period": _period_number(periods.period[row]),
            "risk": float(risk[at]),
            "risk_lower": float(low[at]),
            "risk_upper": float(high[at]),
            "risk_out_of_fold": None if out_of_fold is None else float(out_of_fold[at]),
            "event": int(periods.ending[row]),
        }
        for at, row in enumerate(last)
    ]


def _period_number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _performance(found: Found) -> dict[str, Any] | None:
    if found.validation is None:
        return None
    validation, asked = found.validation, found.asked
    seen = validation.performance
    words = f"{validation.folds}-fold cross-validation by client, seed {asked['seed']}"
    return {
        "auc": seen.auc.value,
        "auc_ci": [seen.auc.low, seen.auc.high],
        "brier": seen.brier.value,
        "calibration_intercept": seen.calibration.intercept.value,
        "calibration_slope": seen.calibration.slope.value,
        "validation": words,
        **_more(seen),
        "apparent": {
            "auc": validation.apparent.auc.value,
            "brier": validation.apparent.brier.value,
            "calibration_slope": validation.apparent.calibration.slope.value,
        },
        "optimism_auc": validation.optimism,
    }


def _more(seen: Performance) -> dict[str, Any]:
    bent = seen.calibration
    return {
        "auc_se": seen.auc.se,
        "auc_same_period": seen.same_period_auc,
        "brier_reference": seen.brier.reference,
        "brier_skill": seen.brier.skill,
        "calibration_intercept_ci": [bent.intercept.low, bent.intercept.high],
        "calibration_slope_ci": [bent.slope.low, bent.slope.high],
        "expected_events": bent.expected,
        "observed_events": bent.observed,
        "n_rows": seen.n_rows,
        "n_left_out": seen.n_left_out,
        "n_certain": bent.n_certain,
        "curve": [
            {
                "n": part.n,
                "predicted": part.mean,
                "predicted_lowest": part.lowest,
                "predicted_highest": part.highest,
                "observed": part.observed.value,
                "observed_lower": part.observed.low,
                "observed_upper": part.observed.high,
            }
            for part in bent.curve
        ],
    }


def _settings(found: Found) -> dict[str, Any]:
    asked, baseline = found.asked, found.fit.design.baseline
    return {
        "link": found.fit.link.value,
        "baseline": baseline.shape.value,
        "reference_period": baseline.reference,
        "knots": list(baseline.knots),
        "penalty": asked["penalty"],
        "competing": asked["competing"] if found.rows.periods.n_planned else None,
        "covariates": list(found.rows.names),
        "folds": asked["folds"],
        "seed": asked["seed"],
        "confidence": asked["confidence"],
        "missing": asked["missing"],
        "rows_left_out": found.rows.left_out,
    }


def notes_of(found: Found) -> list[str]:
    """Return the cautions that belong to this result, in plain words."""
    notes = [*row_notes(found.rows), *found.notes]
    fit, periods = found.fit, found.rows.periods
    if not fit.converged and not (fit.joint is not None and fit.separated):
        notes.append("The estimation did not converge; do not rely on these figures.")
    notes += _separation_notes(found)
    count = len(fit.design.terms) - 1
    if count and periods.n_events < 10 * count:
        notes.append(
            f"Fewer than 10 drop-outs for each coefficient ({periods.n_events} for {count}), so the"
            " coefficients are uncertain and tend to be too large."
        )
    if not found.shows_risk:
        notes.append(refusal(periods.n_events, found.needed))
    if found.validation is None:
        notes.append(found.reason)
    else:
        notes += _performance_notes(found.validation)
    return notes


def row_notes(rows: Rows) -> list[str]:
    """Return what has to be said about the rows themselves."""
    notes = []
    if rows.left_out:
        plural = "" if rows.left_out == 1 else "s"
        notes.append(f"{rows.left_out} row{plural} without a covariate left out.")
    if rows.gaps:
        times = "Once" if rows.gaps == 1 else f"{rows.gaps} times"
        notes.append(f"{times} a client skips periods in between, and counts as not there in them.")
    return notes


def _separation_notes(found: Found) -> list[str]:
    fit = found.fit
    if not fit.separated:
        return []
    if fit.joint is not None:
        return [
            (
                "The kinds of ending separate (for instance a period without one of them), so the"
                " multinomial model has no finite estimate; take --competing cause-specific, or"
                " --baseline spline."
            )
        ]
    empty = [f"{p.period:g}" for p in found.table if p.drop_outs == 0]
    notes = []
    of_baseline = set(fit.separated) & set(fit.design.baseline.terms)
    if of_baseline and fit.design.baseline.shape is Shape.FACTOR and empty:
        notes.append(
            f"Nobody drops out in period {_some(empty)}: the hazard there is 0 and its coefficient"
            " has no finite value. --baseline spline (smooth) or --penalty firth gives an estimate."
        )
    others = [term for term in fit.separated if term not in of_baseline or not notes]
    if others:
        notes.append(
            f"The drop-outs are separated without error by {_some(others)}: no finite estimate."
            " Check whether a covariate was recorded after the ending; --penalty firth gives a"
            " finite estimate."
        )
    return notes


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _performance_notes(validation: Validation) -> list[str]:
    seen = validation.performance
    notes = []
    if seen.auc.value > IMPLAUSIBLE_AUC:
        notes.append(
            f"An AUC of {seen.auc.value:.2f} is implausibly high: the alliance alone gives about"
            " .65. Check that no covariate was recorded after the client had left, or tells how"
            " long the treatment was."
        )
    if seen.n_left_out:
        notes.append(
            f"{seen.n_left_out} rows could not be foretold by the clients left in, and are not in"
            " the performance."
        )
    if seen.calibration.n_certain:
        notes.append(
            f"{seen.calibration.n_certain} rows are told a risk of exactly 0 or 1 out of fold;"
            " calibration intercept and slope leave them out."
        )
    if seen.calibration.reason:
        notes.append(f"Calibration: {seen.calibration.reason}.")
    if seen.calibration.slope.high < 1.0:
        notes.append(
            "The calibration slope is below 1: risks are too extreme for clients the model has not"
            " seen."
        )
    return notes


def _text(found: Found, console: Console) -> None:
    from openalliance.cli.analyse.dropout_text import show

    show(found, console)


def _chart(found: Found) -> dict[str, Any]:
    from openalliance.charts.calibration import calibration_chart
    from openalliance.charts.dropout import coefficient_chart, hazard_chart

    kind = found.asked["plot_kind"]
    if kind is None:
        kind = "hazard" if found.validation is None else "calibration"
    if kind == "coefficients":
        z = two_sided(found.asked["confidence"])
        return coefficient_chart(found.fit.terms, ratio=RATIO[found.fit.link], z=z)
    if kind == "hazard" or found.validation is None:
        return hazard_chart(found.table, unit=found.period)
    seen = found.validation.performance
    auc = f"AUC {seen.auc.value:.2f}"
    if math.isfinite(seen.auc.se):
        auc += f" ({seen.auc.low:.2f} to {seen.auc.high:.2f})"
    return calibration_chart(
        seen.calibration,
        found.validation.hazard,
        title="Risk of dropping out: predicted and seen",
        subtitle=(f"Clients left out of the model; {auc}",),
    )
