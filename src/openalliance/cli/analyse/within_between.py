"""``openalliance analyse within-between``: alliance and the next session, within clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument, progress
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openalliance.files.frame import Frame

_EXAMPLES = """\b
Examples:
  openalliance analyse within-between sessions.csv --client id --session session \\
      --alliance srs --outcome phq9
  openalliance analyse within-between sessions.csv --client id --session session \\
      --alliance wai --outcome ors --better higher --detrend linear --plot paths.svg
"""


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--session", help="Number of the session, or its day (2026-03-31).")
@column("--alliance", help="The client’s rating of the alliance in that session.")
@column("--outcome", help="How the client was at that session.")
@click.option(
    "--lag", type=click.IntRange(min=1), default=1, show_default=True,
    help="Sessions between the earlier and the later rating.",
)  # fmt: skip
@click.option(
    "--detrend", type=click.Choice(["none", "linear"]), default="none", show_default=True,
    help="Usual is the client’s own mean, or the client’s own straight line in time.",
)  # fmt: skip
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="Which outcome is better; changes the words, not the figures.",
)  # fmt: skip
@click.option(
    "--bootstrap", "draws", type=click.IntRange(min=100), default=2_000, show_default=True,
    help="How often clients are drawn for the intervals.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the draws."
)
@confidence("Level of all intervals.")
@delivered
def command(
    *,
    file: str,
    client: str,
    session: str,
    alliance: str,
    outcome: str,
    lag: int,
    detrend: str,
    better: str,
    draws: int,
    seed: int,
    confidence: float,
) -> Result:
    """Say whether a better-than-usual alliance precedes a better-than-usual next session.

    And the other way round: from outcome to the next session’s alliance. Beside it: whether
    clients with a better alliance do better altogether.
    """
    from openalliance.cli.analyse import within_between_results as results
    from openalliance.core.course.within_between.analysis import within_between
    from openalliance.files.frame import read_frame

    frame = read_frame(file)
    who = frame.labels(client).codes
    frame.refuse_duplicates(client, session)
    values = {name: frame.numbers(name) for name in (outcome, alliance)}
    for name, cells in values.items():
        if not np.isfinite(cells).any():
            raise TableError("every cell is empty", file=frame.file, column=name)
    time, notes = numbered(frame, session, who)
    try:
        with progress("Drawing clients", draws) as advance:
            found = within_between(
                who, time, values[outcome], values[alliance],
                rng=np.random.default_rng(seed), lag=lag, line=detrend == "linear", draws=draws,
                confidence=confidence, advance=advance,
            )  # fmt: skip
    except InputError as fault:
        places = {"time": session, "outcome": outcome, "alliance": alliance}
        raise TableError(
            fault.what, file=frame.file, column=places.get(fault.where or "")
        ) from None
    models = results.multilevel(who, time, values[outcome], values[alliance], lag)
    notes += [*found.notes, *models.notes]
    left_out = frame.rows - found.n_rows
    if left_out:
        notes.append(f"{left_out} rows without both ratings are left out.")
    said = {"lag": lag, "detrend": detrend, "better": better, "bootstrap": draws, "seed": seed}
    return Result(
        title="Within and between clients",
        document=results.document(found, models, said | {"confidence": confidence}),
        tables={"paths": results.rows(found)},
        text=lambda console: results.say(
            console, found, better=better, alliance=alliance, outcome=outcome
        ),
        chart=lambda: _chart(found, alliance, outcome),
        notes=notes,
    )


def numbered(frame: Frame, session: str, who: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """Return numbers of sessions: the file's own, or the order of days."""
    from openalliance.files.times import numeric_times

    times, unit = numeric_times(frame, session)
    if unit == "number" and (times == np.round(times)).all():
        return times, []
    order = np.lexsort((times, who))
    first = np.r_[0, np.flatnonzero(np.diff(who[order])) + 1]
    place = np.arange(times.size) - np.repeat(first, np.diff(np.r_[first, times.size]))
    found = np.empty(times.size)
    found[order] = place
    note = (
        f"“{session}” holds no whole numbers: each client’s rows are counted in their order, as if "
        "no session were missed."
    )
    return found, [note]


def _chart(found: Any, alliance: str, outcome: str) -> dict[str, Any]:
    from openalliance.charts.within_between import within_between_chart

    return within_between_chart(found, alliance=alliance, outcome=outcome)
