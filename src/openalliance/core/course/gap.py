"""The gap between how client and therapist rate the same session.

A gap is normal: clients rate the alliance higher than their therapists. What deserves a
conversation is a gap outside of what is normal between two people.

References
----------
Tryon, G. S., Blackwell, S. C., & Hammel, E. F. (2007). A meta-analytic examination of
client-therapist perspectives of the working alliance. *Psychotherapy Research, 17*(6), 629-642.
https://doi.org/10.1080/10503300701320611 (correlation of the two perspectives, r = .36).

Standardised mean difference g = .41 over 40 studies: clients above therapists.

Both figures come from published alliance scales. Our therapist form asks how the client saw the
session, so that for it they are working values until the practice's own pairs give better ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from openalliance.core.course.probability import normal_cdf, normal_quantile
from openalliance.core.errors import InputError

MEAN_DIFFERENCE_G = 0.41
"""Clients above therapists in SDs of ratings, 40 studies."""

PERSPECTIVES_R = 0.36
"""Correlation between the two perspectives (Tryon, Blackwell & Hammel 2007)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalGap:
    """What gaps (client minus therapist) are usual.

    Parameters
    ----------
    mean, sd
        Mean and SD over pairs of client and therapist, in points.
    coverage
        Share of pairs that count as usual: the central range mean ± z·sd.
    span
        Range, in points, of the scale that the figures are for.
    source
        Where the figures come from.
    """

    mean: float
    sd: float
    coverage: float = 0.90
    span: float = 10.0
    source: str

    def __post_init__(self) -> None:
        if not self.sd > 0.0:
            raise InputError("the SD of gaps must be above 0", where="sd")
        if not 0.0 < self.coverage < 1.0:
            raise InputError("a coverage lies between 0 and 1", where="coverage")

    @property
    def low(self) -> float:
        """Lower end of the usual range."""
        return self.mean - normal_quantile(0.5 + self.coverage / 2.0) * self.sd

    @property
    def high(self) -> float:
        """Upper end of the usual range."""
        return self.mean + normal_quantile(0.5 + self.coverage / 2.0) * self.sd


def published_normal_gap(rating_sd: float, span: float = 10.0) -> NormalGap:
    """Put the published figures on a scale of this range and SD of ratings between people.

    Examples
    --------
    >>> norm = published_normal_gap(1.3)
    >>> round(norm.mean, 3), round(norm.sd, 3)
    (0.533, 1.471)
    """
    return NormalGap(
        mean=MEAN_DIFFERENCE_G * rating_sd,
        sd=rating_sd * math.sqrt(2.0 * (1.0 - PERSPECTIVES_R)),
        span=span,
        source=(
            "g = .41 (40 studies); r = .36 (Tryon, Blackwell & Hammel 2007). Working values: found "
            "with published alliance scales, not with our own forms, whose therapist version asks "
            "how the client saw it."
        ),
    )


def probability_outside(gap: float, se: float, norm: NormalGap) -> float:
    """Probability that the true gap lies outside the usual range, given its standard error.

    Parameters
    ----------
    gap
        Client's level minus therapist's level.
    se
        Standard error of that difference, above 0.

    Examples
    --------
    >>> norm = NormalGap(mean=0.5, sd=1.0, source="example")
    >>> round(probability_outside(4.0, 0.5, norm), 3)
    1.0
    """
    return normal_cdf((norm.low - gap) / se) + normal_cdf((gap - norm.high) / se)
