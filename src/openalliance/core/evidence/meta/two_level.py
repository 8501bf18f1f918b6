"""Fixed and random-effects models, with moderators.

References
----------
Knapp, G., & Hartung, J. (2003). Improved tests for a random effects meta-regression with a single
covariate. *Statistics in Medicine, 22*(17), 2693-2710. https://doi.org/10.1002/sim.1482

Viechtbauer, W. (2010). Conducting meta-analyses in R with the metafor package. *Journal of
Statistical Software, 36*(3), 1-48. https://doi.org/10.18637/jss.v036.i03
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.heterogeneity import (
    between_variance,
    standard_error,
    typical_variance,
)
from openalliance.core.evidence.meta.inference import jointly, wald
from openalliance.core.evidence.meta.values import (
    Array,
    Heterogeneity,
    MetaData,
    MetaFit,
    Method,
    Model,
    Test,
)
from openalliance.core.evidence.meta.weighted import Weighted, weighted

_NO_SCATTER = 1e-20
"""Weighted mean square, sampling error being 1, below which scatter is rounding."""


def fit_fixed(data: MetaData, *, test: Test = Test.Z, level: float = 0.95) -> MetaFit:
    """Fit a model with one true effect, or one for each setting of the moderators.

    Parameters
    ----------
    data
        The effects.
    test
        How coefficients are tested.
    level
        Level of the intervals.
    """
    found = weighted(data, 0.0)
    df = data.k - data.p
    h2 = found.rss / df if df else math.nan
    heterogeneity = _heterogeneity(
        found, i2=max(0.0, 100.0 * (1.0 - 1.0 / h2)) if df and h2 > 0.0 else 0.0, h2=h2
    )
    return _fit(
        found,
        Model.FIXED,
        Method.ML,
        tau2=math.nan,
        heterogeneity=heterogeneity,
        test=test,
        level=level,
    )


def fit_random(
    data: MetaData,
    *,
    method: Method = Method.REML,
    test: Test = Test.Z,
    level: float = 0.95,
    tau2: float | None = None,
) -> MetaFit:
    """Fit a random-effects model.

    Parameters
    ----------
    data
        The effects.
    method
        How the variance of true effects is estimated.
    test
        How coefficients are tested.
    level
        Level of the intervals.
    tau2
        The variance, if it is not to be estimated.

    Raises
    ------
    InputError
        ``tau2`` is below 0, ``level`` is out of its range, or Knapp and Hartung's test is asked
        of no more effects than terms.

    Examples
    --------
    >>> from openalliance.core.evidence.meta.values import meta_data
    >>> found = fit_random(meta_data([0.2, 0.5, 0.1, 0.6], [0.01, 0.02, 0.01, 0.02]))
    >>> round(float(found.estimate[0]), 4), round(found.tau2, 4)
    (0.3323, 0.0414)
    """
    if tau2 is not None and not (math.isfinite(tau2) and tau2 >= 0.0):
        raise InputError("a variance is not below 0", where="tau2")
    variance = between_variance(data, method) if tau2 is None else tau2
    found = weighted(data, variance)
    typical = typical_variance(weighted(data, 0.0))
    heterogeneity = _heterogeneity(
        weighted(data, 0.0),
        i2=100.0 * variance / (variance + typical),
        h2=variance / typical + 1.0,
    )
    return _fit(
        found,
        Model.RANDOM,
        method,
        tau2=variance,
        heterogeneity=heterogeneity,
        test=test,
        level=level,
    )


def explained(fit: MetaFit) -> float:
    """Return the per cent of the variance of true effects that the moderators account for.

    ``nan`` without moderators or intercept. Not below 0; unsure with few effects.

    References
    ----------
    Raudenbush, S. W. (2009). Analyzing effect sizes: Random-effects models. In *The handbook of
    research synthesis and meta-analysis* (2nd ed., pp. 295-315). Russell Sage.
    """
    if fit.model is not Model.RANDOM or fit.joint is None or fit.data.intercept is None:
        return math.nan
    alone = MetaData(
        y=fit.data.y,
        v=fit.data.v,
        x=np.ones((fit.data.k, 1)),
        terms=("Intercept",),
        studies=fit.data.studies,
        basis=np.full((fit.data.k, 1), 1.0 / math.sqrt(fit.data.k)),
        triangle=np.array([[math.sqrt(fit.data.k)]]),
    )
    before = between_variance(alone, fit.method)
    return max(0.0, 100.0 * (before - fit.tau2) / before) if before > 0.0 else math.nan


def knapp_hartung(scatter: Array, left: Array) -> Array:
    """Return by what Knapp and Hartung enlarge variances; 0 where effects do not scatter at all."""
    found: Array = np.where(scatter > _NO_SCATTER * left, scatter / left, 0.0)
    return found


def _fit(
    found: Weighted,
    model: Model,
    method: Method,
    *,
    tau2: float,
    heterogeneity: Heterogeneity,
    test: Test,
    level: float,
) -> MetaFit:
    data = found.data
    left = data.k - data.p
    vcov, df = found.vcov, math.nan
    if test is not Test.Z:
        if left < 1:
            raise InputError("t needs more effects than terms", where="test")
        df = float(left)
    if test is Test.KNHA:
        vcov = vcov * float(knapp_hartung(np.asarray(found.rss), np.asarray(left)))
    coefficients = found.estimate
    dfs = np.full(data.p, df)
    tested = wald(coefficients, vcov, dfs, level=level)
    restricted = method is Method.REML
    parameters = data.p + (model is Model.RANDOM)
    loglik = found.loglik(restricted=restricted)
    rows = left if restricted else data.k
    return MetaFit(
        data=data,
        model=model,
        method=method,
        test=test,
        level=level,
        estimate=coefficients,
        se=tested.se,
        statistic=tested.statistic,
        df=dfs,
        p=tested.p,
        ci_low=tested.low,
        ci_high=tested.high,
        vcov=vcov,
        tau2=tau2,
        tau2_se=math.nan if math.isnan(tau2) else standard_error(data, tau2, method),
        sigma2=np.empty(0),
        sigma2_vcov=np.empty((0, 0)),
        rho=0.0,
        heterogeneity=heterogeneity,
        joint=jointly(coefficients, vcov, data.moderators, df2=df),
        loglik=loglik,
        aic=2.0 * parameters - 2.0 * loglik,
        bic=parameters * math.log(rows) - 2.0 * loglik if rows else math.nan,
        boundary=tau2 == 0.0,
        converged=True,
        notes=tuple(_notes(found, model, tau2, test)),
    )


def _heterogeneity(at_zero: Weighted, *, i2: float, h2: float) -> Heterogeneity:
    df = at_zero.data.k - at_zero.data.p
    return Heterogeneity(
        q=at_zero.rss,
        q_df=df,
        q_p=float(special.chdtrc(df, at_zero.rss)) if df else 1.0,
        i2=i2,
        h2=h2,
        typical_variance=typical_variance(at_zero),
    )


def _notes(found: Weighted, model: Model, tau2: float, test: Test) -> list[str]:
    data, said = found.data, []
    if model is Model.RANDOM and tau2 == 0.0:
        said.append(
            "The variance of true effects is estimated as 0, at its boundary: these effects differ"
            " no more than sampling error makes them. Its interval says what it might still be."
        )
    if model is Model.RANDOM and data.k - data.p < 4:
        said.append(
            f"{data.k} effects say next to nothing about how much true effects vary; intervals"
            " that depend on it are too sure of themselves."
        )
    if test is Test.KNHA and found.rss <= _NO_SCATTER * (data.k - data.p):
        said.append(
            "Effects do not scatter at all, so Knapp and Hartung’s errors are 0 and there is no"
            " test; use z."
        )
    elif test is Test.KNHA and found.rss < data.k - data.p:
        said.append(
            "Effects scatter less than the model expects, so Knapp and Hartung’s errors are"
            " smaller than Wald’s; look at both."
        )
    if data.n_studies < data.k:
        said.append(
            f"{data.k} effects come from {data.n_studies} studies, and this model takes them to be"
            " independent; use three levels, average within studies, or a robust test."
        )
    return said
