"""``openalliance analyse maintenance``: what is kept after the ending, for all who left."""

from __future__ import annotations

import math

import click

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument

_EXAMPLES = """\b
Examples:
  openalliance analyse maintenance followup.csv --client id --wave month \\
      --score phq9 --reliable-change 6
  openalliance analyse maintenance followup.csv --client id --wave month \\
      --score phq9 --start phq9_start --covariates age,sex --reliable-change 6 \\
      --relapse-threshold 10 --range 0,27 --plot kept.svg
"""


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def _numbers(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in (value or "").split(",") if part.strip())
    except ValueError:
        raise click.BadParameter("write numbers parted by commas") from None
    if not all(math.isfinite(number) for number in found):
        raise click.BadParameter("numbers must be finite")
    return found


def _range(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, float] | None:
    found = _numbers(context, parameter, value)
    if value is None:
        return None
    if len(found) != 2 or not found[0] < found[1]:
        raise click.BadParameter("write the low and the high end: 0,27")
    return found[0], found[1]


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--wave", help="Months after the ending; 0 is the ending itself.")
@column("--score", help="The score; an empty cell, or no row for a wave, is no answer.")
@column("--start", required=False, help="Score at the start of the episode.")
@click.option(
    "--covariates", metavar="COL,COL", callback=_names,
    help="What may predict who answers, beside the score at the ending; taken from the row of"
    " wave 0. Text columns are categories.",
)  # fmt: skip
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="Which direction of the score is better.",
)  # fmt: skip
@click.option(
    "--reliable-change", metavar="X", type=click.FloatRange(0, min_open=True),
    help="Points that count as a change; exactly X counts.",
)  # fmt: skip
@click.option(
    "--reliability", metavar="R", type=click.FloatRange(0, 1, max_open=True),
    help="Instead: reliability of the score, with the SD of the start scores (else the endings).",
)  # fmt: skip
@click.option(
    "--relapse-threshold", metavar="X", type=float,
    help="A score at or beyond X is a relapse [default: worse than the ending by the reliable"
    " change].",
)  # fmt: skip
@click.option(
    "--delta", metavar="X,X,…", callback=_numbers,
    help="What if those who did not answer are X points worse than predicted [default: 0, .25, .5"
    " and 1 times the reliable change].",
)  # fmt: skip
@click.option(
    "--range", "scale", metavar="LOW,HIGH", callback=_range,
    help="Ends of the scale, for the best and the worst case.",
)  # fmt: skip
@confidence("Level of all intervals.")
@click.option(
    "--bootstrap", "draws", metavar="N", type=click.IntRange(50, 100_000), default=500,
    show_default=True, help="Samples of clients for the intervals of the what-if means.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True,
    help="Draws the samples; the same seed, the same samples.",
)  # fmt: skip
@delivered
def command(
    file: str,
    *,
    client: str,
    wave: str,
    score: str,
    start: str | None,
    covariates: tuple[str, ...],
    better: str,
    reliable_change: float | None,
    reliability: float | None,
    relapse_threshold: float | None,
    delta: tuple[float, ...],
    scale: tuple[float, float] | None,
    confidence: float,
    draws: int,
    seed: int,
) -> Result:
    """Say what is kept after the ending, by all who left and not only by those who answer.

    FILE is long: one row per client and wave. Only clients for whom a wave is due belong in the
    file: a missing row counts as not answered.
    """
    from openalliance.cli.analyse.maintenance_results import result_of
    from openalliance.cli.analyse.maintenance_rows import Columns, leavers_of
    from openalliance.core.course.maintenance.analysis import MaintenanceSettings, maintenance
    from openalliance.files.frame import read_frame

    if (reliable_change is None) == (reliability is None):
        raise click.UsageError("Give either --reliable-change or --reliability.")
    columns = Columns(client=client, wave=wave, score=score, start=start, covariates=covariates)
    leavers = leavers_of(read_frame(file), columns, better=better, scale=scale)
    settings = MaintenanceSettings(
        limit=reliable_change or leavers.reliable_change(reliability or 0.0),
        threshold=relapse_threshold,
        deltas=delta,
        scale=scale,
        draws=draws,
        seed=seed,
        confidence=confidence,
    )
    return result_of(maintenance(leavers.panel, settings), leavers, columns)
