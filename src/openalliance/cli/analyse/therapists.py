"""``openalliance analyse therapists``: how much outcomes vary between therapists."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from openalliance.core.evidence.therapists import TherapistEffects
    from openalliance.files.frame import Frame, Label, Labels

_EXAMPLES = """\b
Examples:
  openalliance analyse therapists endings.csv --client id --therapist therapist \\
      --outcome change
  openalliance analyse therapists endings.csv --client id --therapist therapist \\
      --outcome phq9_end --pre phq9_start --covariates age,sex --plot therapists.svg
  openalliance analyse therapists scores.csv --client id --therapist therapist \\
      --outcome phq9 --time session --pre phq9_start
"""


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who; one row each, unless --time is given.")
@column("--therapist", help="Who treats them.")
@column("--outcome", help="The outcome; clients without one are left out.")
@column("--pre", required=False, help="Score at the start, to allow for where clients began.")
@click.option(
    "--covariates", metavar="COL,COL", callback=_names,
    help="What else to allow for; text columns are categories.",
)  # fmt: skip
@column(
    "--time", required=False,
    help="FILE has a row per client and time: each client’s last row with an outcome counts.",
)  # fmt: skip
@confidence("Level of all intervals.")
@delivered
def command(
    *,
    file: str,
    client: str,
    therapist: str,
    outcome: str,
    pre: str | None,
    covariates: tuple[str, ...],
    time: str | None,
    confidence: float,
) -> Result:
    """Say how much outcomes vary between therapists, and how surely.

    Estimates of single therapists are shrunken by how few clients stand behind them, and come in
    the order of the names. They are for talking, not for ranking.
    """
    from openalliance.core.evidence.therapists import therapist_effects
    from openalliance.files.design import additive, design_of
    from openalliance.files.frame import read_frame

    frame = read_frame(file)
    values = frame.numbers(outcome)
    rows = _rows(frame, client, time, np.isfinite(values))
    if not rows.any():
        raise TableError("nobody has an outcome", file=frame.file, column=outcome)
    labels = frame.labels(therapist)
    fixed = additive([*([pre] if pre else []), *covariates])
    design = design_of(frame, fixed, rows=rows)
    kept = design.kept
    try:
        found = therapist_effects(
            values[kept],
            labels.codes[kept],
            x=design.matrix,
            terms=design.terms,
            confidence=confidence,
        )
    except InputError as fault:
        raise TableError(fault.what, file=frame.file, column=_column(fault, therapist)) from None
    notes = list(found.notes)
    left_out = int(rows.sum() - kept.sum())
    if left_out:
        notes.insert(0, f"{left_out} clients without a value of {fixed} are left out.")
    names = [labels.names[one.code] for one in found.therapists]
    order = _by_name(names)
    table = [_row(found, names, at) for at in order]
    return Result(
        title="Differences between therapists",
        document=_document(found, table),
        tables={"therapists": table},
        text=lambda console: _say(console, found, table, outcome),
        chart=lambda: _chart(found, names, outcome),
        notes=notes,
    )


def _rows(frame: Frame, client: str, time: str | None, there: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the rows that count: one for each client."""
    clients: Labels = frame.labels(client)
    if time is None:
        repeated = np.ones(frame.rows, dtype=bool)
        repeated[np.unique(clients.codes, return_index=True)[1]] = False
        frame.refuse(
            client, repeated, "the client has an earlier row; keep one row each, or give --time"
        )
        return there
    from openalliance.files.times import numeric_times

    frame.refuse_duplicates(client, time)
    times, _ = numeric_times(frame, time)
    known = np.flatnonzero(there)
    order = known[np.lexsort((times[known], clients.codes[known]))]
    last = np.ones(order.size, dtype=bool)
    last[:-1] = clients.codes[order][1:] != clients.codes[order][:-1]
    chosen = np.zeros(frame.rows, dtype=bool)
    chosen[order[last]] = True
    return chosen


def _column(fault: InputError, therapist: str) -> str | None:
    return therapist if fault.where == "therapists" else None


def _by_name(names: list[Label]) -> list[int]:
    return sorted(range(len(names)), key=lambda at: (str(type(names[at])), names[at]))


def _row(found: TherapistEffects, names: list[Label], at: int) -> dict[str, Any]:
    one = found.therapists[at]
    return {
        "therapist": names[at],
        "n": one.n,
        "mean": one.mean,
        "mean_se": one.mean_se,
        "estimate": one.estimate,
        "ci_lower": one.low,
        "ci_upper": one.high,
        "weight": one.weight,
    }


def _document(found: TherapistEffects, table: list[dict[str, Any]]) -> dict[str, Any]:
    from openalliance.core.evidence.therapists import PUBLISHED

    return {
        "n_clients": found.n_clients,
        "n_therapists": found.n_therapists,
        "icc": found.icc,
        "icc_ci": [found.icc_low, found.icc_high],
        "p": found.p,
        "therapist_sd": found.therapist_sd,
        "client_sd": found.client_sd,
        "loglik": found.loglik,
        "reml": True,
        "boundary": found.boundary,
        "confidence": found.confidence,
        "fixed": [asdict(term) for term in found.fixed],
        "therapists": table,
        "published": [asdict(one) for one in PUBLISHED],
    }


def _chart(found: TherapistEffects, names: list[Label], outcome: str) -> dict[str, Any]:
    from openalliance.charts.therapists import therapists_chart

    return therapists_chart(found, [str(name) for name in names], outcome=outcome)


def _say(
    console: Console, found: TherapistEffects, table: list[dict[str, Any]], outcome: str
) -> None:
    from rich.table import Table

    from openalliance.core.evidence.therapists import PUBLISHED

    said = f"{found.n_clients:,} clients of {found.n_therapists} therapists. "
    if not math.isnan(found.icc):
        said += (
            f"{found.icc:.1%} of the variance of {outcome} lies between therapists "
            f"({found.confidence:.0%} interval {found.icc_low:.1%} to {found.icc_high:.1%})."
        )
    console.print(said, markup=False)
    if not math.isnan(found.icc):
        console.print(
            f"Therapists differ with an SD of {found.therapist_sd:.3g} points, the clients of one "
            f"therapist with {found.client_sd:.3g}."
        )
    published = ", ".join(f"{one.share:.1%} {one.where}" for one in PUBLISHED)
    console.print(f"Published: {published} ({PUBLISHED[0].source}).", markup=False)
    grid = Table(box=None, pad_edge=False)
    grid.add_column("Therapist")
    for name in ("Clients", "Raw mean", "Shrunken", "Interval"):
        grid.add_column(name, justify="right")
    for row in table:
        grid.add_row(str(row["therapist"]), str(row["n"]), f"{row['mean']:+.2f}", *_shrunken(row))
    console.print(grid, markup=False)
    console.print(
        "In points of the outcome, less what is expected of these clients; in the order of names."
    )


def _shrunken(row: dict[str, Any]) -> tuple[str, str]:
    if math.isnan(row["estimate"]):
        return "–", "–"
    return f"{row['estimate']:+.2f}", f"{row['ci_lower']:+.2f} to {row['ci_upper']:+.2f}"
