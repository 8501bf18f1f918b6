"""Rupture and repair for many clients at once: the live steps in a compiled loop.

The loop calls the functions that a live rating calls: `first_step`, `alliance_step`,
`rupture_probability` and `back_probability`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.alliance import (
    RuptureOdds,
    back_probability,
    rupture_probability,
)
from openalliance.core.course.alliance_methods.state_space import STEPS
from openalliance.core.course.batch.clients import Offsets, check_offsets
from openalliance.core.course.batch.columns import NO_FAULT, numeric, refuse_faults
from openalliance.core.course.batch.threads import on_all_cores
from openalliance.core.course.probability import STUDENT_STEPS
from openalliance.core.course.rating import (
    GRADUAL,
    NOTHING,
    REPAIRED,
    LevelNumbers,
    RatingRules,
    alliance_step,
    first_step,
    rating_rules,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.errors import InputError
from openalliance.core.estimation.kernels import WORTH_COMPILING, compiled

NO_SESSION = 0
"""Stands where a rating has no session number; sessions are numbered from 1."""

Floats = NDArray[np.float64]


class RatingArrays(NamedTuple):
    """What the loop finds for each client, shape ``(clients,)``."""

    ratings: NDArray[np.int32]
    level: Floats
    se: Floats
    ruptures: NDArray[np.int32]
    repairs: NDArray[np.int32]
    in_rupture: NDArray[np.bool_]
    probability: Floats
    fault: NDArray[np.int64]


class RatingRows(NamedTuple):
    """What the loop finds for each row; empty arrays when it is not wanted.

    ``event`` is one of those of `openalliance.core.course.rating`.
    """

    level: Floats
    se: Floats
    event: NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllianceCourses:
    """One rater's level, ruptures and repairs, one value per client.

    Parameters
    ----------
    ratings
        Number of ratings.
    level, se
        Level after the last rating and its standard error; ``nan`` without a rating.
    ruptures, repairs
        How many began and how many of them were repaired.
    in_rupture
        Whether one is open after the last rating.
    probability
        The largest probability that any of them was one; ``nan`` without ruptures.
    rows
        The same for each row, if wanted: level, its error, what the rating shows.
    """

    ratings: NDArray[np.int32]
    level: Floats
    se: Floats
    ruptures: NDArray[np.int32]
    repairs: NDArray[np.int32]
    in_rupture: NDArray[np.bool_]
    probability: Floats
    rows: RatingRows | None = None


def alliance_courses(
    offsets: Offsets,
    ratings: ArrayLike,
    *,
    sessions: ArrayLike | None = None,
    measure: AllianceMeasure,
    rules: RuptureRules,
    per_row: bool = False,
) -> AllianceCourses:
    """Fold every client's ratings by one rater as live ratings are folded.

    Parameters
    ----------
    offsets
        Where each client's rows begin (`client_offsets`).
    ratings
        Shape ``(rows,)``, in order of time within a client; ``nan`` where none was given. Single
        precision is taken exactly as it is; all arithmetic is in double precision.
    sessions
        Whole numbers from 1, shape ``(rows,)``; `NO_SESSION` where there is none. Without them each
        rating is one step.
    measure, rules
        As in `CourseSettings`.
    per_row
        Whether each row's level is wanted too.

    Raises
    ------
    InputError
        If the columns do not fit or a rating lies outside the range; `where` names the row.
    """
    values = numeric(ratings)
    numbered = np.empty(0, np.int64) if sessions is None else np.ascontiguousarray(sessions)
    if numbered.dtype.kind not in "iu":
        raise InputError("sessions are whole numbers", where="sessions")
    check_offsets(offsets, values, *(() if sessions is None else (numbered,)))
    clients, rows = offsets.size - 1, values.size
    found, each = _arrays(clients), _rows(rows if per_row else 0)
    numbers = rating_rules(measure, rules)
    odds = RuptureOdds(rules.prior, rules.depth_share, rules.depth_sd_share)
    if rows < WORTH_COMPILING:
        plain = offsets.tolist(), values.tolist(), numbered
        _fold(0, clients, *plain, numbers, odds, found, each)
    else:
        arrays = numbers._replace(sudden=np.array(numbers.sudden), repair=np.array(numbers.repair))
        on_all_cores(
            lambda begin, end: _compiled_fold(
                begin, end, offsets, values, numbered, arrays, odds, found, each
            ),
            offsets,
        )
    refuse_faults(found.fault)
    return AllianceCourses(
        ratings=found.ratings,
        level=found.level,
        se=found.se,
        ruptures=found.ruptures,
        repairs=found.repairs,
        in_rupture=found.in_rupture,
        probability=found.probability,
        rows=each if per_row else None,
    )


def _fold(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    begin: int,
    end: int,
    offsets: Offsets,
    ratings: NDArray[np.generic],
    sessions: NDArray[np.generic],
    rules: RatingRules,
    odds: RuptureOdds,
    found: RatingArrays,
    each: RatingRows,
) -> None:
    for client in range(begin, end):
        count, last = 0, NO_SESSION
        now = first_step(math.nan, rules)
        for row in range(offsets[client], offsets[client + 1]):
            rating = 1.0 * ratings[row]
            if math.isnan(rating):
                continue
            if not rules.minimum <= rating <= rules.maximum:
                found.fault[client] = row
                break
            count += 1
            session = int(sessions[row]) if sessions.size > 0 else NO_SESSION
            event = NOTHING
            if count == 1:
                now = first_step(rating, rules)
            else:
                was = now
                now, standardised, forecast_sd, event = alliance_step(
                    was, rating, _sessions_between(last, session), rules
                )
                if event == REPAIRED:
                    found.repairs[client] += 1
                elif event != NOTHING:
                    found.ruptures[client] += 1
                    probability = _probability(
                        event, standardised, was.df, forecast_sd, now, rules, odds
                    )
                    if not found.probability[client] >= probability:
                        found.probability[client] = probability
            last = session
            if each.level.size > 0:
                each.level[row], each.se[row] = now.level, _level_se(now)
                each.event[row] = event
        found.ratings[client], found.level[client] = count, now.level
        found.se[client] = _level_se(now)
        found.in_rupture[client] = not math.isnan(now.before)


def _probability(  # noqa: PLR0917 - compiled code takes no keyword-only arguments
    event: int,
    standardised: float,
    df: float,
    forecast_sd: float,
    now: LevelNumbers,
    rules: RatingRules,
    odds: RuptureOdds,
) -> float:
    """Probability of the rupture that opens, as `take_rating` gives it."""
    if event == GRADUAL:
        return 1.0 - back_probability(
            now.level, now.variance, now.scale, now.df, now.before, now.before_se, rules.sem
        )
    span = rules.maximum - rules.minimum
    return rupture_probability(standardised, df, forecast_sd, span, odds)


def _sessions_between(last: int, session: int) -> float:
    if min(last, session) == NO_SESSION:
        return 1.0
    return float(max(session - last, 0))


def _level_se(now: LevelNumbers) -> float:
    return math.sqrt(now.scale * now.variance) * math.sqrt(now.df / (now.df - 2.0))


_compiled_fold = compiled(
    _fold,
    steps=(
        *STEPS,
        *STUDENT_STEPS,
        _level_se,
        _probability,
        _sessions_between,
        back_probability,
        rupture_probability,
    ),
)


def _arrays(clients: int) -> RatingArrays:
    return RatingArrays(
        ratings=np.empty(clients, np.int32),
        level=np.empty(clients),
        se=np.empty(clients),
        ruptures=np.zeros(clients, np.int32),
        repairs=np.zeros(clients, np.int32),
        in_rupture=np.empty(clients, np.bool_),
        probability=np.full(clients, np.nan),
        fault=np.full(clients, NO_FAULT, np.int64),
    )


def _rows(rows: int) -> RatingRows:
    return RatingRows(
        level=np.full(rows, np.nan),
        se=np.full(rows, np.nan),
        event=np.zeros(rows, np.int8),
    )
