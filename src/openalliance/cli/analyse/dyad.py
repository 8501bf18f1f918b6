"""``openalliance analyse dyad``: client and therapist on the same session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openalliance.core.course.dyad.congruence import Congruence
    from openalliance.core.course.dyad.ratings import DyadRatings
    from openalliance.files.frame import Frame, Label

_EXAMPLES = """\b
Examples:
  openalliance analyse dyad sessions.csv --client id --session session \\
      --client-score alliance_client --therapist-score alliance_therapist
  openalliance analyse dyad ratings.csv --client id --session session \\
      --score alliance --rater rater --plot dyads.svg
  openalliance analyse dyad sessions.csv --client id --session session \\
      --client-score wai_c --therapist-score wai_t --outcome change --range 1,7
"""
_CLIENT, _THERAPIST = "client", "therapist"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sessions:
    """A row per client and session, with what each side said."""

    codes: NDArray[np.int64]
    names: list[Label]
    client: NDArray[np.float64]
    therapist: NDArray[np.float64]
    first_row: NDArray[np.int64]
    source: dict[str, str]


def _ends(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("write the lowest and the highest score, such as 1,7") from None
    if not low < high:
        raise click.BadParameter("the lowest score comes first, such as 1,7")
    return low, high


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Whose dyad; a client with another therapist is another dyad.")
@column("--session", help="Which session.")
@column("--client-score", required=False, help="The client’s rating of the session.")
@column("--therapist-score", required=False, help="The therapist’s rating of the same session.")
@column("--score", required=False, help="The rating, if FILE has a row per session and rater.")
@column("--rater", required=False, help="Who rated, with --score: client or therapist.")
@click.option(
    "--client-rater", metavar="NAME", default=_CLIENT, show_default=True,
    help="What --rater says where the client rated; any other rater is the therapist.",
)  # fmt: skip
@column("--outcome", required=False, help="Outcome, one per client or per session: the surface.")
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="higher", show_default=True,
    help="Which outcome is better.",
)  # fmt: skip
@click.option(
    "--range", "ends", metavar="LOW,HIGH", callback=_ends,
    help="Ends of the rating’s scale: ratings then count from its middle, else from their mean.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True,
    help="Of the draws for the surface’s axes.",
)  # fmt: skip
@confidence("Level of all intervals.")
@delivered
def command(
    *,
    file: str,
    client: str,
    session: str,
    client_score: str | None,
    therapist_score: str | None,
    score: str | None,
    rater: str | None,
    client_rater: str,
    outcome: str | None,
    better: str,
    ends: tuple[float, float] | None,
    seed: int,
    confidence: float,
) -> Result:
    """Compare client and therapist on the same sessions.

    How far apart they are, how well the therapist follows the client’s ups and downs, whether
    high-rating clients have high-rating therapists and, with --outcome, whether being of one mind
    goes with a better outcome. Give either both score columns, or --score with --rater.
    """
    from openalliance.cli.analyse import dyad_results as results
    from openalliance.core.course.dyad.ratings import dyad_ratings
    from openalliance.files.frame import read_frame

    wide = client_score is not None and therapist_score is not None
    long = score is not None and rater is not None
    if wide == long or (wide and (score or rater)) or (long and (client_score or therapist_score)):
        raise click.UsageError("Give --client-score and --therapist-score, or --score and --rater.")
    frame = read_frame(file)
    if client_score is not None and therapist_score is not None:
        rated = _wide(frame, client, session, client_score, therapist_score)
    else:
        rated = _long(frame, client, session, str(score), str(rater), client_rater)
    if ends is not None:
        _within(frame, rated.source, ends)
    try:
        ratings = dyad_ratings(rated.codes, rated.client, rated.therapist)
        found = results.findings(ratings, confidence)
        surface, said = _surface(
            frame, rated, ratings, outcome,
            better=better, ends=ends, seed=seed, confidence=confidence,
        )  # fmt: skip
    except InputError as fault:
        places = rated.source | ({"outcome": outcome} if outcome else {})
        raise TableError(
            fault.what, file=frame.file, column=places.get(fault.where or "")
        ) from None
    alone = int(rated.codes.size - ratings.dyad.size)
    notes = [*said, *found.notes, *(surface.notes if surface else ())]
    if alone:
        notes.insert(0, f"{alone} sessions that only one of the two has rated are left out.")
    names = [rated.names[code] for code in ratings.codes]
    return Result(
        title="Client and therapist",
        document=results.document(
            found, surface, names,
            {"confidence": confidence, "better": better, "range": ends, "seed": seed},
        ),
        tables={"dyads": results.rows(found, names)},
        text=lambda console: results.say(console, found, surface, names, outcome=outcome),
        chart=lambda: _chart(ratings, found, surface, [str(name) for name in names], outcome),
        notes=notes,
    )  # fmt: skip


def _wide(frame: Frame, client: str, session: str, mine: str, theirs: str) -> _Sessions:
    labels = frame.labels(client)
    frame.labels(session)
    frame.refuse_duplicates(client, session)
    return _Sessions(
        codes=labels.codes,
        names=labels.names,
        client=_known(frame, mine),
        therapist=_known(frame, theirs),
        first_row=np.arange(frame.rows),
        source={_CLIENT: mine, _THERAPIST: theirs},
    )


def _known(frame: Frame, name: str) -> NDArray[np.float64]:
    values = frame.numbers(name)
    if not np.isfinite(values).any():
        raise TableError("every cell is empty", file=frame.file, column=name)
    return values


def _long(
    frame: Frame, client: str, session: str, score: str, rater: str, client_rater: str
) -> _Sessions:
    labels, sessions, raters = (frame.labels(name) for name in (client, session, rater))
    frame.refuse_duplicates(client, session, rater)
    values = _known(frame, score)
    words = [str(name) for name in raters.names]
    mine = [place for place, word in enumerate(words) if word.lower() == client_rater.lower()]
    if not mine:
        raise TableError(
            f"nobody is called “{client_rater}” here; say with --client-rater which of "
            f"{_listed(words)} is the client",
            file=frame.file,
            column=rater,
        )
    frame.refuse(
        rater,
        ~np.isin(raters.codes, [*mine, _other(frame, rater, words, mine)]),
        "there are more raters than client and therapist; keep two of them",
    )
    pair = labels.codes * len(sessions) + sessions.codes
    _, first, place = np.unique(pair, return_index=True, return_inverse=True)
    by_client = np.isin(raters.codes, mine)
    sides = []
    for rows in (by_client, ~by_client):
        cells = np.full(first.size, np.nan)
        cells[place[rows]] = values[rows]
        sides.append(cells)
    return _Sessions(
        codes=labels.codes[first],
        names=labels.names,
        client=sides[0],
        therapist=sides[1],
        first_row=first,
        source={_CLIENT: score, _THERAPIST: score},
    )


def _other(frame: Frame, rater: str, words: list[str], mine: list[int]) -> int:
    others = [place for place in range(len(words)) if place not in mine]
    if not others:
        raise TableError(
            f"only “{words[mine[0]]}” rated; the therapist’s ratings are needed too",
            file=frame.file,
            column=rater,
        )
    named = [place for place in others if words[place].lower() == _THERAPIST]
    return (named or others)[0]


def _listed(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words[:5]) + (", …" if len(words) > 5 else "")


def _within(frame: Frame, source: dict[str, str], ends: tuple[float, float]) -> None:
    for name in dict.fromkeys(source.values()):
        values = frame.numbers(name)
        frame.refuse(
            name,
            (values < ends[0]) | (values > ends[1]),
            f"the rating lies outside of {ends[0]:g} to {ends[1]:g}",
        )


def _surface(
    frame: Frame,
    rated: _Sessions,
    ratings: DyadRatings,
    outcome: str | None,
    *,
    better: str,
    ends: tuple[float, float] | None,
    seed: int,
    confidence: float,
) -> tuple[Congruence | None, list[str]]:
    """Fit the surface if there is an outcome; what stops it is said, the rest stands."""
    if outcome is None:
        return None, []
    from openalliance.core.course.dyad.congruence import congruence_of

    values = frame.numbers(outcome)
    if not np.isfinite(values).any():
        raise TableError("every cell is empty", file=frame.file, column=outcome)
    both = np.isfinite(rated.client) & np.isfinite(rated.therapist)
    try:
        found = congruence_of(
            ratings,
            values[rated.first_row][both],
            rng=np.random.default_rng(seed),
            centre=None if ends is None else (ends[0] + ends[1]) / 2.0,
            better=better,
            confidence=confidence,
        )
    except InputError as fault:
        return None, [f"The surface of “{outcome}” cannot be fitted: {fault.what}."]
    return found, []


def _chart(
    ratings: DyadRatings, found: Any, surface: Congruence | None, names: list[str],
    outcome: str | None,
) -> dict[str, Any]:  # fmt: skip
    from openalliance.charts.dyad import dyad_chart

    return dyad_chart(ratings, found.gap, surface, names, outcome=outcome or "")
