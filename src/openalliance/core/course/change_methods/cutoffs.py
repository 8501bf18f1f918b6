"""Borders between the clinical and the functional population, and who crossed them.

References
----------
Jacobson, N. S., & Truax, P. (1991). Clinical significance: A statistical approach to defining
meaningful change in psychotherapy research. *Journal of Consulting and Clinical Psychology,
59*(1), 12-19.

Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant change:
increment of precision and the distinction between individual and group level of analysis.
*Behaviour Research and Therapy, 37*(12), 1169-1193.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change_methods.words import CutoffType
from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CLOSE = 1e-9
"""Relative room at a threshold, for what binary fractions make of tenths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """A border on the scale of the score.

    ``true_scores`` says that it divides estimated true scores (Hageman & Arrindell).
    """

    type: CutoffType
    value: float
    true_scores: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """Who crossed a cut-off between pre and post.

    Parameters
    ----------
    clinical_pre
        Clients who were on the clinical side at first.
    forth
        Clients who came from the clinical to the functional side.
    back
        Clients who went from the functional to the clinical side.
    back_observed
        The same by the scores as they stand. With true scores this takes in those who are beyond
        the cut-off by no more than error; elsewhere it is ``back``.
    index
        Post score's distance from the cut-off in standard errors, where the method has one.
    """

    clinical_pre: Mask
    forth: Mask
    back: Mask
    back_observed: Mask
    index: Floats | None = None


def cutoff_value(
    kind: CutoffType,
    *,
    clinical: tuple[float, float],
    functional: tuple[float, float] | None,
    sign: float,
) -> float:
    """Cut-off a, b or c.

    a lies two SDs of the clinical population from its mean, b two SDs of the functional population
    from its own mean, c where a person is as likely to belong to either.

    Parameters
    ----------
    clinical, functional
        Mean and SD of the two populations.
    sign
        1 where higher is better, -1 where lower is.

    References
    ----------
    Jacobson & Truax (1991), p. 13 (b is defined by the *functional* SD).

    Examples
    --------
    Jacobson & Truax's marital therapy: c of the means 60 and 40, both SDs 7.5.

    >>> cutoff_value(CutoffType.C, clinical=(40.0, 7.5), functional=(60.0, 7.5), sign=1.0)
    50.0
    """
    if kind is CutoffType.A:
        return clinical[0] + sign * 2.0 * clinical[1]
    if functional is None:
        raise InputError("cut-offs b and c need the functional population", where="cutoff")
    if kind is CutoffType.B:
        return functional[0] - sign * 2.0 * functional[1]
    weighted = clinical[1] * functional[0] + functional[1] * clinical[0]
    return weighted / (clinical[1] + functional[1])


def true_sd(sd: float, sem: float, *, of: str) -> float:
    """SD of true scores: √(SD² - SEM²), which is SD times the root of its reliability.

    Raises
    ------
    InputError
        The SD is below the error of measurement.
    """
    if not sd > sem:
        raise InputError(
            f"the SD of the {of} scores is not above the error of measurement, so nothing is"
            " known of true scores there; use another method",
            where="method",
        )
    return math.sqrt(sd * sd - sem * sem)


def crossings(pre: Floats, post: Floats, cutoff: float, sign: float) -> Crossings:
    """Observed scores against a cut-off.

    A score on the cut-off belongs to neither side: coming onto it is not yet a crossing forth,
    and staying on it is none back.
    """
    low, high = cutoff - CLOSE * abs(cutoff), cutoff + CLOSE * abs(cutoff)
    if sign > 0.0:
        clinical, functional, worse = pre < low, post > high, post < pre
    else:
        clinical, functional, worse = pre > high, post < low, post > pre
    back = ~(clinical | functional) & worse
    return Crossings(
        clinical_pre=clinical, forth=clinical & functional, back=back, back_observed=back
    )


def true_score_crossings(
    pre: Floats,
    post: Floats,
    cutoff: float,
    *,
    post_moments: tuple[float, float],
    sem: float,
    sign: float,
    critical_value: float,
) -> Crossings:
    """Estimated true post scores that are beyond a cut-off by more than their error.

    Parameters
    ----------
    post_moments
        Mean and SD of all post scores, towards which each is drawn.

    References
    ----------
    Hageman & Arrindell (1999), individual level: CS = (M + (x - M)·r - cut-off)/(√r·SEM).
    """
    mean, sd = post_moments
    reliability = (true_sd(sd, sem, of="post") / sd) ** 2
    index = (mean + (post - mean) * reliability - cutoff) / (math.sqrt(reliability) * sem)
    observed = crossings(pre, post, cutoff, sign)
    clinical = observed.clinical_pre
    return Crossings(
        clinical_pre=clinical,
        forth=clinical & (sign * index > critical_value),
        back=~clinical & (sign * index < -critical_value),
        back_observed=observed.back,
        index=index,
    )
