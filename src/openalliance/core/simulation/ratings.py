"""Series of alliance ratings with one rupture of known kind, or none, to try detectors on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError


class Fall(StrEnum):
    """What a rupture does to the level."""

    NONE = "none"
    DIP = "dip"
    STEP = "step"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingScenario:
    """How ratings come about.

    Parameters
    ----------
    sessions
        Length of each series.
    fall, depth
        What the rupture does, and how many points deep it is: a dip lasts two sessions, a step for
        good, a slow fall takes ``slow_sessions`` and lasts.
    sem, level_sd
        SD of the error of a rating and of the level's drift from session to session.
    spread_df
        How much clients differ: all SDs of a client are multiplied by the root of
        ``spread_df / χ²(spread_df)``. ``inf``: not at all.
    autocorrelation
        Of the error from session to session; 0 as the filter assumes.
    start, maximum
        Level at the beginning, and the end of the scale, at which ratings are cut and rounded to
        sixths; ``maximum`` ``inf`` for neither.
    """

    sessions: int = 16
    fall: Fall = Fall.NONE
    depth: float = 2.0
    slow_sessions: int = 8
    sem: float = 0.5
    level_sd: float = 0.3
    spread_df: float = 10.0
    autocorrelation: float = 0.0
    start: float = 7.0
    maximum: float = math.inf

    def __post_init__(self) -> None:
        if self.sessions < (self.slow_sessions if self.fall is Fall.SLOW else 0) + 4:
            raise InputError("too few sessions for a fall", where="sessions")
        if not 0.0 <= self.autocorrelation < 1.0:
            raise InputError("lies from 0 to below 1", where="autocorrelation")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRatings:
    """Ratings and their truth, shape ``(clients, sessions)``; ``onset`` is the fall's first one."""

    ratings: NDArray[np.float64]
    level: NDArray[np.float64]
    onset: int


def simulate_ratings(
    scenario: RatingScenario, clients: int, rng: np.random.Generator
) -> SimulatedRatings:
    """Make up the ratings of some clients."""
    shape = (clients, scenario.sessions)
    spread = np.ones((clients, 1))
    if math.isfinite(scenario.spread_df):
        df = scenario.spread_df
        spread = np.sqrt(df / rng.chisquare(df, (clients, 1)))
    steps = scenario.level_sd * rng.standard_normal(shape)
    steps[:, 0] = 0.0
    onset = scenario.sessions // 2 if scenario.fall is not Fall.SLOW else scenario.sessions // 4
    level = scenario.start + spread * steps.cumsum(axis=1) - _fall(scenario, onset)
    ratings = level + spread * scenario.sem * _errors(scenario, shape, rng)
    if math.isfinite(scenario.maximum):
        ratings = np.clip(np.rint(6.0 * ratings) / 6.0, 0.0, scenario.maximum)
    return SimulatedRatings(ratings=ratings, level=level, onset=onset)


def _fall(scenario: RatingScenario, onset: int) -> NDArray[np.float64]:
    """Return the points lost in each session, shape ``(sessions,)``."""
    since = np.arange(scenario.sessions) - onset
    match scenario.fall:
        case Fall.NONE:
            share = np.zeros(scenario.sessions)
        case Fall.DIP:
            share = np.where((since >= 0) & (since < 2), 1.0, 0.0)
        case Fall.STEP:
            share = np.where(since >= 0, 1.0, 0.0)
        case Fall.SLOW:
            share = np.clip((since + 1.0) / scenario.slow_sessions, 0.0, 1.0)
    return np.asarray(scenario.depth * share)


def _errors(
    scenario: RatingScenario, shape: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return errors of SD 1, autocorrelated if asked for."""
    errors = rng.standard_normal(shape)
    phi = scenario.autocorrelation
    for session in range(1, shape[1] if phi else 0):
        errors[:, session] = (
            phi * errors[:, session - 1] + math.sqrt(1.0 - phi * phi) * (errors[:, session])
        )
    return errors
