"""Cox regression with start-stop rows: likelihood and baseline hazard at given coefficients.

The coefficients themselves come from a library; these few lines check its likelihood and add what
it leaves out, the baseline hazard with the same treatment of ties.

References
----------
Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. *Journal of the
American Statistical Association, 72*, 557-565.

Breslow, N. (1974). Covariance analysis of censored survival data. *Biometrics, 30*, 89-99.

Therneau, T. M., & Grambsch, P. M. (2000). *Modeling survival data: extending the Cox model*,
sections 3.3 and 10.2. Springer.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Ties(StrEnum):
    """What to do when several drop out at the same time."""

    EFRON = "efron"
    BRESLOW = "breslow"


def _risk_sums(
    eta: Floats, start: Floats, stop: Floats, event: Flags, ties: str
) -> tuple[Floats, Floats, Floats]:
    """Return times of drop-out, the sum of 1/risk and the sum of log risk over those at each.

    A row is at risk at a time after its start and up to its stop.
    """
    if not event.any():
        raise InputError("nobody drops out, so there is no hazard to estimate", where="event")
    if not (start < stop).all():
        raise InputError("every row must start before it stops", where="start, stop")
    risk = np.exp(eta)
    times, place = np.unique(stop[event], return_inverse=True)
    by_stop, by_start = np.argsort(stop), np.argsort(start)
    ended = np.r_[0.0, np.cumsum(risk[by_stop])]
    begun = np.r_[0.0, np.cumsum(risk[by_start])]
    started = begun[np.searchsorted(start[by_start], times, side="left")]
    present = started - ended[np.searchsorted(stop[by_stop], times, side="left")]
    leaving = np.bincount(place.reshape(-1), weights=risk[event])
    count = np.bincount(place.reshape(-1))
    at = np.repeat(np.arange(times.size), count)
    turn = np.arange(at.size) - np.repeat(np.cumsum(count) - count, count)
    share = turn / count[at] if Ties(ties) is Ties.EFRON else np.zeros(at.size)
    left = present[at] - share * leaving[at]
    steps = np.asarray(np.bincount(at, weights=1.0 / left), dtype=np.float64)
    return times, steps, np.asarray(np.bincount(at, weights=np.log(left)), dtype=np.float64)


def partial_loglik(
    eta: Floats, *, start: Floats, stop: Floats, event: Flags, ties: str = Ties.EFRON
) -> float:
    """Log partial likelihood of linear predictors, all arrays of shape ``(n,)``.

    Raises
    ------
    InputError
        If nobody drops out or a row does not start before it stops.
    """
    _, _, logs = _risk_sums(eta, start, stop, event, ties)
    return float(eta[event].sum() - logs.sum())


def cumulative_hazard(
    eta: Floats, *, start: Floats, stop: Floats, event: Flags, ties: str = Ties.EFRON
) -> tuple[Floats, Floats]:
    """Baseline cumulative hazard, for somebody whose linear predictor is 0.

    Returns
    -------
    tuple of arrays
        Times at which somebody drops out, and the cumulative hazard from then on.

    Raises
    ------
    InputError
        If nobody drops out or a row does not start before it stops.
    """
    times, steps, _ = _risk_sums(eta, start, stop, event, ties)
    return times, np.cumsum(steps)
