"""Residuals with a continuous-time memory, made independent row by row.

The residuals of a group have variance 1 and, at a gap in time, correlation ``(1 - s) · φ ** gap``.
With s = 0 this is the continuous-time AR(1) of nlme's ``corCAR1``, whose inverse Cholesky factor
has two diagonals. With an error share s > 0 it is a state seen through error, and the Kalman
recursion takes every column to its innovations. Both take time in the number of rows, whatever the
spacing.

References
----------
Pinheiro, J. C., & Bates, D. M. (2000). *Mixed-effects models in S and S-PLUS*, section 5.3.
Springer.

Durbin, J., & Koopman, S. J. (2012). *Time series analysis by state space methods* (2nd ed.),
section 4.3. Oxford University Press.
"""

from __future__ import annotations

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed.products import Array, Index


def gaps_of(times: Array, starts: Index, *, ties: bool = False) -> Array:
    """Time since the row before in the same group, ``inf`` in the first; shape ``(n,)``.

    Raises
    ------
    InputError
        If two rows of a group have the same time and ``ties`` are not allowed.
    """
    gaps = np.empty(times.size)
    gaps[1:] = np.diff(times)
    gaps[starts] = np.inf
    if not ties and not np.all(gaps > 0.0):
        raise InputError(
            "two rows of one client have the same time; autocorrelation needs distinct times",
            where="times",
        )
    return gaps


def whiten(columns: Array, gaps: Array, phi: float, share: float) -> tuple[Array, float]:
    """Return columns with independent unit-variance residuals, and log|correlation|.

    Parameters
    ----------
    columns
        Shape ``(m, n)``, rows of a group together and in order of time.
    gaps
        Shape ``(n,)`` as `gaps_of` gives them.
    phi
        Correlation over one unit of time, from 0 to below 1.
    share
        Share of independent error in the variance, from 0 to below 1.
    """
    keep = phi**gaps
    if share == 0.0:
        variance = -np.expm1(2.0 * np.log(keep, out=np.full_like(keep, -np.inf), where=keep > 0.0))
        white = columns.copy()
        white[:, 1:] -= keep[1:] * columns[:, :-1]
        white /= np.sqrt(variance)
        return white, float(np.sum(np.log(variance)))
    return _innovations(columns, keep, share)


def _innovations(columns: Array, keep: Array, share: float) -> tuple[Array, float]:
    """Kalman recursion over the position within a group, all groups at once."""
    starts = np.flatnonzero(keep == 0.0)
    ends = np.append(starts[1:], keep.size)
    by_length = np.argsort(starts - ends, kind="stable")
    starts, lengths = starts[by_length], (ends - starts)[by_length]
    white = np.empty_like(columns)
    totals = np.empty(keep.size)
    level = np.zeros((columns.shape[0], starts.size))
    spread = np.full(starts.size, 1.0 - share)
    for position in range(int(lengths[0])):
        alive = int(np.searchsorted(-lengths, -position, side="left"))
        rows = starts[:alive] + position
        memory = keep[rows]
        level, spread = level[:, :alive] * memory, spread[:alive]
        spread = (1.0 - share) + memory**2 * (spread - (1.0 - share))
        total = spread + share
        innovation = columns[:, rows] - level
        gain = spread / total
        level += gain * innovation
        spread = share * gain
        totals[rows] = total
        white[:, rows] = innovation / np.sqrt(total)
    return white, float(np.sum(np.log(totals)))
