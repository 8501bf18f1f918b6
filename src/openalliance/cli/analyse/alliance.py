"""``openalliance analyse alliance``: rupture and repair in session-by-session ratings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import Result, column, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from openalliance.cli.analyse.alliance_results import Measured, Rated
    from openalliance.core.course.alliance_methods.control_charts import ChartRules
    from openalliance.core.course.alliance_methods.criterion import CriterionRules
    from openalliance.core.course.settings import RuptureRules
    from openalliance.files.frame import Frame

MANY = 0.05
"""Share of ratings at the highest one from which a ceiling is suspected."""

_SUSPECTED = (
    "{:.0f} % of the ratings are the highest one; if it is the end of the scale, say so with"
    " --maximum, else the error is taken as too small."
)

METHODS = ("state-space", "control-chart", "criterion")

_EXAMPLES = """\b
Examples:
  openalliance analyse alliance ratings.csv --client id --session session \\
      --score alliance --rater rater --minimum 0 --maximum 10
  openalliance analyse alliance ratings.csv --client id --session session \\
      --score wai --reliability 0.93 --sd 0.9 --plot ruptures.svg
  openalliance analyse alliance ratings.csv --client id --session session \\
      --score wai --method control-chart --chart ewma --json
  openalliance analyse alliance ratings.csv --client id --session session \\
      --score wai --method criterion --criterion strauss --out ruptures.csv
"""


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--session", help="Number of the session, or its day; each is rated once by each rater.")
@column("--score", help="The rating, higher is better; an empty cell is a session not rated.")
@column("--rater", required=False, help="Who rated; each rater has a level of their own.")
@click.option(
    "--method", type=click.Choice(METHODS), default="state-space", show_default=True,
    help="The client's own level and its error; a control chart; or a criterion from the"
    " literature.",
)  # fmt: skip
@click.option(
    "--sem", metavar="X", type=float,
    help="Standard error of measurement [default: estimated from all ratings].",
)  # fmt: skip
@click.option("--reliability", metavar="R", type=float, help="Instead of --sem, with --sd.")
@click.option("--sd", metavar="S", type=float, help="SD of the score between clients.")
@click.option(
    "--level-sd", metavar="X", type=float,
    help="SD of the level's drift from one session to the next [default: estimated].",
)  # fmt: skip
@click.option(
    "--spread-df", metavar="N", type=float,
    help="Weight, in ratings, of the common error against a client's own [default: estimated].",
)  # fmt: skip
@click.option("--minimum", metavar="X", type=float, help="Low end of the scale.")
@click.option("--maximum", metavar="X", type=float, help="High end of the scale.")
@click.option(
    "--ceiling", type=click.Choice(["censored", "as-given"]),
    help="What a rating at the high end says: this or more, or exactly this"
    " [default: censored where --maximum is given].",
)  # fmt: skip
@click.option(
    "--false-alarm-rate", metavar="P", type=float, default=0.01, show_default=True,
    help="Share of ratings without a rupture that may be taken for one.",
)  # fmt: skip
@click.option(
    "--slow-share", metavar="P", type=float, default=0.2, show_default=True,
    help="Share of these false alarms left to slow falls; 0 looks for sudden ones only.",
)  # fmt: skip
@click.option(
    "--repair-probability", metavar="P", type=float, default=0.6, show_default=True,
    help="Probability of being back from which a rupture counts as repaired.",
)  # fmt: skip
@click.option(
    "--chart", type=click.Choice(["individuals", "ewma", "cusum"]), default="individuals",
    show_default=True, help="Which control chart.",
)  # fmt: skip
@click.option(
    "--spread", type=click.Choice(["moving-range", "sd"]), default="moving-range",
    show_default=True, help="Where a chart's SD comes from.",
)  # fmt: skip
@click.option(
    "--sigmas", metavar="K", type=float, default=3.0, show_default=True,
    help="Distance of a chart's limits from its centre.",
)  # fmt: skip
@click.option(
    "--baseline", metavar="N", type=int,
    help="First ratings that give a chart's centre and SD; only later ones are judged"
    " [default: all give them, all are judged].",
)  # fmt: skip
@click.option(
    "--run-rule", metavar="N", type=int,
    help="Ratings in a row below a chart's centre that are a rupture too (7 is usual).",
)  # fmt: skip
@click.option(
    "--weight", metavar="W", type=float, default=0.2, show_default=True,
    help="Weight of the newest rating in the EWMA.",
)  # fmt: skip
@click.option(
    "--decision", metavar="H", type=float, default=5.0, show_default=True,
    help="Limit of the CUSUM, in SDs.",
)  # fmt: skip
@click.option(
    "--allowance", metavar="K", type=float, default=0.5, show_default=True,
    help="Slack of the CUSUM, in SDs.",
)  # fmt: skip
@click.option(
    "--criterion", type=click.Choice(["stiles", "strauss", "gumz"]), default="gumz",
    show_default=True, help="Which criterion.",
)  # fmt: skip
@click.option(
    "--threshold", metavar="K", type=float,
    help="Fall, in SDs, from which a criterion speaks of a rupture"
    " [default: stiles 2, strauss 1, gumz 1].",
)  # fmt: skip
@delivered
def command(
    file: str, *, client: str, session: str, score: str, rater: str | None, **asked: Any
) -> Result:
    """Find ruptures in the alliance and their repairs, client by client.

    FILE is long: one row per client, session and rater. Sessions without a rating make a level
    less certain; they may be missing rows or empty cells.
    """
    from openalliance.cli.analyse.alliance_results import result_of
    from openalliance.files.frame import read_frame

    rules = _rules(asked)
    frame = read_frame(file)
    rated = _rated(frame, (client, session, score, rater))
    try:
        return result_of(asked["method"], rated, rules, _measured(frame, score, rated, asked))
    except InputError as fault:
        if isinstance(fault, TableError):
            raise
        raise TableError(fault.what, file=frame.file, column=score) from None


def _rated(frame: Frame, columns: tuple[str, str, str, str | None]) -> Rated:
    """Return the rows of the file, sorted out by client and rater."""
    import numpy as np

    from openalliance.cli.analyse.alliance_results import Rated
    from openalliance.files.times import numeric_times

    client, session, score, rater = columns
    clients, ratings = frame.labels(client), frame.numbers(score)
    raters = None if rater is None else frame.labels(rater)
    frame.refuse_duplicates(*(name for name in (client, rater, session) if name is not None))
    when, unit = numeric_times(frame, session)
    if np.isnan(ratings).all():
        raise TableError("no session is rated", file=frame.file, column=score)
    rater_codes = np.zeros(frame.rows, np.int64) if raters is None else raters.codes
    notes: tuple[str, ...] = ()
    if unit == "days":
        when = _order_of_days(clients.codes, when)
        notes = ("Sessions are given as days: each client's count as 1, 2, 3, however far apart.",)
    return Rated(
        clients=clients.codes,
        client_names=clients.names,
        raters=rater_codes,
        rater_names=[None] if raters is None else list(raters.names),
        sessions=when,
        ratings=ratings,
        notes=notes,
    )


def _order_of_days(clients: NDArray[np.int64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Number each client's days from 1; both raters' ratings of one day are one session."""
    import numpy as np

    order = np.lexsort((days, clients))
    client, day = clients[order], days[order]
    anew = np.concatenate(([True], client[1:] != client[:-1]))
    later = np.concatenate(([True], (day[1:] != day[:-1]) | anew[1:]))
    count = np.cumsum(later)
    begins = np.maximum.accumulate(np.where(anew, count, 0))
    numbers = np.empty(days.size)
    numbers[order] = count - begins + 1
    return numbers


def _rules(asked: dict[str, Any]) -> ChartRules | CriterionRules | RuptureRules:
    """Return the rules of the method asked for; what is wrong with them is wrong usage."""
    from openalliance.core.course.alliance_methods import control_charts, criterion
    from openalliance.core.course.settings import RuptureRules

    try:
        match asked["method"]:
            case "control-chart":
                return control_charts.ChartRules(
                    chart=control_charts.Chart(asked["chart"]),
                    spread=control_charts.ChartSpread(asked["spread"]),
                    sigmas=asked["sigmas"],
                    baseline=asked["baseline"],
                    run_length=asked["run_rule"],
                    weight=asked["weight"],
                    decision=asked["decision"],
                    allowance=asked["allowance"],
                )
            case "criterion":
                return criterion.CriterionRules(
                    criterion=criterion.Criterion(asked["criterion"]), threshold=asked["threshold"]
                )
        spread = {} if asked["spread_df"] is None else {"scale_df": asked["spread_df"]}
        return RuptureRules(
            false_alarm_rate=asked["false_alarm_rate"],
            slow_share=asked["slow_share"],
            repair_probability=asked["repair_probability"],
            **spread,
        )
    except InputError as fault:
        flag = {"run_length": "run-rule", "scale_df": "spread-df"}.get(
            fault.where or "", (fault.where or "").replace("_", "-")
        )
        raise click.BadParameter(fault.what, param_hint=f"--{flag}") from None


def _measured(frame: Frame, score: str, rated: Rated, asked: dict[str, Any]) -> Measured:
    """Return the measure, which of its figures are stated, and what to say about its range."""
    from openalliance.cli.analyse.alliance_results import Measured
    from openalliance.core.course.alliance_methods.state_space import Ceiling
    from openalliance.core.course.settings import AllianceMeasure

    if asked["ceiling"] == "censored" and asked["maximum"] is None:
        raise click.BadParameter("needs --maximum", param_hint="--ceiling")

    low, high, notes = _range(frame, score, rated, asked)
    known: dict[str, float] = {}
    sem = _sem(asked)
    if sem is not None:
        known["sem"] = sem
    if asked["level_sd"] is not None:
        known["level_sd"] = asked["level_sd"]
    working = 0.05 * (high - low)
    try:
        measure = AllianceMeasure(
            minimum=low,
            maximum=high,
            sem=known.get("sem", working),
            level_sd=known.get("level_sd", 0.6 * known.get("sem", working)),
        )
    except InputError as fault:
        raise click.BadParameter(fault.what, param_hint=f"--{fault.where}") from None
    stated = (*known, *(() if asked["spread_df"] is None else ("scale_df",)))
    censored = asked["maximum"] is not None and asked["ceiling"] != "as-given"
    return Measured(
        measure=measure,
        stated=stated,
        ceiling=Ceiling.CENSORED if censored else Ceiling.AS_GIVEN,
        notes=notes,
    )


def _sem(asked: dict[str, Any]) -> float | None:
    sem, reliability, sd = asked["sem"], asked["reliability"], asked["sd"]
    if sem is not None:
        if reliability is not None or sd is not None:
            raise click.BadParameter("give either it or --reliability and --sd", param_hint="--sem")
        return float(sem)
    if (reliability is None) != (sd is None):
        raise click.BadParameter("needs the other: --reliability with --sd", param_hint="--sd")
    if reliability is None:
        return None
    if not 0.0 < reliability < 1.0:
        raise click.BadParameter("lies between 0 and 1", param_hint="--reliability")
    if not 0.0 < sd < math.inf:
        raise click.BadParameter("must be above 0", param_hint="--sd")
    return float(sd * math.sqrt(1.0 - reliability))


def _range(
    frame: Frame, score: str, rated: Rated, asked: dict[str, Any]
) -> tuple[float, float, tuple[str, ...]]:
    """Return the ends of the scale: those given, else the lowest and highest rating."""
    import numpy as np

    low, high = asked["minimum"], asked["maximum"]
    seen_low, seen_high = float(np.nanmin(rated.ratings)), float(np.nanmax(rated.ratings))
    with np.errstate(invalid="ignore"):
        if low is not None:
            frame.refuse(score, rated.ratings < low, f"the rating is below the minimum, {low:g}")
        if high is not None:
            frame.refuse(score, rated.ratings > high, f"the rating is above the maximum, {high:g}")
    notes: tuple[str, ...] = ()
    if asked["method"] == "state-space" and (low is None or high is None):
        notes = (
            "No --minimum or --maximum: the lowest and highest rating stand for the scale's ends.",
        )
        at_top = float(np.mean(rated.ratings[~np.isnan(rated.ratings)] == seen_high))
        if high is None and at_top > MANY:
            notes += (_SUSPECTED.format(100.0 * at_top),)
    low = seen_low if low is None else float(low)
    high = seen_high if high is None else float(high)
    if low == high:
        low, high = low - 1.0, high + 1.0
    return low, high, notes
