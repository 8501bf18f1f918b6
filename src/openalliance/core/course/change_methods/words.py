"""The words of an analysis of change: methods, approaches, cut-offs, categories."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

UNDEFINED = np.int8(-128)
"""Code of a client for whom the rule gives no answer."""


class ChangeMethod(StrEnum):
    """How a client's change is set against its error."""

    JACOBSON_TRUAX = "jt"
    GULLIKSEN_LORD_NOVICK = "gln"
    HSU_LINN_LORD = "hll"
    EDWARDS_NUNNALLY = "en"
    NUNNALLY_KOTSCH = "nk"
    HAGEMAN_ARRINDELL = "ha"
    HIERARCHICAL = "hlm"
    CLAUS_WAGER_BONNET = "cwb"


class ChangeApproach(StrEnum):
    """What decides on a category."""

    DISTRIBUTION = "distribution"
    STATISTICAL = "statistical"
    COMBINED = "combined"
    PERCENTAGE = "percentage"
    ANCHOR = "anchor"


class CutoffType(StrEnum):
    """Jacobson & Truax's three borders between the clinical and the functional population."""

    A = "a"
    B = "b"
    C = "c"


class Category(StrEnum):
    """What one client's change is."""

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"
    HARMED = "harmed"

    @property
    def code(self) -> int:
        """Number of the category in arrays: 2 recovered, 1 improved, 0, -1, -2 harmed."""
        return _CODES[self]


_CODES = {
    Category.RECOVERED: 2,
    Category.IMPROVED: 1,
    Category.UNCHANGED: 0,
    Category.DETERIORATED: -1,
    Category.HARMED: -2,
}

ALL_CATEGORIES = tuple(Category)
THREE_CATEGORIES = (Category.IMPROVED, Category.UNCHANGED, Category.DETERIORATED)
BY_CODE = {category.code: category for category in Category}
