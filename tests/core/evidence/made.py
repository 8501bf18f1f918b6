"""Clients with a known relation of alliance and outcome."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from openalliance.core.evidence.own.clients import By, OneClient


def made(
    rng: Generator, n: int, rho: float, *, late: float | None = None, ceiling: float = np.inf
) -> list[OneClient]:
    """Return clients whose alliance goes with the last score by ``rho``, the first one given.

    The first score goes with both. ``late`` is how the later ratings go with the outcome;
    ``ceiling`` is the highest possible rating, in SDs of the alliance.
    """
    second = rho if late is None else late
    between = 0.6  # of early and late ratings, the first score given
    covariance = np.array([[1.0, between, rho], [between, 1.0, second], [rho, second, 1.0]])
    first = rng.normal(size=n)
    rest = rng.multivariate_normal(np.zeros(3), covariance, size=n) + 0.5 * first[:, None]
    rest[:, :2] = np.minimum(rest[:, :2], ceiling)
    return [
        OneClient(
            client=str(code), therapist=str(code % 3), modality="cbt", first=float(start),
            last=float(row[2]),
            alliance={By.CLIENT: float(row[0]), By.EARLY: float(row[0]), By.LATE: float(row[1])},
        )
        for code, (start, row) in enumerate(zip(first, rest, strict=True))
    ]  # fmt: skip
