"""One rater's alliance in time: level with its error, rupture and repair.

A local-level filter with two additions, both constant in time and memory:

* the client's own spread. All variances carry an unknown common scale with a conjugate prior, so
  that forecasts are Student-t and a client whose ratings vary more is not alarmed more often
  (West & Harrison 1997, section 4.5);
* robustness. A rating whose standardised surprise exceeds ``huber`` counts as a noisier one, by
  that ratio (Huber 1964). It moves the level by a bounded amount and leaves the level's error
  larger, so that a second such rating, if it comes, counts for more.

Ceiling: a rating at an end of the scale may stand for something beyond it. It moves the level like
any other, but never lowers the client's spread: a row of tens says little about how exact a
client's ratings are.

References
----------
West, M., & Harrison, J. (1997). *Bayesian forecasting and dynamic models* (2nd ed.). Springer.

Huber, P. J. (1964). Robust estimation of a location parameter. *Annals of Mathematical
Statistics, 35*(1), 73-101.

Stiles, W. B., et al. (2004). Patterns of alliance development and the rupture-repair hypothesis.
*Journal of Counseling Psychology, 51*(1), 81-92.

Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). Alliance rupture repair: A meta-analysis.
*Psychotherapy, 55*(4), 508-519.
"""

from __future__ import annotations

import math

from openalliance.core.course.probability import student_cdf
from openalliance.core.course.rating import (
    bounded_square_mean,
    critical_index,
    critical_values,
    distance_back,
    rating_step,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.course.states import LevelState, Observed, OpenRupture


def rupture_probability(
    standardised: float, df: float, forecast_sd: float, span: float, rules: RuptureRules
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
    noise = measure.sem**2
    if state is None:
        first = LevelState(
            level=seen.value,
            variance=noise,
            scale=1.0,
            df=rules.scale_df,
            ratings=1,
            last=seen,
        )
        return first, False, None
    drift = measure.level_sd**2 * _steps(state.last, seen)
    level, variance, scale, df, standardised, forecast_sd = rating_step(
        state.level, state.variance, state.scale, state.df, seen.value,
        noise, drift, rules.huber, bounded_square_mean(rules.huber),
        measure.minimum, measure.maximum,
    )  # fmt: skip
    rupture = state.rupture
    opens = rupture is None and standardised < _critical(rules.false_alarm_rate, state.df, rules)
    if opens:
        span = measure.maximum - measure.minimum
        rupture = OpenRupture(
            began=seen,
            before=state.level,
            before_se=math.sqrt(state.scale * (state.variance + drift)),
            forecast_sd=forecast_sd,
            standardised=standardised,
            probability=rupture_probability(standardised, state.df, forecast_sd, span, rules),
        )
    new = LevelState(
        level=level, variance=variance, scale=scale, df=df, ratings=state.ratings + 1,
        last=seen, rupture=rupture,
    )  # fmt: skip
    if rupture is None or opens:
        return new, opens, None
    distance = distance_back(level, variance, scale, rupture.before, rupture.before_se, measure.sem)
    if distance < _critical(rules.repair_probability, df, rules):
        return new, False, None
    return new.without_rupture(), False, rupture


def repair_probability(state: LevelState, measure: AllianceMeasure) -> float:
    """Probability that the level is back: within one SEM of the level before the rupture.

    Both levels' errors are counted, by Student-t; the SEM is the client's own (stated SEM times
    the root of the spread).
    1 when no rupture is open.
    """
    if state.rupture is None:
        return 1.0
    distance = distance_back(
        state.level, state.variance, state.scale,
        state.rupture.before, state.rupture.before_se, measure.sem,
    )  # fmt: skip
    return student_cdf(state.df, distance)


def _critical(probability: float, df: float, rules: RuptureRules) -> float:
    return critical_values(probability, rules.scale_df)[critical_index(df, rules.scale_df)]


def _steps(last: Observed, seen: Observed) -> int:
    if last.session is None or seen.session is None:
        return 1
    return max(seen.session - last.session, 0)
