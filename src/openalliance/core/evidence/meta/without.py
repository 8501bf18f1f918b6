"""The same analysis without an effect or a study, and as effects came in one after another.

References
----------
Viechtbauer, W., & Cheung, M. W.-L. (2010). Outlier and influence diagnostics for meta-analysis.
*Research Synthesis Methods, 1*(2), 112-125. https://doi.org/10.1002/jrsm.11

Lau, J., Antman, E. M., Jimenez-Silva, J., Kupelnick, B., Mosteller, F., & Chalmers, T. C. (1992).
Cumulative meta-analysis of therapeutic trials for myocardial infarction. *New England Journal of
Medicine, 327*, 248-254. https://doi.org/10.1056/NEJM199207233270406
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Blocks
from openalliance.core.evidence.meta.inference import tested_by_errors
from openalliance.core.evidence.meta.left_out import rests
from openalliance.core.evidence.meta.search import one_peak
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random, knapp_hartung
from openalliance.core.evidence.meta.values import (
    Array,
    Heterogeneity,
    Index,
    MetaData,
    MetaFit,
    Method,
    Model,
    Test,
)


class By(Enum):
    """What is left out or comes in at once."""

    EFFECT = "effect"
    STUDY = "study"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """What is kept of a fit of a part of the data: all but the data, of which there are many.

    Attributes are those of `MetaFit`; ``k`` and ``studies`` say how much was left.
    """

    k: int
    studies: int
    estimate: Array
    se: Array
    statistic: Array
    p: Array
    ci_low: Array
    ci_high: Array
    vcov: Array
    tau2: float
    sigma2: Array
    between_effects: float
    heterogeneity: Heterogeneity
    boundary: bool
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refits:
    """Fits of parts of the data, variances estimated anew each time.

    Parameters
    ----------
    by
        What was left out or came in at once.
    codes
        What was left out, or came in last: positions of effects or codes of studies, ``(m,)``.
    fits
        The fits; ``None`` where what was left cannot be fitted.
    """

    by: By
    codes: Index
    fits: tuple[Refit | None, ...]

    def values(self, name: str) -> Array:
        """Return a number of each fit, or a row of numbers; ``nan`` where there is no fit.

        Parameters
        ----------
        name
            Of an attribute of `Refit` or of its heterogeneity, such as ``estimate``, ``se``,
            ``tau2``, ``sigma2`` or ``i2``.
        """
        found = [None if fit is None else np.asarray(_value(fit, name)) for fit in self.fits]
        shape = next((each.shape for each in found if each is not None), ())
        return np.array([np.full(shape, np.nan) if each is None else each for each in found])


def refit(fit: MetaFit, data: MetaData, *, start: tuple[float, float] | None = None) -> MetaFit:
    """Fit other data as a fit was made; its variances are estimated.

    Parameters
    ----------
    fit
        The fit.
    data
        The other data.
    start
        Where variances of a three-level model are looked for first; see `fit_three_level`.

    Raises
    ------
    InputError
        They cannot be fitted so.
    """
    if fit.model is Model.FIXED:
        return fit_fixed(data, test=fit.test, level=fit.level)
    if fit.model is Model.RANDOM:
        return fit_random(data, method=fit.method, test=fit.test, level=fit.level)
    return fit_three_level(
        data, method=fit.method, test=fit.test, level=fit.level, rho=fit.rho, start=start
    )


def leave_out(fit: MetaFit, *, by: By = By.EFFECT) -> Refits:
    """Fit again without each effect, or without each study."""
    groups = _groups(fit.data, by)
    codes = np.arange(int(groups.max()) + 1)
    if fit.model is Model.THREE_LEVEL:
        starts = _starts(fit, by, codes.size)
        fits = (
            _or_none(fit, groups != code, start)
            for code, start in zip(codes.tolist(), starts, strict=True)
        )
        return Refits(by=by, codes=codes, fits=tuple(fits))
    quick = _at_once(fit, groups)
    fits = (quick.get(code) or _or_none(fit, groups != code) for code in codes.tolist())
    return Refits(by=by, codes=codes, fits=tuple(fits))


def cumulative(fit: MetaFit, *, order: ArrayLike | None = None, by: By = By.EFFECT) -> Refits:
    """Fit the first effect or study, the first two, and so on to all.

    Parameters
    ----------
    fit
        The fit of all.
    order
        Effects are taken from the lowest to the highest of these, shape ``(k,)``, such as years of
        publication; a study is taken at its lowest. Default: as they are in the data.
    by
        What comes in at once.

    Raises
    ------
    InputError
        ``order`` has not one finite number for each effect.
    """
    data = fit.data
    times = np.arange(data.k) if order is None else np.asarray(order, dtype=np.float64)
    if times.shape != (data.k,) or not np.isfinite(times).all():
        raise InputError("needs one finite number for each effect", where="order")
    groups = _groups(data, by)
    first = np.full(int(groups.max()) + 1, np.inf)
    np.minimum.at(first, groups, times)
    codes = np.argsort(first, kind="stable")
    turn = np.empty(codes.size, dtype=np.int64)
    turn[codes] = np.arange(codes.size)
    kept = (turn[groups] <= last for last in range(codes.size))
    return Refits(by=by, codes=codes, fits=_each(fit, kept))


def _groups(data: MetaData, by: By) -> Index:
    return data.studies if by is By.STUDY else np.arange(data.k)


def _each(fit: MetaFit, parts: Iterable[NDArray[np.bool_]]) -> tuple[Refit | None, ...]:
    return tuple(_or_none(fit, kept) for kept in parts)


def _at_once(fit: MetaFit, groups: Index) -> dict[int, Refit]:
    """Fit a two-level model without each group; what is not here needs a fit of its own."""
    found, data = rests(fit, groups), fit.data
    random = fit.model is Model.RANDOM
    gone = np.bincount(groups)
    k = (data.k - gone)[found.codes]
    studies = data.n_studies - _studies_gone(data, groups)[found.codes]
    df = (k - data.p).astype(np.float64)
    vcov = found.inverse
    if fit.test is Test.KNHA:
        vcov = vcov * knapp_hartung(found.scatter, df)[:, None, None]
    se = np.sqrt(np.diagonal(vcov, axis1=1, axis2=2))
    dfs = np.broadcast_to(np.nan if fit.test is Test.Z else df[:, None], se.shape)
    tested = tested_by_errors(found.estimate, se, dfs, level=fit.level)
    typical = df / found.trace
    if random:
        i2, h2 = 100.0 * found.tau2 / (found.tau2 + typical), found.tau2 / typical + 1.0
    else:
        h2 = found.rss / df
        i2 = np.where(h2 > 1.0, 100.0 * (1.0 - 1.0 / np.maximum(h2, 1.0)), 0.0)
    q_p = special.chdtrc(df, found.rss)
    return {
        int(code): Refit(
            k=int(k[at]),
            studies=int(studies[at]),
            estimate=found.estimate[at],
            se=se[at],
            statistic=tested.statistic[at],
            p=tested.p[at],
            ci_low=tested.low[at],
            ci_high=tested.high[at],
            vcov=vcov[at],
            tau2=float(found.tau2[at]) if random else math.nan,
            sigma2=np.empty(0),
            between_effects=float(found.tau2[at]),
            heterogeneity=Heterogeneity(
                q=float(found.rss[at]),
                q_df=int(df[at]),
                q_p=float(q_p[at]),
                i2=float(i2[at]),
                h2=float(h2[at]),
                typical_variance=float(typical[at]),
            ),
            boundary=random and bool(found.tau2[at] == 0.0),
            converged=True,
        )
        for at, code in enumerate(found.codes.tolist())
    }


def _studies_gone(data: MetaData, groups: Index) -> Index:
    """Return how many studies go with each group: those that are in no other."""
    first = np.full(data.n_studies, groups.size)
    last = np.full(data.n_studies, -1)
    np.minimum.at(first, data.studies, groups)
    np.maximum.at(last, data.studies, groups)
    return np.bincount(first[first == last], minlength=int(groups.max()) + 1)


def _starts(fit: MetaFit, by: By, m: int) -> list[tuple[float, float] | None]:
    """Return the variances of all effects where a rest has one peak, and so leads on from there."""
    if by is By.EFFECT:
        return [None] * m
    single = one_peak(Blocks(fit.data, rho=fit.rho), restricted=fit.method is Method.REML)
    here = (float(fit.sigma2[0]), float(fit.sigma2[1]))
    return [here if one else None for one in single.tolist()]


def _or_none(
    fit: MetaFit, kept: NDArray[np.bool_], start: tuple[float, float] | None = None
) -> Refit | None:
    try:
        found = refit(fit, fit.data.rows(kept), start=start)
    except InputError:
        return None
    return Refit(
        k=found.data.k,
        studies=found.data.n_studies,
        estimate=found.estimate,
        se=found.se,
        statistic=found.statistic,
        p=found.p,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        vcov=found.vcov,
        tau2=found.tau2,
        sigma2=found.sigma2,
        between_effects=found.between_effects,
        heterogeneity=found.heterogeneity,
        boundary=found.boundary,
        converged=found.converged,
    )


def _value(fit: Refit, name: str) -> object:
    return getattr(fit if hasattr(fit, name) else fit.heterogeneity, name)
