"""Pairs of a client's sessions, and what is sufficient of them for the within part.

Of each client the sums of squares and products around their own mean (or line) are kept. Any
resampling of clients is then a weighted sum of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FARTHEST = 400
"""Sessions apart beyond which what one leaves in another is no longer counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Complete sessions in the order of client and time.

    Parameters
    ----------
    client
        Codes 0, 1, …, shape ``(n,)``, ascending.
    time
        Shape ``(n,)``, ascending within a client.
    values
        Outcome and alliance, shape ``(n, 2)``, finite.
    """

    client: Index
    time: Array
    values: Array

    @property
    def n_clients(self) -> int:
        return int(self.client[-1]) + 1

    def client_means(self) -> Array:
        """Mean outcome and alliance of each client, shape ``(n_clients, 2)``."""
        counts = np.bincount(self.client)
        sums = [np.bincount(self.client, weights=column) for column in self.values.T]
        return np.column_stack(sums) / counts[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rows of later sessions with the rows of the earlier ones, both ``(n_pairs,)``."""

    earlier: Index
    later: Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Per-client sums around the client's own mean or line; clients along the first axis.

    Parameters
    ----------
    xx, xz, zz
        Products of the earlier values with themselves, with the later ones, and of the later ones
        with themselves, shape ``(g, 2, 2)``.
    df
        Pairs less what the mean or line takes, shape ``(g,)``.
    overlap
        How strongly centring ties an error to a value that stands ``d + 1`` sessions after it:
        shape ``(g, D)``.
    """

    xx: Array
    xz: Array
    zz: Array
    df: Array
    overlap: Array

    def flat(self) -> Array:
        """All of it, shape ``(g, 13 + D)``; sums of rows are again such products."""
        parts = [part.reshape(len(part), 4) for part in (self.xx, self.xz, self.zz)]
        return np.hstack([*parts, self.df[:, None], self.overlap])


def summed(flat: Array) -> Products:
    """Read products back from (sums of) rows of `Products.flat`."""
    xx, xz, zz = (flat[:, k : k + 4].reshape(-1, 2, 2) for k in (0, 4, 8))
    return Products(xx=xx, xz=xz, zz=zz, df=flat[:, 12], overlap=flat[:, 13:])


def sessions_of(client: Index, time: Array, outcome: Array, alliance: Array) -> Sessions:
    """Put the complete sessions in order.

    Raises
    ------
    InputError
        If shapes differ, a time is missing, or no session has both values.
    """
    n = client.size
    if any(part.shape != (n,) for part in (client, time, outcome, alliance)) or n == 0:
        raise InputError("columns must have one value per row", where="client, time, values")
    if not np.isfinite(time).all():
        raise InputError("every session needs a time", where="time")
    values = np.column_stack([outcome, alliance])
    there = np.isfinite(values).all(axis=1)
    if not there.any():
        raise InputError("no session has both ratings", where="outcome, alliance")
    codes = np.unique(client[there], return_inverse=True)[1].reshape(-1).astype(np.int64)
    order = np.lexsort((time[there], codes))
    return Sessions(
        client=codes[order], time=time[there][order], values=values[there][order].astype(np.float64)
    )


def paired(sessions: Sessions, lag: int) -> Pairs:
    """Pair every session with the same client's session exactly ``lag`` before it.

    Raises
    ------
    InputError
        If a client has two rows of one time, or no two sessions are ``lag`` apart.
    """
    client, time = sessions.client, sessions.time
    same = client[1:] == client[:-1]
    if (same & (time[1:] == time[:-1])).any():
        raise InputError("a client has two rows of one session", where="time")
    earlier, later = [], []
    for step in range(1, lag + 1):
        first = np.arange(max(time.size - step, 0))
        fits = (client[first] == client[first + step]) & (time[first + step] - time[first] == lag)
        earlier.append(first[fits])
        later.append(first[fits] + step)
    before, after = np.concatenate(earlier), np.concatenate(later)
    if after.size == 0:
        raise InputError(f"nobody has two sessions {lag} apart", where="time")
    order = np.argsort(after, kind="stable")
    return Pairs(earlier=before[order], later=after[order])


def products_of(sessions: Sessions, pairs: Pairs, *, line: bool) -> Products:
    """Sum each client's pairs around the client's own mean, or own line in time.

    Clients whose pairs the mean or line takes up entirely have zeros throughout.
    """
    client, time = sessions.client[pairs.later], sessions.time[pairs.later]
    groups = sessions.n_clients
    counts = np.bincount(client, minlength=groups).astype(np.float64)
    taken = 2.0 if line else 1.0
    enough = counts > taken
    per_row = np.where(enough, 1.0 / np.maximum(counts, 1.0), 0.0)
    both = np.hstack([sessions.values[pairs.earlier], sessions.values[pairs.later]])
    both = both - _means(client, both, counts)[client]
    centred = time - _means(client, time[:, None], counts)[client, 0]
    spread = np.bincount(client, weights=centred**2, minlength=groups)
    per_square = np.zeros(groups)
    if line:
        np.divide(1.0, spread, out=per_square, where=enough & (spread > 0.0))
        for k in range(4):
            slope = np.bincount(client, weights=centred * both[:, k], minlength=groups) * per_square
            both[:, k] -= slope[client] * centred
    both *= enough[client][:, None]
    x, z = both[:, :2], both[:, 2:]
    return Products(
        xx=_sums(client, x, x, groups),
        xz=_sums(client, x, z, groups),
        zz=_sums(client, z, z, groups),
        df=np.where(enough, counts - taken, 0.0),
        overlap=_overlap(client, time, centred, per_row, per_square),
    )


def _means(client: Index, columns: Array, counts: Array) -> Array:
    sums = [np.bincount(client, weights=part, minlength=counts.size) for part in columns.T]
    return np.column_stack(sums) / np.maximum(counts, 1.0)[:, None]


def _sums(client: Index, left: Array, right: Array, groups: int) -> Array:
    found = np.empty((groups, 2, 2))
    for i in range(2):
        for j in range(2):
            weights = left[:, i] * right[:, j]
            found[:, i, j] = np.bincount(client, weights=weights, minlength=groups)
    return found


def _overlap(
    client: Index, time: Array, centred: Array, per_row: Array, per_square: Array
) -> Array:
    """Sum the projection's entries by how many sessions its two rows are apart."""
    last = np.flatnonzero(np.r_[client[1:] != client[:-1], True])
    first = np.r_[0, last[:-1] + 1]
    farthest = int(min(np.max(time[last] - time[first], initial=0.0), FARTHEST))
    found = np.zeros((per_row.size, farthest))
    if farthest == 0:
        return found
    cells = found.reshape(-1)
    for step in range(1, int(np.max(last - first)) + 1):
        row = np.arange(client.size - step)
        distance = time[row + step] - time[row]
        near = (client[row] == client[row + step]) & (distance <= farthest)
        row = row[near]
        who = client[row]
        entry = per_row[who] + centred[row] * centred[row + step] * per_square[who]
        place = who * farthest + distance[near].astype(np.int64) - 1
        cells += np.bincount(place, weights=entry, minlength=cells.size)
    return found
