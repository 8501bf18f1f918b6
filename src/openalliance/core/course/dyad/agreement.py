"""Whether clients who rate high have therapists who rate high: agreement of dyads' means.

References
----------
Shrout, P. E., & Fleiss, J. L. (1979). Intraclass correlations: Uses in assessing rater reliability.
*Psychological Bulletin, 86*(2), 420-428. https://doi.org/10.1037/0033-2909.86.2.420

McGraw, K. O., & Wong, S. P. (1996). Forming inferences about some intraclass correlation
coefficients. *Psychological Methods, 1*(1), 30-46.

Lin, L. I.-K. (1989). A concordance correlation coefficient to evaluate reproducibility.
*Biometrics, 45*(1), 255-268. https://doi.org/10.2307/2532051
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.course.dyad.ratings import Array, DyadRatings

RATERS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intraclass:
    """One of Shrout and Fleiss's six coefficients, with F test and interval."""

    kind: str
    value: float
    f: float
    df1: float
    df2: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of the dyads' mean ratings; ``nan`` where one side does not vary.

    Parameters
    ----------
    client_mean, client_sd, therapist_mean, therapist_sd
        Over dyads.
    pearson, spearman, kendall
        Correlations; Kendall's is tau-b.
    concordance
        Lin's coefficient (variances with n, as published).
    intraclass
        ICC1, ICC2, ICC3, ICC1k, ICC2k, ICC3k; the second kind asks for agreement in level.
    """

    client_mean: float
    client_sd: float
    therapist_mean: float
    therapist_sd: float
    pearson: float
    spearman: float
    kendall: float
    concordance: float
    intraclass: tuple[Intraclass, ...]


def agreement_of(ratings: DyadRatings, *, confidence: float = 0.95) -> Agreement:
    """Return the agreement of dyads' means, each dyad counting once."""
    from scipy.stats import kendalltau, rankdata

    client, therapist = ratings.means(ratings.client), ratings.means(ratings.therapist)
    # Equal means may differ by rounding alone, and ranks must not see that.
    size = max(float(np.abs(client).max()), float(np.abs(therapist).max()), 1e-300)
    mine, theirs = (np.round(part / size, 12) for part in (client, therapist))
    varies = bool(np.ptp(mine) > 0.0 and np.ptp(theirs) > 0.0)
    pearson = _correlation(client, therapist) if varies else math.nan
    spearman = _correlation(rankdata(mine), rankdata(theirs)) if varies else math.nan
    tau = float(kendalltau(mine, theirs).statistic) if varies else math.nan
    covariance = np.cov(client, therapist, ddof=0)
    apart = float(client.mean() - therapist.mean()) ** 2
    spread = float(covariance[0, 0] + covariance[1, 1]) + apart
    return Agreement(
        client_mean=float(client.mean()),
        client_sd=float(client.std(ddof=1)),
        therapist_mean=float(therapist.mean()),
        therapist_sd=float(therapist.std(ddof=1)),
        pearson=pearson,
        spearman=spearman,
        kendall=tau,
        concordance=2.0 * float(covariance[0, 1]) / spread if spread > 0.0 else math.nan,
        intraclass=_intraclass(client, therapist, confidence) if varies else (),
    )


def _correlation(x: Array, y: Array) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def _intraclass(client: Array, therapist: Array, confidence: float) -> tuple[Intraclass, ...]:
    """Return the six coefficients from the analysis of variance of dyads by raters."""
    n, k = client.size, RATERS
    table = np.column_stack([client, therapist])
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = k * float(((rows - grand) ** 2).sum()) / (n - 1.0)
    raters = n * float(((columns - grand) ** 2).sum()) / (k - 1.0)
    left = table - rows[:, None] - columns[None, :] + grand
    df = (n - 1.0) * (k - 1.0)
    error = float((left**2).sum()) / df
    within = float(((table - rows[:, None]) ** 2).sum()) / (n * (k - 1.0))
    if not (within > 0.0 and error > 0.0 and between > 0.0):
        return ()
    f1, f3 = between / within, between / error
    first = (f1, n - 1.0, n * (k - 1.0))
    third = (f3, n - 1.0, df)
    one_low, one_high = (_ratios(bound, k) for bound in _f_bounds(first, confidence))
    three_low, three_high = (_ratios(bound, k) for bound in _f_bounds(third, confidence))
    two = (between - error) / (between + (k - 1.0) * error + k * (raters - error) / n)
    two_k = (between - error) / (between + (raters - error) / n)
    low, high = _second_bounds((between, raters, error), two, n, confidence)
    single = (low, high)
    averaged = tuple(bound * k / (1.0 + bound * (k - 1.0)) for bound in single)
    rows_of = [
        ("ICC1", _ratios(f1, k)[0], first, (one_low[0], one_high[0])),
        ("ICC2", two, third, single),
        ("ICC3", _ratios(f3, k)[0], third, (three_low[0], three_high[0])),
        ("ICC1k", _ratios(f1, k)[1], first, (one_low[1], one_high[1])),
        ("ICC2k", two_k, third, averaged),
        ("ICC3k", _ratios(f3, k)[1], third, (three_low[1], three_high[1])),
    ]
    return tuple(
        Intraclass(
            kind=kind, value=value, f=test[0], df1=test[1], df2=test[2], p=_f_tail(test),
            low=bounds[0], high=bounds[1],
        )
        for kind, value, test, bounds in rows_of
    )  # fmt: skip


def _ratios(f: float, k: float) -> tuple[float, float]:
    """Return the coefficients of a single and of an averaged rating that belong to an F."""
    return (f - 1.0) / (f + k - 1.0), 1.0 - 1.0 / f


def _f_bounds(test: tuple[float, float, float], confidence: float) -> tuple[float, float]:
    from scipy.special import fdtri

    f, df1, df2 = test
    level = 0.5 + confidence / 2.0
    return f / float(fdtri(df1, df2, level)), f * float(fdtri(df2, df1, level))


def _f_tail(test: tuple[float, float, float]) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(test[1], test[2], test[0]))


def _second_bounds(
    squares: tuple[float, float, float], value: float, n: int, confidence: float
) -> tuple[float, float]:
    """Return McGraw and Wong's interval of ICC2, by Satterthwaite's degrees of freedom."""
    from scipy.special import fdtri

    between, raters, error = squares
    k = RATERS
    a = k * value / (n * (1.0 - value))
    b = 1.0 + k * value * (n - 1.0) / (n * (1.0 - value))
    df = (a * raters + b * error) ** 2 / (
        (a * raters) ** 2 / (k - 1.0) + (b * error) ** 2 / ((n - 1.0) * (k - 1.0))
    )
    level = 0.5 + confidence / 2.0
    upper, lower = float(fdtri(n - 1.0, df, level)), float(fdtri(df, n - 1.0, level))
    rest = k * raters + (k * n - k - n) * error
    return (
        n * (between - upper * error) / (upper * rest + n * between),
        n * (lower * between - error) / (rest + n * lower * between),
    )
