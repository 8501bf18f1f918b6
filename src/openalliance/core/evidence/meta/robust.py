"""Cluster-robust errors: right whatever the dependence within studies, if there are enough studies.

With the inverse of the working covariance M as weights, and residuals e of study j turned by A_j,

    V = N (Σ_j X_j'W_j A_j e_j e_j'A_j W_j X_j) N,  N = (X'WX)⁻¹.

CR0 takes A = I, CR1 A = √(m / (m − 1)) I. CR2 takes the symmetric A that makes V unbiased if M is
right: A (M_j − X_j N X_j') A = M_j, the geometric mean of M_j and (M_j − X_j N X_j')⁻¹. Degrees of
freedom match the first two moments of V under M (Satterthwaite); several coefficients at once are
tested by Hotelling's T² with degrees of freedom found the same way (HTZ).

References
----------
Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression
with multi-stage samples. *Survey Methodology, 28*(2), 169-181.

Hedges, L. V., Tipton, E., & Johnson, M. C. (2010). Robust variance estimation in meta-regression
with dependent effect size estimates. *Research Synthesis Methods, 1*(1), 39-65.
https://doi.org/10.1002/jrsm.5

Pustejovsky, J. E., & Tipton, E. (2018). Small-sample methods for cluster-robust variance
estimation and hypothesis testing in fixed effects models. *Journal of Business & Economic
Statistics, 36*(4), 672-683. https://doi.org/10.1080/07350015.2016.1247004

Tipton, E., & Pustejovsky, J. E. (2015). Small-sample adjustments for tests of moderators and model
fit using robust variance estimation in meta-regression. *Journal of Educational and Behavioral
Statistics, 40*(6), 604-634. https://doi.org/10.3102/1076998615606099
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.blocks import Working
from openalliance.core.evidence.meta.clusters import Clusters
from openalliance.core.evidence.meta.inference import wald
from openalliance.core.evidence.meta.three_level import working_model
from openalliance.core.evidence.meta.values import Array, JointTest, MetaFit, Model

LARGEST_STUDY = 4_000
"""Effects of one study beyond which CR2, cubic in a study's effects, is refused."""
_SINGULAR = 1e-13
"""Eigenvalues below this share of the largest are taken to be 0."""
_ALONE = 1e-7
"""How near to 1 a study's leverage, or its share of a variance, is that alone decides it."""
_TRUSTED_DF = 4.0


class Correction(Enum):
    """What is done about residuals that are smaller than errors, studies being few."""

    CR0 = "CR0"
    """Nothing."""
    CR1 = "CR1"
    """All are enlarged alike, by √(m / (m − 1))."""
    CR2 = "CR2"
    """Each study's are enlarged by what its own weight in the fit took from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """Cluster-robust tests of a fit.

    Parameters
    ----------
    correction
        For small samples.
    clusters
        Number of clusters: studies, or what was given instead.
    level
        Level of the intervals.
    estimate, se, statistic, df, p, ci_low, ci_high
        Coefficients, shape ``(p,)`` each, with Satterthwaite's degrees of freedom; ``nan`` for a
        term that one cluster alone decides, whose error no robust estimate can judge.
    vcov
        Their covariance, shape ``(p, p)``.
    joint
        All moderators at once (HTZ); ``None`` without any.
    notes
        Plain-language cautions.
    """

    correction: Correction
    clusters: int
    level: float
    estimate: Array
    se: Array
    statistic: Array
    df: Array
    p: Array
    ci_low: Array
    ci_high: Array
    vcov: Array
    joint: JointTest | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Moments:
    """Covariances P_ij of the studies' shares of the estimate, ``(studies, p, p)`` each.

    P_ij = −``shared_i``'``shared_j``, and ``own_i`` more for i = j.
    """

    own: Array
    shared: Array

    def of(self, contrasts: Array) -> _Moments:
        """Return those of linear combinations of the coefficients, one per row."""
        own: Array = contrasts @ self.own @ contrasts.T
        shared: Array = self.shared @ contrasts.T
        return _Moments(own, shared)

    def mean(self) -> Array:
        """Return the expectation of the robust covariance under the working model."""
        shared = np.einsum("jas,jat->st", self.shared, self.shared)
        found: Array = self.own.sum(axis=0) - shared
        return found


def robust(
    fit: MetaFit, correction: Correction = Correction.CR2, *, clusters: ArrayLike | None = None
) -> Robust:
    """Test a fit's coefficients whatever the dependence of effects within studies, or clusters.

    Parameters
    ----------
    fit
        A fit of any model; its covariance is taken as the working model.
    correction
        For small samples.
    clusters
        Integer code of what effects depend on each other in, shape ``(k,)``, such as a laboratory
        with several studies; default: the study.

    Raises
    ------
    InputError
        There is but one cluster, or one so large that CR2 cannot be computed, or a study lies in
        several.
    """
    working = working_model(fit)
    there = Clusters(working, clusters, nested=fit.model is Model.THREE_LEVEL)
    vcov, moments = _sandwich(working, there, correction)
    df = np.array(
        [
            _satterthwaite(moments.own[:, at, at], moments.shared[:, :, at])
            for at in range(len(vcov))
        ]
    )
    lost = _lost(working, there)
    alone = lost > 1.0 - _ALONE
    judged = np.where(np.outer(alone, alone), 0.0, vcov)
    tested = wald(fit.estimate, judged, df, level=fit.level)
    moderators = fit.data.moderators
    joint = None
    if moderators and alone[moderators].any():
        joint = JointTest(statistic=math.nan, df1=float(len(moderators)), df2=math.nan, p=math.nan)
    elif moderators:
        joint = _hotelling(working, vcov, moments, np.eye(fit.data.p)[moderators])
    return Robust(
        correction=correction,
        clusters=int(there.sizes.size),
        level=fit.level,
        estimate=fit.estimate,
        se=np.where(alone, math.nan, tested.se),
        statistic=tested.statistic,
        df=df,
        p=tested.p,
        ci_low=np.where(alone, math.nan, tested.low),
        ci_high=np.where(alone, math.nan, tested.high),
        vcov=vcov,
        joint=joint,
        notes=tuple(_notes(fit, df, lost, kind="study" if clusters is None else "cluster")),
    )


def robust_contrasts(
    fit: MetaFit, contrasts: Array, correction: Correction = Correction.CR2
) -> JointTest:
    """Test whether linear combinations of the coefficients are all 0 (HTZ).

    Parameters
    ----------
    fit
        A fit of any model.
    contrasts
        One combination per row, shape ``(q, p)``, none following from the others.
    correction
        For small samples.

    Raises
    ------
    InputError
        Shapes disagree or the combinations depend on each other.
    """
    rows = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != fit.data.p:
        raise InputError(f"needs {fit.data.p} columns", where="contrasts")
    if np.linalg.matrix_rank(rows) < rows.shape[0]:
        raise InputError("one combination follows from the others", where="contrasts")
    working = working_model(fit)
    vcov, moments = _sandwich(working, Clusters(working), correction)
    return _hotelling(working, vcov, moments, rows)


def _sandwich(working: Working, there: Clusters, correction: Correction) -> tuple[Array, _Moments]:
    """Return the robust covariance and its moments under the working model."""
    blocks = working.blocks
    studies, p = there.sizes.size, blocks.data.p
    if studies < 2:
        raise InputError("robust errors need two studies, or clusters", where="studies")
    if correction is Correction.CR2 and there.sizes.max() > LARGEST_STUDY:
        raise InputError(
            f"a study or cluster has more than {LARGEST_STUDY} effects, too many for CR2; use CR1",
            where="studies",
        )
    root = np.linalg.cholesky(working.inverse)
    solved = there.solved @ working.inverse
    own, shared = np.empty((studies, p, p)), np.empty((studies, p, p))
    scores = np.empty((studies, p))
    for chosen, rows in there.alike():
        q, g, covariance = there.q[rows], solved[rows], there.covariance(rows)
        if correction is Correction.CR2:
            g = _adjustment(covariance, q @ root) @ g
        own[chosen] = np.swapaxes(g, 1, 2) @ covariance @ g
        shared[chosen] = root.T @ (np.swapaxes(q, 1, 2) @ g)
        scores[chosen] = np.einsum("jns,jn->js", g, there.residual[rows])
    if correction is Correction.CR1:
        scores *= math.sqrt(studies / (studies - 1.0))
    back = np.linalg.inv(blocks.data.triangle)
    vcov = back @ (scores.T @ scores) @ back.T
    return vcov, _Moments(own, shared).of(np.asarray(back, dtype=np.float64))


def _adjustment(covariance: Array, taken: Array) -> Array:
    """Return the geometric mean of M and (M − FF')⁻¹ for each study, F = ``taken``."""
    if covariance.shape[1] == 1:
        whole = covariance[:, 0, 0]
        left = whole - np.sum(taken[:, 0] ** 2, axis=1)
        kept = left > _SINGULAR * whole
        found = np.where(kept, np.sqrt(whole / np.where(kept, left, 1.0)), 0.0)
        return found[:, None, None]
    lower = np.linalg.cholesky(covariance)
    upper = np.swapaxes(lower, 1, 2)
    gram, turned = upper @ lower, upper @ taken
    values, vectors = np.linalg.eigh(gram @ gram - turned @ np.swapaxes(turned, 1, 2))
    kept = values > _SINGULAR * values[:, -1:]
    scale = np.where(kept, np.where(kept, values, 1.0) ** -0.25, 0.0)
    half = lower @ (vectors * scale[:, None, :])
    found_mean: Array = half @ np.swapaxes(half, 1, 2)
    return found_mean


def _satterthwaite(own: Array, shared: Array) -> float:
    """Return degrees of freedom of one coefficient: own ``(m,)``, shared ``(m, p)``."""
    square = np.sum(shared**2, axis=1)
    trace = float(own.sum() - square.sum())
    spread = np.sum(own**2) - 2.0 * np.sum(own * square) + np.sum((shared.T @ shared) ** 2)
    return trace**2 / float(spread) if spread > 0.0 else math.nan  # one study alone decides


def _hotelling(working: Working, vcov: Array, moments: _Moments, contrasts: Array) -> JointTest:
    q = contrasts.shape[0]
    size = contrasts @ working.estimate
    chosen = moments.of(contrasts)
    values, vectors = np.linalg.eigh(chosen.mean())
    expected = np.linalg.eigvalsh(contrasts @ working.vcov @ contrasts.T)
    if values[0] <= _ALONE * expected[0]:  # one study alone decides a combination
        return JointTest(statistic=math.nan, df1=float(q), df2=math.nan, p=math.nan)
    chosen = chosen.of((vectors / np.sqrt(values)) @ vectors.T)
    eta = q * (q + 1.0) / _total_variance(chosen)
    df2 = eta - q + 1.0
    statistic = float(size @ np.linalg.solve(contrasts @ vcov @ contrasts.T, size))
    value = df2 / (eta * q) * statistic
    return JointTest(
        statistic=value,
        df1=float(q),
        df2=df2,
        p=float(special.fdtrc(q, df2, value)) if df2 > 0.0 and value > 0.0 else math.nan,
    )


def _total_variance(moments: _Moments) -> float:
    """Return the summed variances of all cells of the robust covariance under the working model.

    Normal products: Var(t_is t_jt) adds tr(P_ij)² + tr(P_ij P_ij) over all pairs of studies.
    """
    own, shared = moments.own, moments.shared
    crossed = np.einsum("jas,jat->jst", shared, shared)
    kernel = np.einsum("jas,jbt->asbt", shared, shared)
    pairs = float(np.sum(kernel**2) + np.einsum("asbt,atbs->", kernel, kernel))
    return pairs + _squares(own - crossed) - _squares(crossed)


def _squares(matrices: Array) -> float:
    traces = np.einsum("jss->j", matrices)
    return float(np.sum(traces**2) + np.einsum("jst,jts->", matrices, matrices))


def _lost(working: Working, there: Clusters) -> Array:
    """Return the share of each term's variance that one study or cluster alone decides.

    Where one alone decides something, it fits it, and leaves no residual to judge it by.
    """
    blocks = working.blocks
    root = np.linalg.cholesky(working.inverse)
    q, solved = there.q @ root, there.solved @ root
    reach = np.linalg.inv(blocks.data.triangle) @ root
    found = np.zeros(blocks.data.p)
    leverage = there.sums(np.sum(q * solved, axis=1))
    for study in np.flatnonzero(leverage > 1.0 - _ALONE).tolist():
        rows = slice(there.starts[study], there.starts[study] + there.sizes[study])
        values, vectors = np.linalg.eigh(q[rows].T @ solved[rows])
        found += np.sum((reach @ vectors[:, values > 1.0 - _ALONE]) ** 2, axis=1)
    share: Array = found / np.sum(reach**2, axis=1)
    return np.where(share > _ALONE, np.minimum(share, 1.0), 0.0)


def _notes(fit: MetaFit, df: Array, lost: Array, *, kind: str) -> list[str]:
    several = "studies" if kind == "study" else "clusters"
    said = []
    alone = lost > 1.0 - _ALONE
    partly = (lost > 0.0) & ~alone
    if alone.any():
        said.append(
            f"One {kind} alone decides {_named(fit, alone)}: its residuals there are 0, so no"
            " robust error can judge it and none is given."
        )
    if partly.any():
        said.append(
            f"One {kind} alone decides part of {_named(fit, partly)}: up to"
            f" {100.0 * lost[partly].max():.0f} % of the variance leaves no residual to judge it"
            " by, so these robust errors are too small and their tests too sure; do not rely on"
            " them."
        )
    few = (df < _TRUSTED_DF) & ~alone
    if few.any():
        said.append(
            f"Fewer than {_TRUSTED_DF:g} degrees of freedom for {_named(fit, few)}: too few"
            f" {several} inform it; read its p value and interval as a hint only."
        )
    return said


def _named(fit: MetaFit, which: NDArray[np.bool_]) -> str:
    return ", ".join(f"“{fit.data.terms[at]}”" for at in np.flatnonzero(which).tolist())
