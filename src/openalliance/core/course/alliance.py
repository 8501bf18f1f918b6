"""One rater's alliance in time: level with its error, rupture and repair.

A local-level filter with three additions, all constant in time and memory:

* the client's own spread. All variances carry an unknown common scale with a conjugate prior, so
  that forecasts are Student-t and a client whose ratings vary more is not alarmed more often
  (West & Harrison 1997, section 4.5);
* robustness. A rating whose standardised surprise exceeds ``huber`` counts as a noisier one, by
  that ratio (Huber 1964). It moves the level by a bounded amount and leaves the level's error
  larger, so that a second such rating, if it comes, counts for more;
* slow falls. The level follows a steady decline, so that no single rating is a surprise. The
  surprises downwards are summed instead (Page 1954), and the sum beyond its limit is a rupture of
  gradual onset. The limit shares the rate of false alarms with that of sudden falls.

Ceiling: a rating at an end of the scale may stand for something beyond it. It moves the level like
any other, but never lowers the client's spread: a row of tens says little about how exact a
client's ratings are.

References
----------
West, M., & Harrison, J. (1997). *Bayesian forecasting and dynamic models* (2nd ed.). Springer.

Page, E. S. (1954). Continuous inspection schemes. *Biometrika, 41*, 100-115.

Huber, P. J. (1964). Robust estimation of a location parameter. *Annals of Mathematical
Statistics, 35*(1), 73-101.

Stiles, W. B., et al. (2004). Patterns of alliance development and the rupture-repair hypothesis.
*Journal of Counseling Psychology, 51*(1), 81-92.

Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). Alliance rupture repair: A meta-analysis.
*Psychotherapy, 55*(4), 508-519.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from openalliance.core.course.probability import student_cdf
from openalliance.core.course.rating import (
    GRADUAL,
    NOTHING,
    REPAIRED,
    LevelNumbers,
    alliance_step,
    distance_back,
    first_step,
    rating_rules,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.course.states import LevelState, Observed, OpenRupture
from openalliance.core.course.values import Onset


class RuptureOdds(NamedTuple):
    """What `rupture_probability` takes of `RuptureRules`, for compiled loops."""

    prior: float
    depth_share: float
    depth_sd_share: float


def rupture_probability(
    standardised: float,
    df: float,
    forecast_sd: float,
    span: float,
    rules: RuptureRules | RuptureOdds,
) -> float:
    """Probability that a surprise comes from a rupture rather than from the usual spread.

    Two hypotheses by Bayes' rule: the usual Student-t forecast, and the same forecast lowered by a
    fall of about ``depth_share`` of the scale's range. Rises never speak for a rupture.

    Parameters
    ----------
    standardised
        Rating minus forecast, in forecast SDs.
    df
        Degrees of freedom of the forecast.
    forecast_sd
        SD of the forecast, in points.
    span
        Range of the scale, in points.
    rules
        Prior and expected depth.
    """
    if standardised >= 0.0:
        return 0.0
    shift = rules.depth_share * span / forecast_sd
    width = math.hypot(1.0, rules.depth_sd_share * span / forecast_sd)
    usual = -0.5 * (df + 1.0) * math.log1p(standardised**2 / df)
    moved = (standardised + shift) / width
    rupture = -0.5 * (df + 1.0) * math.log1p(moved * moved / df) - math.log(width)
    odds = math.log(rules.prior / (1.0 - rules.prior)) + rupture - usual
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700.0 else 0.0


def take_rating(
    state: LevelState | None,
    seen: Observed,
    measure: AllianceMeasure,
    rules: RuptureRules,
) -> tuple[LevelState, bool, OpenRupture | None]:
    """Take one rating into a rater's level.

    The level drifts once per session that has passed since the last rating, so that a session
    without a rating makes the level less certain. Without session numbers each rating is one step.

    Returns
    -------
    LevelState
        The new state.
    bool
        Whether a rupture opens at this rating.
    OpenRupture or None
        The rupture that this rating shows to be repaired.
    """
    numbers = rating_rules(measure, rules)
    if state is None:
        return _state(first_step(seen.value, numbers), 1, seen, None), False, None
    was = _numbers(state)
    now, standardised, forecast_sd, event = alliance_step(
        was, seen.value, _sessions(state.last, seen), numbers
    )
    ratings = state.ratings + 1
    if event == REPAIRED:
        return _state(now, ratings, seen, None), False, state.rupture
    if event == NOTHING:
        return _state(now, ratings, seen, state.rupture), False, None
    if event == GRADUAL:
        rupture = _gradual(now, seen, measure)
    else:
        span = measure.maximum - measure.minimum
        rupture = OpenRupture(
            began=seen,
            before=now.before,
            before_se=now.before_se,
            forecast_sd=forecast_sd,
            standardised=standardised,
            probability=rupture_probability(standardised, was.df, forecast_sd, span, rules),
        )
    return _state(now, ratings, seen, rupture), True, None


def _gradual(now: LevelNumbers, seen: Observed, measure: AllianceMeasure) -> OpenRupture:
    """Return the rupture of a slow fall; its probability is that of not being back."""
    spread = math.sqrt(now.before_se**2 + now.scale * measure.sem**2)
    back = back_probability(
        now.level, now.variance, now.scale, now.df, now.before, now.before_se, measure.sem
    )
    return OpenRupture(
        began=seen,
        before=now.before,
        before_se=now.before_se,
        forecast_sd=spread,
        standardised=(seen.value - now.before) / spread,
        probability=1.0 - back,
        onset=Onset.GRADUAL,
    )


def back_probability(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    level: float,
    variance: float,
    scale: float,
    df: float,
    before: float,
    before_se: float,
    sem: float,
) -> float:
    """Probability that a level is within one SEM of the level before a rupture, or above it.

    Both levels' errors are counted, by Student-t; the SEM is the client's own (stated SEM times
    the root of the spread). The names are those of `LevelNumbers`. The probability of a rupture of
    gradual onset is 1 minus this at its first rating.
    """
    return student_cdf(df, distance_back(level, variance, scale, before, before_se, sem))


def repair_probability(state: LevelState, measure: AllianceMeasure) -> float:
    """`back_probability` of a state; 1 when no rupture is open."""
    if state.rupture is None:
        return 1.0
    return back_probability(
        state.level, state.variance, state.scale, state.df,
        state.rupture.before, state.rupture.before_se, measure.sem,
    )  # fmt: skip


def _numbers(state: LevelState) -> LevelNumbers:
    rupture = state.rupture
    return LevelNumbers(
        state.level, state.variance, state.scale, state.df,
        state.fall, state.fall_from, state.fall_from_variance,
        math.nan if rupture is None else rupture.before,
        0.0 if rupture is None else rupture.before_se,
    )  # fmt: skip


def _state(
    now: LevelNumbers, ratings: int, seen: Observed, rupture: OpenRupture | None
) -> LevelState:
    return LevelState(
        level=now.level,
        variance=now.variance,
        scale=now.scale,
        df=now.df,
        ratings=ratings,
        last=seen,
        fall=now.fall,
        fall_from=now.fall_from,
        fall_from_variance=now.fall_from_variance,
        rupture=rupture,
    )


def _sessions(last: Observed, seen: Observed) -> float:
    """Sessions since the last rating; without their numbers each rating is one step."""
    if last.session is None or seen.session is None:
        return 1.0
    return float(max(seen.session - last.session, 0))
