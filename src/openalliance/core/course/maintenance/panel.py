"""Scores at the ending and at follow-up waves, one row per client."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SAME = 1e-9
"""Share of a limit within which a change is exactly the limit, whatever binary fractions make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Clients after their ending.

    Parameters
    ----------
    waves
        Months after the ending, rising from 0, shape ``(w,)`` with ``w`` of at least 2.
    scores
        Shape ``(n, w)``; ``nan`` where a client did not answer. The first column, the ending, is
        complete.
    covariates
        What else may predict who answers, shape ``(n, p)``, known at the ending and complete.
    terms
        Names of the covariates.
    worse
        1 if higher scores are worse, -1 if lower ones are.

    Raises
    ------
    InputError
        If shapes disagree, waves do not rise from 0, or an ending or a covariate is missing.
    """

    waves: Floats
    scores: Floats
    worse: float
    covariates: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    terms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.worse not in {-1.0, 1.0}:
            raise InputError("is 1 where higher is worse, else -1", where="worse")
        waves = self.waves
        if waves.ndim != 1 or waves.size < 2 or waves[0] != 0.0 or not (np.diff(waves) > 0).all():
            raise InputError("rise from 0, the ending, to at least one later wave", where="waves")
        if self.scores.ndim != 2 or self.scores.shape[1] != waves.size or not self.scores.size:
            raise InputError("need one row per client and one column per wave", where="scores")
        if np.isinf(self.scores).any() or not np.isfinite(self.scores[:, 0]).all():
            raise InputError("scores are finite, and every client has one at the ending", where="0")
        if not self.terms and not self.covariates.size:
            object.__setattr__(self, "covariates", np.zeros((self.scores.shape[0], 0)))
        if self.covariates.shape != (self.scores.shape[0], len(self.terms)):
            raise InputError("need one row per client and one name per column", where="covariates")
        if not np.isfinite(self.covariates).all():
            raise InputError("must be there and finite", where="covariates")

    @property
    def n(self) -> int:
        """Clients."""
        return int(self.scores.shape[0])

    @property
    def ending(self) -> Floats:
        """Scores at the ending, shape ``(n,)``."""
        return np.asarray(self.scores[:, 0])

    @property
    def answered(self) -> Flags:
        """Who answered which wave, shape ``(n, w)``; the ending is always there."""
        return np.asarray(np.isfinite(self.scores))

    @property
    def monotone(self) -> bool:
        """Whether nobody who left a wave out answered a later one."""
        there = self.answered
        return bool((there[:, :-1] | ~there[:, 1:]).all())

    @property
    def worsening(self) -> Floats:
        """Points worse than at the ending, shape ``(n, w)``; below 0 where better."""
        return np.asarray(self.worse * (self.scores - self.scores[:, :1]))


def reaches(size: Floats, limit: float) -> Flags:
    """Whether sizes are at least the limit; exactly the limit counts, rounding or not."""
    return np.asarray(size >= limit - _SAME * abs(limit))
