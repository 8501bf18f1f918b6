"""From the columns of a file to effects with their variances, and the scale they are on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from openalliance.core.evidence.effects import (
    correlations,
    fisher_z,
    log_odds_ratio,
    log_risk_ratio,
    standardised_difference,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openalliance.core.evidence.effects import Effects
    from openalliance.files.frame import Frame

    Array = NDArray[np.float64]


class Scale(Enum):
    """What an effect is."""

    PLAIN = "effect"
    R = "correlation"
    Z = "Fisher’s z"
    G = "Hedges’ g"
    LOG_OR = "log odds ratio"
    LOG_RR = "log risk ratio"

    def back(self, value: float) -> float:
        """Return a value on the scale that people read."""
        if self is Scale.Z:
            return float(np.tanh(value))
        return float(np.exp(value)) if self in _LOGARITHMS else value

    @property
    def read_as(self) -> str:
        """What a value is called when it is turned back."""
        return {Scale.Z: "r", Scale.LOG_OR: "odds ratio", Scale.LOG_RR: "risk ratio"}.get(
            self, self.value
        )


_LOGARITHMS = (Scale.LOG_OR, Scale.LOG_RR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Effects of every row; ``nan`` where the file has none."""

    y: Array
    v: Array
    scale: Scale
    column: str


def read_effects(frame: Frame, columns: Mapping[str, str], *, transform: str, measure: str) -> Read:
    """Read effects from whichever columns were named.

    Raises
    ------
    TableError
        A column is missing or a cell impossible; file, column and row are named.
    """
    if "effect" in columns:
        return _given(frame, columns)
    if "r" in columns:
        return _from_correlations(frame, columns, transform)
    if "mean1" in columns:
        return _from_means(frame, columns)
    return _from_counts(frame, columns, measure)


def _given(frame: Frame, columns: Mapping[str, str]) -> Read:
    y = frame.numbers(columns["effect"])
    error = columns.get("variance") or columns["se"]
    size = frame.numbers(error)
    what = "variance" if "variance" in columns else "standard error"
    frame.refuse(error, size <= 0.0, f"a {what} is above 0; leave the cell empty if it is unknown")
    return Read(
        y=y,
        v=size if "variance" in columns else size**2,
        scale=Scale.PLAIN,
        column=columns["effect"],
    )


def _from_correlations(frame: Frame, columns: Mapping[str, str], transform: str) -> Read:
    r, n = frame.numbers(columns["r"]), frame.numbers(columns["n"])
    frame.refuse(columns["r"], np.abs(r) >= 1.0, "a correlation lies between −1 and 1")
    frame.refuse(columns["n"], n <= 3.0, "a correlation needs more than 3 persons")
    if transform == "zcor":
        return _read(fisher_z(r, n), Scale.Z, columns["r"])
    return _read(correlations(r, n), Scale.R, columns["r"])


def _from_means(frame: Frame, columns: Mapping[str, str]) -> Read:
    given = {
        name: frame.numbers(columns[name]) for name in ("mean1", "sd1", "n1", "mean2", "sd2", "n2")
    }
    for name in ("sd1", "sd2"):
        frame.refuse(columns[name], given[name] <= 0.0, "a standard deviation is above 0")
    for name in ("n1", "n2"):
        frame.refuse(columns[name], given[name] < 2.0, "a group has at least two persons")
    return _read(standardised_difference(**given), Scale.G, columns["mean1"])


def _from_counts(frame: Frame, columns: Mapping[str, str], measure: str) -> Read:
    given: dict[str, Array] = {}
    for side in ("1", "2"):
        events = frame.numbers(columns[f"events{side}"])
        frame.refuse(columns[f"events{side}"], events < 0.0, "a count is not below 0")
        if f"others{side}" in columns:
            others = frame.numbers(columns[f"others{side}"])
            frame.refuse(columns[f"others{side}"], others < 0.0, "a count is not below 0")
            whole, persons = events + others, columns[f"others{side}"]
        else:
            persons = columns[f"n{side}"]
            whole = frame.numbers(persons)
            frame.refuse(persons, events > whole, "there are more events than persons")
        frame.refuse(persons, whole <= 0.0, "a group has at least one person")
        given |= {f"events{side}": events, f"n{side}": whole}
    if measure == "RR":
        return _read(log_risk_ratio(**given), Scale.LOG_RR, columns["events1"])
    return _read(log_odds_ratio(**given), Scale.LOG_OR, columns["events1"])


def _read(found: Effects, scale: Scale, column: str) -> Read:
    return Read(y=found.estimate, v=found.variance, scale=scale, column=column)
