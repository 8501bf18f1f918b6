"""How far two people are apart about one session, read against what is usual."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from openalliance.core.course.episode import Course
from openalliance.core.course.gap import probability_outside
from openalliance.core.course.settings import CourseSettings
from openalliance.core.course.steps import LevelPoint
from openalliance.core.instruments import Rater

MORE_LIKELY_THAN_NOT = 0.5


class Apart(StrEnum):
    """How a gap stands to the usual ones."""

    ALIKE = "alike"
    USUAL = "usual"
    AT_THE_EDGE = "at-the-edge"
    UNUSUAL = "unusual"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairGap:
    """Client minus therapist, in points.

    Parameters
    ----------
    gap, se
        Difference and its standard error.
    outside
        Probability of being outside the usual range from ``usual_low`` to ``usual_high``.
    apart
        ``UNUSUAL`` only where a signal would call it so, ``AT_THE_EDGE`` where outside is more
        likely than not, ``ALIKE`` where the difference is within its own error.
    """

    gap: float
    se: float
    outside: float
    usual_low: float
    usual_high: float
    apart: Apart


def pair_gap(gap: float, se: float, settings: CourseSettings) -> PairGap | None:
    """Return a gap read against the usual ones; nothing where none are known.

    Examples
    --------
    >>> found = pair_gap(0.2, 0.7, CourseSettings())
    >>> found.apart
    <Apart.ALIKE: 'alike'>
    """
    usual = settings.normal_gap
    if usual is None:
        return None
    outside = probability_outside(gap, se, usual)
    if outside >= settings.gap_probability:
        apart = Apart.UNUSUAL
    elif outside > MORE_LIKELY_THAN_NOT:
        apart = Apart.AT_THE_EDGE
    else:
        apart = Apart.ALIKE if abs(gap) <= se else Apart.USUAL
    return PairGap(
        gap=gap,
        se=se,
        outside=outside,
        usual_low=usual.low,
        usual_high=usual.high,
        apart=apart,
    )


def rated_gap(client: float, therapist: float, settings: CourseSettings) -> PairGap | None:
    """Return the gap of two single ratings of one session, with the error of both."""
    mine, theirs = settings.alliance[Rater.CLIENT], settings.alliance[Rater.THERAPIST]
    return pair_gap(client - therapist, math.hypot(mine.sem, theirs.sem), settings)


def latest_gap(
    course: Course, settings: CourseSettings
) -> tuple[LevelPoint, LevelPoint, PairGap] | None:
    """Return client's and therapist's points of the latest session both rated, with their gap.

    The gap is that of the levels: what both have rated over the sessions, not in one hour alone.
    """
    theirs = {point.session: point for point in course.alliance.get(Rater.THERAPIST, ())}
    for client in reversed(course.alliance.get(Rater.CLIENT, ())):
        therapist = theirs.get(client.session) if client.session else None
        if therapist is None:
            continue
        found = pair_gap(
            client.level - therapist.level, math.hypot(client.se, therapist.se), settings
        )
        return None if found is None else (client, therapist, found)
    return None
