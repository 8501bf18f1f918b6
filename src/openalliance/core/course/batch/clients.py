"""Rows that lie together client by client: where each client begins, and whether order holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Offsets = NDArray[np.int64]
"""Row at which each client begins, and the number of rows as the last: shape ``(clients + 1,)``."""


def client_offsets(clients: ArrayLike) -> Offsets:
    """Return where each client's rows begin.

    Parameters
    ----------
    clients
        Client of each row, shape ``(rows,)``; a client's rows lie together.

    Returns
    -------
    ndarray
        Shape ``(clients + 1,)``.

    Examples
    --------
    >>> client_offsets([7, 7, 7, 2, 2]).tolist()
    [0, 3, 5]
    """
    codes = np.asarray(clients)
    if codes.ndim != 1:
        raise InputError("one client per row is needed", where="clients")
    if codes.size == 0:
        return np.zeros(1, np.int64)
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    return np.concatenate(([0], changes, [codes.size])).astype(np.int64)


def first_out_of_order(offsets: Offsets, time: NDArray[np.generic]) -> int | None:
    """Return the first row whose time does not follow that of the client's row before.

    Parameters
    ----------
    offsets
        From `client_offsets`.
    time
        Time of each row, shape ``(rows,)``; ``nan`` is never in order.
    """
    follows = time[1:] > time[:-1]  # type: ignore[operator]
    follows[offsets[1:-1] - 1] = True
    firsts = time[offsets[:-1]]
    lost = np.flatnonzero(firsts != firsts)  # noqa: PLR0124 - a number that is not itself is nan
    late = np.flatnonzero(~follows)
    found = [int(offsets[lost[0]])] if lost.size else []
    found += [int(late[0]) + 1] if late.size else []
    return min(found, default=None)


def check_offsets(offsets: Offsets, *columns: NDArray[np.generic]) -> None:
    """Raise an `InputError` unless the offsets rise from 0 to the columns' common length."""
    sound = offsets.ndim == 1 and offsets.size >= 1 and offsets[0] == 0
    if not (sound and (np.diff(offsets) > 0).all()):
        raise InputError("must rise from 0 to the number of rows", where="offsets")
    if any(column.shape != (int(offsets[-1]),) for column in columns):
        raise InputError("every column needs one value per row", where="columns")
