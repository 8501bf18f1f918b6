"""The years after an ending: when to look in again, and what is kept for one client.

Follow-up scores come when people get to them, not on the day they were asked for; each is taken
for the wave it is nearest to, within a window that grows with the wave.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from openalliance.core.course.change import CRITICAL_VALUE
from openalliance.core.course.maintenance.analysis import (
    Maintenance,
    MaintenanceSettings,
    maintenance,
)
from openalliance.core.course.maintenance.fate import ClientFate, fates
from openalliance.core.course.maintenance.panel import FollowUp
from openalliance.core.course.maintenance.survival import relapses
from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import Proportion, wilson
from openalliance.core.instruments import Better

MONTHS = (1, 3, 6, 12, 24, 60)
"""When somebody is asked how life is, unless they or their therapist choose otherwise."""

LATEST_MONTH = 120
OPEN_FOR = timedelta(days=28)
"""How long a follow-up takes answers."""

REMINDED_AFTER = timedelta(days=7)
"""After how long, once, somebody is reminded of a follow-up they have not answered."""

LEAST_LEFT = 20
"""Clients who left long enough ago from which a practice's picture is made; with fewer, weights and
curves rest on a handful of answers."""

LEAST_ANSWERS = 5
"""Answers from which a wave is told: no figure may be one person's."""

_DAYS_A_MONTH = 365.25 / 12.0
_NEAR_MONTHS, _NEAR_SHARE = 0.75, 0.25


def due_at(ended_at: datetime, months: int) -> datetime:
    """Return the moment so many calendar months after an ending, else the last day of that month.

    Raises
    ------
    InputError
        If it is not from 1 to `LATEST_MONTH` months.

    Examples
    --------
    >>> due_at(datetime(2026, 8, 31), 6).date().isoformat()
    '2027-02-28'
    """
    if not 1 <= months <= LATEST_MONTH:
        raise InputError(f"choose from 1 to {LATEST_MONTH} months", where="months")
    years, month = divmod(ended_at.month - 1 + months, 12)
    year = ended_at.year + years
    day = min(ended_at.day, calendar.monthrange(year, month + 1)[1])
    return ended_at.replace(year=year, month=month + 1, day=day)


def months_between(ended_at: datetime, at: datetime) -> float:
    """Return the months from an ending to a moment."""
    return (at - ended_at).total_seconds() / 86_400.0 / _DAYS_A_MONTH


def wave_of(months: float, waves: Sequence[int] = MONTHS) -> int | None:
    """Return the wave an answer belongs to; ``None`` where it is near to none.

    Examples
    --------
    >>> wave_of(1.4), wave_of(13.0), wave_of(9.0)
    (1, 12, None)
    """
    nearest = min(waves, key=lambda wave: abs(wave - months), default=None)
    if nearest is None or abs(nearest - months) > max(_NEAR_MONTHS, _NEAR_SHARE * nearest):
        return None
    return nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """One client who left.

    Parameters
    ----------
    months_since
        Since the ending, now.
    ending
        Score at the ending.
    answers
        Follow-up scores with the months since the ending.
    """

    months_since: float
    ending: float
    answers: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How scores are read: reliable change, which way is better, and the ends of the scale."""

    limit: float
    higher_is_better: bool
    low: float
    high: float

    @property
    def worse(self) -> float:
        return -1.0 if self.higher_is_better else 1.0


def fate_of(one: Departed, rule: Rule, *, waves: Sequence[int] = MONTHS) -> ClientFate:
    """Return what one client has kept since the ending: the panel of one."""
    panel = FollowUp(
        waves=np.array([0.0, *waves]), scores=np.array([_row(one, waves)]), worse=rule.worse
    )
    (found,) = fates(panel, relapses(panel, limit=rule.limit), limit=rule.limit)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveResponse:
    """Who answered one wave, of those who left long enough ago for it to be over."""

    months: int
    response: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept in a practice.

    Parameters
    ----------
    left
        Clients who left long enough ago, on whom everything rests.
    until
        The last wave, in months.
    response
        Of every wave up to it.
    found
        ``None`` where the sizes are below `LEAST_LEFT` and `LEAST_ANSWERS`.
    """

    left: int
    until: int
    response: tuple[WaveResponse, ...]
    found: Maintenance | None


def kept_in_practice(
    departed: Iterable[Departed], rule: Rule, *, until: int, waves: Sequence[int] = MONTHS,
    draws: int = 200,
) -> Kept:  # fmt: skip
    """Say what is kept up to a wave, for all who left long enough ago for it to be over.

    Who left later is not silent but not asked yet, and so is no part of it.

    Parameters
    ----------
    departed
        Everybody who left and has a score at the ending.
    rule
        How scores are read.
    until
        The last wave to be told, in months.
    waves, draws
        When was asked; bootstrap samples of the what-if figures.

    Raises
    ------
    InputError
        If there is no such wave.
    """
    asked = [wave for wave in waves if wave <= until]
    if not asked or asked[-1] != until:
        raise InputError("choose one of the times at which clients were asked", where="until")
    over = until + OPEN_FOR.days / _DAYS_A_MONTH
    group = [one for one in departed if one.months_since >= over]
    rows = np.array([_row(one, asked) for one in group]).reshape(len(group), len(asked) + 1)
    answered = np.isfinite(rows[:, 1:]).sum(axis=0)
    response = tuple(
        WaveResponse(months=wave, response=wilson(int(n), len(group)))
        for wave, n in zip(asked, answered, strict=True)
    )
    told = [at for at, n in enumerate(answered, start=1) if n >= LEAST_ANSWERS]
    found = None
    if len(group) >= LEAST_LEFT and told:
        panel = FollowUp(
            waves=np.array([0.0, *(float(asked[at - 1]) for at in told)]),
            scores=rows[:, [0, *told]],
            worse=rule.worse,
        )
        settings = MaintenanceSettings(limit=rule.limit, scale=(rule.low, rule.high), draws=draws)
        found = maintenance(panel, settings)
    return Kept(left=len(group), until=until, response=response, found=found)


def _row(one: Departed, waves: Sequence[int]) -> list[float]:
    """Return the ending's score and one for each wave: the answer nearest to it."""
    nearest: dict[int, tuple[float, float]] = {}
    for months, value in one.answers:
        wave = wave_of(months, waves)
        if wave is None:
            continue
        distance = abs(months - wave)
        if wave not in nearest or distance < nearest[wave][0]:
            nearest[wave] = (distance, value)
    return [one.ending, *(nearest[wave][1] if wave in nearest else math.nan for wave in waves)]


def rule_of(measure: OutcomeMeasure) -> Rule:
    """Return how the scores of an outcome measure are read: by its reliable change."""
    limit = measure.reliable_change
    if limit is None:
        limit = CRITICAL_VALUE * math.sqrt(2.0) * measure.sem
    return Rule(
        limit=limit,
        higher_is_better=measure.better is Better.HIGHER,
        low=measure.minimum,
        high=measure.maximum,
    )
