"""Whether small studies find larger effects, and what a study without error would find.

Effects are regressed on their standard errors (Egger; PET) or their sampling variances (PEESE).
The slope says whether imprecise studies find more; the intercept is the effect at error 0.
Unpublished studies are one reason for a slope, differing studies another: small trials may treat
other clients, or treat them better.

References
----------
Egger, M., Davey Smith, G., Schneider, M., & Minder, C. (1997). Bias in meta-analysis detected by a
simple, graphical test. *BMJ, 315*, 629-634. https://doi.org/10.1136/bmj.315.7109.629

Stanley, T. D., & Doucouliagos, H. (2014). Meta-regression approximations to reduce publication
selection bias. *Research Synthesis Methods, 5*(1), 60-78. https://doi.org/10.1002/jrsm.1095

Rodgers, M. A., & Pustejovsky, J. E. (2021). Evaluating meta-analytic methods to detect selective
reporting in the presence of dependent effect sizes. *Psychological Methods, 26*(2), 141-160.
https://doi.org/10.1037/met0000300
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.inference import Wald, wald
from openalliance.core.evidence.meta.robust import robust
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Array, MetaData, Model, meta_data
from openalliance.core.evidence.meta.weighted import weighted

FEWEST = 3
"""Effects that a line through them needs at least."""
_ONE_SIDED = 0.05
"""Stanley and Doucouliagos: PEESE if PET finds an effect at this level, one-sided."""


class Predictor(Enum):
    """What effects are regressed on."""

    SE = "standard error"
    """Egger's test and PET."""
    VARIANCE = "variance"
    """PEESE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A coefficient with its test and interval; ``df`` is ``nan`` for a normal test."""

    estimate: float
    se: float
    statistic: float
    df: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudies:
    """Effects regressed on how inexact they are.

    Parameters
    ----------
    predictor
        On what.
    model
        ``FIXED``: weighted least squares with errors scaled by the scatter, as Egger, PET and
        PEESE were proposed; else the variance of true effects is estimated as well.
    intercept
        The effect of a study without sampling error.
    slope
        What imprecision adds.
    """

    predictor: Predictor
    model: Model
    intercept: Line
    slope: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The effect that PET-PEESE takes for true, and by which of the two."""

    by: str
    line: Line


def small_studies(
    data: MetaData,
    predictor: Predictor = Predictor.SE,
    *,
    model: Model = Model.FIXED,
    level: float = 0.95,
) -> SmallStudies:
    """Regress effects on their standard errors or variances.

    Parameters
    ----------
    data
        The effects; moderators are not used.
    predictor
        On what to regress.
    model
        How errors are found: ``FIXED`` by weighted least squares (t tests), ``RANDOM`` by REML
        (z tests), ``THREE_LEVEL`` by REML with robust errors (CR2). Effects of one study depend
        on each other; only the last allows for that.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        There are fewer than three effects, or all have the same error.
    """
    if data.k < FEWEST:
        raise InputError(f"too few effects to look for bias: {FEWEST} are needed", where="y")
    size = np.sqrt(data.v) if predictor is Predictor.SE else data.v
    if float(np.ptp(size)) <= 1e-9 * float(size.max()):
        raise InputError("all effects are equally exact: there is nothing to regress on", where="v")
    lines = meta_data(
        data.y,
        data.v,
        x=np.column_stack([np.ones(data.k), size]),
        terms=("Intercept", predictor.value),
        studies=data.studies,
    )
    found = _tested(lines, model, level)
    intercept, slope = (_line(*found, at) for at in range(2))
    return SmallStudies(predictor=predictor, model=model, intercept=intercept, slope=slope)


def pet_peese(pet: SmallStudies, peese: SmallStudies, *, expected: float) -> Corrected:
    """Return PEESE's effect if PET finds one in the expected direction, else PET's.

    Parameters
    ----------
    pet, peese
        Regressions on standard errors and on variances.
    expected
        An effect whose sign says which direction is meant, such as the plain average.
    """
    same = pet.intercept.estimate * expected > 0.0
    if same and pet.intercept.p / 2.0 < _ONE_SIDED:
        return Corrected(by="PEESE", line=peese.intercept)
    return Corrected(by="PET", line=pet.intercept)


def _tested(data: MetaData, model: Model, level: float) -> tuple[Array, Wald, Array]:
    """Return coefficients, their tests, and degrees of freedom."""
    if model is Model.FIXED:
        at_zero = weighted(data, 0.0)
        df = np.full(data.p, float(data.k - data.p))
        vcov = at_zero.vcov * (at_zero.rss / (data.k - data.p))
        return at_zero.estimate, wald(at_zero.estimate, vcov, df, level=level), df
    if model is Model.RANDOM:
        fit = fit_random(data, level=level)
        return fit.estimate, wald(fit.estimate, fit.vcov, fit.df, level=level), fit.df
    sure = robust(fit_three_level(data, level=level))
    return sure.estimate, wald(sure.estimate, sure.vcov, sure.df, level=level), sure.df


def _line(estimate: Array, tested: Wald, df: Array, at: int) -> Line:
    return Line(
        estimate=float(estimate[at]),
        se=float(tested.se[at]),
        statistic=float(tested.statistic[at]),
        df=float(df[at]),
        p=float(tested.p[at]),
        low=float(tested.low[at]),
        high=float(tested.high[at]),
    )
