"""Cox regression with start-stop rows: likelihood, baseline and robust errors at coefficients.

The coefficients themselves come from a library; these few lines check its likelihood and add what
it leaves out: the baseline hazard with the same treatment of ties, and errors that count clients.

References
----------
Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. *Journal of the
American Statistical Association, 72*, 557-565.

Breslow, N. (1974). Covariance analysis of censored survival data. *Biometrics, 30*, 89-99.

Lin, D. Y., & Wei, L. J. (1989). The robust inference for the Cox proportional hazards model.
*Journal of the American Statistical Association, 84*, 1074-1078.

Therneau, T. M., & Grambsch, P. M. (2000). *Modeling survival data: extending the Cox model*,
sections 3.3 and 10.2. Springer.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turns:
    """One entry for each drop-out, those of the same time one after the other (Efron's turns).

    ``place`` is the time's number, ``share`` the part of the time's own drop-outs that is taken out
    of the risk set at this turn, ``left`` the summed risk that remains.
    """

    times: Floats
    place: NDArray[np.int64]
    share: Floats
    left: Floats


def _at_risk(values: Floats, times: Floats, start: Floats, stop: Floats) -> Floats:
    """Sum values over the rows at risk at each time: started before it and not stopped before."""
    by_stop, by_start = np.argsort(stop), np.argsort(start)
    none = np.zeros((1, values.shape[1]))
    ended = np.vstack([none, np.cumsum(values[by_stop], axis=0)])
    begun = np.vstack([none, np.cumsum(values[by_start], axis=0)])
    started = begun[np.searchsorted(start[by_start], times, side="left")]
    return np.asarray(started - ended[np.searchsorted(stop[by_stop], times, side="left")])


def _turns(eta: Floats, start: Floats, stop: Floats, event: Flags, ties: str) -> _Turns:
    if not event.any():
        raise InputError("nobody drops out, so there is no hazard to estimate", where="event")
    if not (start < stop).all():
        raise InputError("every row must start before it stops", where="start, stop")
    risk = np.exp(eta)
    times, of_row = np.unique(stop[event], return_inverse=True)
    leaving = np.bincount(of_row.reshape(-1), weights=risk[event])
    count = np.bincount(of_row.reshape(-1))
    place = np.repeat(np.arange(times.size), count)
    turn = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    share = turn / count[place] if Ties(ties) is Ties.EFRON else np.zeros(place.size)
    present = _at_risk(risk[:, None], times, start, stop)[:, 0]
    return _Turns(
        times=times, place=place, share=share, left=present[place] - share * leaving[place]
    )


def partial_loglik(
    eta: Floats, *, start: Floats, stop: Floats, event: Flags, ties: str = Ties.EFRON
) -> float:
    """Log partial likelihood of linear predictors, all arrays of shape ``(n,)``.

    Raises
    ------
    InputError
        If nobody drops out or a row does not start before it stops.
    """
    turns = _turns(eta, start, stop, event, ties)
    return float(eta[event].sum() - np.log(turns.left).sum())


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
    turns = _turns(eta, start, stop, event, ties)
    return turns.times, np.cumsum(np.bincount(turns.place, weights=1.0 / turns.left))


def robust_covariance(
    covariates: Floats,
    coefficients: Floats,
    covariance: Floats,
    *,
    client: NDArray[np.int64],
    start: Floats,
    stop: Floats,
    event: Flags,
    ties: str = Ties.EFRON,
) -> Floats:
    """Covariance of the coefficients that counts clients (sandwich of the summed scores).

    Parameters
    ----------
    covariates, coefficients, covariance
        Shapes ``(n, p)``, ``(p,)`` and ``(p, p)``: inverse information at the coefficients.
    client, start, stop, event
        Shape ``(n,)``.

    Returns
    -------
    array
        Shape ``(p, p)``; without a factor for few clients, as in survival.

    Raises
    ------
    InputError
        If nobody drops out or a row does not start before it stops.

    References
    ----------
    Lin & Wei (1989); Therneau & Grambsch (2000), section 7.2 and, for ties, 3.3.
    """
    x = covariates - covariates.mean(axis=0)
    eta = x @ coefficients
    risk = np.exp(eta)
    turns = _turns(eta, start, stop, event, ties)
    times, place, share = turns.times, turns.place, turns.share[:, None]
    of_row = np.searchsorted(times, stop[event])
    leaving = np.zeros((times.size, x.shape[1]))
    np.add.at(leaving, of_row, x[event] * risk[event][:, None])
    present = _at_risk(x * risk[:, None], times, start, stop)
    mean = (present[place] - share * leaving[place]) / turns.left[:, None]
    inverse = 1.0 / turns.left[:, None]

    def by_time(values: Floats) -> Floats:
        summed = np.zeros((times.size, values.shape[1]))
        np.add.at(summed, place, values)
        return summed

    def within(values: Floats) -> Floats:
        grown = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(by_time(values), axis=0)])
        until = np.searchsorted(times, stop, side="right")
        return np.asarray(grown[until] - grown[np.searchsorted(times, start, side="right")])

    count = np.bincount(place)[:, None]
    scores = -risk[:, None] * (x * within(inverse) - within(mean * inverse))
    scores[event] += x[event] - (by_time(mean) / count)[of_row]
    spared = x[event] * by_time(share * inverse)[of_row] - by_time(share * mean * inverse)[of_row]
    scores[event] += risk[event][:, None] * spared
    codes = np.unique(client, return_inverse=True)[1].reshape(-1)
    summed = np.zeros((int(codes.max()) + 1, x.shape[1]))
    np.add.at(summed, codes, scores)
    pulled = summed @ covariance
    return np.asarray(pulled.T @ pulled)
