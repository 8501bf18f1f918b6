"""``openalliance analyse change``: reliable and clinically significant change of each client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import Result, column, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from openalliance.core.course.change_methods import ChangeSettings
    from openalliance.files.frame import Frame, Labels

METHODS = ("jt", "gln", "hll", "en", "nk", "ha", "hlm", "cwb")
APPROACHES = ("distribution", "statistical", "combined", "percentage", "anchor")

_ENDS_DIFFER = (
    "Clients’ last times differ, and each client’s own is taken; --post takes one for all."
)

_EXAMPLES = """\b
Examples:
  openalliance analyse change scores.csv --client id --time week --score phq9 \\
      --reliability 0.86 --functional-mean 3.3 --functional-sd 3.8
  openalliance analyse change scores.csv --client id --time when --score bdi \\
      --pre 2025-01-06 --post 2025-06-30 --approach percentage --percent-improvement 0.5
  openalliance analyse change scores.csv --client id --time session --score srs \\
      --better higher --method hlm --approach distribution --plot change.svg
"""


@click.command(epilog=_EXAMPLES)
@file_argument
@column("--client", help="Who.")
@column("--time", help="When: numbers (sessions, weeks) or days (2026-03-31).")
@column("--score", help="The score; an empty cell is a missing score.")
@click.option("--pre", metavar="V", help="Time of the pre score [default: each client's first].")
@click.option("--post", metavar="V", help="Time of the post score [default: each client's last].")
@column("--group", required=False, help="Group of the client, for summaries by group.")
@click.option(
    "--reference-group", metavar="NAME",
    help="Group that the others are compared with in the anchor approach"
    " [default: the first in the file].",
)  # fmt: skip
@click.option("--reliability", metavar="R", type=float, help="Reliability of the score, 0 to 1.")
@click.option(
    "--reliability-post", metavar="R", type=float,
    help="Reliability of the post score, where it differs (method nk).",
)  # fmt: skip
@click.option(
    "--sd", metavar="S", type=float,
    help="SD that the error of measurement is computed from [default: of the pre scores].",
)  # fmt: skip
@click.option(
    "--functional-mean", metavar="M", type=float, help="Mean of the functional population."
)
@click.option("--functional-sd", metavar="S", type=float, help="SD of the functional population.")
@click.option(
    "--cutoff", type=click.Choice(["a", "b", "c"]),
    help="Which cut-off [default: c with functional mean and SD, else a].",
)  # fmt: skip
@click.option(
    "--better", type=click.Choice(["lower", "higher"]), default="lower", show_default=True,
    help="Which direction of the score is better.",
)  # fmt: skip
@click.option(
    "--method", type=click.Choice(METHODS), default="jt", show_default=True,
    help="Jacobson-Truax, Gulliksen-Lord-Novick, Hsu-Linn-Lord, Edwards-Nunnally, Nunnally-Kotsch,"
    " Hageman-Arrindell, hierarchical linear model, or Claus-Wager-Bonnet (anchor and cut-off).",
)  # fmt: skip
@click.option(
    "--approach", type=click.Choice(APPROACHES), default="combined", show_default=True,
    help="What decides: more than error; a crossed cut-off; both; a percentage; a minimal"
    " important difference.",
)  # fmt: skip
@click.option(
    "--confidence", type=float, default=0.95, show_default=True,
    help="Two-sided; for method ha in each direction (0.95 there is a 90 % interval).",
)  # fmt: skip
@click.option(
    "--percent-improvement", metavar="P", type=float,
    help="Share of the pre score that counts: 0.5 for 50 %.",
)  # fmt: skip
@click.option(
    "--percent-deterioration", metavar="P", type=float,
    help="The same for the worse [default: as for the better].",
)  # fmt: skip
@click.option(
    "--mid-improvement", metavar="D", type=float, help="Minimal important difference, in points."
)
@click.option(
    "--mid-deterioration", metavar="D", type=float,
    help="The same for the worse [default: as for the better].",
)  # fmt: skip
@delivered
def command(
    file: str,
    *,
    client: str,
    time: str,
    score: str,
    pre: str | None,
    post: str | None,
    group: str | None,
    reference_group: str | None,
    **asked: Any,
) -> Result:
    """Say of each client whether the change is more than error, and whether it matters.

    FILE is long: one row per client and time.
    """
    from openalliance.cli.analyse.change_results import result_of
    from openalliance.core.course.change_methods import LongScores, analyse_change, select
    from openalliance.files.frame import read_frame

    settings = _settings(asked)
    if reference_group is not None and group is None:
        raise click.BadParameter("needs --group", param_hint="--reference-group")
    frame = read_frame(file)
    clients = frame.labels(client)
    groups = None if group is None else _groups(frame, clients, group)
    scores = frame.numbers(score)
    frame.refuse_duplicates(client, time)
    when = _times(frame, time, clients, (pre, post), slopes=settings.uses_slopes)
    kept = when.kept
    codes, times, points = clients.codes[kept], when.times[kept], scores[kept]
    try:
        pairs = select(codes, times, points, pre=when.pre, post=when.post)
        long = LongScores(clients=codes, times=times, scores=points)
        found = analyse_change(pairs, settings, long=long)
    except InputError as fault:
        if fault.where in {"pre", "post"}:
            raise TableError(fault.what, file=frame.file, column=time) from None
        place = f" ({fault.where})" if fault.where else ""
        raise TableError(fault.what + place, file=frame.file, column=score) from None
    return result_of(found, pairs, clients.names, groups, reference_group, when.note)


def _settings(asked: dict[str, Any]) -> ChangeSettings:
    from openalliance.core.course.change_methods import (
        ChangeApproach,
        ChangeMethod,
        ChangeSettings,
        CutoffType,
    )
    from openalliance.core.instruments import Better

    named = {
        "method": ChangeMethod(asked["method"]),
        "approach": ChangeApproach(asked["approach"]),
        "better": Better(asked["better"]),
        "cutoff": None if asked["cutoff"] is None else CutoffType(asked["cutoff"]),
    }
    try:
        return ChangeSettings(**(asked | named))
    except InputError as fault:
        hint = "--" + (fault.where or "method").replace("_", "-")
        raise click.BadParameter(fault.what, param_hint=hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _When:
    """Times as numbers, the two asked for, the rows that count, and what to say about it."""

    times: NDArray[np.float64]
    pre: float | None
    post: float | None
    kept: NDArray[np.bool_]
    note: str | None = None


def _times(
    frame: Frame, name: str, clients: Labels, asked: tuple[str | None, str | None], *, slopes: bool
) -> _When:
    import numpy as np

    from openalliance.files.times import numeric_times, time_of

    everything = np.ones(frame.rows, dtype=bool)
    try:
        times, unit = numeric_times(frame, name)
    except TableError as fault:
        return _named_times(frame, name, asked, fault, slopes=slopes)
    ends: list[float | None] = []
    for option, text in zip(("--pre", "--post"), asked, strict=True):
        try:
            ends.append(None if text is None else time_of(text, unit))
        except ValueError:
            raise click.BadParameter(
                "write it as the file does: a number, or a day as 2026-03-31", param_hint=option
            ) from None
    pre, post = ends
    if not slopes:
        differ = unit == "number" and post is None and _ends_differ(clients, times)
        return _When(
            times=times, pre=pre, post=post, kept=everything, note=_ENDS_DIFFER if differ else None
        )
    note = None
    if pre is not None or post is not None:
        low, high = -np.inf if pre is None else pre, np.inf if post is None else post
        everything &= (times >= min(low, high)) & (times <= max(low, high))
        frame.refuse(name, np.full(frame.rows, not everything.any()), "no row lies in this time")
    if unit == "days":
        first = np.full(len(clients), np.inf)
        np.minimum.at(first, clients.codes[everything], times[everything])
        times = times - np.where(np.isfinite(first), first, 0.0)[clients.codes]
        note = "Slopes are per day since each client’s first row."
    return _When(times=times, pre=None, post=None, kept=everything, note=note)


def _ends_differ(clients: Labels, times: NDArray[np.float64]) -> bool:
    """Whether clients' last times are not all the same."""
    import numpy as np

    last = np.full(len(clients), -np.inf)
    np.maximum.at(last, clients.codes, times)
    return bool(last.min() < last.max())


def _named_times(
    frame: Frame,
    name: str,
    asked: tuple[str | None, str | None],
    fault: TableError,
    *,
    slopes: bool,
) -> _When:
    """Times that are names, such as “before” and “after”: only the two that are asked for count."""
    import numpy as np

    pre, post = asked
    cells = np.array(frame.texts(name)) if name in frame.columns else np.array([""])
    if fault.row is None or (cells == "").any():
        raise fault
    others = set(cells.tolist()) - {(pre or post or "").strip()}
    if len(others) == 1 and (pre is None) != (post is None):
        (other,) = others  # of two names, one says which the other is
        pre, post = pre or other, post or other
    if pre is None or post is None or slopes:
        raise TableError(
            "this is neither a number nor a day written as 2026-03-31, so the times have no order; "
            + (
                "the hierarchical method cannot use them"
                if slopes
                else "name the two with --pre and --post"
            ),
            file=frame.file,
            column=name,
            row=fault.row,
        ) from None
    for text, option in ((pre, "--pre"), (post, "--post")):
        if not (cells == text.strip()).any():
            raise TableError(f"no row has the time of {option}", file=frame.file, column=name)
    is_post = cells == post.strip()
    kept = is_post | (cells == pre.strip())
    return _When(times=is_post.astype(np.float64), pre=0.0, post=1.0, kept=kept)


def _groups(frame: Frame, clients: Labels, name: str) -> Labels:
    """Group of each client; a client belongs to one."""
    import numpy as np

    from openalliance.files.frame import Labels

    rows = frame.labels(name)
    of_client = np.zeros(len(clients), dtype=np.int64)
    of_client[clients.codes[::-1]] = rows.codes[::-1]
    frame.refuse(
        name,
        rows.codes != of_client[clients.codes],
        "an earlier row puts this client into another group; each client belongs to one",
    )
    return Labels(codes=of_client, names=rows.names)
