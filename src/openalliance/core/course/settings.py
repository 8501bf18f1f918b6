"""What a course needs to know beforehand: the measures, their error, and the rules of signals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from openalliance.core.course.gap import NormalGap, published_normal_gap
from openalliance.core.course.trajectory import WORKING_TRAJECTORY, Trajectory
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better, Rater

SMALLEST_ERROR = 1e-9
"""Least SEM as a share of the range; below it nothing is measured and variances vanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMeasure:
    """The outcome's range, direction and error.

    ``sem`` 0.5 on 0 to 10 is a working value for our own check-in until the practice's data give
    one. ``reliable_change`` is a published figure that replaces 1.96·√2·SEM.
    """

    better: Better = Better.HIGHER
    minimum: float = 0.0
    maximum: float = 10.0
    sem: float = 0.5
    reliable_change: float | None = None

    def __post_init__(self) -> None:
        _check_measure(self.minimum, self.maximum, self.sem)
        if self.reliable_change is not None and not 0.0 < self.reliable_change < math.inf:
            raise InputError("a reliable change is above 0 and finite", where="reliable_change")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllianceMeasure:
    """One rater's alliance scale: higher is better.

    ``sem`` (0.5 on 0 to 10) and ``level_sd``, the SD of the level's drift from one session to the
    next (0.3), are working values for our own check-out until the practice's data give them.
    """

    minimum: float = 0.0
    maximum: float = 10.0
    sem: float = 0.5
    level_sd: float = 0.3

    def __post_init__(self) -> None:
        _check_measure(self.minimum, self.maximum, self.sem)
        if not 0.0 <= self.level_sd < math.inf:
            raise InputError("the drift's SD is at least 0 and finite", where="level_sd")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuptureRules:
    """When a low rating is a rupture and a better one a repair.

    Parameters
    ----------
    false_alarm_rate
        Nominal share of ratings without a rupture that are taken for one: 1 in 100, sudden and
        slow falls together.
    slow_share
        Share of these false alarms that is left to slow falls; 0 for not looking for them. In
        simulation a fifth finds 95 of 100 falls of 4 points over 8 sessions instead of 57, and 77
        instead of 73 lasting falls of 2 points, for 63 instead of 65 short ones of 2 points.
    slow_allowance
        Surprise, in forecast SDs, up to which a rating does not add to a slow fall: half of the
        shift that is found fastest (Page 1954).
    prior
        Share of sessions expected to hold a rupture, before the rating is seen. A working value:
        self-reported ruptures are more frequent than falls of the level (Eubanks, Muran & Safran
        2018), so that the probabilities err towards caution.
    depth_share, depth_sd_share
        Expected fall in a rupture and its SD, as shares of the scale's range (working values).
    scale_df
        Weight, in ratings, of the stated error against the client's own spread.
    huber
        Standardised surprise beyond which a rating is trusted less.
    repair_probability
        Probability of being back at which a rupture counts as repaired: 0.6, a working value. In
        simulation 0.75 found too few true repairs, 0.5 took too many half-repairs for whole ones.
    """

    false_alarm_rate: float = 0.01
    slow_share: float = 0.2
    slow_allowance: float = 0.5
    prior: float = 0.05
    depth_share: float = 0.20
    depth_sd_share: float = 0.10
    scale_df: float = 10.0
    huber: float = 2.0
    repair_probability: float = 0.60

    def __post_init__(self) -> None:
        for name in ("false_alarm_rate", "prior", "repair_probability"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise InputError("a probability lies between 0 and 1", where=name)
        if not 0.0 <= self.slow_share < 1.0:
            raise InputError("a share lies from 0 to below 1", where="slow_share")
        for name in ("depth_share", "depth_sd_share", "huber", "slow_allowance"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError("must be above 0 and finite", where=name)
        if not 2.0 < self.scale_df < math.inf:
            raise InputError("must be above 2 and finite", where="scale_df")


def _both_raters() -> Mapping[Rater, AllianceMeasure]:
    return MappingProxyType({r: AllianceMeasure() for r in (Rater.CLIENT, Rater.THERAPIST)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSettings:
    """All a course depends on besides its observations; the defaults fit our own forms.

    Parameters
    ----------
    outcome
        The outcome measure.
    alliance
        Alliance measure per rater; ratings of other raters are refused.
    trajectory
        Expected course; ``None`` when none is known, and then nothing is ever off track. One for
        another range or direction than the outcome's is refused, the default included.
    normal_gap
        ratings to have an SD of 1.3 points between people on 0 to 10. One for another range than
        that of both raters is refused.
        ratings to have an SD of 1.3 points between people on 0 to 10.
    rupture
        Rules of rupture and repair.
    gap_probability
        Probability of being outside the usual range from which a gap is a signal.
    safety_threshold
        Safety response from which the item counts as marked.
    missed_check_ins
        Number of check-ins missed in a row that makes a signal.
    """

    outcome: OutcomeMeasure = field(default_factory=OutcomeMeasure)
    alliance: Mapping[Rater, AllianceMeasure] = field(default_factory=_both_raters)
    trajectory: Trajectory | None = WORKING_TRAJECTORY
    normal_gap: NormalGap | None = field(default_factory=lambda: published_normal_gap(1.3))
    rupture: RuptureRules = field(default_factory=RuptureRules)
    gap_probability: float = 0.90
    safety_threshold: float = 1.0
    missed_check_ins: int = 2

    def __post_init__(self) -> None:
        if not 0.5 <= self.gap_probability < 1.0:
            raise InputError("lies from 0.5 to below 1", where="gap_probability")
        if self.missed_check_ins < 1:
            raise InputError("must be at least 1", where="missed_check_ins")
        self._check_trajectory()
        self._check_gap()

    def _check_trajectory(self) -> None:
        expected, outcome = self.trajectory, self.outcome
        if expected is None:
            return
        same_range = (expected.minimum, expected.maximum) == (outcome.minimum, outcome.maximum)
        if not same_range or expected.better is not outcome.better:
            raise InputError(
                "the expected course is for another range or direction than the outcome; give one "
                "that fits, or None",
                where="trajectory",
            )

    def _check_gap(self) -> None:
        client, therapist = self.alliance.get(Rater.CLIENT), self.alliance.get(Rater.THERAPIST)
        if self.normal_gap is None or client is None or therapist is None:
            return
        same_scale = (client.minimum, client.maximum) == (therapist.minimum, therapist.maximum)
        if not same_scale or client.maximum - client.minimum != self.normal_gap.span:
            raise InputError(
                "the usual gap is for another range than the ratings; give one that fits, or None",
                where="normal_gap",
            )


def _check_measure(minimum: float, maximum: float, sem: float) -> None:
    if not (minimum < maximum and math.isfinite(maximum - minimum)):
        raise InputError("the range is empty or has no end", where="minimum, maximum")
    if not SMALLEST_ERROR <= sem / (maximum - minimum) < math.inf:
        raise InputError(
            "the standard error of measurement must be above 0, finite, and no vanishing part of "
            "the range",
            where="sem",
        )
