"""A Cox regression of dropping out as a document, tables, a text and a picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.cli.analyse.cox import CoxFit
from openalliance.cli.analyse.dropout_results import row_notes, term_rows
from openalliance.cli.delivery import Result
from openalliance.core.course.dropout import Term
from openalliance.core.estimation.proportions import two_sided

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.cli.analyse.dropout_rows import Rows


def cox_result(fit: CoxFit, rows: Rows, period: str, asked: dict[str, Any]) -> Result:
    """Put together what the command hands over."""
    periods = rows.periods
    survival = np.exp(-fit.cumulative)
    hazard = [
        {"time": float(time), "cumulative_hazard": float(summed), "survival": float(left)}
        for time, summed, left in zip(fit.times, fit.cumulative, survival, strict=True)
    ]
    coefficients = [
        row | {"robust_se": float(error)}
        for row, error in zip(
            term_rows(fit.terms, asked["confidence"]), fit.robust_errors, strict=True
        )
    ]
    notes = [
        *row_notes(rows),
        (
            "Cox coefficients are not validated here, and no individual risk is shown;"
            " --model hazard does both."
        ),
    ]
    if periods.n_planned:
        notes.append("Planned endings count as still free of dropping out (cause-specific).")
    if not fit.converged:
        notes.append(
            "The likelihood has no maximum: a covariate foretells who leaves without error. No"
            " estimate is shown."
        )
    document = {
        "model": "cox",
        "coefficients": coefficients,
        "loglik": fit.loglik,
        "loglik_null": fit.loglik_null,
        "likelihood_ratio": fit.likelihood_ratio,
        "ties": "efron",
        "n_rows": periods.n_rows,
        "n_clients": periods.n_clients,
        "n_events": periods.n_events,
        "n_planned": periods.n_planned,
        "performance": None,
        "hazard": hazard,
        "converged": fit.converged,
        "settings": {
            "start": asked["start"], "stop": asked["stop"] or period,
            "confidence": asked["confidence"], "covariates": list(rows.names),
            "rows_left_out": rows.left_out,
        },
        "notes": notes,
    }  # fmt: skip
    return Result(
        title="Drop-out (Cox regression)",
        document=document,
        tables={"coefficients": coefficients, "hazard": hazard},
        text=functools.partial(_text, fit, rows, asked["confidence"]),
        chart=functools.partial(_chart, fit.terms, asked["confidence"]),
        notes=notes,
    )


def _text(fit: CoxFit, rows: Rows, confidence: float, console: Console) -> None:
    from openalliance.cli.analyse.dropout_text import show_terms

    periods = rows.periods
    console.print(f"{periods.n_events} of {periods.n_clients} clients drop out.")
    console.print(
        f"Log partial likelihood {fit.loglik:.3f} ({fit.loglik_null:.3f} without covariates)."
    )
    console.print()
    show_terms(fit.terms, console, ratio="Hazard ratio", confidence=confidence)


def _chart(terms: Sequence[Term], confidence: float) -> dict[str, Any]:
    from openalliance.charts.dropout import coefficient_chart

    return coefficient_chart(terms, ratio="Hazard ratio", z=two_sided(confidence))
