"""What a meta-analysis is given and what it finds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SMALLEST_PIVOT = 1e-9
"""Share of a column's length that must be left after the columns before it are taken out."""


class Model(Enum):
    """Which differences between true effects a model allows for."""

    FIXED = "fixed"
    """None: one true effect (or one per setting of the moderators)."""
    RANDOM = "random"
    """True effects differ, independently of each other."""
    THREE_LEVEL = "three-level"
    """True effects differ between studies and, within a study, from effect to effect."""


class Method(Enum):
    """How the variance of true effects is estimated."""

    REML = "REML"
    ML = "ML"
    DL = "DL"
    """DerSimonian & Laird 1986."""
    PM = "PM"
    """Paule & Mandel 1982."""
    HS = "HS"
    """Hunter & Schmidt 1990."""
    SJ = "SJ"
    """Sidik & Jonkman 2005."""


class Test(Enum):
    """How coefficients are tested."""

    __test__ = False  # no test case, whatever its name

    Z = "z"
    T = "t"
    KNHA = "knha"
    """Knapp & Hartung 2003: errors from the scatter of the effects themselves, Student's t."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaData:
    """Effects ready for a model.

    Parameters
    ----------
    y, v
        Effects and their sampling variances, shape ``(k,)``.
    x
        Columns of the fixed part, shape ``(k, p)``, the intercept included.
    terms
        Their names.
    studies
        Study of each effect, 0 to ``n_studies − 1``, shape ``(k,)``.
    basis, triangle
        ``x = basis @ triangle``: orthonormal columns, in which all is computed.
    """

    y: Array
    v: Array
    x: Array
    terms: tuple[str, ...]
    studies: Index
    basis: Array = field(repr=False)
    triangle: Array = field(repr=False)

    @property
    def k(self) -> int:
        """Number of effects."""
        return int(self.y.size)

    @property
    def p(self) -> int:
        """Number of columns of the fixed part."""
        return int(self.x.shape[1])

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return int(self.studies.max()) + 1

    @property
    def intercept(self) -> int | None:
        """Position of the column of ones, if there is one."""
        ones = np.flatnonzero((self.x == 1.0).all(axis=0))
        return int(ones[0]) if ones.size else None

    @property
    def moderators(self) -> list[int]:
        """Positions of the columns that are tested together: all but the intercept."""
        return [at for at in range(self.p) if at != self.intercept]

    def rows(self, kept: NDArray[np.bool_]) -> MetaData:
        """Return some of the effects."""
        return meta_data(
            self.y[kept], self.v[kept], x=self.x[kept], terms=self.terms, studies=self.studies[kept]
        )


def meta_data(
    y: ArrayLike,
    v: ArrayLike,
    *,
    x: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    studies: ArrayLike | None = None,
) -> MetaData:
    """Check effects and make them ready for a model.

    Parameters
    ----------
    y, v
        Effects and their sampling variances, shape ``(k,)``, none missing, variances above 0.
    x
        Columns of the fixed part, shape ``(k, p)``; default: the intercept alone.
    terms
        Their names; default: ``Intercept``, ``x1`` …
    studies
        Integer code of each effect's study; default: each effect is a study of its own.

    Raises
    ------
    InputError
        Shapes disagree, a value is missing or not finite, a variance is not above 0, there are
        too few effects, or columns depend on each other.
    """
    effects, variances = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    if effects.ndim != 1 or variances.shape != effects.shape:
        raise InputError("one effect and one variance each", where="y, v")
    k = effects.size
    fixed = np.ones((k, 1)) if x is None else np.asarray(x, dtype=np.float64)
    if fixed.ndim != 2 or fixed.shape[0] != k:
        raise InputError("one row of columns per effect", where="x")
    p = fixed.shape[1]
    names = tuple(terms) if terms is not None else _names(p)
    if len(names) != p:
        raise InputError("one name per column", where="terms")
    if k < p or k < 1:
        raise InputError(f"{k} effects are too few for {p} terms", where="y")
    if not (np.isfinite(effects).all() and np.isfinite(fixed).all()):
        raise InputError("values must be there and finite", where="y, x")
    if not (np.isfinite(variances).all() and (variances > 0.0).all()):
        raise InputError("a variance is finite and above 0", where="v")
    codes = np.arange(k) if studies is None else np.asarray(studies)
    if codes.shape != (k,) or not np.issubdtype(codes.dtype, np.integer):
        raise InputError("one integer code of a study per effect", where="studies")
    basis, triangle = np.linalg.qr(fixed)
    lengths = np.sqrt(np.sum(fixed**2, axis=0))
    pivots = np.abs(np.diag(triangle))
    for column in np.flatnonzero(~(pivots > SMALLEST_PIVOT * lengths)).tolist():
        raise InputError(f"“{names[column]}” follows from the terms before it", where="x")
    return MetaData(
        y=effects,
        v=variances,
        x=fixed,
        terms=names,
        studies=np.unique(codes, return_inverse=True)[1].astype(np.int64),
        basis=basis,
        triangle=triangle,
    )


def _names(p: int) -> tuple[str, ...]:
    return ("Intercept", *(f"x{at}" for at in range(1, p)))


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTest:
    """Several coefficients tested at once; ``df2`` is ``nan`` for a χ² test.

    ``statistic`` and ``p`` are ``nan`` where there is no error to test by.
    """

    statistic: float
    df1: float
    df2: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """How much effects differ beyond sampling error.

    Parameters
    ----------
    q, q_df, q_p
        Cochran's test that all true effects are equal (given the moderators).
    i2
        Share of the variance of effects that is not sampling error, in per cent.
    h2
        Total over sampling variance.
    typical_variance
        The “typical” sampling variance behind both (Higgins & Thompson 2002).
    i2_levels
        Per cent between studies and within them; empty unless the model has three levels.
    """

    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    typical_variance: float
    i2_levels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaFit:
    """A fitted meta-analysis.

    Parameters
    ----------
    data
        What was fitted.
    model, method, test
        How.
    level
        Level of the intervals, such as 0.95.
    estimate, se, statistic, df, p, ci_low, ci_high
        Coefficients, shape ``(p,)`` each; ``df`` is ``nan`` for a normal test.
    vcov
        Their covariance, shape ``(p, p)``.
    tau2, tau2_se
        Variance of true effects in a two-level model, else ``nan``; its standard error where one
        is known.
    sigma2
        Variances between studies and within them in a three-level model, else empty.
    sigma2_vcov
        Their covariance by the curvature of the likelihood; ``nan`` at a boundary.
    rho
        Correlation of sampling errors within a study that was assumed.
    heterogeneity
        Beyond sampling error.
    joint
        All moderators at once; ``None`` without any.
    loglik, aic, bic
        Restricted for REML, all constants included.
    boundary
        Whether a variance is estimated as 0.
    converged
        Whether the conditions of an optimum hold.
    notes
        Plain-language cautions.
    """

    data: MetaData
    model: Model
    method: Method
    test: Test
    level: float
    estimate: Array
    se: Array
    statistic: Array
    df: Array
    p: Array
    ci_low: Array
    ci_high: Array
    vcov: Array
    tau2: float
    tau2_se: float
    sigma2: Array
    sigma2_vcov: Array
    rho: float
    heterogeneity: Heterogeneity
    joint: JointTest | None
    loglik: float
    aic: float
    bic: float
    boundary: bool
    converged: bool
    notes: tuple[str, ...]

    @property
    def between_effects(self) -> float:
        """Variance of all true effects around the fixed part."""
        if self.model is Model.THREE_LEVEL:
            return float(self.sigma2.sum())
        return 0.0 if math.isnan(self.tau2) else self.tau2
