"""Means and trends of all who left, from those who answered: weights for the silent.

Who answers stands for those like them who did not: a client's answer weighs one over the chance
of having given it, times the share that answered at all (stabilised). Standard errors come from
stacked estimating equations and so count that the chances are themselves estimated.

References
----------
Robins, J. M., Rotnitzky, A., & Zhao, L. P. (1995). Analysis of semiparametric regression models
for repeated outcomes in the presence of missing data. *Journal of the American Statistical
Association, 90*, 106-121. https://doi.org/10.1080/01621459.1995.10476493

Robins, J. M., Hernán, M. A., & Brumback, B. (2000). Marginal structural models and causal
inference in epidemiology. *Epidemiology, 11*, 550-560.

Stefanski, L. A., & Boos, D. D. (2002). The calculus of M-estimation. *The American Statistician,
56*, 29-38. https://doi.org/10.1198/000313002753631330

Mancl, L. A., & DeRouen, T. A. (2001). A covariance estimator for GEE with improved small-sample
properties. *Biometrics, 57*, 126-134.

Kish, L. (1965). *Survey sampling*, section 11.7. Wiley.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.course.maintenance.panel import Floats, FollowUp
from openalliance.core.course.maintenance.response import ResponseModel
from openalliance.core.errors import InputError

_MOST = 0.9
"""Leverage at which the correction for it stops growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its standard error and interval; ``nan`` where it cannot be had."""

    value: float
    se: float
    low: float
    high: float


NOTHING = Estimate(value=math.nan, se=math.nan, low=math.nan, high=math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """The weighted mean at one wave.

    Parameters
    ----------
    mean
        Of all who left, if answering depends only on what the response model knows.
    change
        The same less the mean at the ending of all.
    effective_n
        How many equally weighted answers are worth as much (Kish).
    largest
        Largest stabilised weight; 1 where everybody weighs the same.
    smallest_probability
        Smallest chance of answering among all clients the wave is about.
    """

    mean: Estimate
    change: Estimate
    effective_n: float
    largest: float
    smallest_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Straight line through all waves, the ending included.

    Parameters
    ----------
    level
        At the ending, in points.
    slope
        Points per month.
    departure
        Largest distance of a weighted mean from the line.
    """

    level: Estimate
    slope: Estimate
    departure: float


def stabilised_weights(panel: FollowUp, models: tuple[ResponseModel, ...]) -> Floats:
    """Return the weight of each answer, shape ``(n, w)``; 0 without one, 1 at the ending."""
    logs = np.zeros(panel.scores.shape)
    for model in models:
        there = model.at_risk & panel.answered[:, model.wave]
        if there.any():
            share = there.sum() / model.at_risk.sum()
            added = np.where(
                there, math.log(share) - np.log(np.where(there, model.probability, 1)), 0
            )
            logs[:, list(model.reach)] += added[:, None]
    return np.where(panel.answered, np.exp(logs), 0.0)


def weighted_means(
    panel: FollowUp, models: tuple[ResponseModel, ...], *, confidence: float = 0.95
) -> tuple[Weighted, ...]:
    """Return the weighted mean of each wave, the ending first (there all weigh the same)."""
    weights = stabilised_weights(panel, models)
    there = panel.answered
    ending = (panel.ending - panel.ending.mean()) / panel.n
    chances = _chances(panel, models)
    found = []
    for wave in range(panel.waves.size):
        mine, total = weights[:, wave], float(weights[:, wave].sum())
        if there[:, wave].sum() < 2:
            found.append(
                Weighted(
                    mean=NOTHING, change=NOTHING, effective_n=float(there[:, wave].sum()),
                    largest=math.nan, smallest_probability=chances[wave],
                )
            )  # fmt: skip
            continue
        points = np.where(there[:, wave], panel.scores[:, wave], 0.0)
        mean = float(mine @ points) / total
        pull = np.zeros((panel.n, panel.waves.size, 1))
        pull[:, wave, 0] = mine * (points - mean)
        influence = _corrected(panel, models, pull, weights / total)[:, 0] / total
        worth = total**2 / float(mine @ mine)
        found.append(
            Weighted(
                mean=_estimate(mean, influence, worth, confidence),
                change=_estimate(
                    mean - float(panel.ending.mean()),
                    influence - ending,
                    worth,
                    confidence,
                ),
                effective_n=worth,
                largest=float(mine.max()),
                smallest_probability=chances[wave],
            )
        )
    return tuple(found)


def weighted_trend(
    panel: FollowUp, models: tuple[ResponseModel, ...], *, confidence: float = 0.95
) -> Trend | None:
    """Fit a straight line by weighted least squares, errors clustered by client.

    Equivalent to generalised estimating equations with an independence working correlation,
    weighted by `stabilised_weights`. ``None`` where no follow-up wave has two answers.
    """
    weights = stabilised_weights(panel, models)
    if (panel.answered[:, 1:].sum(axis=0) < 2).all():
        return None
    design = np.column_stack([np.ones(panel.waves.size), panel.waves])
    points = np.where(panel.answered, panel.scores, 0.0)
    bread = np.einsum("nw,wp,wq->pq", weights, design, design)
    beta = np.linalg.solve(bread, np.einsum("nw,wp->p", weights * points, design))
    residual = points - design @ beta
    pull = (weights * residual)[:, :, None] * design
    leverage = weights * np.einsum("wp,pq,wq->w", design, np.linalg.inv(bread), design)
    influence = np.linalg.solve(bread, _corrected(panel, models, pull, leverage).T)
    later = weights[:, 1:].sum(axis=1)
    worth = later.sum() ** 2 / float(later @ later)
    level, slope = (
        _estimate(float(b), each, worth, confidence)
        for b, each in zip(beta, influence, strict=True)
    )
    totals = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (weights * points).sum(axis=0) / totals
    return Trend(
        level=level, slope=slope, departure=float(np.nanmax(np.abs(means - design @ beta)))
    )


def _chances(panel: FollowUp, models: tuple[ResponseModel, ...]) -> list[float]:
    """Return the smallest chance of an answer at each wave, over those the wave is about."""
    smallest = np.ones(panel.scores.shape)
    for model in models:
        smallest[:, list(model.reach)] *= model.probability[:, None]
    return [
        1.0,
        *(float(smallest[model.at_risk, model.wave].min(initial=1.0)) for model in models),
    ]


def _corrected(
    panel: FollowUp, models: tuple[ResponseModel, ...], pull: Floats, leverage: Floats
) -> Floats:
    """Return each client's part of the estimating equations, the estimated weights counted.

    ``pull`` are the parts with the weights taken as known, shape ``(n, w, q)``; the result has
    shape ``(n, q)``. Parts are divided by one less their ``leverage``, shape ``(n, w)``, as if
    the client had been left out of the fit; else few large weights make errors look small.
    """
    total = (pull / (1.0 - np.minimum(leverage, _MOST))[:, :, None]).sum(axis=1)
    for model in models:
        there = model.at_risk & panel.answered[:, model.wave]
        if not there.any() or there.sum() == model.at_risk.sum():
            continue
        reached = pull[:, list(model.reach)].sum(axis=1)
        slope = np.where(there, model.probability - 1.0, 0.0)[:, None] * model.columns
        gradient = reached.T @ slope
        inverse = np.linalg.inv(model.information)
        spread = np.where(model.at_risk, model.probability * (1.0 - model.probability), 0.0)
        leverage = spread * np.einsum("np,pq,nq->n", model.columns, inverse, model.columns)
        alone = model.scores / (1.0 - np.minimum(leverage, _MOST))[:, None]
        total = total + alone @ inverse @ gradient.T
        share = there.sum() / model.at_risk.sum()
        of_share = np.where(model.at_risk, there - share, 0.0) / (share * model.at_risk.sum())
        total = total + of_share[:, None] * reached[there].sum(axis=0)
    return np.asarray(total)


def _estimate(value: float, influence: Floats, worth: float, confidence: float) -> Estimate:
    """Return the estimate whose error is the clients' influences together, by Student's t."""
    if not 0.0 < confidence < 1.0:
        raise InputError("lies between 0 and 1", where="confidence")
    from scipy.special import stdtrit

    degrees = max(worth - 1.0, 1.0)
    se = math.sqrt(float(influence @ influence))
    half = float(stdtrit(degrees, 0.5 + confidence / 2.0)) * se
    return Estimate(value=value, se=se, low=value - half, high=value + half)
