"""``openalliance analyse …``: the course engine on a file."""

from __future__ import annotations

import click

from openalliance.cli.lazy import Command, group_of


def _analysis(module: str, does: str) -> Command:
    return Command(module=f"openalliance.cli.analyse.{module}", name="command", does=does)


ANALYSES = {
    "change": _analysis("change", "Reliable and clinically significant change of each client."),
    "gains": _analysis("gains", "Sudden gains and losses from one session to the next."),
    "alliance": _analysis("alliance", "Rupture and repair in session-by-session ratings."),
    "trajectory": _analysis("trajectory", "Growth curves, prediction bands, who is off track."),
    "dropout": _analysis("dropout", "Who leaves early: hazard, validation, calibration."),
    "dyad": _analysis("dyad", "Client and therapist on the same session: gap, tracking, fit."),
    "within-between": _analysis(
        "within_between", "Does a better-than-usual alliance precede a better session?"
    ),
    "alliance-outcome": _analysis(
        "alliance_outcome", "Alliance and outcome here, beside what is published."
    ),
    "therapists": _analysis("therapists", "How much outcomes vary between therapists; no ranks."),
    "reliability": _analysis("reliability", "Alpha, omega, split-half, error of measurement."),
    "maintenance": _analysis("maintenance", "What is kept after the ending, for all who left."),
    "courses": _analysis("courses", "Change, rupture and off-track for very many clients."),
}

_EXAMPLES = """\b
Examples:
  openalliance analyse change scores.csv --client id --time week --score phq9 \\
      --reliability 0.86
  openalliance analyse alliance ratings.csv --client id --session session \\
      --score alliance --sem 0.5 --plot ruptures.svg
  openalliance analyse reliability items.csv --items q1,q2,q3,q4 --json
"""


@click.group(cls=group_of(ANALYSES), epilog=_EXAMPLES)
def analyse() -> None:
    """Say what courses amount to, from a file of scores.

    FILE is .csv, .tsv or .parquet; "-" is CSV on the standard input. Results go to stdout,
    progress and messages to stderr.
    """
