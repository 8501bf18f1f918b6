"""What is known and what was found here, taken together, with the weight of each.

Practices are taken as further studies of the kind that was summed up: their true correlations, as
Fisher's z, are normal around the published average μ with variance τ². What is published is then
the prior of the practice, N(μ, τ² + SE²) (the predictive distribution of Higgins, Thompson &
Spiegelhalter 2009), and its own z, N(θ, v), the likelihood. The posterior is normal again (Lindley
& Smith 1972; Efron & Morris 1975): its mean weighs the practice's own z by

    w = (τ² + SE²) / (τ² + SE² + v),

and its variance is w·v. τ² is not in the table of findings, but a bound is: in a random-effects
average SE² = 1 / Σ 1/(vᵢ + τ²), so that k·SE² is the harmonic mean of the vᵢ + τ² and never
less than τ². The bound is used, so that the practice's own data weigh rather too much than too
little; the interval is then rather too wide than too narrow.

References
----------
Efron, B., & Morris, C. (1975). Data analysis using Stein's estimator and its generalizations.
*Journal of the American Statistical Association, 70*(350), 311-319.

Higgins, J. P. T., Thompson, S. G., & Spiegelhalter, D. J. (2009). A re-evaluation of random-effects
meta-analysis. *Journal of the Royal Statistical Society A, 172*(1), 137-159.
https://doi.org/10.1111/j.1467-985X.2008.00552.x

Lindley, D. V., & Smith, A. F. M. (1972). Bayes estimates for the linear model. *Journal of the
Royal Statistical Society B, 34*(1), 1-41.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from openalliance.core.errors import InputError
from openalliance.core.evidence.own.relation import Relation, quantile
from openalliance.core.evidence.published import Finding, Measure

_PUBLISHED_LEVEL = 0.95
_LOST = 4  # clients that a partial correlation's z costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is published, as Fisher's z: average, its error, and how studies differ (SD).

    ``bounded`` says that ``between`` is the largest value that the published interval allows.
    """

    mean: float
    se: float
    between: float
    bounded: bool

    @property
    def variance(self) -> float:
        """Of a practice's true z before anything of it is known."""
        return self.between**2 + self.se**2

    @property
    def worth(self) -> int:
        """How many clients of the practice weigh as much as all that is published."""
        return round(1.0 / self.variance) + _LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Both together: a correlation with its interval, and the share that is the practice's own."""

    r: float
    low: float
    high: float
    own_weight: float


def prior_of(finding: Finding, *, between: float | None = None) -> Prior:
    """Return a published correlation as the prior of a practice.

    Parameters
    ----------
    finding
        A correlation with its interval, and the number of studies unless ``between`` is given.
    between
        SD of true correlations between studies, as Fisher's z, where it is known.

    Raises
    ------
    InputError
        The finding is no correlation or has no interval, or the SD is impossible.

    Examples
    --------
    >>> from openalliance.core.evidence.published import finding
    >>> found = prior_of(finding("alliance-outcome-2018"))
    >>> round(found.between, 3), found.worth
    (0.204, 28)
    """
    if finding.measure is not Measure.R:
        raise InputError(f"“{finding.key}” is no correlation", where="published")
    if finding.interval is None:
        raise InputError(
            f"“{finding.key}” has no published interval, so nobody can say what it weighs;"
            " choose a finding that has one",
            where="published",
        )
    low, high = (math.atanh(end) for end in finding.interval)
    se = (high - low) / (2.0 * quantile(_PUBLISHED_LEVEL))
    if between is None:
        if finding.k is None:
            raise InputError(
                f"“{finding.key}” does not say of how many studies it is; state how they differ",
                where="between",
            )
        spread, bounded = math.sqrt(finding.k) * se, True
    else:
        if not (math.isfinite(between) and between >= 0.0):
            raise InputError("a standard deviation is 0 or more", where="between")
        spread, bounded = between, False
    return Prior(mean=math.atanh(finding.estimate), se=se, between=spread, bounded=bounded)


def pool(own: Relation, prior: Prior, *, level: float = 0.95) -> Pooled:
    """Return a practice's relation and the published one together.

    Examples
    --------
    >>> own = Relation(r=0.0, low=-0.31, high=0.31, clients=44, z=0.0, variance=1 / 40)
    >>> found = pool(own, Prior(mean=0.4, se=0.0, between=40**-0.5, bounded=False))
    >>> round(found.own_weight, 2), round(math.atanh(found.r), 2)
    (0.5, 0.2)
    """
    weight = prior.variance / (prior.variance + own.variance)
    z = weight * own.z + (1.0 - weight) * prior.mean
    reach = quantile(level) * math.sqrt(weight * own.variance)
    return Pooled(
        r=math.tanh(z), low=math.tanh(z - reach), high=math.tanh(z + reach), own_weight=weight
    )
