"""Growth curves with residuals that may remember; which kind is chosen by likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit, fit

Array = NDArray[np.float64]


class Memory(StrEnum):
    """How residuals of one client are related.

    ``CAR1`` decays with the time between them. ``CAR1_ERROR`` decays as well, from below 1: a part
    of every residual is error of its own, as with any questionnaire. ``AUTO`` takes the one of
    the three with the least Akaike criterion.
    """

    NONE = "none"
    CAR1 = "car1"
    CAR1_ERROR = "car1+error"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Columns of a growth curve, one row per score.

    ``times`` are those over which residuals remember; ``therapists`` adds a third level.
    """

    y: Array
    x: Array
    z: Array
    codes: NDArray[np.int64]
    times: Array
    terms: tuple[str, ...]
    random_terms: tuple[str, ...]
    therapists: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One kind of residuals that was tried."""

    memory: Memory
    loglik: float
    n_parameters: int
    aic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthFit:
    """The fit that was chosen, and what it was chosen from."""

    fit: MixedFit
    memory: Memory
    candidates: tuple[Candidate, ...]


def fit_growth_curve(
    growth: Growth, *, memory: Memory = Memory.NONE, reml: bool = True, uncorrelated: bool = False
) -> GrowthFit:
    """Fit a growth curve.

    Parameters
    ----------
    growth
        The rows.
    memory
        Kind of residuals, or `Memory.AUTO`.
    reml
        Restricted maximum likelihood, or maximum likelihood.
    uncorrelated
        Start and rate of a client are unrelated.

    Raises
    ------
    InputError
        If the model cannot be fitted to these rows; with `Memory.AUTO` kinds that cannot be are
        passed over.
    """
    kinds = [memory] if memory is not Memory.AUTO else [Memory.NONE, Memory.CAR1, Memory.CAR1_ERROR]
    found: list[tuple[Memory, MixedFit]] = []
    for kind in kinds:
        try:
            found.append((kind, _fitted(growth, kind, reml=reml, uncorrelated=uncorrelated)))
        except InputError:
            if not found:
                raise
    chosen, best = min(found, key=lambda one: one[1].aic)
    return GrowthFit(
        fit=best,
        memory=chosen,
        candidates=tuple(
            Candidate(memory=kind, loglik=one.loglik, n_parameters=one.n_parameters, aic=one.aic)
            for kind, one in found
        ),
    )


def _fitted(growth: Growth, kind: Memory, *, reml: bool, uncorrelated: bool) -> MixedFit:
    return fit(
        growth.y,
        growth.x,
        growth.codes,
        z=growth.z,
        terms=growth.terms,
        random_terms=growth.random_terms,
        reml=reml,
        diagonal=uncorrelated,
        upper_groups=growth.therapists,
        times=None if kind is Memory.NONE else growth.times,
        error_share=kind is Memory.CAR1_ERROR,
    )
