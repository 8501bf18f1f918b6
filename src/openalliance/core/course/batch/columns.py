"""Columns as compiled loops take them, and the faults that the loops find in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

NO_FAULT = -1


class ValueFaultError(InputError):
    """A value that lies outside its measure's range; ``row`` counts from 0."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__("the value lies outside the measure's range", where=f"row {row + 1}")


def numeric(column: ArrayLike) -> NDArray[np.generic]:
    """Return a column of numbers in the precision it has.

    Raises
    ------
    InputError
        It holds something else.
    """
    values: NDArray[np.generic] = np.ascontiguousarray(column)
    if values.dtype.kind not in "iuf":
        raise InputError("numbers are needed", where="columns")
    half = values.dtype.kind == "f" and values.dtype.itemsize < 4
    return values.astype(np.float32) if half else values


def refuse_faults(fault: NDArray[np.int64]) -> None:
    """Raise a `ValueFaultError` for the first row that a loop refused."""
    rows = fault[fault != NO_FAULT]
    if rows.size:
        raise ValueFaultError(int(rows.min()))
