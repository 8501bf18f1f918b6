"""Person-period rows: one for each client and each period in which they could have left.

References
----------
Singer, J. D., & Willett, J. B. (1993). It's about time: using discrete-time survival analysis to
study duration and the timing of events. *Journal of Educational Statistics, 18*, 155-195.
https://doi.org/10.3102/10769986018002155
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Ending(IntEnum):
    """What happened in a period."""

    NONE = 0
    DROP_OUT = 1
    PLANNED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPeriods:
    """Rows of clients at risk, in any order.

    Parameters
    ----------
    client
        Shape ``(n,)``, codes of clients.
    period
        Shape ``(n,)``, finite; for instance the number of the session.
    ending
        Shape ``(n,)``, values of `Ending`.

    Raises
    ------
    InputError
        If shapes or values do not fit, a client has a period twice, or rows follow an ending.
    """

    client: Codes
    period: Floats
    ending: Codes

    def __post_init__(self) -> None:
        n = self.client.shape[0]
        if n == 0:
            raise InputError("there is no row", where="client")
        if self.period.shape != (n,) or self.ending.shape != (n,):
            raise InputError("need one value a row", where="client, period, ending")
        if not np.isfinite(self.period).all():
            raise InputError("a period is missing", where="period")
        if not np.isin(self.ending, [kind.value for kind in Ending]).all():
            raise InputError("an ending is 0 (none), 1 (drop-out) or 2 (planned)", where="ending")
        if repeated(self.client, self.period).any():
            raise InputError("a client has the same period twice", where="period")
        if after_ending(self.client, self.period, self.ending).any():
            raise InputError("a client has rows after the ending", where="ending")

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return int(self.client.size)

    @property
    def n_clients(self) -> int:
        """Return the number of clients."""
        return int(np.unique(self.client).size)

    @property
    def dropped_out(self) -> Floats:
        """Return 1 where the client dropped out in this period, else 0; shape ``(n,)``."""
        return np.asarray(self.ending == Ending.DROP_OUT, dtype=np.float64)

    @property
    def n_events(self) -> int:
        """Return the number of drop-outs."""
        return int(np.sum(self.ending == Ending.DROP_OUT))

    @property
    def n_planned(self) -> int:
        """Return the number of planned endings."""
        return int(np.sum(self.ending == Ending.PLANNED))

    @property
    def grid(self) -> Floats:
        """Return the periods that occur, rising."""
        return np.unique(self.period)

    def take(self, rows: ArrayLike) -> PersonPeriods:
        """Return some of the rows."""
        chosen = np.asarray(rows)
        return PersonPeriods(
            client=self.client[chosen], period=self.period[chosen], ending=self.ending[chosen]
        )


def repeated(client: Codes, period: Floats) -> Flags:
    """Mark rows whose client and period an earlier row has already."""
    order = np.lexsort((np.arange(client.size), period, client))
    same = (np.diff(client[order]) == 0) & (np.diff(period[order]) == 0.0)
    found = np.zeros(client.size, dtype=np.bool_)
    found[order[1:][same]] = True
    return found


def after_ending(client: Codes, period: Floats, ending: Codes) -> Flags:
    """Mark rows that lie after their client's first ending."""
    order = np.lexsort((period, client))
    ended = (ending[order] != Ending.NONE).astype(np.int64)
    first = np.r_[True, np.diff(client[order]) != 0]
    before = np.cumsum(ended) - ended
    at_start = np.maximum.accumulate(np.where(first, before, 0))
    found = np.zeros(client.size, dtype=np.bool_)
    found[order] = before > at_start
    return found


def after_gap(client: Codes, period: Floats) -> Flags:
    """Mark rows before which their client lacks a period that lies in between.

    Periods are those that occur with anybody; a client who begins later has no gap.
    """
    place = np.searchsorted(np.unique(period), period)
    order = np.lexsort((period, client))
    jump = (np.diff(client[order]) == 0) & (np.diff(place[order]) > 1)
    found = np.zeros(client.size, dtype=np.bool_)
    found[order[1:][jump]] = True
    return found


def last_rows(client: Codes, period: Floats) -> Codes:
    """Return the row number of each client's last period, clients in the order of their codes."""
    order = np.lexsort((period, client))
    last = np.r_[np.diff(client[order]) != 0, True]
    return np.asarray(order[last], dtype=np.int64)
