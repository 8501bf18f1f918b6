"""Each client's slope over time from a hierarchical linear model, in units of its error.

All scores of a client count, not two of them. A client's slope is the empirical Bayes estimate:
the average slope plus the client's deviation from it, shrunken by how little the client's own
scores say. Its error has both sources: what the client's scores leave open, and what all clients'
leave open about the average.

References
----------
Speer, D. C., & Greenbaum, P. E. (1995). Five methods for computing significant individual client
change and improvement rates: Support for an individual growth curve approach. *Journal of
Consulting and Clinical Psychology, 63*(6), 1044-1048.

Bryk, A. S., & Raudenbush, S. W. (1987). Application of hierarchical linear models to assessing
change. *Psychological Bulletin, 101*(1), 147-158.

Raudenbush, S. W., & Bryk, A. S. (2002). *Hierarchical linear models* (2nd ed., chapter 3). Sage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change_methods.selection import PrePost
from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST_SCORES = 3
"""Scores of a client from which a slope has an error of its own (Speer & Greenbaum 1995)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongScores:
    """Scores in long form, one row per client and time; ``nan`` where missing."""

    clients: Index
    times: Floats
    scores: Floats

    def __post_init__(self) -> None:
        if not self.clients.shape == self.times.shape == self.scores.shape:
            raise InputError("clients, times and scores must have one entry for each row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Slopes per unit of time of the clients with at least three scores.

    Parameters
    ----------
    clients
        Codes of these clients, ascending, shape ``(k,)``.
    n
        Scores of each.
    slope, error
        Empirical Bayes slope and its standard error.
    deviation, deviation_sd
        The client's deviation from the average slope, and its conditional SD. Their quotient says
        who changed *otherwise than the average*, not who changed.
    average, average_error
        Fixed slope.
    pairs
        First and last score of each of these clients, by time.
    notes
        Cautions about the fit.
    """

    clients: Index
    n: Index
    slope: Floats
    error: Floats
    deviation: Floats
    deviation_sd: Floats
    average: float
    average_error: float
    residual_sd: float
    pairs: PrePost
    notes: tuple[str, ...] = ()

    @property
    def index(self) -> Floats:
        """Slope over its error; ``nan`` where the error is 0."""
        return _quotient(self.slope, self.error)

    @property
    def deviation_index(self) -> Floats:
        """Deviation over its conditional SD; ``nan`` where that is 0."""
        return _quotient(self.deviation, self.deviation_sd)


def client_slopes(long: LongScores) -> Slopes:
    """Fit score = intercept + slope·time with both random over clients, by REML.

    Raises
    ------
    InputError
        Fewer than two clients have three scores, or the model cannot be fitted.
    """
    from openalliance.core.estimation.mixed import fit

    kept = ~np.isnan(long.scores)
    counts = np.bincount(long.clients[kept], minlength=int(long.clients.max()) + 1)
    kept &= counts[long.clients] >= LEAST_SCORES
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((long.times[rows], long.clients[rows]))]
    clients, codes = np.unique(long.clients[rows], return_inverse=True)
    if clients.size < 2:
        raise InputError(
            f"the hierarchical method needs at least two clients with {LEAST_SCORES} scores",
            where="method",
        )
    times, scores = long.times[rows], long.scores[rows]
    times = times - times.mean()  # slopes stay the same, far-away origins do no harm
    design = np.column_stack([np.ones(times.size), times])
    found = fit(scores, design, codes, z=design, terms=("Intercept", "time"))
    shrinkage = _shrinkage(codes, times, found.random_covariance, found.residual_sd**2)
    conditional = shrinkage @ found.random_covariance
    through = shrinkage @ found.vcov @ np.swapaxes(shrinkage, 1, 2)
    deviation = found.blups[np.argsort(found.random.codes), 1]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    ends = np.concatenate([starts[1:] - 1, [codes.size - 1]])
    return Slopes(
        clients=clients,
        n=counts[clients],
        slope=found.estimate[1] + deviation,
        error=np.sqrt(np.maximum(conditional[:, 1, 1], 0.0) + through[:, 1, 1]),
        deviation=deviation,
        deviation_sd=np.sqrt(np.maximum(conditional[:, 1, 1], 0.0)),
        average=float(found.estimate[1]),
        average_error=float(found.se[1]),
        residual_sd=float(found.residual_sd),
        pairs=PrePost(pre=scores[starts], post=scores[ends]),
        notes=tuple(found.notes),
    )


def _shrinkage(codes: Index, times: Floats, covariance: Floats, variance: float) -> Floats:
    """(I + T·Z'Z/σ²)⁻¹ per client: the weight of the average in each client's estimate.

    The conditional covariance of the client's effects is this times T; it exists when T is
    singular as well.
    """
    ones, first, second = (np.bincount(codes, weights=times**k) for k in range(3))
    products = np.empty((ones.size, 2, 2))
    products[:, 0, 0], products[:, 1, 1] = ones, second
    products[:, 0, 1] = products[:, 1, 0] = first
    return np.asarray(np.linalg.inv(np.eye(2) + covariance @ products / variance), np.float64)


def _quotient(above: Floats, below: Floats) -> Floats:
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0.0)
    return found
