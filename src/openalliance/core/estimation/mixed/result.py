"""What a fitted mixed model says."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed.products import Array, Index


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomPart:
    """Random effects of one level.

    Parameters
    ----------
    terms
        Names of the ``q`` random columns.
    covariance
        Shape ``(q, q)``.
    codes
        The caller's code of each group, shape ``(g,)``.
    effects
        Conditional means (BLUPs), shape ``(g, q)``.
    effect_covariance
        Conditional covariances given the fixed effects, shape ``(g, q, q)``; lme4's ``condVar``.
    boundary
        Whether a variance is 0 or a correlation ±1 at the optimum.
    """

    terms: tuple[str, ...]
    covariance: Array
    codes: Index
    effects: Array
    effect_covariance: Array
    boundary: bool

    @property
    def n_groups(self) -> int:
        return int(self.codes.size)

    @property
    def sd(self) -> Array:
        """Standard deviations over groups, shape ``(q,)``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Array:
        """Correlations, shape ``(q, q)``; ``nan`` where a variance is 0."""
        sd = self.sd
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Array = self.covariance / np.outer(sd, sd)
        inside = np.isfinite(found)
        found[inside] = np.clip(found[inside], -1.0, 1.0)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Autocorrelation:
    """Residuals that remember: correlation ``(1 - error_share) · phi ** gap`` at a gap in time.

    ``phi`` is the correlation over one unit of time, ``error_share`` the share of the residual
    variance that is independent error (0 in the plain continuous-time AR(1)).
    """

    phi: float
    error_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """A fitted linear mixed model.

    Parameters
    ----------
    terms, estimate, se, df, statistic, p
        The fixed part, shape ``(p,)`` each; Satterthwaite df and two-sided p of Student's t.
    vcov
        Covariance of the fixed effects, shape ``(p, p)``.
    loglik
        Log-likelihood (restricted if ``reml``), all constants included, as lme4 gives it.
    random
        The groups' random effects.
    upper
        Those of the level above, if there is one.
    residual_sd
        SD of the residuals.
    autocorrelation
        Of the residuals within a group; ``None`` when they are taken to be independent.
    reml
        Whether by restricted maximum likelihood.
    converged
        Whether the first- and second-order conditions of an optimum hold, boundaries included.
    n_rows, n_parameters
        Rows used, and parameters counted in `aic` (fixed, covariance, residual).
    variance_gradient, variance_covariance
        Derivatives of ``vcov`` with respect to the variance parameters, shape ``(k, p, p)``, and
        those parameters' covariance, shape ``(k, k)``: what `df_of` is made of.
    component_names, components, component_covariance
        SDs and correlations of the random effects (``group_sd_0`` …, ``upper_sd_0`` …),
        ``residual_sd``, and ``phi`` and ``error_share`` where searched; shapes ``(c,)`` and
        ``(c, c)``. The covariance is that of the likelihood's curvature: trust it away from
        boundaries only.
    notes
        Plain-language cautions.
    """

    terms: tuple[str, ...]
    estimate: Array
    se: Array
    df: Array
    statistic: Array
    p: Array
    vcov: Array
    loglik: float
    random: RandomPart
    upper: RandomPart | None
    residual_sd: float
    autocorrelation: Autocorrelation | None
    reml: bool
    converged: bool
    n_rows: int
    n_parameters: int
    variance_gradient: Array = field(repr=False)
    variance_covariance: Array = field(repr=False)
    component_names: tuple[str, ...]
    components: Array
    component_covariance: Array = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def n_groups(self) -> int:
        return self.random.n_groups

    @property
    def random_terms(self) -> tuple[str, ...]:
        return self.random.terms

    @property
    def random_sd(self) -> Array:
        return self.random.sd

    @property
    def random_correlation(self) -> Array:
        return self.random.correlation

    @property
    def random_covariance(self) -> Array:
        return self.random.covariance

    @property
    def blups(self) -> Array:
        return self.random.effects

    @property
    def blup_covariance(self) -> Array:
        return self.random.effect_covariance

    @property
    def boundary(self) -> bool:
        """Whether the fit is singular at some level."""
        return self.random.boundary or (self.upper is not None and self.upper.boundary)

    @property
    def aic(self) -> float:
        return 2.0 * self.n_parameters - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        return float(np.log(self.n_rows)) * self.n_parameters - 2.0 * self.loglik

    def df_of(self, weights: Array) -> float:
        """Satterthwaite df of a linear combination of the fixed effects.

        Parameters
        ----------
        weights
            Shape ``(p,)``.

        References
        ----------
        Kuznetsova, A., Brockhoff, P. B., & Christensen, R. H. B. (2017). lmerTest package: tests in
        linear mixed effects models. *Journal of Statistical Software, 82*(13).
        https://doi.org/10.18637/jss.v082.i13
        """
        if weights.shape != (len(self.terms),):
            raise InputError("one weight per fixed term is needed", where="weights")
        variance = float(weights @ self.vcov @ weights)
        slope = np.einsum("i,kij,j->k", weights, self.variance_gradient, weights)
        spread = float(slope @ self.variance_covariance @ slope)
        return 2.0 * variance**2 / spread if spread > 0.0 else float("inf")
