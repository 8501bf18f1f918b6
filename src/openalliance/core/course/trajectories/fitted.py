"""An expected course fitted to a practice's own clients, with how sure it is.

The growth curve is the live engine's model: a start and a rate per log(1 + weeks) for each client,
swings that remember, and measurement error, fitted by restricted maximum likelihood. Whether the
residuals remember is decided by Akaike's criterion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.course.trajectory import Trajectory
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit, fit

FEWEST_CLIENTS = 10
"""Fewer clients with two scores or more say too little about how clients differ."""

LEAST_ERROR_SHARE = 1e-6
"""Least share of the residual variance given to measurement error, which may not vanish."""

MOST_PERSISTENCE = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """A number for each quantity that a trajectory is estimated from.

    Residuals are kept as their SD, the share of it that is error rather than swing, and the
    swings' correlation over one week.
    """

    start_mean: float
    start_sd: float
    rate_mean: float
    rate_sd: float
    start_rate_correlation: float
    residual_sd: float
    error_share: float
    swing_persistence: float

    def numbers(self) -> dict[str, float]:
        """Name and number of each quantity."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTrajectory:
    """An expected course with its uncertainty.

    Parameters
    ----------
    trajectory
        Parameters for the live engine.
    estimates, errors
        What was estimated, and the standard error of each; ``nan`` where the data say nothing.
    n_clients, n_rows
        What it was fitted to.
    converged, notes
        Whether the optimum was reached, and cautions in plain words.
    """

    trajectory: Trajectory
    estimates: Estimated
    errors: Estimated
    n_clients: int
    n_rows: int
    converged: bool
    notes: tuple[str, ...] = ()


def fit_trajectory(
    codes: ArrayLike,
    weeks: ArrayLike,
    scores: ArrayLike,
    measure: OutcomeMeasure,
    *,
    level: float = 0.80,
    source: str | None = None,
) -> FittedTrajectory:
    """Fit the expected course to scores of many clients.

    Parameters
    ----------
    codes
        Integer code of the client, one per score, shape ``(n,)``.
    weeks
        Weeks since the client's first score, at least 0.
    scores
        Scores; rows with a missing (``nan``) score are left out.
    measure
        Range and direction of the score.
    level
        Level of the trajectory's prediction interval.
    source
        Where it comes from, in plain words; by default the numbers of clients and scores.

    Returns
    -------
    FittedTrajectory

    Raises
    ------
    InputError
        If fewer than 10 clients have two scores or more, or the scores do not vary.
    """
    who, when, score = _given(codes, weeks, scores)
    _check_enough(who)
    found = fit_growth(who, when, score)
    clients = found.n_groups
    words = source or f"{clients} clients of this practice with {score.size} scores"
    estimates = _estimates(found)
    return FittedTrajectory(
        trajectory=trajectory_of(estimates, measure, level=level, source=words),
        estimates=estimates,
        errors=_errors(found, estimates),
        n_clients=clients,
        n_rows=score.size,
        converged=found.converged,
        notes=found.notes,
    )


def fit_growth(
    codes: NDArray[np.int64], weeks: NDArray[np.float64], scores: NDArray[np.float64]
) -> MixedFit:
    """Fit start and rate per log(1 + weeks), with or without swings, whichever AIC prefers."""
    x = np.column_stack([np.ones_like(weeks), np.log1p(weeks)])
    names = ("start", "rate")
    plain = fit(scores, x, codes, z=x, terms=names, random_terms=names)
    try:
        swings = fit(
            scores, x, codes, z=x, terms=names, random_terms=names, times=weeks, error_share=True
        )
    except InputError:
        return plain
    return swings if swings.aic < plain.aic else plain


def trajectory_from_fit(
    found: MixedFit, measure: OutcomeMeasure, *, level: float = 0.80, source: str
) -> Trajectory:
    """Return the live engine's parameters of a growth curve in log(1 + weeks).

    Parameters
    ----------
    found
        A fit with fixed and random columns 1 and log(1 + weeks), in this order; times, if any, in
        weeks.
    measure
        Range and direction of the score.
    level, source
        As in `Trajectory`.

    Raises
    ------
    InputError
        If the fit is not of this form.
    """
    return trajectory_of(_estimates(found), measure, level=level, source=source)


def trajectory_of(
    estimates: Estimated, measure: OutcomeMeasure, *, level: float, source: str
) -> Trajectory:
    """Return the live engine's parameters of estimated quantities."""
    share = min(max(estimates.error_share, LEAST_ERROR_SHARE), 1.0)
    return Trajectory(
        start_mean=estimates.start_mean,
        start_sd=estimates.start_sd,
        rate_mean=estimates.rate_mean,
        rate_sd=estimates.rate_sd,
        start_rate_correlation=estimates.start_rate_correlation,
        swing_sd=estimates.residual_sd * math.sqrt(1.0 - share),
        swing_persistence=min(estimates.swing_persistence, MOST_PERSISTENCE),
        sem=estimates.residual_sd * math.sqrt(share),
        minimum=measure.minimum,
        maximum=measure.maximum,
        level=level,
        better=measure.better,
        source=source,
    )


def _estimates(found: MixedFit) -> Estimated:
    if len(found.terms) != 2 or found.random_sd.size != 2 or found.upper is not None:
        raise InputError(
            "an expected course needs an intercept and a rate, fixed and random", where="fit"
        )
    correlation = float(found.random_correlation[1, 0])
    memory = found.autocorrelation
    return Estimated(
        start_mean=float(found.estimate[0]),
        start_sd=float(found.random_sd[0]),
        rate_mean=float(found.estimate[1]),
        rate_sd=float(found.random_sd[1]),
        start_rate_correlation=correlation if math.isfinite(correlation) else 0.0,
        residual_sd=found.residual_sd,
        error_share=1.0 if memory is None else memory.error_share,
        swing_persistence=0.0 if memory is None else memory.phi,
    )


def _errors(found: MixedFit, estimates: Estimated) -> Estimated:
    variances = zip(found.component_names, np.diag(found.component_covariance), strict=True)
    se = {name: math.sqrt(variance) for name, variance in variances if variance > 0.0}
    flat = estimates.start_sd == 0.0 or estimates.rate_sd == 0.0
    return Estimated(
        start_mean=float(found.se[0]),
        start_sd=se.get("group_sd_0", math.nan),
        rate_mean=float(found.se[1]),
        rate_sd=se.get("group_sd_1", math.nan),
        start_rate_correlation=math.nan if flat else se.get("group_correlation_1_0", math.nan),
        residual_sd=se.get("residual_sd", math.nan),
        error_share=se.get("error_share", math.nan),
        swing_persistence=se.get("phi", math.nan),
    )


def _given(
    codes: ArrayLike, weeks: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    who = np.asarray(codes, dtype=np.int64)
    when = np.asarray(weeks, dtype=np.float64)
    score = np.asarray(scores, dtype=np.float64)
    if not who.shape == when.shape == score.shape or who.ndim != 1:
        raise InputError("one client, time and score per row are needed", where="scores")
    seen = ~np.isnan(score)
    who, when, score = who[seen], when[seen], score[seen]
    if not (np.isfinite(when).all() and (when >= 0.0).all()):
        raise InputError("weeks count from each client's first score", where="weeks")
    return who, when, score


def _check_enough(codes: NDArray[np.int64]) -> None:
    counts = np.unique(codes, return_counts=True)[1]
    if np.count_nonzero(counts >= 2) < FEWEST_CLIENTS or codes.size <= 2 * counts.size:
        raise InputError(
            f"an expected course needs at least {FEWEST_CLIENTS} clients with two scores or more, "
            "and more than two scores per client on average; use published norms until then",
            where="scores",
        )
