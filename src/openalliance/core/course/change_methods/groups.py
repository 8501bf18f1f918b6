"""How many clients are in each category, for all and for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change_methods.words import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Clients in one category; ``proportion`` is of those classified, ``None`` without any."""

    category: Category
    n: int
    proportion: float | None


def shares(codes: NDArray[np.int8], categories: Sequence[Category]) -> tuple[Share, ...]:
    """Count codes by category; every category appears, undefined codes count nowhere."""
    return _shares([int(np.count_nonzero(codes == c.code)) for c in categories], categories)


def group_shares(
    codes: NDArray[np.int8],
    groups: NDArray[np.int64],
    n_groups: int,
    categories: Sequence[Category],
) -> tuple[tuple[Share, ...], ...]:
    """Shares of each group, proportions within the group; ``groups`` has a code per client."""
    counts = [
        np.bincount(groups[codes == category.code], minlength=n_groups) for category in categories
    ]
    return tuple(
        _shares([int(of_group[group]) for of_group in counts], categories)
        for group in range(n_groups)
    )


def _shares(counts: Sequence[int], categories: Sequence[Category]) -> tuple[Share, ...]:
    total = sum(counts)
    return tuple(
        Share(category=category, n=count, proportion=count / total if total else None)
        for category, count in zip(categories, counts, strict=True)
    )
