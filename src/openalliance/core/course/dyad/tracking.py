"""How well therapists track their clients' ratings: the truth-and-bias model.

Judgement: the therapist's rating less the client's mean rating. Truth: the client's rating less
that mean. ``judgement = bias + accuracy · truth + error``; bias and accuracy differ between dyads.
A bias of 0 and an accuracy of 1 is perfect; an accuracy of 0 means that the therapist does not see
the ups and downs.

References
----------
West, T. V., & Kenny, D. A. (2011). The truth and bias model of judgment. *Psychological Review,
118*(2), 357-378. https://doi.org/10.1037/a0022936
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.dyad.ratings import Array, DyadRatings
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit, fit


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadTracking:
    """One dyad, shrunken; ``nan`` in ``accuracy`` where the client's rating never varies."""

    code: int
    n: int
    bias: float
    bias_se: float
    bias_low: float
    bias_high: float
    accuracy: float
    accuracy_se: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """The pooled model and each dyad.

    Parameters
    ----------
    model
        Terms ``bias`` and ``accuracy``, REML, with random bias and, unless ``common_accuracy``,
        random accuracy.
    common_accuracy
        Whether one accuracy serves all dyads, as the sessions are too few for one each.
    dyads
        In the order of the codes.
    """

    model: MixedFit
    common_accuracy: bool
    dyads: tuple[DyadTracking, ...]
    notes: tuple[str, ...]


def tracking_of(ratings: DyadRatings, *, confidence: float = 0.95) -> Tracking:
    """Fit the truth-and-bias model.

    Raises
    ------
    InputError
        If clients' ratings never vary within dyads, or there are too few sessions.
    """
    means = ratings.means(ratings.client)
    truth = ratings.client - means[ratings.dyad]
    judgement = ratings.therapist - means[ratings.dyad]
    size = float(np.abs(ratings.client).max())
    if float(np.abs(truth).max()) <= 1e-12 * size:
        raise InputError("the client's rating never varies within a dyad", where="client")
    ones = np.ones(truth.size)
    x = np.column_stack([ones, truth])
    terms = ("bias", "accuracy")
    common = truth.size <= 2 * ratings.n_dyads
    notes = []
    if common:
        notes.append("There are too few sessions for an accuracy of each dyad: one serves all.")
        model = fit(judgement, x, ratings.dyad, terms=terms, random_terms=("bias",))
    else:
        model = fit(judgement, x, ratings.dyad, z=x, terms=terms, random_terms=terms)
    varies = np.sqrt(ratings.means(truth**2)) > 1e-12 * size
    notes += [f"Truth-and-bias model: {note}" for note in model.notes]
    silent = int((~varies).sum())
    if silent:
        notes.append(
            f"In {silent} dyads the client's rating never varies: nothing is known of how it is "
            "tracked."
        )
    return Tracking(
        model=model,
        common_accuracy=common,
        dyads=_each(ratings, model, x, varies, confidence),
        notes=tuple(notes),
    )


def _each(
    ratings: DyadRatings, model: MixedFit, x: Array, varies: NDArray[np.bool_], confidence: float
) -> tuple[DyadTracking, ...]:
    """Return shrunken bias and accuracy; their errors count that of the pooled part."""
    from scipy.special import ndtri

    quantile = float(ndtri(0.5 + confidence / 2.0))
    found = []
    products = _products(ratings, x)
    effects = np.zeros((ratings.n_dyads, 2))
    effects[:, : model.blups.shape[1]] = model.blups
    conditional = np.zeros((ratings.n_dyads, 2, 2))
    q = model.blups.shape[1]
    conditional[:, :q, :q] = model.blup_covariance
    # What the conditional mean keeps of the fixed part's error: I - C Z'X / σ².
    left = np.eye(2) - conditional @ products / model.residual_sd**2
    covariance = conditional + left @ model.vcov @ left.transpose(0, 2, 1)
    error = np.sqrt(np.einsum("nii->ni", covariance))
    value = model.estimate + effects
    value[~varies, 1] = np.nan
    error[~varies, 1] = np.nan
    for place, (code, n) in enumerate(zip(ratings.codes, ratings.counts(), strict=True)):
        (bias, accuracy), (bias_se, accuracy_se) = value[place].tolist(), error[place].tolist()
        found.append(
            DyadTracking(
                code=int(code), n=int(n), bias=bias, bias_se=bias_se,
                bias_low=bias - quantile * bias_se, bias_high=bias + quantile * bias_se,
                accuracy=accuracy, accuracy_se=accuracy_se,
                accuracy_low=accuracy - quantile * accuracy_se,
                accuracy_high=accuracy + quantile * accuracy_se,
            )
        )  # fmt: skip
    return tuple(found)


def _products(ratings: DyadRatings, x: Array) -> Array:
    found = np.empty((ratings.n_dyads, 2, 2))
    for i in range(2):
        for j in range(2):
            weights = x[:, i] * x[:, j]
            found[:, i, j] = np.bincount(ratings.dyad, weights=weights, minlength=ratings.n_dyads)
    return found
