"""Ratings of the same sessions by client and therapist, dyad by dyad."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FEWEST_DYADS = 3
"""Dyads that a gap between people needs at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadRatings:
    """Sessions that both have rated.

    Parameters
    ----------
    dyad
        Place of the dyad, 0, 1, …, shape ``(n,)``.
    codes
        The caller's code of each dyad, ascending.
    client, therapist
        Both ratings, shape ``(n,)``, finite.
    """

    dyad: Index
    codes: Index
    client: Array
    therapist: Array

    @property
    def n_dyads(self) -> int:
        return int(self.codes.size)

    def counts(self) -> Array:
        """Sessions of each dyad."""
        return np.bincount(self.dyad, minlength=self.n_dyads).astype(np.float64)

    def means(self, values: Array) -> Array:
        """Mean of each dyad."""
        return np.bincount(self.dyad, weights=values, minlength=self.n_dyads) / self.counts()


def dyad_ratings(dyad: ArrayLike, client: ArrayLike, therapist: ArrayLike) -> DyadRatings:
    """Keep the sessions that both have rated.

    Parameters
    ----------
    dyad
        Integer code per session, shape ``(n,)``.
    client, therapist
        Ratings on the same scale; ``nan`` where missing.

    Raises
    ------
    InputError
        If shapes differ, or fewer than three dyads have a session that both have rated.
    """
    codes = np.asarray(dyad)
    mine, theirs = (np.asarray(part, dtype=np.float64) for part in (client, therapist))
    if codes.ndim != 1 or mine.shape != codes.shape or theirs.shape != codes.shape:
        raise InputError("columns must have one value per row", where="client, therapist")
    both = np.isfinite(mine) & np.isfinite(theirs)
    names, place = np.unique(codes[both], return_inverse=True)
    if names.size < FEWEST_DYADS:
        raise InputError(
            f"{names.size} dyads have a session that both have rated; at least {FEWEST_DYADS} are "
            "needed",
            where="client",
        )
    return DyadRatings(
        dyad=place.reshape(-1).astype(np.int64),
        codes=names.astype(np.int64),
        client=mine[both],
        therapist=theirs[both],
    )
