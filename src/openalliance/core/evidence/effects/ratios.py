"""Log odds ratios and log risk ratios of two groups, from counts.

References
----------
Woolf, B. (1955). On estimating the relation between blood group and disease. *Annals of Human
Genetics, 19*(4), 251-253. https://doi.org/10.1111/j.1469-1809.1955.tb01348.x

Haldane, J. B. S. (1956). The estimation and significance of the logarithm of a ratio of
frequencies. *Annals of Human Genetics, 20*(4), 309-311.
https://doi.org/10.1111/j.1469-1809.1955.tb01285.x
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.evidence.effects.values import Array, Effects, refuse, together

ADDED_TO_EMPTY = 0.5
"""Added to all four cells of a study with an empty one (Haldane 1956)."""


def log_odds_ratio(
    *, events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> Effects:
    """Return log odds ratios, positive where events are more frequent in the first group.

    Parameters
    ----------
    events1, n1, events2, n2
        Events and persons of the two groups, shape ``(k,)`` each.

    Returns
    -------
    Effects
        ``nan`` where nobody or everybody of both groups had the event: that says nothing.

    Raises
    ------
    InputError
        There are more events than persons, or fewer than none.

    Examples
    --------
    >>> found = log_odds_ratio(events1=10, n1=30, events2=5, n2=30)
    >>> round(float(found.estimate[0]), 6), round(float(found.variance[0]), 6)
    (0.916291, 0.39)
    """
    a, b, c, d = _cells(events1=events1, n1=n1, events2=events2, n2=n2)
    return Effects(estimate=np.log(a * d / (b * c)), variance=1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)


def log_risk_ratio(
    *, events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> Effects:
    """Return log risk ratios, positive where the risk is higher in the first group.

    Parameters
    ----------
    events1, n1, events2, n2
        Events and persons of the two groups, shape ``(k,)`` each.

    Returns
    -------
    Effects
        ``nan`` where nobody or everybody of both groups had the event.

    Raises
    ------
    InputError
        There are more events than persons, or fewer than none.
    """
    a, b, c, d = _cells(events1=events1, n1=n1, events2=events2, n2=n2)
    return Effects(
        estimate=np.log(a / (a + b)) - np.log(c / (c + d)),
        variance=1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d),
    )


def _cells(**counts: ArrayLike) -> tuple[Array, Array, Array, Array]:
    given = together(**counts)
    for side in ("1", "2"):
        refuse(given[f"n{side}"] <= 0.0, "a group has at least one person", f"n{side}")
        refuse(given[f"events{side}"] < 0.0, "a count is not below 0", f"events{side}")
        refuse(
            given[f"events{side}"] > given[f"n{side}"],
            "there cannot be more events than persons",
            f"events{side}",
        )
    a, c = given["events1"], given["events2"]
    b, d = given["n1"] - a, given["n2"] - c
    silent = ((a == 0.0) & (c == 0.0)) | ((b == 0.0) & (d == 0.0))
    empty = (a == 0.0) | (b == 0.0) | (c == 0.0) | (d == 0.0)
    added = np.where(silent, np.nan, np.where(empty, ADDED_TO_EMPTY, 0.0))
    return a + added, b + added, c + added, d + added
