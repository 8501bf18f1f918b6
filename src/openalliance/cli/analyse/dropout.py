"""``openalliance analyse dropout``: who leaves early, when, and how well that can be foretold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import (
    Result,
    column,
    delivered,
    file_argument,
    progress,
    write_whole,
)
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from openalliance.cli.analyse.dropout_rows import Rows
    from openalliance.core.course.dropout import HazardFit, Validation
    from openalliance.files.frame import Frame

_EXAMPLES = """\b
Examples:
  openalliance analyse dropout rows.csv --client id --period session --event left \\
      --covariates alliance,outcome
  openalliance analyse dropout rows.csv --client id --period session --event left \\
      --fixed "log_session + alliance" --link cloglog --plot calibration.svg
  openalliance analyse dropout rows.csv --client id --period session --event ending \\
      --event-value unplanned --planned-value planned --baseline spline
  openalliance analyse dropout rows.csv --client id --period n --event left \\
      --covariates alliance --model cox --start from_day --stop to_day
"""


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def _json_file(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and (path.suffix.lower() != ".json" or not path.absolute().parent.is_dir()):
        raise click.BadParameter("a .json file in a folder that exists")
    return path


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--period", help="Which period: the number of the session or week.")
@column("--event", help="1 in the period in which the client dropped out, else 0.")
@click.option(
    "--event-value",
    default="1",
    show_default=True,
    help="What stands for dropping out in the event column.",
)
@click.option(
    "--planned-value",
    metavar="VALUE",
    help="What stands for a planned ending: a competing way to end.",
)
@click.option(
    "--covariates",
    metavar="COL,COL,…",
    callback=_names,
    help="Columns that may change from period to period.",
)
@click.option(
    "--fixed",
    metavar="FORMULA",
    help='The whole model as a formula instead, such as "log_s + bdi".',
)
@click.option(
    "--link",
    type=click.Choice(["logit", "cloglog"]),
    default="logit",
    show_default=True,
    help="cloglog for times that were continuous.",
)
@click.option(
    "--baseline",
    type=click.Choice(["factor", "linear", "spline", "none"]),
    help="How the hazard depends on the period [default: factor; none with --fixed or"
    " when a covariate is the period itself].",
)
@click.option(
    "--penalty",
    type=click.Choice(["none", "firth"]),
    default="none",
    show_default=True,
    help="firth keeps every coefficient finite.",
)
@click.option(
    "--competing",
    type=click.Choice(["cause-specific", "multinomial"]),
    default="cause-specific",
    show_default=True,
    help="How planned endings enter, if there are any.",
)
@click.option(
    "--model",
    type=click.Choice(["hazard", "cox"]),
    default="hazard",
    show_default=True,
    help="Discrete-time hazard, or Cox regression (Efron's ties).",
)
@column("--start", required=False, help="Cox: from when a row counts [default: the period before].")
@column("--stop", required=False, help="Cox: until when a row counts [default: the period].")
@click.option(
    "--missing",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="What to do with rows that lack a covariate.",
)
@click.option(
    "--folds",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help="Parts of the clients for cross-validation; 0 for none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Deals the clients to parts; the same seed, the same parts.",
)
@click.option(
    "--minimum-events",
    type=click.IntRange(0),
    metavar="N",
    help="Drop-outs needed before individual risk is shown [default: 10 for each"
    " coefficient and at least 50].",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="Of all intervals.",
)
@click.option(
    "--save-model",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_json_file,
    help="Keep the model as .json, to be asked about one client.",
)
@click.option(
    "--plot-kind",
    type=click.Choice(["calibration", "hazard", "coefficients"]),
    help="What --plot draws [default: calibration, or hazard without validation].",
)
@delivered
def command(file: str, *, client: str, period: str, event: str, **asked: Any) -> Result:
    """Estimate the risk of dropping out in each period, and judge it on clients left out.

    FILE has one row per client and period in which the client could have dropped out; rows stop
    with the ending.
    """
    from openalliance.cli.analyse.dropout_rows import Columns, read_rows
    from openalliance.files.frame import read_frame

    _refuse_contradictions(asked)
    columns = Columns(
        client=client, period=period, event=event, event_value=asked["event_value"],
        planned_value=asked["planned_value"], covariates=asked["covariates"],
        fixed=asked["fixed"], drop_missing=asked["missing"] == "drop",
    )  # fmt: skip
    frame = read_frame(file)
    rows = read_rows(frame, columns)
    try:
        if asked["model"] == "cox":
            return _cox(frame, rows, columns.period, asked)
        return _hazard(rows, columns.period, asked)
    except InputError as fault:
        if isinstance(fault, TableError):
            raise
        if fault.where == "knots":
            raise TableError(f"a spline {fault.what}", file=frame.file, column=period) from None
        hint = _hint(fault, asked)
        raise TableError(fault.what + hint, file=frame.file) from None


def _refuse_contradictions(asked: dict[str, Any]) -> None:
    if asked["covariates"] and asked["fixed"] is not None:
        raise click.UsageError("--covariates and --fixed exclude each other")
    cox = asked["model"] == "cox"
    if not cox and (asked["start"] or asked["stop"]):
        raise click.UsageError("--start and --stop belong to --model cox")
    if bool(asked["start"]) != bool(asked["stop"]):
        raise click.UsageError("--start and --stop go together")
    if cox and (asked["baseline"] or asked["penalty"] != "none" or asked["save_model"]):
        raise click.UsageError(
            "--baseline, --penalty and --save-model belong to --model hazard: a Cox model leaves"
            " the baseline open"
        )
    if cox and asked["plot_kind"] == "calibration":
        raise click.UsageError("--plot-kind calibration belongs to --model hazard")
    joint = asked["competing"] == "multinomial"
    if joint and (asked["link"] != "logit" or asked["penalty"] != "none" or asked["save_model"]):
        raise click.UsageError(
            "a multinomial model has the logit link and no penalty, and is not kept"
        )


def _hint(fault: InputError, asked: dict[str, Any]) -> str:
    if fault.where == "design" and asked["baseline"] not in {"none", None}:
        return (
            "; what depends on the period alone is in the baseline already: leave it out, or take"
            " --baseline none"
        )
    return ""


def _hazard(rows: Rows, period: str, asked: dict[str, Any]) -> Result:
    from openalliance.cli.analyse.dropout_results import Found, result_of
    from openalliance.cli.analyse.dropout_rows import shape_for
    from openalliance.core.course import dropout
    from openalliance.core.estimation.logistic import Firth

    shape, note = shape_for(rows, asked["baseline"], formula=asked["fixed"] is not None)
    baseline = dropout.baseline_for(rows.periods, shape, name=period)
    design = dropout.design_for(rows.periods, rows.values, rows.names, baseline=baseline)
    penalty = Firth() if asked["penalty"] == "firth" else None
    fit = dropout.fit_hazard(
        rows.periods, design, link=asked["link"], penalty=penalty, competing=asked["competing"]
    )
    validation, reason = _validated(rows, fit, penalty, asked)
    found = Found(
        rows=rows, fit=fit, validation=validation, reason=reason,
        table=dropout.life_table(rows.periods, fit, confidence=asked["confidence"]),
        needed=_needed(fit, asked), period=period, asked=asked,
        notes=() if note is None else (note,),
    )  # fmt: skip
    if asked["save_model"] is not None:
        kept = dropout.model_of(
            fit, n_events=rows.periods.n_events, n_clients=rows.periods.n_clients,
            needed=found.needed, validation=validation,
        )  # fmt: skip
        write_whole(asked["save_model"], (kept.to_json() + "\n").encode())
    return result_of(found)


def _needed(fit: HazardFit, asked: dict[str, Any]) -> int:
    from openalliance.core.course.dropout import minimum_events

    if asked["minimum_events"] is not None:
        return int(asked["minimum_events"])
    return minimum_events(len(fit.design.terms) - 1)


def _validated(
    rows: Rows, fit: HazardFit, penalty: Any, asked: dict[str, Any]
) -> tuple[Validation | None, str]:
    import numpy as np

    from openalliance.core.course.dropout import validate

    if asked["folds"] == 0:
        return None, "Not validated: --folds 0 was asked for."
    if asked["folds"] == 1:
        raise click.UsageError("--folds is at least 2, or 0 for none")
    try:
        with progress("Cross-validation", asked["folds"]) as advance:
            return validate(
                rows.periods, fit, rng=np.random.default_rng(asked["seed"]), folds=asked["folds"],
                penalty=penalty, competing=asked["competing"], confidence=asked["confidence"],
                advance=advance,
            ), ""  # fmt: skip
    except InputError as fault:
        return None, f"Not validated: {fault.what}."


def _cox(frame: Frame, rows: Rows, period: str, asked: dict[str, Any]) -> Result:
    import numpy as np

    from openalliance.cli.analyse.cox import fit_cox
    from openalliance.cli.analyse.cox_results import cox_result

    periods = rows.periods
    if asked["start"]:
        start = frame.numbers(asked["start"], missing=False)
        stop = frame.numbers(asked["stop"], missing=False)
        frame.refuse(asked["stop"], stop <= start, "a row must stop after it starts")
        start, stop = start[rows.kept], stop[rows.kept]
    else:
        grid = periods.grid
        place = np.searchsorted(grid, periods.period)
        start = place.astype(np.float64)
        stop = (place + 1).astype(np.float64)
    fit = fit_cox(
        client=periods.client, start=start, stop=stop, event=periods.dropped_out,
        covariates=rows.values, names=rows.names,
    )  # fmt: skip
    if not asked["start"]:
        # Only the order of times matters to a Cox model; show the periods themselves.
        fit = fit.at(periods.grid[fit.times.astype(np.int64) - 1])
    return cox_result(fit, rows, period, asked)
