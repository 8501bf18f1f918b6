"""Effect sizes with their sampling variances, and the checks that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Effect sizes and their sampling variances.

    Parameters
    ----------
    estimate
        Shape ``(k,)``; ``nan`` where an input is missing.
    variance
        Sampling variances, shape ``(k,)``; ``nan`` in the same places.
    """

    estimate: Array
    variance: Array

    @property
    def se(self) -> Array:
        """Standard errors, shape ``(k,)``."""
        return np.sqrt(self.variance)


def together(**inputs: ArrayLike) -> dict[str, Array]:
    """Return inputs as arrays of one shape; infinite values are refused, ``nan`` is missing."""
    arrays = {name: np.atleast_1d(np.asarray(raw, np.float64)) for name, raw in inputs.items()}
    for name, array in arrays.items():
        if array.ndim != 1:
            raise InputError("takes one value per effect", where=name)
        refuse(np.isinf(array), "must be finite", name)
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        raise InputError("must be equally long", where=", ".join(arrays)) from None
    return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}


def refuse(bad: NDArray[np.bool_], what: str, where: str) -> None:
    """Raise an `InputError` that names the first bad position, counted from 1."""
    if bad.any():
        raise InputError(what, where=f"{where}, value {int(np.argmax(bad)) + 1}")
