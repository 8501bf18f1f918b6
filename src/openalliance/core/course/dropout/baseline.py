"""How the hazard depends on the period itself: freely, in a line, in a smooth curve, or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.dropout.periods import PersonPeriods
from openalliance.core.errors import InputError
from openalliance.core.estimation.splines import knots_for, natural_spline

Floats = NDArray[np.float64]


class Shape(StrEnum):
    """Form of the baseline hazard over the periods."""

    FACTOR = "factor"
    LINEAR = "linear"
    SPLINE = "spline"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Columns that stand for the period, beside the intercept.

    Parameters
    ----------
    shape
        Their form.
    name
        What terms are called after; the column of the periods.
    levels
        Of a factor: all periods; the hazard of ``reference`` is in the intercept.
    knots
        Of a spline.
    """

    shape: Shape
    name: str = "period"
    levels: tuple[float, ...] = ()
    reference: float | None = None
    knots: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.shape is Shape.FACTOR and self.reference not in self.levels:
            raise InputError("the reference is one of the levels", where="reference")

    @property
    def terms(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        match self.shape:
            case Shape.FACTOR:
                return tuple(
                    f"{self.name}[T.{level:g}]" for level in self.levels if level != self.reference
                )
            case Shape.LINEAR:
                return (self.name,)
            case Shape.SPLINE:
                bends = range(1, len(self.knots) - 1)
                return (self.name, *(f"{self.name}[bend {bend}]" for bend in bends))
            case _:
                return ()

    def columns(self, period: ArrayLike) -> Floats:
        """Return the columns of periods, shape ``(n, number of terms)``.

        Raises
        ------
        InputError
            If a period is none of a factor's levels.
        """
        at = np.asarray(period, dtype=np.float64)
        match self.shape:
            case Shape.FACTOR:
                if not np.isin(at, self.levels).all():
                    raise InputError("the model knows nothing of this period", where=self.name)
                others = np.array([level for level in self.levels if level != self.reference])
                return np.asarray(at[:, None] == others.reshape(1, -1), dtype=np.float64)
            case Shape.LINEAR:
                return at[:, None].copy()
            case Shape.SPLINE:
                return natural_spline(at, self.knots)
            case _:
                return np.zeros((at.size, 0))


def baseline_for(periods: PersonPeriods, shape: Shape, *, name: str = "period") -> Baseline:
    """Make the baseline that suits these rows.

    A factor's reference is the first period in which somebody dropped out, so that periods without
    drop-outs do not take the others' coefficients with them. A spline's knots are at fixed
    quantiles of the periods in which people dropped out.

    Raises
    ------
    InputError
        If there are too few periods for the form.
    """
    grid = periods.grid
    gone = periods.period[periods.dropped_out > 0.0]
    match shape:
        case Shape.FACTOR:
            first = float(gone.min()) if gone.size else float(grid[0])
            return Baseline(shape=shape, name=name, levels=tuple(grid.tolist()), reference=first)
        case Shape.SPLINE:
            enough = np.unique(gone).size >= 3
            return Baseline(
                shape=shape, name=name, knots=knots_for(gone if enough else periods.period)
            )
        case _:
            return Baseline(shape=shape, name=name)


def varies_only_with_period(periods: PersonPeriods, values: ArrayLike) -> bool:
    """Whether a covariate is nothing but a function of the period."""
    given = np.asarray(values, dtype=np.float64)
    place = np.searchsorted(periods.grid, periods.period)
    highest = np.full(periods.grid.size, -np.inf)
    lowest = np.full(periods.grid.size, np.inf)
    np.maximum.at(highest, place, given)
    np.minimum.at(lowest, place, given)
    return bool((highest == lowest).all()) and periods.grid.size > 1
