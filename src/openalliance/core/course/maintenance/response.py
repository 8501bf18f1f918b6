"""Who answers: the share at each wave, and what predicts it.

References
----------
Robins, J. M., Rotnitzky, A., & Zhao, L. P. (1995). Analysis of semiparametric regression models
for repeated outcomes in the presence of missing data. *Journal of the American Statistical
Association, 90*, 106-121. https://doi.org/10.1080/01621459.1995.10476493
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from openalliance.core.course.maintenance.panel import Flags, Floats, FollowUp
from openalliance.core.estimation.logistic import BinaryFit, Ridge, fit_binary

RIDGE = 1.0
"""Penalty where nothing else gives an answer: odds ratios per SD have a prior SD of 1 in logs."""

FEWEST_PER_COLUMN = 5.0
"""Clients of the rarer kind, answering or not, needed per coefficient of an unpenalised model."""

_ALIASED = 1e-7


class Kind(StrEnum):
    """How the chances of answering were found."""

    LOGISTIC = "logistic"
    RIDGE = "ridge"
    RATE = "rate"
    EVERYBODY = "everybody answered"
    NOBODY = "nobody answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseModel:
    """A model of who answers one wave, ``n`` clients, ``p`` columns.

    Parameters
    ----------
    wave
        Place of the wave in the panel.
    reach
        Places of the waves whose weights it enters.
    kind
        What it is; `Kind.LOGISTIC` unless that has no sure answer.
    terms
        Names of the columns, shape ``(p,)``; coefficients are per SD of a column.
    coefficients, standard_errors
        Shape ``(p,)``.
    at_risk
        Whom it is about, shape ``(n,)``: all, or with monotone waves those who answered so far.
    columns
        Shape ``(n, p)``; 0 for those it is not about.
    probability
        Chance of answering, shape ``(n,)``; 1 for those it is not about.
    scores
        Each client's score equation of the coefficients, shape ``(n, p)``.
    information
        Shape ``(p, p)``, of all clients together (with the ridge, if any).
    separated
        Whether the plain model predicted some without error.
    left_out
        Terms that never vary or follow from others.
    """

    wave: int
    reach: tuple[int, ...]
    kind: Kind
    terms: tuple[str, ...]
    coefficients: Floats
    standard_errors: Floats
    at_risk: Flags
    columns: Floats
    probability: Floats
    scores: Floats
    information: Floats
    separated: bool
    left_out: tuple[str, ...]


def response_models(panel: FollowUp) -> tuple[ResponseModel, ...]:
    """Model who answers each follow-up wave.

    Predictors are the score at the ending and the covariates. Where nobody comes back after a
    missed wave, each wave is modelled among those who answered the one before, with their last
    score as a further predictor; else each wave is modelled among all.

    Where the plain logistic model separates, or has fewer than `FEWEST_PER_COLUMN` of the rarer
    kind per coefficient, a ridge keeps it finite and modest.
    """
    there, last = panel.answered, panel.waves.size - 1
    models = []
    for wave in range(1, last + 1):
        at_risk = there[:, wave - 1] if panel.monotone else np.ones(panel.n, dtype=np.bool_)
        predictors, terms = _predictors(panel, wave)
        reach = tuple(range(wave, last + 1)) if panel.monotone else (wave,)
        models.append(_model(predictors, terms, at_risk, there[:, wave], wave=wave, reach=reach))
    return tuple(models)


def _predictors(panel: FollowUp, wave: int) -> tuple[Floats, tuple[str, ...]]:
    columns, terms = [panel.ending, *panel.covariates.T], ["ending", *panel.terms]
    if panel.monotone and wave > 1:
        columns.append(panel.scores[:, wave - 1])
        terms.append("last score")
    return np.column_stack(columns), tuple(terms)


def _model(
    predictors: Floats, terms: tuple[str, ...], at_risk: Flags, answered: Flags, *, wave: int,
    reach: tuple[int, ...],
) -> ResponseModel:  # fmt: skip
    n = at_risk.size
    rows, seen = predictors[at_risk], answered[at_risk].astype(np.float64)
    if not seen.size or seen.min() == seen.max():
        kind = Kind.EVERYBODY if seen.size and seen[0] == 1.0 else Kind.NOBODY
        return ResponseModel(
            wave=wave, reach=reach, kind=kind, terms=(), coefficients=np.zeros(0),
            standard_errors=np.zeros(0), at_risk=at_risk, columns=np.zeros((n, 0)),
            probability=np.where(at_risk & (kind is Kind.NOBODY), 0.0, 1.0),
            scores=np.zeros((n, 0)), information=np.zeros((0, 0)), separated=False, left_out=(),
        )  # fmt: skip
    inner, kept = _standardised(rows)
    fit, separated = _fitted(inner, seen)
    columns = np.zeros((n, inner.shape[1]))
    columns[at_risk] = inner
    probability = np.ones(n)
    probability[at_risk] = fit.fitted
    spread = np.where(at_risk, probability * (1.0 - probability), 0.0)
    information = columns.T @ (columns * spread[:, None])
    if isinstance(fit.penalty, Ridge):
        information += np.diag(np.r_[0.0, np.full(inner.shape[1] - 1, fit.penalty.strength)])
    names = tuple(term for term, keep in zip(terms, kept, strict=True) if keep)
    kind = Kind.RIDGE if fit.penalty is not None else Kind.LOGISTIC
    return ResponseModel(
        wave=wave, reach=reach, kind=kind if names else Kind.RATE, terms=("Intercept", *names),
        coefficients=fit.coefficients, standard_errors=fit.standard_errors, at_risk=at_risk,
        columns=columns, probability=probability,
        scores=columns * np.where(at_risk, answered - probability, 0.0)[:, None],
        information=information, separated=separated,
        left_out=tuple(term for term, keep in zip(terms, kept, strict=True) if not keep),
    )  # fmt: skip


def _fitted(columns: Floats, seen: Floats) -> tuple[BinaryFit, bool]:
    """Return the plain fit, or the one with a ridge where the plain one cannot be trusted."""
    fit = fit_binary(columns, seen)
    size = columns.shape[1]
    rarer = min(seen.sum(), seen.size - seen.sum())
    if size > 1 and (fit.separated or not fit.converged or rarer < FEWEST_PER_COLUMN * size):
        ridge = Ridge(strength=RIDGE, columns=tuple(range(1, size)))
        return fit_binary(columns, seen, penalty=ridge), fit.separated
    return fit, False


def _standardised(rows: Floats) -> tuple[Floats, Flags]:
    """Return ones beside the predictors in SD units, without those that say nothing new."""
    made, kept = [np.ones(rows.shape[0])], np.zeros(rows.shape[1], dtype=np.bool_)
    basis = [made[0] / math.sqrt(rows.shape[0])]
    for at, column in enumerate(rows.T):
        centred = column - column.mean()
        length = float(np.linalg.norm(centred))
        if length <= _ALIASED * float(np.linalg.norm(column)):
            continue
        left = centred
        for _ in range(2):
            for one in basis:
                left = left - one * (one @ left)
        if float(np.linalg.norm(left)) <= _ALIASED * length or len(made) + 1 >= rows.shape[0]:
            continue
        basis.append(left / np.linalg.norm(left))
        made.append(centred * math.sqrt(rows.shape[0]) / length)
        kept[at] = True
    return np.column_stack(made), kept
