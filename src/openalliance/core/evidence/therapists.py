"""How much outcomes vary between therapists, and what can be said of each: little, with care.

One row per client. The model is ``outcome = fixed part + therapist + client``, both random and
Gaussian; the share of the variance that lies between therapists is the intraclass correlation
(ICC). It is small, about 5 % (Johns et al. 2019), and therapists have few clients: most of a
difference between two raw means is chance. Estimates are therefore shrunken towards the mean, by
how many clients stand behind them, and come in the order of the names. There are no ranks.

References
----------
Bates, D., Mächler, M., Bolker, B., & Walker, S. (2015). Fitting linear mixed-effects models using
lme4. *Journal of Statistical Software, 67*(1). https://doi.org/10.18637/jss.v067.i01

Johns, R. G., Barkham, M., Kellett, S., & Saxon, D. (2019). A systematic review of therapist
effects: A critical narrative update and refinement to Baldwin and Imel's (2013) review.
*Clinical Psychology Review, 67*, 78-93. https://doi.org/10.1016/j.cpr.2018.08.004

Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. *Statistics in
Medicine, 24*(8), 1185-1202. https://doi.org/10.1002/sim.1970
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.evidence.variance_share import Share, share_between

Array = NDArray[np.float64]

FEWEST_THERAPISTS = 5
"""Therapists below which no share of variance is given: an interval would span nearly all."""

FEW_THERAPISTS = 20
"""Therapists below which the interval is said to be wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedShare:
    """A published share of variance between therapists."""

    share: float
    where: str
    source: str = "Johns et al. 2019"


PUBLISHED = (
    PublishedShare(share=0.05, where="over all studies"),
    PublishedShare(share=0.082, where="in trials"),
    PublishedShare(share=0.024, where="in counselling centres"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapistEstimate:
    """What can be said of one therapist's clients, in points of the outcome.

    Parameters
    ----------
    code
        The caller's code of the therapist.
    n
        Clients.
    mean
        Mean of the outcomes less what the fixed part expects of these clients.
    mean_se
        Its standard error by chance alone: residual SD / √n.
    estimate
        The same, shrunken (best linear unbiased prediction at the REML estimate).
    low, high
        Interval; that the share of variance is itself uncertain is averaged in.
    weight
        How much of ``mean`` is kept: 0 (nothing is known) to 1; ``nan`` without a share.
    """

    code: int
    n: int
    mean: float
    mean_se: float
    estimate: float
    low: float
    high: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedTerm:
    """A fixed effect with its standard error."""

    term: str
    estimate: float
    se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapistEffects:
    """Outcomes between and within therapists.

    ``icc`` with ``icc_low`` and ``icc_high`` (profile likelihood) are ``nan`` with fewer than
    `FEWEST_THERAPISTS`. ``therapist_sd`` and ``client_sd`` are in points. ``p`` tests whether the
    share is 0: the restricted likelihood ratio against half χ²(1), half 0.
    """

    n_clients: int
    n_therapists: int
    icc: float
    icc_low: float
    icc_high: float
    therapist_sd: float
    client_sd: float
    p: float
    loglik: float
    boundary: bool
    confidence: float
    fixed: tuple[FixedTerm, ...]
    therapists: tuple[TherapistEstimate, ...]
    notes: tuple[str, ...]


def therapist_effects(
    outcome: ArrayLike,
    therapists: ArrayLike,
    *,
    x: ArrayLike | None = None,
    terms: Sequence[str] = ("Intercept",),
    confidence: float = 0.95,
) -> TherapistEffects:
    """Split the variance of outcomes between and within therapists.

    Parameters
    ----------
    outcome
        One finite value per client, shape ``(n,)``.
    therapists
        Integer code of each client's therapist, shape ``(n,)``.
    x
        Fixed columns, shape ``(n, p)``, ones for the intercept included: start score, what
        clients bring along. Default: the intercept alone.
    terms
        Their names.
    confidence
        Level of all intervals.

    Returns
    -------
    TherapistEffects
        Therapists in the order of their codes.

    Raises
    ------
    InputError
        If shapes disagree, a value is missing, there are fewer than two therapists or nobody has
        two clients, fixed columns are dependent, or nothing varies within therapists.

    Examples
    --------
    >>> import numpy as np
    >>> outcome = np.array([3.0, 5.0, 4.0, 8.0, 9.0, 7.0, 5.0, 6.0, 4.0, 6.0, 2.0, 3.0])
    >>> found = therapist_effects(outcome, np.repeat(np.arange(6), 2))
    >>> round(found.icc, 3), found.n_therapists
    (0.61, 6)
    """
    y = np.asarray(outcome, dtype=np.float64)
    codes = np.asarray(therapists)
    fixed = np.ones((y.size, 1)) if x is None else np.asarray(x, dtype=np.float64)
    _check(y, codes, fixed, terms, confidence)
    known, groups, counts = np.unique(codes, return_inverse=True, return_counts=True)
    share = share_between(y, fixed, groups, confidence=confidence)
    enough = known.size >= FEWEST_THERAPISTS
    residual = y - fixed @ share.beta
    means = np.bincount(groups, residual) / counts
    low, high = share.intervals()
    weights = counts / (counts + share.client_variance / max(share.between_variance, 1e-300))
    estimates = tuple(
        TherapistEstimate(
            code=int(code),
            n=int(n),
            mean=float(mean),
            mean_se=math.sqrt(share.client_variance / n),
            estimate=float(estimate) if enough else math.nan,
            low=float(lowest) if enough else math.nan,
            high=float(highest) if enough else math.nan,
            weight=float(weight) if enough else math.nan,
        )
        for code, n, mean, estimate, lowest, highest, weight in zip(
            known, counts, means, share.effects, low, high, weights, strict=True
        )
    )
    return TherapistEffects(
        n_clients=y.size,
        n_therapists=known.size,
        icc=share.icc if enough else math.nan,
        icc_low=share.low if enough else math.nan,
        icc_high=share.high if enough else math.nan,
        therapist_sd=math.sqrt(share.between_variance) if enough else math.nan,
        client_sd=math.sqrt(share.client_variance),
        p=share.p if enough else math.nan,
        loglik=share.loglik,
        boundary=share.boundary,
        confidence=confidence,
        fixed=tuple(
            FixedTerm(term=term, estimate=float(b), se=float(se))
            for term, b, se in zip(terms, share.beta, share.beta_se, strict=True)
        ),
        therapists=estimates,
        notes=tuple(_notes(share, counts)),
    )


def _notes(share: Share, counts: NDArray[np.int64]) -> list[str]:
    notes = []
    if counts.size < FEWEST_THERAPISTS:
        notes.append(
            f"{counts.size} therapists are too few to say how much they differ; "
            f"{FEWEST_THERAPISTS} are needed. Means are shown with their chance error only."
        )
    elif counts.size < FEW_THERAPISTS:
        notes.append(
            f"With {counts.size} therapists the share of variance is very uncertain; look at its "
            "interval, not at its value."
        )
    if share.boundary and counts.size >= FEWEST_THERAPISTS:
        notes.append(
            "The share between therapists is estimated as 0: they differ no more than chance makes "
            "them. The interval says how much the share might still be."
        )
    if np.any(counts == 1):
        notes.append(
            f"{int(np.sum(counts == 1))} therapists have one client each: they say little about "
            "themselves and nothing about the share."
        )
    notes.append(
        "Clients are not assigned to therapists by chance; differences may be those of the clients."
    )
    return notes


def _check(y: Array, codes: Array, x: Array, terms: Sequence[str], confidence: float) -> None:
    if y.ndim != 1 or codes.shape != y.shape or x.shape[:1] != y.shape:
        raise InputError("one outcome, therapist and row of columns per client", where="outcome")
    if len(terms) != x.shape[1]:
        raise InputError("one name per fixed column", where="terms")
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InputError("values must be there and finite", where="outcome, x")
    if not np.issubdtype(codes.dtype, np.integer):
        raise InputError("therapists are integer codes", where="therapists")
    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
    _, counts = np.unique(codes, return_counts=True)
    if counts.size < 2 or counts.max() < 2:
        raise InputError(
            "needs two therapists, and one of them with two clients", where="therapists"
        )
    if y.size <= x.shape[1] + 1:
        raise InputError("there are too few clients for the fixed part", where="outcome")
