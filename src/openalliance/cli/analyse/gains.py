"""``openalliance analyse gains``: sudden gains and losses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from openalliance.cli.delivery import Result, column, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from openalliance.core.course.gains import GainRules, Gains
    from openalliance.files.frame import Frame, Label

_EXAMPLES = """\b
Examples:
  openalliance analyse gains scores.csv --client id --time session --score bdi --cutoff 7
  openalliance analyse gains wide.csv --client id --sessions s1,s2,s3,s4,s5,s6 \\
      --cutoff 7 --plot gains.svg
  openalliance analyse gains scores.csv --client id --time session --score ors \\
      --better higher --cutoff 6 --losses --json
"""
_SHOWN = 20
_SHARED = 0.5
"""Share of steps to the next known time below which clients have times of their own."""

_COLUMNS = (
    "client", "session", "session_name", "before", "after", "magnitude", "before_mean",
    "after_mean", "proportion_of_change", "reversal_value", "reversed",
)  # fmt: skip

Scores = NDArray[np.float64]


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Scores by client and session, and what they are called."""

    scores: Scores
    clients: list[Label]
    sessions: list[Label]
    notes: tuple[str, ...]


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@click.option(
    "--sessions", metavar="COL,COL", callback=_names,
    help="Wide FILE, one row per client: the columns of the sessions, in order.",
)  # fmt: skip
@column("--time", required=False, help="Long FILE: which session, as numbers or days.")
@column("--score", required=False, help="Long FILE: the score; empty if missing.")
@click.option(
    "--cutoff", type=float, help="Least size of the step, in points; often the reliable change."
)
@click.option(
    "--reliability", type=float,
    help="Instead of --cutoff: reliability of the score; the cut-off is then its reliable change.",
)  # fmt: skip
@click.option(
    "--sd", type=float, help="With --reliability: SD of the score [default: of the first session]."
)
@click.option(
    "--percent", type=float, default=0.25, show_default=True,
    help="Least size of the step as a share of the score before it.",
)  # fmt: skip
@click.option(
    "--alpha", type=float, default=0.05, show_default=True,
    help="Two-sided level of the third criterion.",
)  # fmt: skip
@click.option(
    "--no-missing-adjustment", is_flag=True,
    help="Take the published critical value 2.776 also where sessions are missing.",
)  # fmt: skip
@click.option("--losses", is_flag=True, help="Look for sudden losses.")
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="Which direction of the score is better.",
)  # fmt: skip
@delivered
def command(
    *,
    file: str,
    client: str,
    sessions: tuple[str, ...],
    time: str | None,
    score: str | None,
    cutoff: float | None,
    reliability: float | None,
    sd: float | None,
    percent: float,
    alpha: float,
    no_missing_adjustment: bool,
    losses: bool,
    better: str,
) -> Result:
    """Find large, lasting steps from one session to the next.

    Tang and DeRubeis's three criteria: enough points, enough of the score before, and three
    sessions before clearly apart from three after.
    """
    from openalliance.core.course.gains import sudden_gains
    from openalliance.files.frame import read_frame

    wide = bool(sessions)
    if wide is (time is not None or score is not None) or (not wide and not (time and score)):
        raise click.UsageError("give either --sessions, or --time and --score")
    if (cutoff is None) is (reliability is None):
        raise click.UsageError("give either --cutoff or --reliability")
    frame = read_frame(file)
    grid = _wide(frame, client, sessions) if wide else _long(frame, client, str(time), str(score))
    if cutoff is None:
        try:
            cutoff = _reliable_change(grid, float(reliability or 0.0), sd)
        except InputError as fault:
            raise click.BadParameter(fault.what, param_hint=f"--{fault.where}") from None
    frame.refuse(
        sessions[0] if wide else score,
        np.full(1, np.isnan(grid.scores).all()),
        "no client has a score",
    )
    rules = _rules(
        cutoff=abs(cutoff) if losses else cutoff,
        percent=abs(percent) if losses else percent,
        alpha=alpha,
        missing_adjustment=not no_missing_adjustment,
        losses=losses,
        better=better,
    )
    try:
        found = sudden_gains(grid.scores, rules)
    except InputError as fault:
        raise TableError(fault.what, file=frame.file, column=time) from None
    rows = _rows(found, grid)
    unjudged = int(np.sum(found.judgeable_steps == 0))
    notes = list(grid.notes)
    if unjudged:
        notes.append(
            f"{unjudged} of {found.n_clients} clients have too few scores in a row for any step to "
            "be judged; whether they had one is unknown."
        )
    named = score or "Score"
    return Result(
        title="Sudden losses" if losses else "Sudden gains",
        document=_document(found, grid, rules, rows),
        tables={"gains": rows or _no_rows()},
        text=lambda console: _say(console, found, rules, rows),
        chart=(lambda: _chart(found, grid, named, losses=losses)) if rows else None,
        notes=notes,
    )


def _rules(*, better: str, **asked: Any) -> GainRules:
    from openalliance.core.course.gains import GainRules
    from openalliance.core.instruments import Better

    try:
        return GainRules(better=Better(better), **asked)
    except InputError as fault:
        raise click.BadParameter(fault.what, param_hint=f"--{fault.where}") from None


def _wide(frame: Frame, client: str, sessions: tuple[str, ...]) -> _Grid:
    labels = frame.labels(client)
    frame.refuse_duplicates(client)
    if len(set(sessions)) < len(sessions):
        raise click.UsageError("a column is named twice in --sessions")
    scores = np.column_stack([frame.numbers(name) for name in sessions])
    return _Grid(scores=scores, clients=labels.names, sessions=list(sessions), notes=())


def _long(frame: Frame, client: str, time: str, score: str) -> _Grid:
    from openalliance.files.times import numeric_times

    labels = frame.labels(client)
    values = frame.numbers(score)
    frame.refuse_duplicates(client, time)
    times, unit = numeric_times(frame, time)
    distinct, places = np.unique(times, return_inverse=True)
    known: list[Label] = [int(t) if float(t).is_integer() else str(t) for t in distinct]
    notes = []
    if unit == "days" or not _shared(labels.codes, places):
        # Days differ from client to client, so each client's own order counts.
        places = _own_order(labels.codes, times)
        known = list(range(1, int(places.max()) + 2))
        notes.append("Clients have times of their own: each client's count as 1, 2, 3, in order.")
    scores = np.full((len(labels), len(known)), np.nan)
    scores[labels.codes, places] = values
    return _Grid(scores=scores, clients=labels.names, sessions=known, notes=tuple(notes))


def _shared(codes: NDArray[np.int64], places: NDArray[np.int64]) -> bool:
    """Whether clients go from one known time to the next, as they do with numbered sessions."""
    order = np.lexsort((places, codes))
    steps = np.diff(places[order])[np.diff(codes[order]) == 0]
    return not steps.size or float(np.mean(steps == 1)) >= _SHARED


def _own_order(codes: NDArray[np.int64], times: Scores) -> NDArray[np.int64]:
    order = np.lexsort((times, codes))
    counts = np.bincount(codes)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    places = np.empty(codes.size, dtype=np.int64)
    places[order] = np.arange(codes.size) - np.repeat(starts, counts)
    return places


def _reliable_change(grid: _Grid, reliability: float, sd: float | None) -> float:
    from openalliance.core.course import standard_error_of_measurement
    from openalliance.core.course.change import CRITICAL_VALUE

    first = grid.scores[:, 0]
    first = first[np.isfinite(first)]
    if sd is None and first.size < 2:
        raise InputError("nobody has a first score; give the SD", where="sd")
    spread = float(np.std(first, ddof=1)) if sd is None else sd
    return CRITICAL_VALUE * math.sqrt(2.0) * standard_error_of_measurement(spread, reliability)


def _rows(found: Gains, grid: _Grid) -> list[dict[str, Any]]:
    verdicts = {1: True, 0: False, -1: None}
    return [
        {
            "client": grid.clients[found.client[k]],
            "session": int(found.session[k]),
            "session_name": grid.sessions[found.session[k] - 1],
            "before": found.before[k],
            "after": found.after[k],
            "magnitude": found.magnitude[k],
            "before_mean": found.before_mean[k],
            "after_mean": found.after_mean[k],
            "proportion_of_change": found.proportion[k],
            "reversal_value": found.reversal_value[k],
            "reversed": verdicts[int(found.reversed[k])],
        }
        for k in range(len(found))
    ]


def _no_rows() -> pl.DataFrame:
    """Return the table without a row, whose columns are there nevertheless."""
    import polars as pl

    return pl.DataFrame(schema=list(_COLUMNS))


def _document(
    found: Gains, grid: _Grid, rules: GainRules, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    counts = np.bincount(found.client, minlength=found.n_clients)
    judgeable = found.judgeable_steps.tolist()
    first: dict[int, int] = {}
    for k in range(len(found)):
        first.setdefault(int(found.client[k]), k)
    return {
        "cutoff": rules.cutoff,
        "settings": {
            "percent": rules.percent,
            "alpha": rules.alpha,
            "missing_adjustment": rules.missing_adjustment,
            "losses": rules.losses,
            "better": rules.better.value,
            "sessions": grid.sessions,
        },
        "n_clients": found.n_clients,
        "gains": rows,
        "clients": [
            {
                "client": name,
                "gains": int(counts[i]),
                "judgeable_steps": judgeable[i],
                "first_session": rows[first[i]]["session"] if i in first else None,
                "first_magnitude": rows[first[i]]["magnitude"] if i in first else None,
            }
            for i, name in enumerate(grid.clients)
        ],
        "summary": {
            "clients_with_gain": found.clients_with_gain,
            "gains": len(found),
            "reversed": found.n_reversed,
            "mean_magnitude": _mean(found.magnitude),
            "sd_magnitude": float(np.std(found.magnitude, ddof=1)) if len(found) > 1 else None,
        },
    }


def _mean(values: Scores) -> float | None:
    return float(values.mean()) if values.size else None


def _say(console: Console, found: Gains, rules: GainRules, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    one, many = ("sudden loss", "losses") if rules.losses else ("sudden gain", "gains")
    share = found.clients_with_gain / found.n_clients
    console.print(
        f"{found.clients_with_gain} of {found.n_clients} clients ({share:.0%}) had a {one}; "
        f"{len(found)} {many} in all, {found.n_reversed} of them reversed later."
    )
    console.print(
        f"A step of at least {rules.cutoff:.4g} points and {rules.percent:.0%} of the score before."
    )
    if not rows:
        return
    console.print(f"Mean size {abs(float(found.magnitude.mean())):.2f} points.")
    grid = Table(box=None, pad_edge=False)
    grid.add_column("Client")
    for name in ("Session", "Before", "After", "Size", "Share of change", "Reversed"):
        grid.add_column(name, justify="right")
    for row in rows[:_SHOWN]:
        share = row["proportion_of_change"]
        grid.add_row(
            str(row["client"]), str(row["session_name"]), f"{row['before']:g}",
            f"{row['after']:g}", f"{abs(row['magnitude']):g}",
            f"{share:.0%}" if np.isfinite(share) else "–",
            {True: "yes", False: "no", None: "unknown"}[row["reversed"]],
        )  # fmt: skip
    console.print(grid, markup=False)
    if len(rows) > _SHOWN:
        console.print(f"… and {len(rows) - _SHOWN} more (--json or --out have all).")


def _chart(found: Gains, grid: _Grid, score: str, *, losses: bool) -> dict[str, Any]:
    from openalliance.charts.gains import gains_chart

    return gains_chart(found, grid.scores, score=score, losses=losses)
