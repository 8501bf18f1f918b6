"""Effects in studies: three-level models, with correlated sampling errors where ρ is given.

References
----------
Konstantopoulos, S. (2011). Fixed effects and variance components estimation in three-level
meta-analysis. *Research Synthesis Methods, 2*(1), 61-76. https://doi.org/10.1002/jrsm.35

Nakagawa, S., & Santos, E. S. A. (2012). Methodological issues and advances in biological
meta-analysis. *Evolutionary Ecology, 26*, 1253-1274. https://doi.org/10.1007/s10682-012-9555-5

Pustejovsky, J. E., & Tipton, E. (2022). Meta-analysis with robust variance estimation: Expanding
the range of working models. *Prevention Science, 23*, 425-438.
https://doi.org/10.1007/s11121-021-01246-3

Van den Noortgate, W., López-López, J. A., Marín-Martínez, F., & Sánchez-Meca, J. (2013).
Three-level meta-analysis of dependent effect sizes. *Behavior Research Methods, 45*, 576-594.
https://doi.org/10.3758/s13428-012-0261-6
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special
from scipy.optimize import brentq

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Blocks, Working
from openalliance.core.evidence.meta.inference import jointly, wald
from openalliance.core.evidence.meta.search import Held, Optimum, climb, curved_at, highest
from openalliance.core.evidence.meta.values import (
    Array,
    Heterogeneity,
    MetaData,
    MetaFit,
    Method,
    Model,
    Test,
)

_WITHOUT_END = 1e6
"""Times all that is known of a variance, beyond which its interval has no end."""
LEVELS = ("between studies", "within studies")
"""What the two variances are of, in their order."""


def fit_three_level(
    data: MetaData,
    *,
    method: Method = Method.REML,
    test: Test = Test.Z,
    level: float = 0.95,
    rho: float = 0.0,
    held: Held = (None, None),
    start: tuple[float, float] | None = None,
) -> MetaFit:
    """Fit effects in studies.

    Parameters
    ----------
    data
        The effects, with their studies.
    method
        REML or ML.
    test
        ``z``, or ``t`` with as many degrees of freedom as the level at which a column varies
        leaves it: studies − p for what does not vary within them, else effects − p.
    level
        Level of the intervals.
    rho
        Correlation of sampling errors within a study; above 0 this is the correlated-hierarchical
        (CHE) working model. Its errors are only as good as that guess: use a robust test as well.
    held
        Variances (between, within) that are given rather than estimated.
    start
        Where to look for them first, such as at those of nearly the same effects, if the likelihood
        is known to have one peak; default: everywhere.

    Raises
    ------
    InputError
        The method or test is none for three levels, ``rho`` is out of its range, no study has two
        effects, or there is but one study.
    """
    _check(data, method, test, rho, held)
    restricted = method is Method.REML
    blocks = Blocks(data, rho=rho)
    found = highest(blocks, restricted=restricted, held=held, start=start)
    working = found.working
    estimate, vcov = working.estimate, working.vcov
    dfs = contained_df(data) if test is Test.T else np.full(data.p, math.nan)
    tested = wald(estimate, vcov, dfs, level=level)
    parameters = data.p + sum(value is None for value in held)
    rows = data.k - data.p if restricted else data.k
    moderators = data.moderators
    df2 = float(dfs[moderators].min()) if moderators else math.nan
    return MetaFit(
        data=data,
        model=Model.THREE_LEVEL,
        method=method,
        test=test,
        level=level,
        estimate=estimate,
        se=tested.se,
        statistic=tested.statistic,
        df=dfs,
        p=tested.p,
        ci_low=tested.low,
        ci_high=tested.high,
        vcov=vcov,
        tau2=math.nan,
        tau2_se=math.nan,
        sigma2=found.sigma2,
        sigma2_vcov=_variance_of(found, held, restricted=restricted),
        rho=rho,
        heterogeneity=_heterogeneity(blocks, found.sigma2),
        joint=jointly(estimate, vcov, moderators, df2=df2),
        loglik=found.loglik,
        aic=2.0 * parameters - 2.0 * found.loglik,
        bic=parameters * math.log(rows) - 2.0 * found.loglik,
        boundary=any(found.at_zero),
        converged=found.converged,
        notes=tuple(_notes(data, found, rho)),
    )


def contained_df(data: MetaData) -> Array:
    """Return degrees of freedom by containment: studies − p, or effects − p, for each column."""
    first = np.full(data.n_studies, -1)
    first[data.studies[::-1]] = np.arange(data.k)[::-1]
    constant = (data.x == data.x[first[data.studies]]).all(axis=0)
    found = np.where(constant, data.n_studies, data.k) - data.p
    whole: Array = np.maximum(found, 1).astype(np.float64)
    return whole


def variance_interval(fit: MetaFit, which: int) -> tuple[float, float]:
    """Return the profile-likelihood interval of a variance: 0 between studies, 1 within them.

    The other variance and the fixed part are fitted anew along the way. A lower end of 0 says that
    the likelihood does not exclude it, an upper end of infinity that nothing in the data bounds it.

    Raises
    ------
    InputError
        The model has not three levels.
    """
    if fit.model is not Model.THREE_LEVEL:
        raise InputError("needs a three-level model", where="model")
    restricted = fit.method is Method.REML
    blocks = Blocks(fit.data, rho=fit.rho)
    depth = float(special.chdtri(1, 1.0 - fit.level)) / 2.0
    estimate, other = float(fit.sigma2[which]), float(fit.sigma2[1 - which])
    last = [other]

    def above(variance: float) -> float:
        held: Held = (variance, None) if which == 0 else (None, variance)
        start = (variance, last[0]) if which == 0 else (last[0], variance)
        found = climb(blocks, start, restricted=restricted, held=held)
        if not found.converged:
            found = highest(blocks, restricted=restricted, held=held)
        last[0] = float(found.sigma2[1 - which])
        return found.loglik - fit.loglik + depth

    low = 0.0
    if estimate > 0.0 and above(0.0) < 0.0:
        low = float(brentq(above, 0.0, estimate, xtol=1e-300, rtol=1e-10))
    last[0] = other
    high = max(estimate, float(np.median(fit.data.v)) * 0.1)
    inside = estimate
    without_end = _WITHOUT_END * (high + float(fit.data.v.max()))
    while above(high) > 0.0:
        inside, high = high, 2.0 * high
        if high > without_end:
            return low, math.inf
    return low, float(brentq(above, inside, high, xtol=1e-300, rtol=1e-10))


def working_model(fit: MetaFit) -> Working:
    """Return the working covariance of a fit of any model, sorted by study."""
    blocks = Blocks(fit.data, rho=fit.rho)
    if fit.model is Model.THREE_LEVEL:
        return blocks.at(float(fit.sigma2[0]), float(fit.sigma2[1]))
    return blocks.at(0.0, fit.between_effects)


def _heterogeneity(blocks: Blocks, sigma2: Array) -> Heterogeneity:
    data = blocks.data
    at_zero = blocks.at(0.0, 0.0)
    solved = at_zero.solve(blocks.q)
    trace = at_zero.trace_inverse() - float(np.sum(at_zero.inverse * (solved.T @ solved)))
    df = data.k - data.p
    typical = df / trace
    total = float(sigma2.sum()) + typical
    return Heterogeneity(
        q=at_zero.rss,
        q_df=df,
        q_p=float(special.chdtrc(df, at_zero.rss)),
        i2=100.0 * float(sigma2.sum()) / total,
        h2=total / typical,
        typical_variance=typical,
        i2_levels=tuple((100.0 * sigma2 / total).tolist()),
    )


def _variance_of(found: Optimum, held: Held, *, restricted: bool) -> Array:
    if any(found.at_zero) or any(value is not None for value in held):
        return np.full((2, 2), math.nan)
    return curved_at(found.working, restricted=restricted)


def _notes(data: MetaData, found: Optimum, rho: float) -> list[str]:
    said = [
        f"The variance {name} is estimated as 0, at its boundary: the likelihood falls from there."
        " Its profile interval says what it might still be; Wald errors of variances do not hold."
        for name, zero in zip(LEVELS, found.at_zero, strict=True)
        if zero
    ]
    if not found.converged:
        said.insert(
            0,
            "The search did not end in an optimum; do not use these figures. Look for effects with"
            " variances far from all others.",
        )
    if data.n_studies < 10:
        said.append(
            f"{data.n_studies} studies say little about how much studies differ; z tests are too"
            " sure of themselves: use t or a robust test."
        )
    if rho > 0.0:
        said.append(
            f"Sampling errors of one study are taken to correlate by {rho:g}, which is a guess:"
            " use a robust test, and see what other values change."
        )
    return said


def _check(data: MetaData, method: Method, test: Test, rho: float, held: Held) -> None:
    if method not in (Method.REML, Method.ML):
        raise InputError("three levels need REML or ML", where="method")
    if test is Test.KNHA:
        raise InputError("Knapp and Hartung’s test is for two levels; use t", where="test")
    if not 0.0 <= rho < 1.0:
        raise InputError("lies from 0 to below 1", where="rho")
    for value in held:
        if value is not None and not (math.isfinite(value) and value >= 0.0):
            raise InputError("a variance is not below 0", where="held")
    if data.k - data.p < 2:
        raise InputError(f"{data.k} effects are too few for three levels", where="y")
    if data.n_studies < 2 or data.n_studies == data.k:
        raise InputError(
            "three levels need two studies, and one of them with two effects", where="studies"
        )
