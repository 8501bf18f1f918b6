"""Whether clients left well or left badly: two outcomes, by the client's own word.

Leaving early is no failure as such: many stop when they have got what they came for. Whether a
planned ending was a good one is the client's to say as well. So neither the kind of ending nor a
score decides, and where the client said nothing, nothing is concluded.

References
----------
Barkham, M., Connell, J., Stiles, W. B., et al. (2006). Dose-effect relations and responsive
regulation of treatment duration: The good enough level. *Journal of Consulting and Clinical
Psychology, 74*, 160-167.

Simon, G. E., Imel, Z. E., Ludman, E. J., & Steinfeld, B. J. (2012). Is dropout after a first
psychotherapy visit always a bad outcome? *Psychiatric Services, 63*, 705-707.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.estimation.proportions import Proportion, wilson

LEAST_ENDINGS = 10
"""Endings with the client's word from which shares are told; with fewer, the interval spans more
than half of what is possible."""


class Reason(IntEnum):
    """What a client who stopped said about why, as the exit question numbers it."""

    GOT_WHAT_I_CAME_FOR = 1
    FELT_BETTER = 2
    DID_NOT_HELP = 3
    NO_MATCH = 4
    CIRCUMSTANCES = 5
    SOMETHING_ELSE_FIRST = 6
    RATHER_NOT_SAY = 7


class Feels(IntEnum):
    """How right it felt to a client to end, when both looked back."""

    RIGHT = 1
    MIXED = 2
    WRONG = 3


class Leaving(StrEnum):
    """How a client left."""

    WELL = "well"
    BADLY = "badly"
    OTHERWISE = "otherwise"
    """Neither: mixed, or for reasons that had nothing to do with the therapy."""
    UNKNOWN = "unknown"


_BY_REASON = {
    Reason.GOT_WHAT_I_CAME_FOR: Leaving.WELL,
    Reason.FELT_BETTER: Leaving.WELL,
    Reason.DID_NOT_HELP: Leaving.BADLY,
    Reason.NO_MATCH: Leaving.BADLY,
    Reason.CIRCUMSTANCES: Leaving.OTHERWISE,
    Reason.SOMETHING_ELSE_FIRST: Leaving.OTHERWISE,
    Reason.RATHER_NOT_SAY: Leaving.UNKNOWN,
}
_BY_FEELING = {
    Feels.RIGHT: Leaving.WELL,
    Feels.MIXED: Leaving.OTHERWISE,
    Feels.WRONG: Leaving.BADLY,
}


def leaving_of(*, feels: int | None = None, reason: int | None = None) -> Leaving:
    """Return how a client left, by what they said.

    Parameters
    ----------
    feels
        How right it felt when both looked back; `Feels`.
    reason
        Why they stopped; `Reason`. It came later, so it counts before ``feels``.

    Examples
    --------
    >>> leaving_of(feels=Feels.RIGHT).value, leaving_of(reason=Reason.NO_MATCH).value
    ('well', 'badly')
    >>> leaving_of().value
    'unknown'
    """
    if reason is not None and reason in set(Reason) and reason != Reason.RATHER_NOT_SAY:
        return _BY_REASON[Reason(reason)]
    if feels is not None and feels in set(Feels):
        return _BY_FEELING[Feels(feels)]
    return Leaving.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One ending. ``client`` tells people apart and is never shown."""

    client: str
    planned: bool
    leaving: Leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingRecord:
    """How clients left, over all endings.

    Parameters
    ----------
    endings, planned, clients
        How many, how many of them planned, of how many clients.
    known
        Endings of which the client said something.
    well, badly
        Shares of the known. The two do not add up to one: some left neither way.
    well_at_least, well_at_most, badly_at_least, badly_at_most
        Shares of all endings if none, or all, of the silent left that way: what silence may hide.
    """

    endings: int
    planned: int
    clients: int
    known: int
    well: Proportion
    badly: Proportion
    well_at_least: float
    well_at_most: float
    badly_at_least: float
    badly_at_most: float

    @property
    def is_told(self) -> bool:
        """Whether it rests on enough endings of enough clients."""
        return self.known >= LEAST_ENDINGS and self.clients >= LEAST_CLIENTS


def leaving_record(endings: Iterable[Left]) -> LeavingRecord:
    """Count how clients left."""
    found = list(endings)
    counts = {one: sum(left.leaving is one for left in found) for one in Leaving}
    silent, n = counts[Leaving.UNKNOWN], max(len(found), 1)
    known = len(found) - silent
    well, badly = counts[Leaving.WELL], counts[Leaving.BADLY]
    return LeavingRecord(
        endings=len(found),
        planned=sum(one.planned for one in found),
        clients=len({one.client for one in found if one.leaving is not Leaving.UNKNOWN}),
        known=known,
        well=wilson(well, known),
        badly=wilson(badly, known),
        well_at_least=well / n,
        well_at_most=(well + silent) / n,
        badly_at_least=badly / n,
        badly_at_most=(badly + silent) / n,
    )
