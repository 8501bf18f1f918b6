"""Goal attainment scaling: one T score over goals of different kinds.

References
----------
Kiresuk, T. J., & Sherman, R. E. (1968). Goal attainment scaling: A general method for evaluating
comprehensive community mental health programs. *Community Mental Health Journal, 4*(6), 443-453.
https://doi.org/10.1007/BF01530764
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from openalliance.core.errors import InputError

EXPECTED_CORRELATION = 0.30
"""Assumed correlation between attainments of different goals (Kiresuk & Sherman 1968)."""

LOWEST, HIGHEST = -2.0, 2.0


def gas_t_score(
    levels: Sequence[float | None],
    weights: Sequence[float] | None = None,
    rho: float = EXPECTED_CORRELATION,
) -> float:
    """T = 50 + 10·Σwx / √((1 − ρ)·Σw² + ρ·(Σw)²).

    Parameters
    ----------
    levels
        Attainment per goal from −2 (much less than expected) over 0 (expected) to +2. A goal not
        rated (``None``) is left out together with its weight.
    weights
        Importance per goal, above 0; equal by default.
    rho
        Assumed correlation between goals, 0 to 1.

    Returns
    -------
    float
        50 where all goals were attained as expected.

    Raises
    ------
    InputError
        If no goal is rated, a level lies outside −2 to +2, a weight is not above 0, weights and
        goals differ in number, or ``rho`` lies outside 0 to 1.

    Notes
    -----
    The formulas printed by Turner-Stokes (2009) differ from the source; the source is followed.

    Examples
    --------
    >>> round(gas_t_score([1, 1, 2], weights=[1, 2, 3]), 2)
    69.83
    """
    importance = [1.0] * len(levels) if weights is None else list(weights)
    if len(importance) != len(levels):
        raise InputError("give one weight per goal", where="weights")
    if any(not (w > 0.0 and math.isfinite(w)) for w in importance):
        raise InputError("weights are above 0", where="weights")
    if not 0.0 <= rho <= 1.0:
        raise InputError("lies from 0 to 1", where="rho")
    rated = [(x, w) for x, w in zip(levels, importance, strict=True) if x is not None]
    if not rated:
        raise InputError("no goal has been rated", where="levels")
    if any(not LOWEST <= x <= HIGHEST for x, _ in rated):
        raise InputError("attainment lies from -2 to +2", where="levels")
    total = sum(w for _, w in rated)
    squares = sum(w * w for _, w in rated)
    return 50.0 + 10.0 * sum(w * x for x, w in rated) / math.sqrt(
        (1.0 - rho) * squares + rho * total * total
    )
