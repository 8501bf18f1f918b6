"""What is asked: items, their options and the codes by which other systems know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import checks
from openalliance.core.instruments.words import NO_TEXT, ItemKind, ItemPurpose

_ROUNDING = 1e-9
"""How far from a whole number of steps a range may be for its binary representation's sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A concept in a public code system, for instance LOINC.

    Parameters
    ----------
    system
        The system's URI, for instance ``http://loinc.org``.
    code
        The concept's code there.
    """

    system: str
    code: str

    def __post_init__(self) -> None:
        checks.filled(self.system, "system")
        checks.filled(self.code, "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer of a choice.

    Parameters
    ----------
    value
        The number the answer counts as.
    label
        Its words by language; empty in a skeleton.
    codes
        Every public code that means this answer.
    """

    value: float
    label: Mapping[str, str] = NO_TEXT
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        checks.finite(self.value, "value")
        object.__setattr__(self, "label", checks.texts(self.label, "label"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question.

    Parameters
    ----------
    id
        Its name within the instrument.
    kind
        How it is answered.
    minimum, maximum
        The range of the answer, in the item's own units.
    step
        The distance of two neighbouring answers of a rating; the resolution of a line.
    text
        The question by language; empty in a skeleton.
    options
        The answers of a choice, in the order shown; else empty.
    low_anchor, high_anchor
        What the ends of a rating or line mean, by language.
    required
        Whether a form without this answer is incomplete.
    purpose
        What the item is for.
    theme
        What it is about: ``"safe"``, ``"understood"``, ``"goals"``, ``"tasks"``, ``"pace"``,
        ``"honest"`` …; empty when nothing links it to other items.
    safety_threshold
        An answer at or above it marks safety. Given exactly for safety items.
    codes
        Public codes of the question.
    """

    id: str
    kind: ItemKind
    minimum: float
    maximum: float
    step: float = 1.0
    text: Mapping[str, str] = NO_TEXT
    options: tuple[Option, ...] = ()
    low_anchor: Mapping[str, str] = NO_TEXT
    high_anchor: Mapping[str, str] = NO_TEXT
    required: bool = True
    purpose: ItemPurpose = ItemPurpose.SCORED
    theme: str = ""
    safety_threshold: float | None = None
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        checks.identifier(self.id, "id")
        for field in ("text", "low_anchor", "high_anchor"):
            object.__setattr__(self, field, checks.texts(getattr(self, field), field))
        self._check_options()
        self._check_range()
        self._check_safety()

    def _check_range(self) -> None:
        checks.finite(self.minimum, "minimum")
        checks.finite(self.maximum, "maximum")
        checks.finite(self.step, "step")
        if self.maximum <= self.minimum:
            raise InstrumentError("must be above the minimum", path="$.maximum")
        if self.step <= 0:
            raise InstrumentError("must be above 0", path="$.step")
        steps = (self.maximum - self.minimum) / self.step
        if self.kind is not ItemKind.CHOICE and abs(steps - round(steps)) > _ROUNDING * steps:
            raise InstrumentError("does not divide the range evenly", path="$.step")

    def _check_options(self) -> None:
        if self.kind is not ItemKind.CHOICE:
            if self.options:
                raise InstrumentError("only a choice has options", path="$.options")
            return
        if len(self.options) < 2:
            raise InstrumentError("a choice needs at least two options", path="$.options")
        values = [option.value for option in self.options]
        checks.unique(values, "options", ".value")
        if min(values) != self.minimum:
            raise InstrumentError("must be the lowest value of the options", path="$.minimum")
        if max(values) != self.maximum:
            raise InstrumentError("must be the highest value of the options", path="$.maximum")

    def _check_safety(self) -> None:
        threshold = self.safety_threshold
        if (threshold is not None) != (self.purpose is ItemPurpose.SAFETY):
            raise InstrumentError(
                "must be given for a safety item, and only there", path="$.safety_threshold"
            )
        if threshold is not None and not self.minimum < threshold <= self.maximum:
            raise InstrumentError(
                "must be above the minimum and not above the maximum", path="$.safety_threshold"
            )

    @property
    def has_text(self) -> bool:
        """Return whether there is any wording, in any language."""
        return bool(
            self.text
            or self.low_anchor
            or self.high_anchor
            or any(option.label for option in self.options)
        )
