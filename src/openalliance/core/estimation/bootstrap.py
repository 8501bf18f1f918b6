"""Resampling of whole clients, so that what belongs together stays together.

References
----------
Davison, A. C., & Hinkley, D. V. (1997). *Bootstrap methods and their application*, sections 3.8
and 5.3. Cambridge University Press.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError


def cluster_draws(
    clusters: ArrayLike, draws: int, rng: Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Draw clients with replacement, as many as there are, again and again.

    Parameters
    ----------
    clusters
        Shape ``(n,)``, the client of each row.
    draws
        How often.
    rng
        Source of chance.

    Yields
    ------
    tuple of arrays
        Row numbers of the drawn clients, client after client in their own order, and the place of
        the draw each row belongs to: a client drawn twice is two clients.

    Raises
    ------
    InputError
        If there is no row or no draw.
    """
    names = np.asarray(clusters)
    if names.size == 0 or draws < 1:
        raise InputError("needs rows and at least one draw", where="clusters, draws")
    codes = np.unique(names, return_inverse=True)[1].reshape(-1)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    for _ in range(draws):
        chosen = rng.integers(0, sizes.size, sizes.size)
        lengths = sizes[chosen]
        place = np.repeat(np.arange(sizes.size), lengths)
        within = np.arange(place.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        yield order[starts[chosen][place] + within], place


def percentile_interval(
    estimates: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentile interval of bootstrap estimates, draws along the first axis.

    Draws without an estimate (``nan``) are left out; with none left the bounds are ``nan``.

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
    given = np.asarray(estimates, dtype=np.float64)
    tail = (1.0 - confidence) / 2.0
    shown = np.where(np.isfinite(given).any(axis=0), given, 0.0)
    low, high = np.nanquantile(shown, [tail, 1.0 - tail], axis=0)
    empty = ~np.isfinite(given).any(axis=0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)
