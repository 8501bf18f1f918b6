"""From an instrument's scale to what a course knows of it: range, direction and error.

Where a scale states no error, working values are used: shares of its range, so that they fit any
range. They are made for our own forms and say nothing about anybody else's.
"""

from __future__ import annotations

import math

from openalliance.core.course.change import CRITICAL_VALUE, Change
from openalliance.core.course.gap import NormalGap, published_normal_gap
from openalliance.core.course.settings import AllianceMeasure, OutcomeMeasure
from openalliance.core.errors import InputError
from openalliance.core.instruments import Scale

WORKING_SEM_SHARE = 0.05
"""Standard error of measurement of an alliance scale, as a share of its range: 0.5 on 0 to 10."""

WORKING_DRIFT_SHARE = 0.03
"""SD of the level's drift from one session to the next, as a share of the range: 0.3 on 0 to 10."""

WORKING_SPREAD_SHARE = 0.13
"""SD of ratings between people, as a share of the range: 1.3 on 0 to 10."""


def alliance_measure(scale: Scale) -> AllianceMeasure:
    """Return the alliance measure of a scale of any range.

    Examples
    --------
    >>> from openalliance.core.instruments import catalogue
    >>> alliance_measure(catalogue()["oa-check-out-client"].scale("alliance")).level_sd
    0.3
    """
    span = scale.maximum - scale.minimum
    return AllianceMeasure(
        minimum=scale.minimum,
        maximum=scale.maximum,
        sem=WORKING_SEM_SHARE * span if scale.sem is None else scale.sem,
        level_sd=WORKING_DRIFT_SHARE * span,
    )


def usual_gap(scale: Scale) -> NormalGap:
    """Return the published usual gap between client and therapist, on the range of a scale."""
    span = scale.maximum - scale.minimum
    return published_normal_gap(WORKING_SPREAD_SHARE * span, span)


def outcome_measure(scale: Scale) -> OutcomeMeasure:
    """Return the outcome measure of a scale whose error or reliable change is known.

    A reliable change without an error gives the error it was computed from, 1.96·√2·SEM.

    Raises
    ------
    InputError
        Neither is stated.

    Examples
    --------
    >>> from openalliance.core.instruments import catalogue
    >>> outcome_measure(catalogue()["phq-9"].main_scale).reliable_change
    6.0
    """
    change = scale.reliable_change.value if scale.reliable_change else None
    sem = scale.sem
    if sem is None and change is not None:
        sem = change / (CRITICAL_VALUE * math.sqrt(2.0))
    if sem is None:
        raise InputError(
            "the scale states neither its standard error of measurement (“sem”) nor a reliable"
            " change; add one of them, with its source, to the instrument's file",
            where=scale.key,
        )
    return OutcomeMeasure(
        better=scale.better,
        minimum=scale.minimum,
        maximum=scale.maximum,
        sem=sem,
        reliable_change=change,
    )


def reliable_from(change: Change) -> float:
    """Return the reliable change index from which a change counts: 1.96, or a published figure's.

    Examples
    --------
    >>> from openalliance.core.course import change_between
    >>> from openalliance.core.instruments import Better
    >>> found = change_between(3.0, 6.0, sem=0.5, better=Better.HIGHER)
    >>> round(reliable_from(found), 2)
    1.96
    """
    return change.limit / change.sd_diff


def half_width(se: float) -> float:
    """Half of a 95 % interval around a value with this standard error."""
    return CRITICAL_VALUE * se
