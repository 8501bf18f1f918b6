"""From sessions to one line for each client: alliance first, outcome after it.

The outcome of a client is the last score; it is always later than every rating of the alliance that
is set against it. In our own forms the score of a session is asked before it and the alliance after
it, so that ratings of earlier sessions than the last score's are earlier in time too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from openalliance.core.errors import InputError

EARLY_SESSIONS = 4
"""Ratings up to this session count as early."""

LEAST_SCORES = 3
"""Scores of a client without which there is no course to speak of."""

LEAST_RATINGS = 2
"""Ratings before the last score without which a client's alliance is not known."""


class By(StrEnum):
    """Which alliance is set against the outcome."""

    CLIENT = "client"
    """The client's ratings, all before the last score."""
    THERAPIST = "therapist"
    EARLY = "early"
    """The client's ratings of the first four sessions."""
    LATE = "late"
    """The client's later ratings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session of one client; ``nan`` where nothing was said.

    Parameters
    ----------
    client, therapist
        Who; any text that tells them apart.
    modality
        The way of working of the client's whole therapy.
    session
        Its number, from 1.
    outcome
        How the client was at that session, more being better.
    alliance, alliance_by_therapist
        Ratings of that session.
    """

    client: str
    therapist: str
    modality: str
    session: int
    outcome: float
    alliance: float
    alliance_by_therapist: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class OneClient:
    """One client: first and last score, and the mean alliance before the last, as far as known."""

    client: str
    therapist: str
    modality: str
    first: float
    last: float
    alliance: Mapping[By, float]


def clients_of(rows: Iterable[SessionRow]) -> tuple[OneClient, ...]:
    """Return the clients with scores and ratings enough, in the order of their names.

    Raises
    ------
    InputError
        A client has two rows of one session.

    Examples
    --------
    >>> rows = [
    ...     SessionRow(client="a", therapist="t", modality="cbt", session=n, outcome=n, alliance=6)
    ...     for n in range(1, 5)
    ... ]
    >>> [(one.first, one.last, dict(one.alliance)) for one in clients_of(rows)]
    [(1, 4, {<By.CLIENT: 'client'>: 6.0, <By.EARLY: 'early'>: 6.0})]
    """
    held: dict[str, list[SessionRow]] = defaultdict(list)
    for row in rows:
        held[row.client].append(row)
    found = []
    for client in sorted(held):
        own = sorted(held[client], key=lambda row: row.session)
        if any(a.session == b.session for a, b in pairwise(own)):
            raise InputError("a client has two rows of one session", where="session")
        one = _client(own)
        if one is not None:
            found.append(one)
    return tuple(found)


def _client(rows: Sequence[SessionRow]) -> OneClient | None:
    scored = [row for row in rows if math.isfinite(row.outcome)]
    if len(scored) < LEAST_SCORES:
        return None
    last = scored[-1]
    before = [row for row in rows if row.session < last.session]
    rated = [(row.session, row.alliance) for row in before if math.isfinite(row.alliance)]
    sides = {
        By.CLIENT: [value for _, value in rated],
        By.THERAPIST: [
            row.alliance_by_therapist for row in before if math.isfinite(row.alliance_by_therapist)
        ],
        By.EARLY: [value for session, value in rated if session <= EARLY_SESSIONS],
        By.LATE: [value for session, value in rated if session > EARLY_SESSIONS],
    }
    known = {
        side: math.fsum(values) / len(values)
        for side, values in sides.items()
        if len(values) >= LEAST_RATINGS
    }
    if not known:
        return None
    return OneClient(
        client=last.client,
        therapist=last.therapist,
        modality=last.modality,
        first=scored[0].outcome,
        last=last.outcome,
        alliance=known,
    )
