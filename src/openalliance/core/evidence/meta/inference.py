"""From coefficients and their covariance to tests and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.values import Array, JointTest, MetaFit, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """Coefficients with tests and intervals, shape ``(p,)`` each."""

    se: Array
    statistic: Array
    p: Array
    low: Array
    high: Array


def quantile(level: float, df: Array) -> Array:
    """Return the two-sided critical values; normal where ``df`` is ``nan``."""
    upper = 0.5 + level / 2.0
    normal = np.isnan(df)
    found: Array = np.where(
        normal, special.ndtri(upper), special.stdtrit(np.where(normal, 1.0, df), upper)
    )
    return found


def two_sided(statistic: Array, df: Array) -> Array:
    """Return two-sided p values; normal where ``df`` is ``nan``."""
    size = -np.abs(statistic)
    normal = np.isnan(df)
    found: Array = 2.0 * np.where(
        normal, special.ndtr(size), special.stdtr(np.where(normal, 1.0, df), size)
    )
    return found


def wald(estimate: Array, vcov: Array, df: Array, *, level: float) -> Wald:
    """Test each coefficient against 0; without an error there is no test."""
    if not 0.0 < level < 1.0:
        raise InputError("lies between 0 and 1", where="level")
    return tested_by_errors(estimate, np.sqrt(np.diag(vcov)), df, level=level)


def tested_by_errors(estimate: Array, se: Array, df: Array, *, level: float) -> Wald:
    """Test coefficients of any shape against 0 by their errors."""
    statistic = np.full(se.shape, math.nan)
    np.divide(estimate, se, out=statistic, where=se > 0.0)
    reach = quantile(level, df) * se
    return Wald(
        se=se,
        statistic=statistic,
        p=two_sided(statistic, df),
        low=estimate - reach,
        high=estimate + reach,
    )


def jointly(
    estimate: Array, vcov: Array, terms: Sequence[int], *, df2: float = math.nan
) -> JointTest | None:
    """Test some coefficients together: χ², or F where ``df2`` is given."""
    if not terms:
        return None
    chosen = np.asarray(terms)
    if not (np.diag(vcov)[chosen] > 0.0).all():
        return JointTest(statistic=math.nan, df1=chosen.size, df2=df2, p=math.nan)
    size = float(estimate[chosen] @ np.linalg.solve(vcov[np.ix_(chosen, chosen)], estimate[chosen]))
    if math.isnan(df2):
        return JointTest(
            statistic=size, df1=chosen.size, df2=df2, p=float(special.chdtrc(chosen.size, size))
        )
    return JointTest(
        statistic=size / chosen.size,
        df1=chosen.size,
        df2=df2,
        p=float(special.fdtrc(chosen.size, df2, size / chosen.size)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Expected effects for settings of the moderators, shape ``(m,)`` each.

    ``low`` and ``high`` hold the average effect, ``true_low`` and ``true_high`` the true effect of
    one further study like these.
    """

    estimate: Array
    se: Array
    low: Array
    high: Array
    true_low: Array
    true_high: Array


def predict(fit: MetaFit, x: Array | None = None, *, wider: bool = False) -> Prediction:
    """Return expected effects with intervals for the average and for a further true effect.

    Parameters
    ----------
    fit
        A fitted model.
    x
        Columns of the fixed part, shape ``(m, p)``; default: the intercept alone.
    wider
        Whether a further true effect takes Student's t with one degree of freedom less than the
        coefficients would leave, as Higgins et al. (2009) advise because variances are estimated:
        effects − p − 1, or studies − p − 1 on three levels.

    Raises
    ------
    InputError
        There are moderators and no ``x`` is given, its shape is wrong, or there are too few effects
        or studies for a wider interval.

    References
    ----------
    Higgins, J. P. T., Thompson, S. G., & Spiegelhalter, D. J. (2009). A re-evaluation of
    random-effects meta-analysis. *Journal of the Royal Statistical Society A, 172*(1), 137-159.
    https://doi.org/10.1111/j.1467-985X.2008.00552.x
    """
    if x is None:
        if fit.data.p != 1 or fit.data.intercept is None:
            raise InputError("say for which values of the moderators", where="x")
        x = np.ones((1, 1))
    if x.ndim != 2 or x.shape[1] != fit.data.p:
        raise InputError(f"needs {fit.data.p} columns", where="x")
    expected = x @ fit.estimate
    variance = np.einsum("ij,jk,ik->i", x, fit.vcov, x)
    critical = quantile(fit.level, np.full(expected.size, np.min(fit.df)))
    reach = critical * np.sqrt(variance)
    if wider:
        data = fit.data
        units = data.n_studies if fit.model is Model.THREE_LEVEL else data.k
        if units - data.p - 1 < 1:
            raise InputError("there are too few to allow for the variance", where="wider")
        critical = quantile(fit.level, np.full(expected.size, units - data.p - 1.0))
    further = critical * np.sqrt(variance + fit.between_effects)
    return Prediction(
        estimate=expected,
        se=np.sqrt(variance),
        low=expected - reach,
        high=expected + reach,
        true_low=expected - further,
        true_high=expected + further,
    )
