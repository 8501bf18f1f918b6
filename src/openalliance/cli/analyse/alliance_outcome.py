"""``openalliance analyse alliance-outcome``: what is known, and what is true here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument, progress
from openalliance.core.errors import InputError, NotFoundError, TableError

if TYPE_CHECKING:
    from openalliance.core.evidence.own.clients import SessionRow
    from openalliance.core.evidence.published import Finding
    from openalliance.files.frame import Frame

QUESTIONS = ("overall", "within", "modality", "rater", "time")
_EXAMPLES = """\b
Examples:
  openalliance analyse alliance-outcome sessions.csv --client id --session session \\
      --alliance srs --outcome phq9
  openalliance analyse alliance-outcome sessions.csv --client id --session session \\
      --alliance srs --outcome ors --better higher --therapist therapist \\
      --modality modality --question modality --plot modalities.svg
  openalliance analyse alliance-outcome sessions.csv --client id --session session \\
      --alliance srs --outcome phq9 --between-sd 0.15 --json
"""


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--session", help="Number of the session, or its day (2026-03-31).")
@column("--alliance", help="The client’s rating of the alliance, made after that session.")
@column("--outcome", help="How the client was at that session, asked before it.")
@column("--therapist-alliance", required=False, help="The therapist’s rating of the alliance.")
@column("--therapist", required=False, help="With whom; guards figures of one therapist alone.")
@column("--modality", required=False, help="The way of working.")
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="Which outcome is better.",
)  # fmt: skip
@click.option(
    "--published", metavar="KEY", default="alliance-outcome-2018", show_default=True,
    help="The published correlation to stand beside; one with an interval.",
)  # fmt: skip
@click.option(
    "--between-sd", type=click.FloatRange(min=0.0),
    help="How far studies differ, as the SD of Fisher’s z. Without it, the largest that the"
    " published interval allows.",
)  # fmt: skip
@click.option(
    "--question", type=click.Choice(QUESTIONS), default="overall", show_default=True,
    help="Which question --plot draws.",
)  # fmt: skip
@click.option(
    "--bootstrap", "draws", type=click.IntRange(min=100), default=1_000, show_default=True,
    help="How often clients are drawn for the intervals within clients.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the draws."
)
@confidence("Level of all intervals.")
@delivered
def command(
    *,
    file: str,
    published: str,
    between_sd: float | None,
    question: str,
    draws: int,
    seed: int,
    confidence: float,
    better: str,
    **columns: str | None,
) -> Result:
    """Set a practice's own relation of alliance and outcome beside the published one.

    For clients together, within one client, by way of working, by rater, early and late: own
    figures, what is published, and both together with the weight of each. One therapy for each
    client; what rests on too few clients is not told, and it is said what is missing.
    """
    from openalliance.charts.known_words import questions
    from openalliance.cli.analyse import alliance_outcome_results as results
    from openalliance.core.evidence.own.pooling import prior_of
    from openalliance.core.evidence.own.questions import here
    from openalliance.core.evidence.published import about, finding
    from openalliance.files.frame import read_frame

    try:
        used = finding(published)
        prior = prior_of(used, between=between_sd)
    except (InputError, NotFoundError) as fault:
        raise click.UsageError(f"--published: {fault}. There are: {_usable()}") from None
    frame = read_frame(file)
    rows, notes = _rows(frame, columns, sign=1.0 if better == "higher" else -1.0)
    with progress("Drawing clients", draws) as advance:
        found = here(rows, prior, level=confidence, draws=draws, seed=seed, advance=advance)
    beside: tuple[Finding, ...] = about(used.topic)
    told = questions(found, beside, used)
    settings = {
        "better": better, "published": published, "between_sd": between_sd, "bootstrap": draws,
        "seed": seed, "confidence": confidence,
    }  # fmt: skip
    return Result(
        title="What is known, and what is true here",
        document=results.document(found, beside, used, settings),
        tables={"rows": results.rows(found, beside)},
        text=lambda console: results.say(console, told),
        chart=lambda: _chart(told, question),
        notes=notes,
    )


def _rows(
    frame: Frame, columns: dict[str, str | None], *, sign: float
) -> tuple[list[SessionRow], list[str]]:
    from openalliance.cli.analyse.within_between import numbered
    from openalliance.core.course.phases import SEVERAL
    from openalliance.core.evidence.own.clients import SessionRow

    client, session = str(columns["client"]), str(columns["session"])
    who = frame.labels(client)
    frame.refuse_duplicates(client, session)
    values = {
        name: _numbers(frame, columns[name])
        for name in ("alliance", "outcome", "therapist_alliance")
    }
    time, notes = numbered(frame, session, who.codes)
    if notes:
        time = time + 1.0
    therapists, modalities = (_texts(frame, columns[one]) for one in ("therapist", "modality"))
    ways: dict[int, set[str]] = {}
    for code, modality in zip(who.codes.tolist(), modalities, strict=True):
        ways.setdefault(code, set()).add(modality)
    whole = {code: next(iter(own)) if len(own) == 1 else SEVERAL for code, own in ways.items()}
    in_time = sorted(zip(time.tolist(), who.codes.tolist(), therapists, strict=True))
    last = {code: name for _, code, name in in_time}
    rows = [
        SessionRow(
            client=str(code), therapist=last[code], modality=whole[code], session=int(at),
            outcome=sign * outcome, alliance=alliance, alliance_by_therapist=other,
        )
        for code, at, outcome, alliance, other in zip(
            who.codes.tolist(), time.tolist(), values["outcome"].tolist(),
            values["alliance"].tolist(), values["therapist_alliance"].tolist(), strict=True,
        )
    ]  # fmt: skip
    return rows, notes


def _numbers(frame: Frame, name: str | None) -> Any:
    if name is None:
        return np.full(frame.rows, math.nan)
    found = frame.numbers(name)
    if not np.isfinite(found).any():
        raise TableError("every cell is empty", file=frame.file, column=name)
    return found


def _texts(frame: Frame, name: str | None) -> list[str]:
    return [""] * frame.rows if name is None else frame.texts(name)


def _usable() -> str:
    from openalliance.core.evidence.published import Measure, published

    return ", ".join(
        key for key, one in published().items() if one.measure is Measure.R and one.interval
    )


def _chart(told: Any, question: str) -> dict[str, Any]:
    from openalliance.charts.known import known_chart
    from openalliance.charts.known_words import legend

    one = next(part for part in told if part.key == question)
    if not one.rows:
        raise InputError(f"there is nothing to draw: {' '.join(one.reading)}", where="--question")
    return known_chart(
        one.rows, one.axis, title=one.title,
        subtitle=[legend(one.rows)],
    )  # fmt: skip
