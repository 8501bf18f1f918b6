"""``openalliance analyse courses``: every client's course in one pass over a file of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import Result, column, delivered, file_argument, progress

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from openalliance.core.course import CourseSettings
    from openalliance.files.streams import Piece

_UNITS_PER_WEEK = {"weeks": 1.0, "days": 7.0}

_EXAMPLE = """\b
Examples:
  openalliance analyse courses sessions.parquet --client client --time day \\
      --time-unit days --session session --outcome outcome --alliance alliance \\
      --out courses.parquet
  openalliance analyse courses phq9.csv --client id --time date --outcome phq9 \\
      --better lower --range 0,27 --reliable-change 6 --json
"""


def _two_numbers(
    _: click.Context, __: click.Parameter, given: str | None
) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        low, high = (float(part) for part in given.split(","))
    except ValueError:
        raise click.BadParameter("give the two ends as LOW,HIGH") from None
    if not -math.inf < low < high < math.inf:
        raise click.BadParameter("the low end comes first, and both are finite")
    return low, high


@click.command(epilog=_EXAMPLE)
@file_argument
@column("--client", help="Whose row it is. A client's rows lie together, in order of time.")
@column("--time", help="When: numbers, days (2026-03-31) or moments; rising for each client.")
@click.option(
    "--time-unit", type=click.Choice(sorted(_UNITS_PER_WEEK)), default="weeks", show_default=True,
    help="What numbers of --time count; days and moments need no unit.",
)  # fmt: skip
@column("--session", required=False, help="Number of the session, from 1: missed ones count.")
@column("--outcome", required=False, help="Outcome score: change and off-track.")
@column("--alliance", required=False, help="Client's rating of the alliance: ruptures.")
@column("--therapist-alliance", required=False, help="Therapist's rating: ruptures.")
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="higher", show_default=True,
    help="Which direction of the outcome is better.",
)  # fmt: skip
@click.option(
    "--range", "span", metavar="LOW,HIGH", default="0,10", show_default=True,
    callback=_two_numbers, help="Ends of the outcome's scale.",
)  # fmt: skip
@click.option(
    "--sem", metavar="X", type=float,
    help="Outcome's standard error of measurement [default: that of --reliable-change; 0.5 for our"
    " own 0 to 10].",
)  # fmt: skip
@click.option(
    "--reliable-change", metavar="X", type=float,
    help="Published reliable change, instead of 1.96 · √2 · SEM.",
)  # fmt: skip
@click.option(
    "--expected", metavar="FILE",
    help="Expected course: a JSON file with the parameters of an expected trajectory, or “none”"
    " [default: our working course for 0 to 10, higher is better; none for other outcomes].",
)  # fmt: skip
@click.option(
    "--alliance-range", metavar="LOW,HIGH", default="0,10", show_default=True,
    callback=_two_numbers, help="Ends of the alliance's scale.",
)  # fmt: skip
@click.option(
    "--alliance-sem", metavar="X", type=float,
    help="Alliance's standard error of measurement [default: 5 % of its range].",
)  # fmt: skip
@click.option(
    "--level-sd", metavar="X", type=float,
    help="SD of the alliance level's drift from one session to the next [default: 3 % of its"
    " range].",
)  # fmt: skip
@click.option(
    "--false-alarm-rate", metavar="P", type=float, default=0.01, show_default=True,
    help="Share of ratings without a rupture that may be taken for one.",
)  # fmt: skip
@delivered
def command(file: str, *, client: str, time: str, **asked: Any) -> Result:
    """Change, ruptures and who is off track, for very many clients in one pass.

    FILE is long: one row per client and session; cells without a score are empty. It may be larger
    than memory. The steps are those a live answer takes, so the results are the same.
    """
    columns = {name: asked[name] for name in ("outcome", "alliance", "therapist_alliance")}
    if not any(columns.values()):
        raise click.UsageError("Name a column: --outcome, --alliance or --therapist-alliance.")
    from openalliance.cli.analyse.courses_results import result
    from openalliance.files.streams import open_stream

    settings = _settings(asked)
    names = (*columns, "session")
    stream = open_stream(
        file, client=client, columns=[time, *(asked[name] for name in names if asked[name])]
    )
    found, units = [], set[str]()
    with progress("Courses", stream.rows) as advance:
        for piece in stream.pieces():
            times, unit = piece.times(time)
            units.add(unit)
            if len(units) > 1:
                raise piece.fault(time, 0, "numbers and days are mixed; write all times alike")
            counted = "days" if unit == "days" else asked["time_unit"]
            found.append(_courses(piece, times, counted, asked, settings))
            advance(piece.frame.rows)
    return result(found, stream.rows, settings, counted)


def _courses(
    piece: Piece,
    times: NDArray[np.generic],
    counted: str,
    asked: dict[str, Any],
    settings: CourseSettings,
) -> pl.DataFrame:
    from openalliance.cli.analyse.courses_results import client_table
    from openalliance.core.course.batch import alliance_courses, outcome_courses
    from openalliance.core.instruments import Rater

    sessions = piece.sessions(asked["session"]) if asked["session"] else None
    outcome, alliance = None, {}
    if asked["outcome"]:
        with _placed(piece, asked["outcome"], "--range"):
            outcome = outcome_courses(
                piece.offsets,
                times,
                piece.scores(asked["outcome"]),
                measure=settings.outcome,
                trajectory=settings.trajectory,
                units_per_week=_UNITS_PER_WEEK[counted],
            )
    for name, rater in (("alliance", Rater.CLIENT), ("therapist_alliance", Rater.THERAPIST)):
        if asked[name]:
            with _placed(piece, asked[name], "--alliance-range"):
                alliance[rater] = alliance_courses(
                    piece.offsets,
                    piece.scores(asked[name]),
                    sessions=sessions,
                    measure=settings.alliance[rater],
                    rules=settings.rupture,
                )
    return client_table(piece.clients, outcome, alliance)


@contextmanager
def _placed(piece: Piece, column: str, option: str) -> Iterator[None]:
    """Let a value outside the range name the file's row and column."""
    from openalliance.core.course.batch import ValueFaultError

    try:
        yield
    except ValueFaultError as fault:
        what = f"the value lies outside the scale; mend it, or give the scale's ends with {option}"
        raise piece.fault(column, fault.row, what) from None


def _settings(asked: dict[str, Any]) -> CourseSettings:
    from openalliance.core.course import (
        AllianceMeasure,
        CourseSettings,
        OutcomeMeasure,
        RuptureRules,
    )
    from openalliance.core.course.measures import WORKING_DRIFT_SHARE, WORKING_SEM_SHARE
    from openalliance.core.instruments import Better, Rater

    (low, high), (least, most) = asked["span"], asked["alliance_range"]
    with _usage(sem="--reliable-change" if asked["sem"] is None else "--sem"):
        outcome = OutcomeMeasure(
            better=Better(asked["better"]),
            minimum=low,
            maximum=high,
            sem=_outcome_sem(asked),
            reliable_change=asked["reliable_change"],
        )
    sem, level_sd = asked["alliance_sem"], asked["level_sd"]
    with _usage(sem="--alliance-sem"):
        alliance = AllianceMeasure(
            minimum=least,
            maximum=most,
            sem=WORKING_SEM_SHARE * (most - least) if sem is None else sem,
            level_sd=WORKING_DRIFT_SHARE * (most - least) if level_sd is None else level_sd,
        )
    with _usage():
        rupture = RuptureRules(false_alarm_rate=asked["false_alarm_rate"])
    return CourseSettings(
        outcome=outcome,
        alliance={Rater.CLIENT: alliance, Rater.THERAPIST: alliance},
        trajectory=_expected(asked["expected"], outcome),
        normal_gap=None,
        rupture=rupture,
    )


@contextmanager
def _usage(**options: str) -> Iterator[None]:
    """Let a figure that cannot be name the option it was given with."""
    from openalliance.core.errors import InputError

    try:
        yield
    except InputError as fault:
        place = fault.where or ""
        hint = options.get(place, "--" + place.replace("_", "-"))
        raise click.BadParameter(fault.what, param_hint=hint) from None


def _outcome_sem(asked: dict[str, Any]) -> float:
    """Return the outcome's error: as stated, from the reliable change, or that of our own form."""
    from openalliance.core.course import OutcomeMeasure
    from openalliance.core.course.change import CRITICAL_VALUE

    sem: float | None = asked["sem"]
    if sem is not None:
        return sem
    if asked["reliable_change"] is not None:
        return float(asked["reliable_change"] / (CRITICAL_VALUE * 2.0**0.5))
    ours = OutcomeMeasure()
    if asked["span"] != (ours.minimum, ours.maximum) and asked["outcome"]:
        raise click.UsageError("Give the outcome's error: --sem or --reliable-change.")
    return ours.sem


def _expected(given: str | None, outcome: Any) -> Any:
    from openalliance.core.course import WORKING_TRAJECTORY, Trajectory
    from openalliance.core.errors import InputError
    from openalliance.core.instruments import Better

    if given == "none":
        return None
    if given is None:
        ours = (outcome.minimum, outcome.maximum, outcome.better) == (0.0, 10.0, Better.HIGHER)
        return WORKING_TRAJECTORY if ours else None
    import json
    from pathlib import Path

    try:
        document = json.loads(Path(given).read_text(encoding="utf-8"))
        defaults = {
            "minimum": outcome.minimum,
            "maximum": outcome.maximum,
            "source": given,
            "better": outcome.better.value,
        }
        document = {**defaults, **document}
        document["better"] = Better(document["better"])
        return Trajectory(**document)
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=given) from None
    except (TypeError, ValueError) as fault:
        raise InputError(
            f"is not the parameters of an expected trajectory as JSON ({fault})", where=given
        ) from None
