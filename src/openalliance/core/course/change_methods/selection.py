"""Long data → one pre and one post score for each client."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

_GLANCE = 1_000
"""Rows that tell most unsorted files, before all are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrePost:
    """Each client's two scores.

    Parameters
    ----------
    pre, post
        Scores, shape ``(clients,)``; ``nan`` where there is none.
    once
        Number of clients with a single time, who have no post score for that reason.
    """

    pre: Floats
    post: Floats
    once: int = 0

    def __post_init__(self) -> None:
        if self.pre.shape != self.post.shape or self.pre.ndim != 1:
            raise InputError("one pre and one post score are needed for each client")
        for scores in (self.pre, self.post):
            if np.isinf(scores).any():
                raise InputError("scores must be finite numbers")

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Clients with both scores."""
        return ~(np.isnan(self.pre) | np.isnan(self.post))

    def of_complete(self) -> tuple[Index, Floats, Floats]:
        """Codes and scores of the clients with both, without a copy if that is all of them."""
        complete = self.complete
        if complete.all():
            return np.arange(self.pre.size), self.pre, self.post
        codes = np.flatnonzero(complete)
        return codes, self.pre[codes], self.post[codes]


def select(
    clients: Index,
    times: Floats,
    scores: Floats,
    *,
    pre: float | None = None,
    post: float | None = None,
) -> PrePost:
    """Find each client's pre and post score in long data, in any order of rows.

    Parameters
    ----------
    clients
        Code of each row's client, from 0, shape ``(rows,)``.
    times
        Finite times.
    scores
        Scores; ``nan`` where missing. A row without a score stands for a measurement that was
        due and is missing: no other score takes its place.
    pre, post
        Time of the pre and of the post score; ``None`` for each client's own first and last.

    Raises
    ------
    InputError
        The arrays do not fit together, a time that is asked for is nowhere, or a client has two
        rows at the time asked for (``where`` counts rows from 1).

    Examples
    --------
    >>> import numpy as np
    >>> found = select(np.array([0, 0, 1]), np.array([2.0, 1.0, 1.0]), np.array([4.0, 9.0, 7.0]))
    >>> found.pre.tolist(), found.post.tolist()
    ([9.0, 7.0], [4.0, nan])
    """
    if not clients.shape == times.shape == scores.shape or clients.ndim != 1:
        raise InputError("clients, times and scores must have one entry for each row")
    if not clients.size:
        raise InputError("there are no rows")
    if not np.isfinite(times).all() or int(clients.min()) < 0:
        raise InputError("every row needs a client and a finite time")
    if pre is not None and pre == post:
        raise InputError("pre and post must be different times", where="post")
    if pre is None and post is None:
        new = _beginnings(clients, times)
        if new is not None:
            return _first_and_last(new, clients, scores)
    count = int(clients.max()) + 1
    first = _rows_at(clients, times, pre, count, "pre")
    last = _rows_at(clients, times, post, count, "post")
    before, after = (_scatter(clients, scores, rows, count) for rows in (first, last))
    lone = np.zeros(count, dtype=bool)
    if pre is None or post is None:
        same_row = np.full(count, -1, dtype=np.int64)
        same_row[clients[first]] = first
        lone[clients[last]] = same_row[clients[last]] == last
        after[lone] = np.nan
    return PrePost(pre=before, post=after, once=int(lone.sum()))


def _beginnings(clients: Index, times: Floats) -> NDArray[np.bool_] | None:
    """Whether each row but the first begins another client, if all rows are in order.

    In order: sorted by client and time, without repeats and without gaps in the codes.
    """
    glance = clients[:_GLANCE]
    if np.any(glance[1:] < glance[:-1]):
        return None
    new = clients[1:] > clients[:-1]
    if int(clients[0]) != 0 or int(clients[-1]) != int(np.count_nonzero(new)):
        return None
    later = times[1:] > times[:-1]
    later &= clients[1:] == clients[:-1]
    later |= new
    return new if later.all() else None


def _first_and_last(new: NDArray[np.bool_], clients: Index, scores: Floats) -> PrePost:
    """Rows in order: a client's scores are the first and the last of its run."""
    first, last = np.empty((2, clients.size), dtype=bool)
    first[0] = last[-1] = True
    first[1:] = last[:-1] = new
    before, after = scores[first], scores[last]
    lone = clients[first & last]
    after[lone] = np.nan
    return PrePost(pre=before, post=after, once=lone.size)


def _rows_at(clients: Index, times: Floats, wanted: float | None, count: int, name: str) -> Index:
    """Rows at the time asked for, or at each client's first or last."""
    least = 1  # rows from which one client may have two of them
    if wanted is not None:
        rows = np.flatnonzero(times == wanted)
    else:
        first = name == "pre"
        end = np.full(count, np.inf if first else -np.inf)
        (np.minimum if first else np.maximum).at(end, clients, times)
        rows = np.flatnonzero(times == end[clients])
        least = int(np.count_nonzero(np.isfinite(end)))
    if not rows.size:
        raise InputError("no row has this time", where=name)
    if rows.size > least:
        _refuse_repeats(clients[rows], rows)
    return rows


def _refuse_repeats(found: Index, rows: Index) -> None:
    """Raise at the first row that repeats a client."""
    seen = np.bincount(found)
    if seen.max() > 1:
        repeated = np.flatnonzero(seen[found] > 1)
        same = repeated[found[repeated] == found[repeated[0]]]
        raise InputError(
            "a client has two rows at the same time; keep one of them",
            where=f"row {int(rows[same[1]]) + 1}",
        )


def _scatter(clients: Index, scores: Floats, rows: Index, count: int) -> Floats:
    found = np.full(count, np.nan)
    found[clients[rows]] = scores[rows]
    return found
