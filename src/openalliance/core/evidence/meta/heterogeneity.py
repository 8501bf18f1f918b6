"""The variance of true effects in a two-level model: estimators and intervals.

References
----------
DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. *Controlled Clinical Trials,
7*(3), 177-188. https://doi.org/10.1016/0197-2456(86)90046-2

Hardy, R. J., & Thompson, S. G. (1996). A likelihood approach to meta-analysis with random effects.
*Statistics in Medicine, 15*(6), 619-629.

Paule, R. C., & Mandel, J. (1982). Consensus values and weighting factors. *Journal of Research of
the National Bureau of Standards, 87*(5), 377-385. https://doi.org/10.6028/jres.087.022

Sidik, K., & Jonkman, J. N. (2005). A note on variance estimation in random effects
meta-regression. *Journal of Biopharmaceutical Statistics, 15*(5), 823-838.
https://doi.org/10.1081/BIP-200067915

Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators in the
random-effects model. *Journal of Educational and Behavioral Statistics, 30*(3), 261-293.
https://doi.org/10.3102/10769986030003261

Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity in meta-analysis.
*Statistics in Medicine, 26*(1), 37-52. https://doi.org/10.1002/sim.2514
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special
from scipy.optimize import brentq

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.values import MetaData, MetaFit, Method, Model
from openalliance.core.evidence.meta.weighted import Weighted, weighted

_GRID = 24
"""Points at which the derivative of a likelihood is looked at for further maxima."""


def between_variance(data: MetaData, method: Method) -> float:
    """Estimate the variance of true effects, not below 0."""
    if data.k <= data.p:
        return 0.0
    match method:
        case Method.REML | Method.ML:
            return likeliest(data, restricted=method is Method.REML)
        case Method.PM:
            return _where_q_is(data, float(data.k - data.p))
        case Method.SJ:
            return _sidik_jonkman(data)
        case _:
            return _by_moments(data, method)


def standard_error(data: MetaData, tau2: float, method: Method) -> float:
    """Return the large-sample standard error of an estimate; ``nan`` where none is known."""
    if data.k <= data.p:
        return math.nan
    if method is Method.REML:
        return math.sqrt(2.0 / weighted(data, tau2).trace_squared())
    if method is Method.ML:
        return math.sqrt(2.0 / float(np.sum(weighted(data, tau2).w ** 2)))
    if method not in (Method.DL, Method.HS):
        return math.nan
    at_zero = weighted(data, 0.0)
    trace = at_zero.trace()
    variance = 2.0 * (data.k - data.p) + 4.0 * tau2 * trace
    variance += 2.0 * tau2**2 * at_zero.trace_squared()
    return math.sqrt(variance) / (trace if method is Method.DL else float(at_zero.w.sum()))


def q_profile(fit: MetaFit) -> tuple[float, float]:
    """Return the interval of all variances at which Cochran's Q is as expected (Viechtbauer 2007).

    Exact if sampling variances are. Both ends are 0 where even 0 leaves less scatter than expected.

    Raises
    ------
    InputError
        The model has no variance of true effects, or three levels.
    """
    _needs_tau2(fit)
    tail = (1.0 - fit.level) / 2.0
    df = fit.data.k - fit.data.p
    if df < 1:
        return 0.0, math.inf
    return (
        _where_q_is(fit.data, float(special.chdtri(df, tail))),
        _where_q_is(fit.data, float(special.chdtri(df, 1.0 - tail))),
    )


def profile_interval(fit: MetaFit) -> tuple[float, float]:
    """Return the profile-likelihood interval of the variance (Hardy & Thompson 1996).

    Raises
    ------
    InputError
        The model was not fitted by REML or ML.
    """
    _needs_tau2(fit)
    if fit.method not in (Method.REML, Method.ML):
        raise InputError("needs REML or ML", where="method")
    if fit.data.k <= fit.data.p:
        return 0.0, math.inf
    restricted = fit.method is Method.REML
    best = weighted(fit.data, fit.tau2).loglik(restricted=restricted)
    depth = float(special.chdtri(1, 1.0 - fit.level)) / 2.0

    def above(tau2: float) -> float:
        return weighted(fit.data, tau2).loglik(restricted=restricted) - best + depth

    low = 0.0 if above(0.0) >= 0.0 else _root(above, 0.0, fit.tau2)
    high = max(fit.tau2, float(fit.data.v.min()))
    while above(high) > 0.0:
        high *= 2.0
    return low, _root(above, max(fit.tau2, low), high)


def likeliest(data: MetaData, *, restricted: bool) -> float:
    """Return the variance at the highest (restricted) likelihood, wherever it has its maxima."""

    def score(tau2: float) -> float:
        return weighted(data, tau2).score(restricted=restricted)

    residual = weighted(data, float(data.v.max()) * 1e6).residual
    highest = max(float(np.sum(residual**2)) / (data.k - data.p), float(data.v.min()))
    while score(highest) > 0.0:
        highest *= 4.0
    lowest = min(float(data.v.min()) * 1e-3, highest / 2.0)
    grid = [0.0, *np.geomspace(lowest, highest, _GRID).tolist()]
    scores = [score(tau2) for tau2 in grid]
    found = [0.0] if scores[0] <= 0.0 else []
    found += [
        _root(score, grid[at], grid[at + 1])
        for at in range(len(grid) - 1)
        if scores[at] > 0.0 >= scores[at + 1]
    ]
    if len(found) == 1:
        return found[0]
    return max(found, key=lambda tau2: weighted(data, tau2).loglik(restricted=restricted))


def _by_moments(data: MetaData, method: Method) -> float:
    at_zero = weighted(data, 0.0)
    if method is Method.DL:
        return max(0.0, (at_zero.rss - (data.k - data.p)) / at_zero.trace())
    return max(0.0, (at_zero.rss - data.k) / float(at_zero.w.sum()))


def _sidik_jonkman(data: MetaData) -> float:
    rough = float(np.var(data.y))
    if rough == 0.0:
        return 0.0
    return rough * weighted(data, rough).rss / (data.k - data.p)


def _where_q_is(data: MetaData, wanted: float) -> float:
    def beyond(tau2: float) -> float:
        return weighted(data, tau2).rss - wanted

    if beyond(0.0) <= 0.0:
        return 0.0
    high = float(data.v.max())
    while beyond(high) > 0.0:
        high *= 4.0
    return _root(beyond, 0.0, high)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    if function(low) == 0.0:
        return low
    if low == high or function(high) == 0.0:
        return high
    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))


def typical_variance(at_zero: Weighted) -> float:
    """Return the “typical” sampling variance, (k − p) / tr P."""
    df = at_zero.data.k - at_zero.data.p
    return df / at_zero.trace() if df else math.nan


def _needs_tau2(fit: MetaFit) -> None:
    if fit.model is not Model.RANDOM:
        raise InputError("needs a random-effects model of two levels", where="model")
