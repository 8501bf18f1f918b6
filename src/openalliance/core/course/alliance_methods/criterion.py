"""Ruptures by criterion: a fall from one session to the next beyond a number of SDs.

Three rules are offered. The articles describe their criteria in prose and were applied by hand;
each rule here is our exact reading of one, written out in `Criterion`.

References
----------
Stiles, W. B., Glick, M. J., Osatuke, K., Hardy, G. E., Shapiro, D. A., Agnew-Davies, R., Rees, A.,
& Barkham, M. (2004). Patterns of alliance development and the rupture-repair hypothesis: Are
productive relationships U-shaped or V-shaped? *Journal of Counseling Psychology, 51*(1), 81-92.

Strauss, J. L., Hayes, A. M., Johnson, S. L., Newman, C. F., Brown, G. K., Barber, J. P.,
Laurenceau, J.-P., & Beck, A. T. (2006). Early alliance, alliance ruptures, and symptom change in a
nonrandomized trial of cognitive therapy for avoidant and obsessive-compulsive personality
disorders. *Journal of Consulting and Clinical Psychology, 74*(2), 337-345.

Gumz, A., Brähler, E., Geyer, M., & Erices, R. (2012). Crisis-repair sequences: Considerations on
the classification and assessment of breaches in the therapeutic relationship. *BMC Medical Research
Methodology, 12*, 10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from openalliance.core.course.alliance_methods.series import (
    Floats,
    FoundRupture,
    RatingSeries,
    SeriesFound,
)
from openalliance.core.course.values import Onset
from openalliance.core.errors import InputError


class Criterion(StrEnum):
    """Which fall is a rupture.

    ``stiles``: a fall from the last rating of at least 2 of the client's own SDs. ``strauss``: a
    fall from the last rating of at least 1 pooled SD (the mean of all clients' own SDs), in clients
    whose own SD is not below the pooled one. ``gumz``: a fall of at least 1 or of at least 2 SDs
    (both thresholds are proposed), where the SD is the larger of the client's own and the pooled
    one, and a decline over several sessions counts from where it began.
    """

    STILES = "stiles"
    STRAUSS = "strauss"
    GUMZ = "gumz"


THRESHOLDS = {Criterion.STILES: 2.0, Criterion.STRAUSS: 1.0, Criterion.GUMZ: 1.0}
"""Falls, in SDs, from which each criterion speaks of a rupture (Gumz et al. 2012, discussion)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRules:
    """A criterion and its numbers.

    Parameters
    ----------
    criterion
        The rule.
    threshold
        Fall, in SDs; ``None`` for the criterion's own (`THRESHOLDS`).
    repair_within
        A rupture is repaired at the first later rating that is no further than this many of the
        same SDs below the rating before the fall (our convention).
    """

    criterion: Criterion = Criterion.GUMZ
    threshold: float | None = None
    repair_within: float = 0.25

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0.0 < self.threshold < math.inf:
            raise InputError("must be above 0 and finite", where="threshold")
        if not 0.0 <= self.repair_within < math.inf:
            raise InputError("must be at least 0 and finite", where="repair_within")

    @property
    def fall(self) -> float:
        """Fall, in SDs, from which there is a rupture."""
        return THRESHOLDS[self.criterion] if self.threshold is None else self.threshold


def own_sds(series: RatingSeries) -> Floats:
    """Return each series' SD (n - 1); ``nan`` for fewer than two ratings."""
    return np.array(
        [
            np.std(series.ratings[series.part(one)], ddof=1) if length > 1 else np.nan
            for one, length in enumerate(series.lengths)
        ],
        dtype=np.float64,
    )


def pooled_sd(own: Floats) -> float:
    """Return the mean of the series' SDs; ``nan`` when none has one."""
    known = own[np.isfinite(own)]
    return float(known.mean()) if known.size else math.nan


def find_ruptures(series: RatingSeries, rules: CriterionRules) -> tuple[SeriesFound, ...]:
    """Find the falls that a criterion calls ruptures, and their repairs.

    A level is not part of these methods; it is ``nan`` throughout.
    """
    own = own_sds(series)
    pooled = pooled_sd(own)
    return tuple(
        _found(series.sessions[part], series.ratings[part], float(own[one]), pooled, rules)
        for one, part in ((one, series.part(one)) for one in range(series.count))
    )


def _found(
    sessions: Floats, ratings: Floats, own: float, pooled: float, rules: CriterionRules
) -> SeriesFound:
    sd, reason = _yardstick(own, pooled, rules)
    nothing = np.full(ratings.size, np.nan)
    return SeriesFound(
        sessions=sessions,
        ratings=ratings,
        level=nothing,
        level_se=nothing,
        ruptures=() if sd is None else _ruptures(sessions, ratings, sd, rules),
        reason=reason,
    )


def _yardstick(own: float, pooled: float, rules: CriterionRules) -> tuple[float | None, str | None]:
    """Return the SD to measure falls in, or why there is none."""
    if math.isnan(own):
        return None, "a fall needs at least two ratings"
    match rules.criterion:
        case Criterion.STILES:
            sd = own
        case Criterion.STRAUSS:
            if own < pooled:
                return None, "varies less than clients do on average, so has no rupture by rule"
            sd = pooled
        case Criterion.GUMZ:
            sd = max(own, pooled)
    return (sd, None) if sd > 0.0 else (None, "the ratings never differ")


def _ruptures(
    sessions: Floats, ratings: Floats, sd: float, rules: CriterionRules
) -> tuple[FoundRupture, ...]:
    found: list[FoundRupture] = []
    opened: FoundRupture | None = None
    high = before = float(ratings[0])
    for row in range(1, ratings.size):
        now, last, session = float(ratings[row]), float(ratings[row - 1]), float(sessions[row])
        # The rating from which a fall counts: the last one, or where an unbroken decline began.
        declining = row > 1 and last < ratings[row - 2] and rules.criterion is Criterion.GUMZ
        high = high if declining else last
        if opened is not None:
            if now >= before - rules.repair_within * sd:
                found.append(replace(opened, repaired_row=row, repaired_at=session))
                opened = None
            continue
        if now < last and high - now >= rules.fall * sd:
            before = high
            opened = FoundRupture(
                row=row,
                session=session,
                depth=high - now,
                standardised=(now - high) / sd,
                onset=Onset.SUDDEN if last - now >= rules.fall * sd else Onset.GRADUAL,
            )
    return (*found, opened) if opened is not None else tuple(found)
