"""``openalliance analyse trajectory``: growth curves, forecasts, off-track rules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import Result, column, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from openalliance.cli.analyse.trajectory_rows import Columns, Rows
    from openalliance.core.course.trajectories.growth import GrowthFit

_EXAMPLES = """\b
Examples:
  openalliance analyse trajectory scores.csv --client id --time week --score phq9
  openalliance analyse trajectory scores.csv --client id --time week --score bdi \\
      --transform log1p --correlation auto --predict --plot curves.svg
  openalliance analyse trajectory scores.csv --client id --time week --score bdi \\
      --fixed "baseline * week" --random intercept --ml --json
  openalliance analyse trajectory scores.csv --client id --time week --score bdi \\
      --transform log1p --reliable-change 8 --better lower
"""


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def _numbers(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, ...]:
    try:
        found = tuple(float(number) for number in (value or "").split(",") if number.strip())
    except ValueError:
        raise click.BadParameter("write numbers with commas between: 4,8,12") from None
    if not all(math.isfinite(number) for number in found):
        raise click.BadParameter("times must be finite")
    return found


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column(
    "--time", help="When: numbers (weeks, sessions), or days (2026-03-31), which become weeks since"
    " the client’s first row.",
)  # fmt: skip
@column("--score", help="The score; rows where it is empty are left out.")
@column("--therapist", required=False, help="Level above the clients: who treats them.")
@click.option(
    "--transform", type=click.Choice(["none", "log1p", "sqrt"]), default="none", show_default=True,
    help="Form of the curve: time as it is, log(1 + time), or its root.",
)  # fmt: skip
@click.option(
    "--random", type=click.Choice(["intercept", "intercept+slope"]), default="intercept+slope",
    show_default=True, help="What differs between clients: the start, or the rate as well.",
)  # fmt: skip
@click.option(
    "--uncorrelated", is_flag=True, help="Start and rate of a client are taken to be unrelated."
)
@click.option(
    "--covariates", metavar="COL,COL", callback=_names,
    help="Columns added to time; text columns are categories.",
)  # fmt: skip
@click.option(
    "--fixed", metavar="FORMULA",
    help="The whole fixed part instead: “a + b * time”. The time column in it is the transformed"
    " one.",
)  # fmt: skip
@click.option(
    "--reml/--ml", default=True, show_default=True,
    help="Restricted or full maximum likelihood. Compare models of different fixed parts by ML.",
)  # fmt: skip
@click.option(
    "--correlation", type=click.Choice(["none", "car1", "car1+error", "auto"]), default="none",
    show_default=True,
    help="Do residuals of a client remember? Not at all; fading with time; fading, with error of"
    " measurement on top; or whichever the likelihood prefers (AIC).",
)  # fmt: skip
@click.option("--predict", is_flag=True, help="Forecast each client’s next scores, with bands.")
@click.option(
    "--at", "at", metavar="T,T", callback=_numbers,
    help="Times to forecast, with --predict [default: four more at the usual distance].",
)  # fmt: skip
@click.option(
    "--level", type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True), default=0.80,
    show_default=True, help="Level of prediction bands.",
)  # fmt: skip
@click.option(
    "--reliable-change", metavar="D", type=click.FloatRange(0.0, min_open=True),
    help="Also judge the off-track rule, each half of the clients by the course of the other:"
    " how often it foresaw an end worse by D points. Times are weeks.",
)  # fmt: skip
@click.option(
    "--bad-end", type=click.Choice(["deteriorated", "not-improved"]), default="deteriorated",
    show_default=True, help="With --reliable-change: worse by D, or not better by D.",
)  # fmt: skip
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="With --reliable-change: which direction of the score is better.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True,
    help="With --reliable-change: the same seed parts the clients in the same way.",
)  # fmt: skip
@delivered
def command(file: str, **asked: Any) -> Result:
    """Fit growth curves: the usual course, how clients differ, what to expect next.

    FILE is long: one row per client and time. The model is a linear mixed model with a start (and a
    rate) for every client.
    """
    from openalliance.cli.analyse.trajectory_results import result_of
    from openalliance.cli.analyse.trajectory_rows import rows_of
    from openalliance.files.frame import read_frame

    columns = _columns(asked)
    if asked["at"] and not asked["predict"]:
        raise click.BadParameter("needs --predict", param_hint="--at")
    if asked["transform"] != "none" and any(time < 0.0 for time in asked["at"]):
        raise click.BadParameter(f"a time below 0 has no {asked['transform']}", param_hint="--at")
    if columns.therapist is not None and asked["predict"]:
        raise click.BadParameter("forecasts are made without --therapist", param_hint="--predict")
    frame = read_frame(file)
    try:
        rows = rows_of(frame, columns)
        found = _fit(rows, asked)
        return result_of(rows, found, asked)
    except TableError:
        raise
    except InputError as fault:
        if fault.where == "formula":
            raise click.BadParameter(fault.what, param_hint="--fixed") from None
        raise TableError(fault.what, file=frame.file, column=columns.score) from None


def _columns(asked: dict[str, Any]) -> Columns:
    from openalliance.cli.analyse.trajectory_rows import Columns
    from openalliance.files.design import additive

    if asked["fixed"] is not None and asked["covariates"]:
        raise click.BadParameter("give --fixed or --covariates, not both", param_hint="--fixed")
    formula = asked["fixed"] or additive([asked["time"], *asked["covariates"]])
    return Columns(
        client=asked["client"],
        time=asked["time"],
        score=asked["score"],
        therapist=asked["therapist"],
        formula=formula,
        transform=asked["transform"],
        slope=asked["random"] == "intercept+slope",
    )


def _fit(rows: Rows, asked: dict[str, Any]) -> GrowthFit:
    from openalliance.core.course.trajectories.growth import Memory, fit_growth_curve

    return fit_growth_curve(
        rows.growth,
        memory=Memory(asked["correlation"]),
        reml=asked["reml"],
        uncorrelated=asked["uncorrelated"],
    )
