"""How far client and therapist are apart, in each dyad and over all of them.

References
----------
Bland, J. M., & Altman, D. G. (1986). Statistical methods for assessing agreement between two
methods of clinical measurement. *The Lancet, 327*, 307-310.

Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
estimators. *Journal of Educational Statistics, 6*(2), 107-128.

Cumming, G. (2012). *Understanding the new statistics*, chapter 11 (average SD as standardiser).
Routledge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.course.dyad.ratings import Array, DyadRatings
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit, fit


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadGap:
    """One dyad: client minus therapist, in points.

    Parameters
    ----------
    code, n
        The caller's code, and sessions that both have rated.
    mean, sd, low, high
        Mean gap, its SD over sessions, and Student's interval of the mean; ``nan`` with one
        session.
    correlation
        Between the two ratings over sessions; ``nan`` where one of them does not vary.
    distance
        Root mean square gap.
    estimate, estimate_low, estimate_high
        The mean shrunken towards that of all dyads; ``nan`` if the model cannot be fitted.
    """

    code: int
    n: int
    mean: float
    sd: float
    low: float
    high: float
    correlation: float
    distance: float
    estimate: float
    estimate_low: float
    estimate_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The gap over dyads, each counting once.

    Parameters
    ----------
    mean, se, low, high, sd
        Mean over dyads of their mean gaps, its error, interval, and the SD over dyads.
    t, df, p
        Student's test that the mean is 0.
    g, g_low, g_high
        Mean gap in SDs of dyads' mean ratings (root of the two variances' mean), with Hedges's
        correction; comparable with the published .41.
    limits_low, limits_high
        Bland and Altman's limits: between them are the mean gaps of 95 % of dyads.
    between_sd, session_sd
        SD of the true mean gaps over dyads, and of the gap over a dyad's sessions (mixed model).
    dyads
        In the order of the codes.
    """

    mean: float
    se: float
    low: float
    high: float
    sd: float
    t: float
    df: int
    p: float
    g: float
    g_low: float
    g_high: float
    limits_low: float
    limits_high: float
    between_sd: float
    session_sd: float
    dyads: tuple[DyadGap, ...]
    notes: tuple[str, ...]


def gap_of(ratings: DyadRatings, *, confidence: float = 0.95) -> Gap:
    """Say how far client and therapist are apart.

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1.
    """
    from scipy.special import stdtr, stdtrit

    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
    gaps = ratings.client - ratings.therapist
    means = ratings.means(gaps)
    k = means.size
    mean, sd = float(means.mean()), float(means.std(ddof=1))
    se = sd / math.sqrt(k)
    quantile = float(stdtrit(k - 1.0, 0.5 + confidence / 2.0))
    t = mean / se if se > 0.0 else math.nan
    sides = [ratings.means(part) for part in (ratings.client, ratings.therapist)]
    g, g_se = _standardised(sides[0], sides[1])
    shrunken, notes = _shrunken(gaps, ratings)
    reach = 1.96 * sd
    return Gap(
        mean=mean,
        se=se,
        low=mean - quantile * se,
        high=mean + quantile * se,
        sd=sd,
        t=t,
        df=k - 1,
        p=2.0 * float(stdtr(k - 1.0, -abs(t))),
        g=g,
        g_low=g - quantile * g_se,
        g_high=g + quantile * g_se,
        limits_low=mean - reach,
        limits_high=mean + reach,
        between_sd=math.nan if shrunken is None else float(shrunken.random_sd[0]),
        session_sd=math.nan if shrunken is None else shrunken.residual_sd,
        dyads=_each(ratings, gaps, shrunken, confidence),
        notes=notes,
    )


def _standardised(client: Array, therapist: Array) -> tuple[float, float]:
    """Return g of paired means and its standard error (Hedges's correction, df k - 1)."""
    k = client.size
    size = math.sqrt((client.var(ddof=1) + therapist.var(ddof=1)) / 2.0)
    if size <= 0.0:
        return math.nan, math.nan
    small = 1.0 - 3.0 / (4.0 * (k - 1.0) - 1.0)
    d = float((client - therapist).mean()) / size
    spread = float((client - therapist).var(ddof=1)) / size**2
    return small * d, small * math.sqrt(spread / k + d**2 / (2.0 * (k - 1.0)))


def _shrunken(gaps: Array, ratings: DyadRatings) -> tuple[MixedFit | None, tuple[str, ...]]:
    try:
        found = fit(gaps, np.ones((gaps.size, 1)), ratings.dyad, terms=("Intercept",))
    except InputError as fault:
        return None, (f"Dyads' gaps cannot be shrunken: {fault.what}.",)
    return found, tuple(f"Gap of dyads: {note}" for note in found.notes)


def _each(
    ratings: DyadRatings, gaps: Array, shrunken: MixedFit | None, confidence: float
) -> tuple[DyadGap, ...]:
    from scipy.special import ndtri, stdtrit

    n = ratings.counts()
    means = ratings.means(gaps)
    squares = ratings.means((gaps - means[ratings.dyad]) ** 2) * n
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(squares / (n - 1.0))
        half = stdtrit(np.maximum(n - 1.0, 1.0), 0.5 + confidence / 2.0) * sd / np.sqrt(n)
    correlation = within_correlation(ratings)
    distance = np.sqrt(ratings.means(gaps**2))
    estimate = np.full(n.size, np.nan)
    reach = np.full(n.size, np.nan)
    if shrunken is not None:
        estimate = shrunken.estimate[0] + shrunken.blups[:, 0]
        kept = _kept(shrunken, n)
        variance = shrunken.blup_covariance[:, 0, 0] + (1.0 - kept) ** 2 * shrunken.vcov[0, 0]
        reach = float(ndtri(0.5 + confidence / 2.0)) * np.sqrt(variance)
    columns = np.column_stack(
        [means, sd, means - half, means + half, correlation, distance, estimate,
         estimate - reach, estimate + reach]
    )  # fmt: skip
    names = ("mean", "sd", "low", "high", "correlation", "distance", "estimate", "estimate_low",
             "estimate_high")  # fmt: skip
    return tuple(
        DyadGap(code=int(code), n=int(count), **dict(zip(names, row, strict=True)))
        for code, count, row in zip(ratings.codes, n, columns.tolist(), strict=True)
    )


def _kept(shrunken: MixedFit, n: Array) -> Array:
    """Share of a dyad's own mean that stays in its shrunken estimate."""
    between = float(shrunken.random_covariance[0, 0])
    found: Array = between / (between + shrunken.residual_sd**2 / n)
    return found


def within_correlation(ratings: DyadRatings) -> Array:
    """Correlation of the two ratings over the sessions of each dyad; ``nan`` if one is constant."""
    client = ratings.client - ratings.means(ratings.client)[ratings.dyad]
    therapist = ratings.therapist - ratings.means(ratings.therapist)[ratings.dyad]
    xx, yy, xy = (ratings.means(part) for part in (client**2, therapist**2, client * therapist))
    largest = max(float(np.abs(ratings.client).max()), float(np.abs(ratings.therapist).max()))
    # What rounding leaves of a constant series is none.
    constant = np.minimum(xx, yy) <= (1e-12 * largest) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(constant, np.nan, xy / np.sqrt(xx * yy))
    return np.clip(found, -1.0, 1.0)
