"""Natural cubic splines: smooth between their knots, straight beyond them.

References
----------
Harrell, F. E. (2015). *Regression modeling strategies* (2nd ed.), section 2.4.5. Springer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

_PLACES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
}
"""Quantiles at which knots lie (Harrell 2015, table 2.3)."""


def knots_for(values: ArrayLike, *, count: int = 4) -> tuple[float, ...]:
    """Place knots at fixed quantiles of the values.

    Parameters
    ----------
    values
        Shape ``(n,)``.
    count
        3, 4 or 5; fewer are returned where quantiles fall together.

    Raises
    ------
    InputError
        If fewer than three different knots remain, too few for a curve.
    """
    if count not in _PLACES:
        raise InputError("is 3, 4 or 5", where="knots")
    given = np.asarray(values, dtype=np.float64)
    different = np.unique(given)
    if different.size < 3:
        raise InputError(
            "needs at least three different values; take a straight line instead", where="knots"
        )
    found = np.unique(np.quantile(given, _PLACES[min(count, different.size)]))
    if found.size < 3:
        found = different[[0, different.size // 2, -1]]
    return tuple(float(knot) for knot in found)


def natural_spline(values: ArrayLike, knots: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the basis of a natural cubic spline, its first column the values themselves.

    Parameters
    ----------
    values
        Shape ``(n,)``.
    knots
        At least three, rising.

    Returns
    -------
    array
        Shape ``(n, len(knots) - 1)``; curved columns are scaled to the size of the values.

    Raises
    ------
    InputError
        If there are fewer than three knots or they do not rise.

    Examples
    --------
    >>> natural_spline([1.0, 5.0], (1.0, 2.0, 3.0))[:, 0].tolist()
    [1.0, 5.0]
    """
    at = np.asarray(knots, dtype=np.float64)
    if at.size < 3 or (np.diff(at) <= 0.0).any():
        raise InputError("needs at least three rising knots", where="knots")
    given = np.asarray(values, dtype=np.float64)
    cubes = np.maximum(given[:, None] - at, 0.0) ** 3
    last, width = at[-1] - at[-2], (at[-1] - at[0]) ** 2
    curved = (
        cubes[:, :-2]
        - cubes[:, -2:-1] * (at[-1] - at[:-2]) / last
        + cubes[:, -1:] * (at[-2] - at[:-2]) / last
    )
    return np.column_stack([given, curved / width])
