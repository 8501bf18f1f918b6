"""Links between a linear predictor and a probability, with all a likelihood needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HIGHEST = 40.0
"""A complementary log-log predictor above this is certainty in double precision."""


class Link(StrEnum):
    """How the linear predictor becomes a probability.

    ``logit`` is the log of the odds. ``cloglog``, log(-log(1 - p)), is the one under which the
    coefficients of grouped times are those of a proportional-hazards model in continuous time.
    """

    LOGIT = "logit"
    CLOGLOG = "cloglog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What one step of a fit needs, arrays of shape ``(n,)``.

    ``residual`` is the derivative of the log-likelihood by the predictor, ``weight`` the expected
    information about it.
    """

    probability: Floats
    loglik: Floats
    residual: Floats
    weight: Floats


def probability(predictor: Floats, link: Link) -> Floats:
    """Return the probabilities of linear predictors, infinite ones included."""
    if link is Link.LOGIT:
        small = np.exp(-np.abs(predictor))
        return np.where(predictor >= 0.0, 1.0, small) / (1.0 + small)
    return np.asarray(-np.expm1(-np.exp(np.minimum(predictor, _HIGHEST))))


def predictor(probabilities: Floats, link: Link = Link.LOGIT) -> Floats:
    """Return the linear predictors of probabilities; 0 and 1 become infinite."""
    with np.errstate(divide="ignore"):
        if link is Link.LOGIT:
            return np.asarray(np.log(probabilities) - np.log1p(-probabilities))
        return np.asarray(np.log(-np.log1p(-probabilities)))


def pieces(eta: Floats, outcome: Floats, link: Link) -> Pieces:
    """Return probability, log-likelihood, score and information of every row."""
    if link is Link.LOGIT:
        small = np.exp(-np.abs(eta))
        inverse = 1.0 / (1.0 + small)
        lesser = small * inverse
        chance = np.where(eta >= 0.0, inverse, lesser)
        return Pieces(
            probability=chance,
            loglik=outcome * eta - np.maximum(eta, 0.0) - np.log1p(small),
            residual=outcome - chance,
            weight=lesser * inverse,
        )
    rate = np.exp(np.minimum(eta, _HIGHEST))
    chance = np.maximum(-np.expm1(-rate), np.finfo(np.float64).tiny)
    odds = rate * np.exp(-rate) / chance
    happened = outcome > 0.5
    return Pieces(
        probability=chance,
        loglik=np.where(happened, np.log(chance), -rate),
        residual=np.where(happened, odds, -rate),
        weight=rate * odds,
    )


def bend(eta: Floats, link: Link) -> Floats:
    """Return the derivative of the logarithm of each row's information."""
    if link is Link.LOGIT:
        return np.asarray(1.0 - 2.0 * probability(eta, link))
    rate = np.exp(np.minimum(eta, _HIGHEST))
    chance = np.maximum(-np.expm1(-rate), np.finfo(np.float64).tiny)
    return np.asarray(2.0 - rate - rate * np.exp(-rate) / chance)
