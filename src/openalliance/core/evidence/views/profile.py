"""The likelihood over one variance, all else fitted anew: its peak should be single and clear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.heterogeneity import profile_interval
from openalliance.core.evidence.meta.search import Held
from openalliance.core.evidence.meta.three_level import LEVELS, fit_three_level, variance_interval
from openalliance.core.evidence.meta.values import Array, MetaFit, Method, Model
from openalliance.core.evidence.meta.weighted import weighted

POINTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of one variance.

    Parameters
    ----------
    component
        Whose variance.
    estimate, low, high
        The variance and its profile-likelihood interval.
    values, loglik
        Variances and the highest log-likelihood at each, shape ``(m,)``.
    cut
        The log-likelihood above which the interval's values lie.
    """

    component: str
    estimate: float
    low: float
    high: float
    values: Array
    loglik: Array
    cut: float


def profiles(fit: MetaFit, *, points: int = POINTS) -> tuple[Profile, ...]:
    """Return the profile of every variance that the model estimates.

    Raises
    ------
    InputError
        The model has no variance of true effects, was not fitted by REML or ML, or there are no
        more effects than terms.
    """
    if fit.model is Model.FIXED:
        raise InputError("a fixed-effect model has no variance to look at", where="model")
    if fit.method not in (Method.REML, Method.ML):
        raise InputError("a profile needs REML or ML", where="method")
    if fit.data.k <= fit.data.p:
        raise InputError("too few effects to say anything of a variance", where="y")
    if fit.model is Model.RANDOM:
        low, high = profile_interval(fit)
        values = _grid(fit.tau2, high, points)
        restricted = fit.method is Method.REML
        heights = [weighted(fit.data, at).loglik(restricted=restricted) for at in values.tolist()]
        return (_profile(fit, "between effects", fit.tau2, (low, high), values, heights),)
    return tuple(_level(fit, which, points) for which in range(2))


def _level(fit: MetaFit, which: int, points: int) -> Profile:
    low, high = variance_interval(fit, which)
    estimate = float(fit.sigma2[which])
    values = _grid(estimate, high, points)

    def height(value: float) -> float:
        held: Held = (value, None) if which == 0 else (None, value)
        found = fit_three_level(fit.data, method=fit.method, rho=fit.rho, held=held)
        return found.loglik

    heights = [height(at) for at in values.tolist()]
    return _profile(fit, LEVELS[which], estimate, (low, high), values, heights)


def _grid(estimate: float, high: float, points: int) -> Array:
    """Return variances from 0 to beyond the interval, evenly in standard deviations."""
    found: Array = np.linspace(0.0, np.sqrt(1.25 * high), points) ** 2
    return np.unique(np.append(found, estimate))


def _profile(
    fit: MetaFit,
    component: str,
    estimate: float,
    interval: tuple[float, float],
    values: Array,
    heights: list[float],
) -> Profile:
    depth = float(special.chdtri(1, 1.0 - fit.level)) / 2.0
    return Profile(
        component=component,
        estimate=estimate,
        low=interval[0],
        high=interval[1],
        values=values,
        loglik=np.asarray(heights),
        cut=fit.loglik - depth,
    )
