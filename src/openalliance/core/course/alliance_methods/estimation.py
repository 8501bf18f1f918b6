"""Measurement error, drift and spread between clients, from all clients' ratings together.

The likelihood is that of the forecasts a live course makes: each rating, given the ones before it,
is Student-t about the level so far. Only three numbers are estimated, for everybody: the
measurement error (SEM), the drift of the level from one session to the next, and how much clients
differ in spread (the prior's df). Each client's own spread then comes from these and their own
ratings: with few ratings it is the common one, with many it is theirs (conjugate shrinkage; West &
Harrison 1997, section 4.5).

With `Ceiling.CENSORED` a rating at the top of the scale counts as "this or more"; taken as exact,
the many equal ratings there make the error seem far too small.

References
----------
West, M., & Harrison, J. (1997). *Bayesian forecasting and dynamic models* (2nd ed.). Springer.

Dawid, A. P. (1984). Present position and potential developments: The prequential approach.
*Journal of the Royal Statistical Society A, 147*(2), 278-292.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.alliance_methods.forecasts import forecast_loglik
from openalliance.core.course.alliance_methods.gaussian import fit_pooled
from openalliance.core.course.alliance_methods.series import RatingSeries
from openalliance.core.course.alliance_methods.state_space import Ceiling, levels
from openalliance.core.course.settings import SMALLEST_ERROR, AllianceMeasure, RuptureRules
from openalliance.core.errors import InputError

LEAST_FORECASTS = 30
"""Forecasts (ratings after a client's first) below which the estimates are called uncertain."""

LEAST_FOR_DRIFT = 100
"""Forecasts below which drift is not told from ruptures; its ratio to the error is then kept."""

LEAST_BELOW_TOP = 10
"""Ratings below the top of the scale under which a censored error is not estimated: with one rating
in forty below it, the error came out at half of the scale."""

LEAST_FOR_SPREAD = 10
"""Clients with five or more ratings below which the spread between clients is not estimated."""

MOST_RATINGS = 200_000
"""Ratings used for the estimates; of more, every so-manyth series."""

SCREENINGS = 3
"""Times that series with ruptures are looked for and left out of the estimates."""

LEAST_STEADY = 0.3
"""Share of the forecasts that must be left after that; else all series are used."""

LEAST_DF, MOST_DF = 3.0, 200.0
_SMALLEST_SHARE, _LARGEST_SHARE = 1e-4, 0.999
_SEVERAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the ratings say about the measure.

    Parameters
    ----------
    measure, rules
        The given ones with the estimated figures in them.
    loglik
        Log-likelihood of the forecasts at the estimate.
    forecasts
        How many forecasts it rests on.
    estimated
        Which of ``sem``, ``level_sd`` and ``scale_df`` were estimated.
    converged
        Whether the search came to an end.
    left_out
        Series left out because ruptures were found in them.
    cautions
        What a reader should know, in words.
    """

    measure: AllianceMeasure
    rules: RuptureRules
    loglik: float
    forecasts: int
    estimated: tuple[str, ...]
    converged: bool
    left_out: int = 0
    cautions: tuple[str, ...] = ()


def estimate_steady(
    series: RatingSeries,
    measure: AllianceMeasure,
    rules: RuptureRules,
    *,
    known: Sequence[str] = (),
    ceiling: Ceiling = Ceiling.AS_GIVEN,
) -> Estimate:
    """Estimate from the series in which no rupture is found, as a control chart's phase I does.

    Ruptures would else pass for drift and error, and hide themselves: in simulated ratings, a third
    of whose clients had ruptures, the drift came out half as large again. Estimating, looking for
    ruptures and leaving out their series is repeated up to `SCREENINGS` times. Parameters as for
    `estimate`.
    """
    found = estimate(series, measure, rules, known=known, ceiling=ceiling)
    used = series.count
    for _ in range(SCREENINGS if found.estimated else 0):
        events = levels(series, found.measure, rules, ceiling).event != 0
        broken = np.bincount(series.series_of_row[events], minlength=series.count) > 0
        steady = series.only(np.flatnonzero(~broken))
        left = int(np.maximum(steady.lengths - 1, 0).sum())
        all_of_them = int(np.maximum(series.lengths - 1, 0).sum())
        if steady.count == used:
            break
        if left < max(LEAST_FORECASTS, LEAST_STEADY * all_of_them):
            first = estimate(series, measure, rules, known=known, ceiling=ceiling)
            if "level_sd" not in first.estimated:
                return first
            words = (
                "Too few series without ruptures: error and drift rest on all, and are too wide."
            )
            return replace(first, cautions=(*first.cautions, words))
        used = steady.count
        again = estimate(steady, measure, rules, known=known, ceiling=ceiling)
        if not again.estimated:
            break
        found = replace(again, left_out=series.count - steady.count)
    return found


def estimate(
    series: RatingSeries,
    measure: AllianceMeasure,
    rules: RuptureRules,
    *,
    known: Sequence[str] = (),
    ceiling: Ceiling = Ceiling.AS_GIVEN,
) -> Estimate:
    """Estimate SEM, drift and spread between clients by maximum likelihood.

    Parameters
    ----------
    series
        Ratings of all clients by one kind of rater.
    measure, rules
        The range of the scale, and the figures that are known.
    known
        Names among ``sem``, ``level_sd`` and ``scale_df`` that are kept as given.
    ceiling
        What a rating at the top of the scale says.

    Where the ratings are too few or never change, nothing is estimated, the given figures are kept
    as working values, and a caution says so.
    """
    chosen, cautions = _chosen(series)
    forecasts = int(np.maximum(chosen.lengths - 1, 0).sum())
    free = [name for name in ("sem", "level_sd", "scale_df") if name not in known]
    several = int((chosen.lengths >= _SEVERAL).sum())
    if "scale_df" in free and several < LEAST_FOR_SPREAD:
        free.remove("scale_df")
        cautions.append(
            f"Too few series with {_SEVERAL} ratings or more ({several}): how much clients differ"
            f" in spread was not estimated but taken as given (weight {rules.scale_df:g} ratings)."
        )
    tied = "level_sd" in free and forecasts < LEAST_FOR_DRIFT
    if tied:
        free.remove("level_sd")
        cautions.append(
            f"Too few forecasts ({forecasts}) to tell drift from ruptures: the drift is taken as"
            f" {measure.level_sd / measure.sem:.2g} times the error (a working value)."
        )
    below = int((chosen.ratings < measure.maximum).sum())
    at_top = ceiling is Ceiling.CENSORED and below < LEAST_BELOW_TOP
    start: AllianceMeasure | None = measure
    if free:
        start = None if at_top else _start(chosen, measure, free, tied=tied)
    if start is None:
        cautions.append(
            "Too few ratings, none that differ, or nearly all of them at the top of the scale:"
            " there is nothing to estimate from. The error is taken as"
            f" {measure.sem:.3g} and the drift as {measure.level_sd:.3g} points (working values);"
            " state the error (SEM) if it is known."
        )
    if not free or start is None:
        loglik = forecast_loglik(chosen, measure, rules, ceiling)
        return Estimate(
            measure=measure, rules=rules, loglik=loglik, forecasts=forecasts, estimated=(),
            converged=True, cautions=tuple(cautions),
        )  # fmt: skip
    if "sem" in free and forecasts < LEAST_FORECASTS:
        cautions.append("The error is very uncertain; state it (SEM) if it is known.")
    found, loglik, converged = _search(chosen, (start, rules), free, tied=tied, ceiling=ceiling)
    cautions += _at_ends(found, free)
    if not converged:
        cautions.append("The search for the maximum did not come to an end; take care.")
    return Estimate(
        measure=found[0], rules=found[1], loglik=loglik, forecasts=forecasts,
        estimated=tuple(free), converged=converged, cautions=tuple(cautions),
    )  # fmt: skip


def _chosen(series: RatingSeries) -> tuple[RatingSeries, list[str]]:
    every = math.ceil(series.ratings.size / MOST_RATINGS)
    if every <= 1:
        return series, []
    words = f"One series in {every} was used for the estimates; all were analysed."
    return series.only(np.arange(0, series.count, every)), [words]


def _start(
    series: RatingSeries, measure: AllianceMeasure, free: Sequence[str], *, tied: bool
) -> AllianceMeasure | None:
    """Begin at the Gaussian estimate; ``None`` where there is none."""
    try:
        fit = fit_pooled(series)
    except InputError:
        return None
    noise, drift = float(fit.noise[0]), float(fit.drift[0])
    if not math.isfinite(noise + drift):
        return None
    total = noise + drift
    sem = math.sqrt(max(noise, 0.05 * total)) if "sem" in free else measure.sem
    if "level_sd" in free:
        return replace(measure, sem=sem, level_sd=math.sqrt(max(drift, 0.01 * total)))
    if tied:
        return replace(measure, sem=sem, level_sd=measure.level_sd / measure.sem * sem)
    return replace(measure, sem=sem)


Found = tuple[AllianceMeasure, RuptureRules]


def _search(
    series: RatingSeries, begin: Found, free: Sequence[str], *, tied: bool, ceiling: Ceiling
) -> tuple[Found, float, bool]:
    """Climb the likelihood; ``tied`` keeps the drift's ratio to the error."""
    from scipy.optimize import minimize

    start, rules = begin

    def settled(point: NDArray[np.float64]) -> Found:
        values = dict(zip(free, point, strict=True))
        measure, spread = start, rules
        if "sem" in values:
            smallest = 2.0 * SMALLEST_ERROR * (start.maximum - start.minimum) / start.sem
            factor = max(math.exp(float(values["sem"])), smallest)
            level_sd = start.level_sd * (factor if tied else 1.0)
            measure = replace(measure, sem=start.sem * factor, level_sd=level_sd)
        if "level_sd" in values:
            share = 1.0 / (1.0 + math.exp(-float(values["level_sd"])))
            share = min(max(share, _SMALLEST_SHARE), _LARGEST_SHARE)
            measure = replace(measure, level_sd=measure.sem * math.sqrt(share / (1.0 - share)))
        if "scale_df" in values:
            df = math.exp(float(values["scale_df"]))
            spread = replace(rules, scale_df=min(max(df, LEAST_DF), MOST_DF))
        return measure, spread

    def cost(point: NDArray[np.float64]) -> float:
        measure, spread = settled(np.clip(point, -12.0, 12.0))
        return -forecast_loglik(series, measure, spread, ceiling)

    odds = 2.0 * math.log(max(start.level_sd, 1e-6 * start.sem) / start.sem)
    places = {"sem": 0.0, "level_sd": odds, "scale_df": math.log(rules.scale_df)}
    first = np.array([places[name] for name in free])
    simplex = np.vstack([first, first + 0.5 * np.eye(len(free))])
    options = {"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-7, "maxfev": 600}
    found = minimize(cost, first, method="Nelder-Mead", options=options)
    return settled(found.x), -float(found.fun), bool(found.success)


def _at_ends(found: Found, free: Sequence[str]) -> list[str]:
    measure, rules = found
    cautions = []
    share = measure.level_sd**2 / (measure.level_sd**2 + measure.sem**2)
    if "level_sd" in free and share < 2.0 * _SMALLEST_SHARE:
        cautions.append("The drift is estimated to be 0: levels are taken as nearly constant.")
    if "level_sd" in free and share > 1.0 - 2.0 * (1.0 - _LARGEST_SHARE):
        cautions.append(
            "The measurement error is estimated to be 0: every change of a rating is taken as a"
            " change of the level."
        )
    if "scale_df" in free and rules.scale_df >= 0.99 * MOST_DF:
        cautions.append("Clients are estimated not to differ in spread.")
    return cautions
