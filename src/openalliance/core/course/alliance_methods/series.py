"""Series of ratings, one per client and rater, and what any method finds in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.values import Onset
from openalliance.core.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingSeries:
    """Ratings of many series, one after the other, in the order of their sessions.

    Parameters
    ----------
    offsets
        Shape ``(series + 1,)``: series ``i`` holds the rows from ``offsets[i]`` to before
        ``offsets[i + 1]``.
    sessions, ratings
        Shape ``(rows,)``, finite; sessions rise within a series and need not be whole numbers.
    """

    offsets: NDArray[np.int64]
    sessions: Floats
    ratings: Floats

    def __post_init__(self) -> None:
        if self.sessions.shape != self.ratings.shape or self.offsets[-1] != self.ratings.size:
            raise InputError("the columns have different lengths", where="ratings")
        if not (np.isfinite(self.ratings).all() and np.isfinite(self.sessions).all()):
            raise InputError("sessions and ratings are finite numbers", where="ratings")
        inner = np.ones(self.ratings.size, dtype=np.bool_)
        inner[self.offsets[:-1][self.lengths > 0]] = False
        if (np.diff(self.sessions, prepend=-np.inf)[inner] <= 0.0).any():
            raise InputError("each session is rated once by each rater", where="sessions")

    @property
    def count(self) -> int:
        """Number of series."""
        return self.offsets.size - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of ratings of each series, shape ``(series,)``."""
        return np.diff(self.offsets)

    @property
    def series_of_row(self) -> NDArray[np.int64]:
        """Number of the series to which each row belongs, shape ``(rows,)``."""
        return np.repeat(np.arange(self.count), self.lengths)

    def part(self, number: int) -> slice:
        """Return the rows of one series."""
        return slice(int(self.offsets[number]), int(self.offsets[number + 1]))

    def only(self, chosen: Sequence[int] | NDArray[np.int64]) -> RatingSeries:
        """Return some of the series, in the order given."""
        parts = [np.arange(self.offsets[i], self.offsets[i + 1]) for i in chosen]
        rows = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        return RatingSeries(
            offsets=np.concatenate(([0], np.cumsum(self.lengths[chosen]))),
            sessions=self.sessions[rows],
            ratings=self.ratings[rows],
        )


def rating_series(codes: ArrayLike, sessions: ArrayLike, ratings: ArrayLike) -> RatingSeries:
    """Sort rows, given in any order, into series; rows without a rating are left out.

    Parameters
    ----------
    codes
        Number of each row's series, from 0, shape ``(rows,)``. Series without any rating stay, and
        are empty.
    sessions, ratings
        Shape ``(rows,)``; ``nan`` where a session was not rated.
    """
    code = np.asarray(codes, dtype=np.int64)
    session, rating = np.asarray(sessions, dtype=np.float64), np.asarray(ratings, dtype=np.float64)
    rated = np.flatnonzero(~np.isnan(rating))
    order = rated[np.lexsort((session[rated], code[rated]))]
    counts = np.bincount(code[order], minlength=int(code.max(initial=-1)) + 1)
    return RatingSeries(
        offsets=np.concatenate(([0], np.cumsum(counts))),
        sessions=session[order],
        ratings=rating[order],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRupture:
    """One rupture in a series.

    ``row`` is its place in the series, from 0; ``repaired_row`` that of the repair, or ``None``.
    ``depth`` is in points, ``standardised`` in the SDs the method goes by. ``probability`` and
    ``repair_probability`` are ``None`` for methods that give none.
    """

    row: int
    session: float
    depth: float
    standardised: float
    probability: float | None = None
    onset: Onset = Onset.SUDDEN
    repaired_row: int | None = None
    repaired_at: float | None = None
    repair_probability: float | None = None

    @property
    def sessions_to_repair(self) -> float | None:
        """Sessions from the rupture to its repair; ``None`` without one."""
        return None if self.repaired_at is None else self.repaired_at - self.session


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFound:
    """What a method finds in one series; arrays of shape ``(n,)``.

    ``level`` is the method's own idea of it (filtered level, centre line …), ``level_se`` its
    error, ``nan`` where the method has none; ``reason`` says why nothing could be found.
    """

    sessions: Floats
    ratings: Floats
    level: Floats
    level_se: Floats
    ruptures: tuple[FoundRupture, ...]
    smoothed: Floats | None = None
    smoothed_se: Floats | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuptureSummary:
    """Counts over all series; ``repair_rate`` is ``nan`` without ruptures."""

    series_with_rupture: int
    ruptures: int
    repaired: int
    repair_rate: float = field(default=math.nan)


def summarise(found: Sequence[SeriesFound]) -> RuptureSummary:
    """Count ruptures and repairs over all series."""
    ruptures = [rupture for one in found for rupture in one.ruptures]
    repaired = sum(rupture.repaired_at is not None for rupture in ruptures)
    return RuptureSummary(
        series_with_rupture=sum(bool(one.ruptures) for one in found),
        ruptures=len(ruptures),
        repaired=repaired,
        repair_rate=repaired / len(ruptures) if ruptures else math.nan,
    )
