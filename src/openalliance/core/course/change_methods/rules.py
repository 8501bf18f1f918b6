"""Rules that turn changes, indices and crossings into categories (int8 codes)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change_methods.cutoffs import CLOSE, Crossings
from openalliance.core.course.change_methods.words import UNDEFINED

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]


def by_index(index: Floats, critical_value: float, sign: float) -> Codes:
    """Improved, unchanged or deteriorated by an index, which must be beyond the critical value.

    Undefined where the index is ``nan``.
    """
    rose, fell = (index > critical_value).view(np.int8), (index < -critical_value).view(np.int8)
    codes = rose - fell if sign > 0.0 else fell - rose
    codes[np.isnan(index)] = UNDEFINED
    return codes


def by_crossing(crossed: Crossings) -> Codes:
    """Improved who crossed forth, deteriorated who crossed back."""
    return crossed.forth.astype(np.int8) - crossed.back.astype(np.int8)


def combined(codes: Codes, crossed: Crossings) -> Codes:
    """Recovered: improved and crossed forth. Harmed: deteriorated and crossed back.

    Whoever deteriorated reliably and ended on the clinical side is harmed, even where a method asks
    of a crossing forth that it be more than error: harm is not hidden behind a second test.
    """
    codes = codes.copy()
    codes[(codes == 1) & crossed.forth] = 2
    codes[(codes == -1) & crossed.back_observed] = -2
    return codes


def by_points(change: Floats, improvement: float, deterioration: float, sign: float) -> Codes:
    """Changes of at least a minimal important difference, each direction with its own."""
    better = sign * change
    codes = (better >= improvement * (1.0 - CLOSE)).astype(np.int8)
    codes -= (better <= -deterioration * (1.0 - CLOSE)).astype(np.int8)
    return codes


def by_share(
    pre: Floats, change: Floats, improvement: float, deterioration: float, sign: float
) -> tuple[Floats, Codes]:
    """Changes of at least a share of the pre score, and these shares.

    The share is of the pre score's size, so that a negative score does not turn the direction.
    With a pre score of 0 no share is defined: such a client is undefined, unless nothing changed.
    """
    share = np.full(pre.shape, np.nan)
    np.divide(change, np.abs(pre), out=share, where=pre != 0.0)
    share[change == 0.0] = 0.0
    codes = by_points(share, improvement, deterioration, sign)
    codes[np.isnan(share)] = UNDEFINED
    return share, codes
