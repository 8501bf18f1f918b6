"""Series that return to a mean of their own: AR(1), and AR(1) seen through measurement error.

The local level wanders; these models come back. They serve to ask of a long series which of the two
it does: compare the log-likelihoods.

References
----------
Durbin, J., & Koopman, S. J. (2012). *Time series analysis by state space methods* (2nd ed.),
sections 3.4 and 5.6.2 (stationary start). Oxford University Press.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.course.alliance_methods.series import Floats
from openalliance.core.course.local_level import LOG_TWO_PI
from openalliance.core.errors import InputError

LEAST_VALUES = 5
_NEAREST = 1e-7
"""How near to 1 the size of the autocorrelation may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregression:
    """A fitted AR(1) with mean ``mean``; ``noise`` is 0 without measurement error.

    ``phi`` is the autocorrelation of the process, ``innovation`` the variance of its steps.
    """

    phi: float
    mean: float
    innovation: float
    noise: float
    loglik: float


def fit_ar1(values: ArrayLike) -> Autoregression:
    """Fit an AR(1) with unknown mean by exact maximum likelihood.

    Raises
    ------
    InputError
        If there are fewer than five values, or they never differ.

    Examples
    --------
    >>> fit = fit_ar1([4.0, 5.0, 4.5, 4.0, 5.5, 5.0, 4.0])
    >>> round(fit.mean, 2)
    4.62
    """
    from scipy.optimize import minimize_scalar

    data = _checked(values)
    found = minimize_scalar(
        lambda phi: -_ar1(data, phi)[0],
        bounds=(_NEAREST - 1.0, 1.0 - _NEAREST),
        method="bounded",
        options={"xatol": 1e-12},
    )
    loglik, mean, innovation = _ar1(data, float(found.x))
    return Autoregression(
        phi=float(found.x), mean=mean, innovation=innovation, noise=0.0, loglik=loglik
    )


def _ar1(data: Floats, phi: float) -> tuple[float, float, float]:
    """Return log-likelihood, best mean and best variance of the steps for an autocorrelation."""
    n, rest = data.size, 1.0 - phi * phi
    weight = rest + (n - 1) * (1.0 - phi) ** 2
    steps = data[1:] - phi * data[:-1]
    mean = (rest * data[0] + (1.0 - phi) * steps.sum()) / weight
    squares = rest * (data[0] - mean) ** 2 + float(np.sum((steps - (1.0 - phi) * mean) ** 2))
    variance = squares / n
    loglik = -0.5 * n * (LOG_TWO_PI + math.log(variance) + 1.0) + 0.5 * math.log(rest)
    return loglik, float(mean), float(variance)


def fit_ar1_with_noise(values: ArrayLike) -> Autoregression:
    """Fit an AR(1) seen through measurement error, by maximum likelihood.

    The series is centred at its mean, and the process begins in its stationary distribution.

    Raises
    ------
    InputError
        If there are fewer than five values, or they never differ.
    """
    from scipy.optimize import minimize

    data = _checked(values)
    mean = float(data.mean())
    centred = data - mean

    def cost(point: Floats) -> float:
        return -_with_noise(centred, math.tanh(point[0]), _share(point[1]))[0]

    best = None
    for phi in (-0.5, 0.3, 0.9):
        for odds in (-2.0, 2.0):
            start = np.array([math.atanh(phi), odds])
            options = {"xatol": 1e-9, "fatol": 1e-12, "maxfev": 2_000}
            found = minimize(cost, start, method="Nelder-Mead", options=options)
            best = found if best is None or found.fun < best.fun else best
    if best is None:
        raise InputError("the likelihood has no maximum", where="values")
    phi, share = math.tanh(best.x[0]), _share(best.x[1])
    candidates = [(phi, share), (phi, 0.0)]
    (loglik, scale), phi, share = max((_with_noise(centred, p, s), p, s) for p, s in candidates)
    return Autoregression(
        phi=phi, mean=mean, innovation=scale * (1.0 - share), noise=scale * share, loglik=loglik
    )


def _share(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def _with_noise(centred: Floats, phi: float, share: float) -> tuple[float, float]:
    """Return the log-likelihood and scale for an autocorrelation and the noise's share."""
    innovation, noise = 1.0 - share, share
    level, variance = 0.0, innovation / max(1.0 - phi * phi, _NEAREST)
    squares = logs = 0.0
    for value in centred.tolist():
        total = variance + noise
        surprise = value - level
        squares += surprise * surprise / total
        logs += math.log(total)
        gain = variance / total
        level = phi * (level + gain * surprise)
        variance = phi * phi * variance * (1.0 - gain) + innovation
    n = centred.size
    scale = squares / n
    return -0.5 * (n * (LOG_TWO_PI + math.log(scale) + 1.0) + logs), scale


def _checked(values: ArrayLike) -> Floats:
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or data.size < LEAST_VALUES or not np.isfinite(data).all():
        raise InputError("five values or more are needed, none missing", where="values")
    if np.ptp(data) == 0.0:
        raise InputError("the values never differ", where="values")
    return data
