"""What to expect next of each client, given all that is known so far, with a prediction band.

The forecast is the conditional expectation under the fitted model (the EBLUP): the mean curve, the
client's own start and rate as far as they show, and, where residuals remember, the part of the last
swing that is still there. The band adds four uncertainties: the client's own effects, the swing,
the measurement error, and the estimated mean curve. It takes variances and autocorrelation as
known, which with few clients makes it a little too narrow.

References
----------
Robinson, G. K. (1991). That BLUP is a good thing: the estimation of random effects. *Statistical
Science, 6*, 15-32. https://doi.org/10.1214/ss/1177011926
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.probability import normal_quantile
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Rows that were seen: client code, time, score, fixed and random columns."""

    codes: NDArray[np.int64]
    times: Array
    y: Array
    x: Array
    z: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Rows to be forecast. Clients that were not seen are forecast from the mean curve."""

    codes: NDArray[np.int64]
    times: Array
    x: Array
    z: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Forecast scores, shape ``(n,)`` each; ``sd`` is that of the forecast's error."""

    mean: Array
    sd: Array
    low: Array
    high: Array
    level: float


def forecast(found: MixedFit, seen: Observed, wanted: Wanted, *, level: float = 0.80) -> Forecast:
    """Forecast scores of clients from their own rows and the model.

    Parameters
    ----------
    found
        A fit with one level of groups.
    seen
        Rows known so far, in any order; not necessarily those of the fit.
    wanted
        Rows to be forecast; times may lie before, between or after those seen.
    level
        Level of the prediction band.

    Returns
    -------
    Forecast
        One value per wanted row; measurement error is part of the band.

    Raises
    ------
    InputError
        If the fit has an upper level or the level is not between 0 and 1.
    """
    if found.upper is not None:
        raise InputError("forecasts are made from a model of clients alone", where="fit")
    if not 0.0 < level < 1.0:
        raise InputError("lies between 0 and 1", where="level")
    order = np.lexsort((seen.times, seen.codes))
    clients, first, count = np.unique(seen.codes[order], return_index=True, return_counts=True)
    place = np.searchsorted(clients, wanted.codes)
    inside = np.minimum(place, clients.size - 1)
    known = (place < clients.size) & (clients[inside] == wanted.codes)
    lengths = np.where(known, count[inside], 0)
    mean = wanted.x @ found.estimate
    variance = np.empty_like(mean)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        own = order[first[inside[rows]][:, None] + np.arange(length)]
        shift, spread = _conditional(found, seen, wanted, rows, own)
        mean[rows] += shift
        variance[rows] = spread
    sd = np.sqrt(variance)
    half = normal_quantile(0.5 + level / 2.0) * sd
    return Forecast(mean=mean, sd=sd, low=mean - half, high=mean + half, level=level)


def _conditional(
    found: MixedFit,
    seen: Observed,
    wanted: Wanted,
    rows: NDArray[np.int64],
    own: NDArray[np.int64],
) -> tuple[Array, Array]:
    """Shift from the mean curve and variance of the error, for wanted rows with equal history.

    ``own`` has shape ``(rows, length)``: where each client's seen rows are.
    """
    covariance, total = found.random_covariance, found.residual_sd**2
    z, z_new, x_new = seen.z[own], wanted.z[rows], wanted.x[rows]
    prior = np.einsum("ki,ij,kj->k", z_new, covariance, z_new) + total
    if own.shape[1] == 0:
        return np.zeros(rows.size), prior + np.einsum("ki,ij,kj->k", x_new, found.vcov, x_new)
    times = seen.times[own]
    within = z @ covariance @ z.transpose(0, 2, 1)
    within += total * residual_correlation(found, times[:, :, None] - times[:, None, :])
    between = np.einsum("kni,ij,kj->kn", z, covariance, z_new)
    between += total * _remembered(found, times - wanted.times[rows][:, None])
    weights = np.linalg.solve(within, between[:, :, None])[:, :, 0]
    error = seen.y[own] - seen.x[own] @ found.estimate
    left = x_new - np.einsum("kn,knp->kp", weights, seen.x[own])
    spread = prior - np.sum(weights * between, axis=1)
    spread += np.einsum("ki,ij,kj->k", left, found.vcov, left)
    return np.sum(weights * error, axis=1), spread


def residual_correlation(found: MixedFit, gaps: Array) -> Array:
    """Correlation of two residuals of one client, the same row included at gap 0.

    ``gaps`` has shape ``(k, n, n)``.
    """
    remembered = _remembered(found, gaps)
    share = 1.0 if found.autocorrelation is None else found.autocorrelation.error_share
    return remembered + share * np.eye(gaps.shape[-1])


def _remembered(found: MixedFit, gaps: Array) -> Array:
    """Correlation of the swings of two different rows."""
    memory = found.autocorrelation
    if memory is None:
        return np.zeros_like(gaps)
    kept: Array = (1.0 - memory.error_share) * memory.phi ** np.abs(gaps)
    return kept
