"""Does a drop-out model foretell people it has not seen: cross-validation by whole clients.

References
----------
Steyerberg, E. W. (2019). *Clinical prediction models* (2nd ed.), chapters 15 and 17. Springer.

Sharf, J., Primavera, L. H., & Diener, M. J. (2010). Dropout and therapeutic alliance: a
meta-analysis of adult individual psychotherapy. *Psychotherapy, 47*, 637-645.
https://doi.org/10.1037/a0021175
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from openalliance.core.course.dropout.hazard import (
    Competing,
    Design,
    HazardFit,
    fit_hazard,
)
from openalliance.core.course.dropout.periods import PersonPeriods
from openalliance.core.errors import InputError
from openalliance.core.estimation.discrimination import (
    AUC,
    Brier,
    Calibration,
    auc,
    brier,
    calibration,
)
from openalliance.core.estimation.links import Link
from openalliance.core.estimation.logistic import Penalty

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS = 10
"""Parts in which clients are dealt; ten is usual (Steyerberg 2019, section 17.3.2)."""

IMPLAUSIBLE_AUC = 0.85
"""Above this a drop-out model has most likely seen the future.

The alliance alone parts those who leave from those who stay by d = .55 (Sharf et al. 2010, 11
studies), which is an AUC of about .65; models with many predictors reach .65 to .75.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How well hazards foretell drop-out, judged on the rows given.

    Parameters
    ----------
    auc
        Over all pairs of a row with and a row without drop-out; its interval counts clients.
    same_period_auc
        Over pairs of the same period only: of two clients in the same session, does the one who
        then leaves have the higher hazard.
    brier, calibration
        Of the hazards; the calibration's intervals count clients.
    n_rows, n_left_out
        Rows judged, and rows for which there was no prediction.
    """

    auc: AUC
    same_period_auc: float
    brier: Brier
    calibration: Calibration
    n_rows: int
    n_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Out-of-fold hazards and what they are worth.

    Parameters
    ----------
    hazard
        Shape ``(n,)``, of each row by the model fitted without its client; ``nan`` where that model
        says nothing about the row.
    fold
        Shape ``(n,)``, part of each row's client, from 0.
    performance
        Of the out-of-fold hazards.
    apparent
        Of the hazards fitted to the same rows; better by the optimism.
    """

    hazard: Floats
    fold: Codes
    folds: int
    performance: Performance
    apparent: Performance

    @property
    def optimism(self) -> float:
        """Return by how much the AUC looks better on the rows it was fitted to."""
        return self.apparent.auc.value - self.performance.auc.value


def client_folds(periods: PersonPeriods, folds: int, rng: Generator) -> Codes:
    """Deal clients to parts, those who drop out spread evenly; shape ``(n,)``, part of each row."""
    clients, of_row = np.unique(periods.client, return_inverse=True)
    of_row = of_row.reshape(-1)
    leaves = np.bincount(of_row, weights=periods.dropped_out) > 0.0
    mixed = rng.permutation(clients.size)
    order = np.r_[mixed[leaves[mixed]], mixed[~leaves[mixed]]]
    part = np.empty(clients.size, dtype=np.int64)
    part[order] = np.arange(clients.size) % folds
    return part[of_row]


def validate(
    periods: PersonPeriods,
    fit: HazardFit,
    *,
    rng: Generator,
    folds: int = FOLDS,
    penalty: Penalty | None = None,
    competing: str = Competing.CAUSE_SPECIFIC,
    confidence: float = 0.95,
    advance: Callable[[int], None] = lambda _done: None,
) -> Validation:
    """Refit the model without each part of the clients and judge it on that part.

    Parameters
    ----------
    periods, fit
        Rows and the model fitted to them.
    rng
        Deals the clients; the same source gives the same parts.
    folds
        Parts wanted; fewer where fewer clients dropped out.
    penalty, competing
        As in the fit.
    confidence
        Of the intervals.
    advance
        Called with 1 after each part.

    Raises
    ------
    InputError
        If fewer than two clients dropped out, or nothing could be foretold.
    """
    parts = min(folds, periods.n_events)
    if parts < 2 or folds < 2:
        raise InputError("needs at least two drop-outs and two parts", where="folds")
    fold = client_folds(periods, parts, rng)
    hazard = np.full(periods.n_rows, np.nan)
    finite = np.isfinite(fit.coefficients).all()
    start = fit.coefficients if finite else None
    for part in range(parts):
        left = fold == part
        hazard[left] = _foretold(
            periods, fit.design, left, link=fit.link, penalty=penalty, competing=competing,
            start=start,
        )  # fmt: skip
        advance(1)
    return Validation(
        hazard=hazard,
        fold=fold,
        folds=parts,
        performance=performance(periods, hazard, confidence=confidence),
        apparent=performance(periods, fit.hazard, confidence=confidence),
    )


def _foretold(
    periods: PersonPeriods,
    design: Design,
    left: NDArray[np.bool_],
    *,
    link: Link,
    penalty: Penalty | None,
    competing: str,
    start: Floats | None,
) -> Floats:
    """Return hazards of the rows left out; ``nan`` for rows of a kind the others do not have."""
    seen = np.asarray((design.matrix[~left] != 0.0).any(axis=0))
    rows = design.matrix[left]
    known = ~(rows[:, ~seen] != 0.0).any(axis=1)
    trained = Design(
        matrix=design.matrix[~left][:, seen],
        terms=tuple(term for term, there in zip(design.terms, seen, strict=True) if there),
        baseline=design.baseline,
        covariates=int(seen[design.matrix.shape[1] - design.covariates :].sum()),
    )
    hazard = np.full(rows.shape[0], np.nan)
    try:
        fit = fit_hazard(
            periods.take(np.flatnonzero(~left)), trained, link=link, penalty=penalty,
            competing=competing, start=None if start is None else start[seen],
        )  # fmt: skip
    except InputError:
        return hazard
    hazard[known] = fit.predict(rows[known][:, seen])
    return hazard


def performance(periods: PersonPeriods, hazard: Floats, *, confidence: float = 0.95) -> Performance:
    """Judge hazards against what happened; rows whose hazard is ``nan`` are left out.

    Raises
    ------
    InputError
        If no row has a hazard.
    """
    told = np.isfinite(hazard)
    if not told.any():
        raise InputError("nothing was foretold, so there is nothing to judge", where="hazard")
    chances, gone, client = hazard[told], periods.dropped_out[told], periods.client[told]
    return Performance(
        auc=auc(chances, gone, clusters=client, confidence=confidence),
        same_period_auc=same_period_auc(chances, gone, periods.period[told]),
        brier=brier(chances, gone),
        calibration=calibration(chances, gone, clusters=client, confidence=confidence),
        n_rows=int(told.sum()),
        n_left_out=int(np.sum(~told)),
    )


def same_period_auc(hazard: Floats, outcome: Floats, period: Floats) -> float:
    """Return the AUC over pairs of rows of the same period; ``nan`` without such a pair."""
    order = np.argsort(period, kind="stable")
    edges = np.flatnonzero(np.diff(period[order])) + 1
    wins, pairs = 0.0, 0
    for rows in np.split(order, edges):
        cases = int(outcome[rows].sum())
        here = cases * (rows.size - cases)
        if here:
            wins += auc(hazard[rows], outcome[rows]).value * here
            pairs += here
    return wins / pairs if pairs else math.nan
