"""How consistently the items of a scale measure one thing, and the error that leaves.

References
----------
Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. *Psychometrika, 16*,
297-334. https://doi.org/10.1007/BF02310555

Feldt, L. S. (1965). The approximate sampling distribution of Kuder-Richardson reliability
coefficient twenty. *Psychometrika, 30*, 357-370. https://doi.org/10.1007/BF02289499

McDonald, R. P. (1999). *Test theory: A unified treatment*, chapter 6. Erlbaum. (Omega.)

Harman, H. H., & Jones, W. H. (1966). Factor analysis by minimizing residuals (minres).
*Psychometrika, 31*, 351-368. https://doi.org/10.1007/BF02289468

Harman, H. H., & Fukuda, Y. (1966). Resolution of the Heywood case in the minres solution.
*Psychometrika, 31*, 563-571. https://doi.org/10.1007/BF02289525
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]

FEWEST_FOR_OMEGA = 3
"""Items that one factor needs to be identified."""

SMALL_SAMPLE = 50
"""Forms below which the interval is called wide."""

_ROUNDS = 10_000
_SETTLED = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """One item: ``item_rest`` is its correlation with the sum of the others.

    What is undefined (a constant item, a scale of two) is ``nan``.
    """

    item: str
    mean: float
    sd: float
    item_rest: float
    alpha_if_dropped: float
    loading: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Internal consistency of a sum score.

    Parameters
    ----------
    n, n_items
        Forms used, and items.
    alpha, alpha_low, alpha_high
        Cronbach's alpha with Feldt's interval.
    alpha_standardised, mean_correlation
        Alpha of standardised items, and the mean correlation between them.
    omega_total
        McDonald's omega of one factor (minres, correlations); ``nan`` below three items.
    split_half
        Sums of odd against even items, stepped up by Spearman and Brown.
    mean, sd, sem, reliable_change
        Of the sum score: SEM = SD·√(1 - alpha); the change that two scores must exceed at the
        level of the intervals.
    items
        In the order of the columns.
    notes
        Cautions.
    """

    n: int
    n_items: int
    alpha: float
    alpha_low: float
    alpha_high: float
    alpha_standardised: float
    mean_correlation: float
    omega_total: float
    split_half: float
    mean: float
    sd: float
    sem: float
    reliable_change: float
    confidence: float
    items: tuple[ItemReport, ...]
    notes: tuple[str, ...]


def reliability(
    responses: ArrayLike, *, items: Sequence[str], confidence: float = 0.95
) -> Reliability:
    """Say how consistent a scale is, from complete forms.

    Parameters
    ----------
    responses
        Shape ``(n_forms, n_items)``, finite, items already turned the same way.
    items
        Names of the columns.
    confidence
        Level of alpha's interval and of the reliable change.

    Raises
    ------
    InputError
        If there are fewer than two items or three forms, a response is missing, the names do not
        fit, or the sum does not vary.

    Examples
    --------
    >>> found = reliability([[1, 2, 1], [2, 2, 3], [4, 3, 3], [4, 5, 4]], items=("a", "b", "c"))
    >>> round(found.alpha, 4), round(found.sem, 4)
    (0.9402, 0.9428)
    """
    table = np.asarray(responses, dtype=np.float64)
    _check(table, items, confidence)
    n, k = table.shape
    covariance = np.cov(table, rowvar=False)
    constant = table.min(axis=0) == table.max(axis=0)
    covariance[constant] = covariance[:, constant] = 0.0  # not what rounding makes of a mean
    variances = np.diag(covariance)
    total = float(covariance.sum())
    if not total > 1e-12 * max(float(variances.sum()), 1e-300):
        raise InputError("the sum of the items does not vary", where="responses")
    alpha = _alpha(float(variances.sum()), total, k)
    low, high = _feldt(alpha, n, k, confidence)
    correlations, varies = _correlations(covariance)
    between = correlations[np.triu_indices(k, 1)]
    mean_correlation = float(between.mean())
    loadings, omega, heywood = _one_factor(correlations if varies else None, k)
    sd = math.sqrt(total)
    sem = sd * math.sqrt(max(1.0 - alpha, 0.0))
    reports = _items(table, covariance, items, loadings)
    return Reliability(
        n=n,
        n_items=k,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        alpha_standardised=k * mean_correlation / (1.0 + (k - 1.0) * mean_correlation),
        mean_correlation=mean_correlation,
        omega_total=omega,
        split_half=_split_half(covariance),
        mean=float(table.sum(axis=1).mean()),
        sd=sd,
        sem=sem,
        reliable_change=_normal_quantile(confidence) * math.sqrt(2.0) * sem,
        confidence=confidence,
        items=reports,
        notes=tuple(_notes(n, alpha, reports, heywood=heywood)),
    )


def prorated(responses: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Fill missing responses with the mean of the form's others.

    Parameters
    ----------
    responses
        Shape ``(n_forms, n_items)``, ``nan`` where missing.

    Returns
    -------
    ndarray, ndarray of bool
        The filled forms, and which of all forms they are: those with at least half of the items.
    """
    table = np.asarray(responses, dtype=np.float64)
    there = np.isfinite(table)
    kept = there.sum(axis=1) * 2 >= table.shape[1]
    table, there = table[kept], there[kept]
    means = np.where(there, table, 0.0).sum(axis=1) / there.sum(axis=1)
    return np.where(there, table, means[:, None]), kept


def _alpha(parts: float, total: float, k: int) -> float:
    return k / (k - 1.0) * (1.0 - parts / total)


def _feldt(alpha: float, n: int, k: int, confidence: float) -> tuple[float, float]:
    from scipy.special import fdtri

    tail = (1.0 - confidence) / 2.0
    df = (n - 1.0, (n - 1.0) * (k - 1.0))
    low = 1.0 - (1.0 - alpha) * float(fdtri(*df, 1.0 - tail))
    return low, 1.0 - (1.0 - alpha) * float(fdtri(*df, tail))


def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2.0))


def _correlations(covariance: Array) -> tuple[Array, bool]:
    """Return the correlations, ``nan`` for constant items, and whether all items vary."""
    sd = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(np.outer(sd, sd) > 0.0, covariance / np.outer(sd, sd), np.nan)
    return np.asarray(found), bool((sd > 0.0).all())


def _one_factor(correlations: Array | None, k: int) -> tuple[Array, float, bool]:
    """Return the loadings, omega total, and whether a loading stands at its bound of 1."""
    if correlations is None or k < FEWEST_FOR_OMEGA:
        return np.full(k, np.nan), math.nan, False
    loadings = minres(correlations)
    common = float(loadings.sum()) ** 2
    unique = float((1.0 - loadings**2).sum())
    return loadings, common / (common + unique), bool((np.abs(loadings) >= 1.0).any())


def minres(correlations: Array) -> Array:
    """Loadings of one factor that leave the least squares off the diagonal.

    Parameters
    ----------
    correlations
        Shape ``(k, k)``, k at least 3.

    Returns
    -------
    ndarray
        Shape ``(k,)``, within -1 to 1, their sum at least 0.

    References
    ----------
    Harman & Jones (1966), equation 16: each loading in turn by least squares. Harman & Fukuda
    (1966): a loading beyond 1 is held at 1.
    """
    values, vectors = np.linalg.eigh(correlations)
    loadings = np.clip(vectors[:, -1] * math.sqrt(max(values[-1], 0.0)), -1.0, 1.0)
    off = correlations - np.eye(len(correlations))
    for _ in range(_ROUNDS):
        before = loadings.copy()
        squares = float(loadings @ loadings)
        for i in range(loadings.size):
            others = squares - loadings[i] ** 2
            new = float(off[i] @ loadings) / others if others > 0.0 else 0.0
            new = min(max(new, -1.0), 1.0)
            squares = others + new**2
            loadings[i] = new
        if np.max(np.abs(loadings - before)) < _SETTLED:
            break
    found: Array = loadings if loadings.sum() >= 0.0 else -loadings
    return found


def _split_half(covariance: Array) -> float:
    odd = np.zeros(len(covariance))
    odd[::2] = 1.0
    even = 1.0 - odd
    spread = math.sqrt(float(odd @ covariance @ odd) * float(even @ covariance @ even))
    if spread <= 0.0:
        return math.nan
    r = float(odd @ covariance @ even) / spread
    return 2.0 * r / (1.0 + r) if r > -1.0 else math.nan


def _items(
    table: Array, covariance: Array, items: Sequence[str], loadings: Array
) -> tuple[ItemReport, ...]:
    k = table.shape[1]
    variances = np.diag(covariance)
    with_total = covariance.sum(axis=1)
    rest = with_total.sum() - 2.0 * with_total + variances
    with np.errstate(divide="ignore", invalid="ignore"):
        item_rest = (with_total - variances) / np.sqrt(variances * rest)
        dropped = (k - 1.0) / max(k - 2.0, 1.0) * (1.0 - (variances.sum() - variances) / rest)
    item_rest[(variances <= 0.0) | (rest <= 0.0)] = np.nan
    dropped[rest <= 0.0] = np.nan
    return tuple(
        ItemReport(
            item=name,
            mean=float(table[:, i].mean()),
            sd=math.sqrt(variances[i]),
            item_rest=float(item_rest[i]),
            alpha_if_dropped=float(dropped[i]) if k > 2 else math.nan,
            loading=float(loadings[i]),
        )
        for i, name in enumerate(items)
    )


def _notes(n: int, alpha: float, items: tuple[ItemReport, ...], *, heywood: bool) -> list[str]:
    notes = []
    against = [one.item for one in items if one.item_rest < 0.0]
    if against:
        notes.append(
            f"{', '.join(against)} runs against the other items: should it be reversed (--reverse)?"
        )
    constant = [one.item for one in items if one.sd == 0.0]
    if constant:
        notes.append(
            f"{', '.join(constant)} has the same answer in all forms; omega needs variety."
        )
    if alpha < 0.0:
        notes.append("Alpha is below 0: the items do not measure one thing in one direction.")
    if len(items) < FEWEST_FOR_OMEGA:
        notes.append("Omega needs three items.")
    if heywood:
        notes.append(
            "One item takes all of the common variance (a Heywood case): omega is at its bound."
        )
    if n < SMALL_SAMPLE:
        notes.append(f"Only {n} forms: look at the interval.")
    return notes


def _check(table: Array, items: Sequence[str], confidence: float) -> None:
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError("needs at least two items", where="items")
    if table.shape[0] < 3:
        raise InputError("needs at least three complete forms", where="responses")
    if len(items) != table.shape[1]:
        raise InputError("one name per item", where="items")
    if not np.isfinite(table).all():
        raise InputError("responses must be there and finite", where="responses")
    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
