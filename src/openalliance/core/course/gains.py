"""Sudden gains and losses: a large, lasting step from one session to the next.

A sudden gain lies between session ``n`` and the next if (1) the step is at least a stated number
of points, (2) it is at least a quarter of the score before it, and (3) the mean of the three
sessions before and that of the three after differ by more than their spread allows:
``|m_before - m_after| > t · s``, ``s`` the pooled SD, without a factor √(1/n₁ + 1/n₂), as
published. Where sessions are missing, ``t`` is the critical value for those that are there; at
least two on each side are needed, and both scores around the step.

A gain is reversed if at any later session, the first after the step's own included, more than
half of it is lost. A loss is a gain with the direction turned round, the quarter included.

What cannot be judged is ``nan`` or code `UNKNOWN`, never "no".

References
----------
Tang, T. Z., & DeRubeis, R. J. (1999). Sudden gains and critical sessions in cognitive-behavioral
therapy for depression. *Journal of Consulting and Clinical Psychology, 67*(6), 894-904.
https://doi.org/10.1037/0022-006X.67.6.894

Stiles, W. B., et al. (2003). Early sudden gains in psychotherapy under routine clinic conditions:
Practice-based evidence. *Journal of Consulting and Clinical Psychology, 71*(1), 14-21.
(Time series of any length.)

Lutz, W., et al. (2013). The ups and downs of psychotherapy: Sudden gains and sudden losses
identified with session reports. *Psychotherapy Research, 23*(1), 14-24. (Losses.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

Array = NDArray[np.float64]
Verdicts = NDArray[np.int8]

YES, NO, UNKNOWN = 1, 0, -1
"""Codes of criteria and reversals."""

PUBLISHED_CRITICAL_VALUE = 2.776
"""Critical value of the third criterion with all six sessions, as published (df = 4)."""

WINDOW = 3
"""Sessions before and after the step."""

FEWEST = 2
"""Sessions with a score that each side needs."""

LARGEST_SHARE = 10.0
"""A larger share of the score is a percentage written where a fraction belongs."""

_CLOSE = 1e-9
"""Relative room at a stated threshold, for what binary fractions make of tenths."""

_BLOCK = 2_048
"""Clients taken at once, so that what is computed of them stays close to the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRules:
    """What counts as a sudden gain, or loss.

    Parameters
    ----------
    cutoff
        Least size of the step, in points, above 0; often the measure's reliable change.
    percent
        Least size as a share of the score before the step.
    alpha
        Two-sided level of the third criterion.
    missing_adjustment
        Critical value for the sessions that are there; else the published 2.776 throughout.
    losses
        Look for sudden losses.
    better
        Which direction of the score is better.
    """

    cutoff: float
    percent: float = 0.25
    alpha: float = 0.05
    missing_adjustment: bool = True
    losses: bool = False
    better: Better = Better.LOWER

    def __post_init__(self) -> None:
        if not 0.0 < self.cutoff < math.inf:
            raise InputError("a number of points above 0", where="cutoff")
        if not 0.0 <= self.percent <= LARGEST_SHARE:
            raise InputError("a fraction, at least 0: write 0.25 for 25 %", where="percent")
        if not 0.0 < self.alpha < 1.0:
            raise InputError("lies between 0 and 1", where="alpha")

    @property
    def sign(self) -> float:
        """Factor that makes a step looked for a fall."""
        falls = (self.better is Better.LOWER) is not self.losses
        return 1.0 if falls else -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """Sudden gains found, shape ``(g,)`` each, by client and session.

    Parameters
    ----------
    client
        Row of ``scores``.
    session
        Session before the step, counted from 1.
    before, after
        Scores around the step.
    magnitude
        Improvement over the step, in points; below 0 for a loss.
    before_mean, after_mean
        Means of the sessions with a score among the three on each side.
    proportion
        Size of the step as a share of the size of the change from the first to the last session
        of the grid, with the sign of that change in the step's direction; ``nan`` without both.
    reversal_value
        Score beyond which more than half is lost.
    reversed
        `YES`, `NO`, or `UNKNOWN` when no later session has a score.
    criteria
        Criteria 1 to 3 and all of them for each client and step, shape ``(4, n, t - 3)``: step
        ``k`` is from session ``k + 2`` to the next.
    """

    client: NDArray[np.int64]
    session: NDArray[np.int64]
    before: Array
    after: Array
    magnitude: Array
    before_mean: Array
    after_mean: Array
    proportion: Array
    reversal_value: Array
    reversed: Verdicts
    n_clients: int
    criteria: Verdicts = field(repr=False)

    def __len__(self) -> int:
        return int(self.client.size)

    @property
    def clients_with_gain(self) -> int:
        """Clients with at least one."""
        return int(np.unique(self.client).size)

    @property
    def n_reversed(self) -> int:
        """Gains known to be reversed."""
        return int(np.sum(self.reversed == YES))

    @property
    def judgeable_steps(self) -> NDArray[np.int64]:
        """Steps of each client that can be judged, shape ``(n,)``."""
        found: NDArray[np.int64] = np.sum(self.criteria[3] != UNKNOWN, axis=1)
        return found


def sudden_gains(scores: ArrayLike, rules: GainRules) -> Gains:
    """Find sudden gains, or losses, of many clients at once.

    Parameters
    ----------
    scores
        Shape ``(n_clients, n_sessions)``, ``nan`` where missing.
    rules
        What counts.

    Returns
    -------
    Gains

    Raises
    ------
    InputError
        If there are fewer than four sessions or a score is infinite.

    Examples
    --------
    >>> found = sudden_gains([[30.0, 29.0, 30.0, 18.0, 17.0, 16.0]], GainRules(cutoff=7.0))
    >>> found.session.tolist(), found.magnitude.tolist()
    ([3], [12.0])
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < WINDOW + 1:
        raise InputError("needs at least four sessions", where="scores")
    if np.isinf(table).any():
        raise InputError("scores are finite, or nan where missing", where="scores")
    # Sessions lie along the first axis from here on, so that each is one stretch of memory.
    turned = np.ascontiguousarray(table.T) * rules.sign
    n = table.shape[0]
    criteria = np.empty((4, table.shape[1] - WINDOW, n), dtype=np.int8)
    means = np.empty((2, table.shape[1] - WINDOW, n))
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        windows = _windows(turned[:, block])
        criteria[:, :, block] = _criteria(turned[:, block], windows, rules)
        means[0, :, block], means[1, :, block] = windows.before_mean, windows.after_mean
    client, step = np.nonzero(criteria[3].T == YES)
    at = step + 1
    values = rules.sign * turned
    before, after = values[at, client], values[at + 1, client]
    half = (before + after) / 2.0
    return Gains(
        client=client,
        session=at + 1,
        before=before,
        after=after,
        magnitude=(before - after) * (1.0 if rules.better is Better.LOWER else -1.0),
        before_mean=rules.sign * means[0, step, client],
        after_mean=rules.sign * means[1, step, client],
        proportion=_proportion(values[0, client] - values[-1, client], before - after, rules),
        reversal_value=half,
        reversed=_reversed(turned, client, at),
        n_clients=n,
        criteria=np.ascontiguousarray(criteria.transpose(0, 2, 1)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """Sessions with a score, their means and sums of squares on each side, by step and client."""

    before_n: NDArray[np.int8]
    after_n: NDArray[np.int8]
    before_mean: Array
    after_mean: Array
    squares: Array


def _windows(turned: Array) -> _Windows:
    """Return both sides of the steps 2 to 3, 3 to 4, …, t - 2 to t - 1."""
    empty = np.full((1, turned.shape[1]), np.nan)
    padded = np.concatenate([empty, turned, empty])
    there = ~np.isnan(padded)
    filled = np.where(there, padded, 0.0)
    steps = turned.shape[0] - 3

    def side(first: int) -> tuple[NDArray[np.int8], Array, Array]:
        parts = [slice(first + k, first + k + steps) for k in range(WINDOW)]
        n = sum(there[part].astype(np.int8) for part in parts)
        with np.errstate(invalid="ignore"):
            mean = sum(filled[part] for part in parts) / n
        squares = sum(np.where(there[part], filled[part] - mean, 0.0) ** 2 for part in parts)
        return np.asarray(n), np.asarray(mean), np.asarray(squares)

    before_n, before_mean, before_squares = side(0)
    after_n, after_mean, after_squares = side(WINDOW)
    return _Windows(
        before_n=before_n,
        after_n=after_n,
        before_mean=before_mean,
        after_mean=after_mean,
        squares=before_squares + after_squares,
    )


def _criteria(turned: Array, windows: _Windows, rules: GainRules) -> Verdicts:
    """Return criteria 1 to 3 and their conjunction, shape ``(4, steps, clients)``."""
    last = turned.shape[0] - 2
    before, after = turned[1:last], turned[2 : last + 1]
    fall = before - after
    known = ~np.isnan(fall)
    enough = (windows.before_n >= FEWEST) & (windows.after_n >= FEWEST)
    df = np.where(enough, windows.before_n + windows.after_n - 2, 2 * WINDOW - 2)
    spread = np.sqrt(windows.squares / df)
    difference = windows.before_mean - windows.after_mean
    with np.errstate(invalid="ignore"):
        found = np.array(
            [
                fall >= rules.cutoff * (1.0 - _CLOSE),
                fall >= rules.percent * (1.0 - _CLOSE) * np.abs(before),
                difference > _critical_values(rules)[df] * spread,
            ]
        )
    verdicts = np.empty((4, *fall.shape), dtype=np.int8)
    for k, judged in enumerate((known, known, enough)):
        verdicts[k] = np.where(judged, found[k], UNKNOWN)
    verdicts[3] = np.where(known & enough, (verdicts[:3] == YES).all(axis=0), UNKNOWN)
    return verdicts


def _critical_values(rules: GainRules) -> Array:
    """Critical values by degrees of freedom, 0 to 4."""
    if not rules.missing_adjustment:
        return np.full(2 * WINDOW - 1, PUBLISHED_CRITICAL_VALUE)
    from scipy.special import stdtrit

    df = np.maximum(np.arange(2.0 * WINDOW - 1.0), 1.0)
    found: Array = stdtrit(df, 1.0 - rules.alpha / 2.0)
    return found


def _proportion(change: Array, step: Array, rules: GainRules) -> Array:
    """Return the step's size over the whole change's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(change == 0.0, np.nan, step / change)
    found: Array = np.abs(share) if rules.losses else share
    return found


def _reversed(turned: Array, client: NDArray[np.int64], at: NDArray[np.int64]) -> Verdicts:
    before, after = turned[at, client], turned[at + 1, client]
    limit = after + (0.5 + _CLOSE) * (before - after)
    later = turned[:, client]
    later = np.where(np.arange(turned.shape[0])[:, None] > at + 1, later, np.nan)
    there = ~np.isnan(later)
    with np.errstate(invalid="ignore"):
        lost = (later > limit).any(axis=0)
    found: Verdicts = np.where(there.any(axis=0), lost, UNKNOWN).astype(np.int8)
    return found
