"""A drop-out analysis as a person reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from openalliance.cli.analyse.dropout_results import RATIO, Found
from openalliance.core.course.dropout import Period, Term
from openalliance.core.estimation.proportions import two_sided

if TYPE_CHECKING:
    from rich.console import Console

_MOST_PERIODS = 24


def show(found: Found, console: Console) -> None:
    """Print the result: sentences first, then the tables."""
    periods = found.rows.periods
    said = (
        f"{periods.n_events} of {periods.n_clients} clients drop out"
        f" ({periods.n_events / periods.n_clients:.0%}), in {periods.n_rows} periods at risk."
    )
    if periods.n_planned:
        said += f" {periods.n_planned} end as planned."
    console.print(said)
    for line in _judged(found):
        console.print(line)
    console.print()
    ratio = RATIO[found.fit.link] if found.fit.joint is None else "Odds ratio"
    show_terms(found.fit.terms, console, ratio=ratio, confidence=found.asked["confidence"])
    if found.fit.planned_terms and found.fit.design.covariates:
        console.print("Planned endings (covariates only; --json has all)")
        others = found.fit.planned_terms[len(found.fit.terms) - found.fit.design.covariates :]
        show_terms(others, console, ratio=ratio, confidence=found.asked["confidence"])
    show_periods(found.table, console)


def _judged(found: Found) -> list[str]:
    if found.validation is None:
        return []
    seen = found.validation.performance
    lines = [
        (
            "With clients it has not seen, the model tells those who leave from those who stay with"
            f" AUC {seen.auc.value:.2f}{_interval(seen.auc.low, seen.auc.high)}; .50 is chance."
            f" With those it was fitted to it looks like {found.validation.apparent.auc.value:.2f}."
        ),
    ]
    bent = seen.calibration
    if math.isfinite(bent.slope.value):
        lines.append(
            f"Calibration: intercept {_two(bent.intercept.value)}"
            f"{_interval(bent.intercept.low, bent.intercept.high)}, slope {bent.slope.value:.2f}"
            f"{_interval(bent.slope.low, bent.slope.high)}; 0 and 1 are right."
        )
    lines.append(
        f"Brier score {seen.brier.value:.4f}; the base rate told to everybody has"
        f" {seen.brier.reference:.4f}."
    )
    return lines


def _two(value: float) -> str:
    """Two decimals, zero without a sign."""
    return f"{round(value, 2) + 0.0:.2f}"


def _interval(low: float, high: float) -> str:
    return f" ({_two(low)} to {_two(high)})" if math.isfinite(low) and math.isfinite(high) else ""


def show_terms(terms: Sequence[Term], console: Console, *, ratio: str, confidence: float) -> None:
    """Print coefficients as a table."""
    from rich.markup import escape
    from rich.table import Table

    z = two_sided(confidence)
    table = Table(box=None, pad_edge=False)
    for heading in ("Term", "Estimate", "SE", "z", "p", ratio, f"{confidence:.0%} interval"):
        table.add_column(heading, justify="left" if heading == "Term" else "right")
    for term in terms:
        if not (math.isfinite(term.estimate) and math.isfinite(term.se)):
            table.add_row(escape(term.term), "none", "", "", "", "", "no finite estimate")
            continue
        low, high = term.estimate - z * term.se, term.estimate + z * term.se
        table.add_row(
            escape(term.term), f"{term.estimate:.3f}", f"{term.se:.3f}", f"{term.z:.2f}",
            _p(term.p), _ratio(term.estimate), f"{_ratio(low)} to {_ratio(high)}",
        )  # fmt: skip
    console.print(table)
    console.print()


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}"[1:] if value < 1.0 else "1"


def _ratio(estimate: float) -> str:
    ratio = math.exp(min(max(estimate, -300.0), 300.0))
    return f"{ratio:.2f}" if 0.095 < ratio < 99.5 else f"{ratio:.2g}"


def show_periods(periods: Sequence[Period], console: Console) -> None:
    """Print the life table."""
    from rich.table import Table

    planned = any(period.planned for period in periods)
    table = Table(box=None, pad_edge=False)
    headings = ["Period", "At risk", "Drop out", "Observed", "Model", "Not dropped out"]
    if planned:
        headings.insert(3, "Planned")
    for heading in headings:
        table.add_column(heading, justify="right")
    for period in periods[:_MOST_PERIODS]:
        cells = [f"{period.period:g}", str(period.at_risk), str(period.drop_outs)]
        if planned:
            cells.append(str(period.planned))
        model = f"{period.hazard:.1%}" if math.isfinite(period.hazard) else ""
        table.add_row(*cells, f"{period.observed.value:.1%}", model, f"{period.survival:.1%}")
    console.print(table)
    if len(periods) > _MOST_PERIODS:
        console.print(f"… and {len(periods) - _MOST_PERIODS} periods more (--json has all)")
