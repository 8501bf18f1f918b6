"""What to expect of an outcome over the weeks, given how a client began.

The model is a growth curve in log time with person-specific start and rate, autocorrelated
week-to-week swings, and measurement error::

    score(t) = start + rate · log(1 + t) + swing(t) + error,   t in weeks

From it the score at any week *given the first score* follows exactly: a mean and a standard
deviation that already contain regression to the mean, differences in rate, swings and error.
The band is a prediction interval with a stated level. It is not a clinical band.

References
----------
Finch, A. E., Lambert, M. J., & Schaalje, B. G. (2001). Psychotherapy quality control: the
statistical generation of expected recovery curves for integration into an early warning system.
*Clinical Psychology & Psychotherapy, 8*, 231-242. https://doi.org/10.1002/cpp.286

Lutz, W., Rubel, J. A., Schwartz, B., Schilling, V., & Deisenhofer, A.-K. (2019). Towards
integrating personalized feedback research into clinical practice. *Behaviour Research and
Therapy, 120*, 103438. https://doi.org/10.1016/j.brat.2019.103438
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from openalliance.core.course.probability import normal_cdf, normal_quantile
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

BACK_ON_TRACK = 2.0
"""A client is on track again when the worse tail holds this many times the band's: hysteresis, so
that a course along the edge raises one signal and not one per session."""


class Curve(NamedTuple):
    """The parameters of `Trajectory` as plain numbers, for the functions that a batch compiles."""

    start_mean: float
    start_sd: float
    rate_mean: float
    rate_sd: float
    start_rate_correlation: float
    swing_sd: float
    swing_persistence: float
    sem: float
    minimum: float
    maximum: float


class TrackLimits(NamedTuple):
    """SDs worse than expected: beyond ``edge`` a course leaves the track, up to ``back`` it is
    on it again.
    """

    edge: float
    back: float


def expected_at(weeks: float, curve: Curve) -> tuple[float, float, float]:
    """What a week alone says of a score; the same lines for live scores and for batches.

    Returns
    -------
    tuple of float
        Mean of a client who began at the mean start, points more for each point that a client
        began higher, and SD of the observed score.
    """
    time = math.log1p(weeks)
    both = curve.start_rate_correlation * curve.start_sd * curve.rate_sd
    start = curve.start_sd * curve.start_sd
    swing = curve.swing_sd * curve.swing_sd
    error = curve.sem * curve.sem
    spread = time * curve.rate_sd
    variance = start + 2.0 * time * both + spread * spread + swing + error
    shared = start + time * both + swing * curve.swing_persistence**weeks
    slope = shared / (start + swing + error)
    mean = curve.start_mean + curve.rate_mean * time
    return mean, slope, math.sqrt(max(variance - slope * shared, error))


def expected_score(first: float, mean: float, slope: float, curve: Curve) -> float:
    """Expected score of a client with this first score, kept within the range.

    ``mean`` and ``slope`` are what `expected_at` gives for the week.
    """
    return min(max(mean + slope * (first - curve.start_mean), curve.minimum), curve.maximum)


def sds_worse(value: float, mean: float, sd: float, sign: float) -> float:
    """SDs by which a score is worse than expected; ``sign`` is 1 if higher is better, else -1."""
    return sign * (mean - value) / sd


def is_off_track(off_track: bool, worse_by: float, limits: TrackLimits) -> bool:
    """Whether a course is off track after a score.

    Parameters
    ----------
    off_track
        Whether it was before.
    worse_by
        SDs by which the score is worse than expected.
    limits
        Where the track ends and where it begins again.
    """
    return worse_by > (limits.back if off_track else limits.edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandPoint:
    """Expected score and prediction interval at one time."""

    weeks: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """Parameters of an expected course, as data with their source.

    Parameters
    ----------
    start_mean, start_sd
        Mean and between-client SD of the *true* score at the start.
    rate_mean, rate_sd
        Change per unit of log(1 + weeks): its mean and between-client SD.
    start_rate_correlation
        Correlation between start and rate over clients.
    swing_sd, swing_persistence
        SD of week-to-week swings of the true score around the curve, and their correlation over
        one week (a continuous-time first-order process); 0 for none.
    sem
        Standard error of measurement.
    minimum, maximum
        Range of the score; expectation and band are kept within it.
    level
        Level of the prediction interval.
    better
        Direction of the score that the parameters are for.
    source
        Where the parameters come from, in plain words.
    """

    start_mean: float
    start_sd: float
    rate_mean: float
    rate_sd: float
    start_rate_correlation: float
    swing_sd: float
    swing_persistence: float
    sem: float
    minimum: float
    maximum: float
    level: float = 0.80
    better: Better = Better.HIGHER
    source: str

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.start_mean, self.rate_mean)):
            raise InputError("means must be finite numbers", where="start_mean, rate_mean")
        sds = (self.start_sd, self.rate_sd, self.swing_sd)
        if not (all(0.0 <= sd < math.inf for sd in sds) and 0.0 < self.sem < math.inf):
            raise InputError("SDs are at least 0 and the SEM above 0", where="trajectory")
        if not -1.0 <= self.start_rate_correlation <= 1.0:
            raise InputError("a correlation lies within -1 to 1", where="start_rate_correlation")
        if not 0.0 <= self.swing_persistence < 1.0:
            raise InputError("persistence lies from 0 to below 1", where="swing_persistence")
        if not self.minimum < self.maximum:
            raise InputError("the range is empty", where="minimum, maximum")
        if not 0.0 < self.level < 1.0:
            raise InputError("a level lies between 0 and 1", where="level")

    def prediction(self, weeks: float, first: float) -> tuple[float, float]:
        """Mean and SD of an observed score at ``weeks``, given the first observed score.

        Parameters
        ----------
        weeks
            Weeks since the first score, at least 0.
        first
            The first observed score.

        Returns
        -------
        tuple of float
            Mean (kept within the score's range) and SD, measurement error included.
            At 0 weeks this describes a *second* measurement at the same time.

        Raises
        ------
        InputError
            If ``weeks`` is negative.
        """
        if weeks < 0.0:
            raise InputError("weeks count from the first score", where="weeks")
        mean, slope, sd = expected_at(weeks, self.curve)
        return expected_score(first, mean, slope, self.curve), sd

    @property
    def curve(self) -> Curve:
        """The parameters as plain numbers."""
        return Curve(
            start_mean=self.start_mean,
            start_sd=self.start_sd,
            rate_mean=self.rate_mean,
            rate_sd=self.rate_sd,
            start_rate_correlation=self.start_rate_correlation,
            swing_sd=self.swing_sd,
            swing_persistence=self.swing_persistence,
            sem=self.sem,
            minimum=self.minimum,
            maximum=self.maximum,
        )

    def band(self, weeks: float, first: float) -> BandPoint:
        """Expected score and prediction interval at ``weeks``."""
        mean, sd = self.prediction(weeks, first)
        half = normal_quantile(0.5 + self.level / 2.0) * sd
        return BandPoint(
            weeks=weeks,
            mean=mean,
            low=self._within(mean - half),
            high=self._within(mean + half),
        )

    def share_doing_better(self, weeks: float, first: float, value: float, better: Better) -> float:
        """Share of clients with the same first score expected to do better than ``value``."""
        return normal_cdf(self.worse_by(weeks, first, value, better))

    def worse_by(self, weeks: float, first: float, value: float, better: Better) -> float:
        """SDs by which ``value`` is worse than expected."""
        mean, sd = self.prediction(weeks, first)
        return sds_worse(value, mean, sd, 1.0 if better is Better.HIGHER else -1.0)

    @property
    def off_track_share(self) -> float:
        """Share doing better beyond which a score is outside the band on the worse side."""
        return 0.5 + self.level / 2.0

    @property
    def limits(self) -> TrackLimits:
        """Where the band ends on the worse side, and where a course is on track again."""
        tail = 1.0 - self.off_track_share
        return TrackLimits(
            edge=normal_quantile(self.off_track_share),
            back=normal_quantile(1.0 - BACK_ON_TRACK * tail),
        )

    def _within(self, value: float) -> float:
        return min(max(value, self.minimum), self.maximum)


WORKING_TRAJECTORY = Trajectory(
    start_mean=4.0,
    start_sd=1.3,
    rate_mean=0.65,
    rate_sd=0.6,
    start_rate_correlation=-0.2,
    swing_sd=0.6,
    swing_persistence=0.5,
    sem=0.5,
    minimum=0.0,
    maximum=10.0,
    source=(
        "Working values of OpenAlliance for its own check-in (0 to 10, higher is better), fitted "
        "to its simulator; not estimated from clients. To be replaced by the practice's "
        "own data."
    ),
)
"""Default for the check-in's life scale until the practice's own data give a better one."""
