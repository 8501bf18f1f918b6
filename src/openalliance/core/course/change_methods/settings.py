"""What is asked of an analysis of change, and whether it can be answered."""

from __future__ import annotations

import math
from dataclasses import dataclass

from openalliance.core.course.change_methods.words import (
    ALL_CATEGORIES,
    THREE_CATEGORIES,
    Category,
    ChangeApproach,
    ChangeMethod,
    CutoffType,
)
from openalliance.core.course.probability import normal_quantile
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

_OWN_ERROR = frozenset({ChangeMethod.HIERARCHICAL, ChangeMethod.CLAUS_WAGER_BONNET})
"""Methods that need no reliability."""

LARGEST_SHARE = 10.0
"""A larger share of change is a percentage written where a fraction belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings:
    """Method, approach and what they need.

    Parameters
    ----------
    method
        Index of change; the approaches ``distribution`` and ``combined`` use it, and
        ``statistical`` uses Hageman & Arrindell's own cut-offs if that is the method.
    approach
        What decides on a category.
    better
        Which direction of the score is better.
    reliability, reliability_post
        Reliability of the score, from 0 to below 1; of the later one where it differs
        (Nunnally & Kotsch).
    sd
        SD that the error of measurement is computed from; ``None`` for that of the clients'
        pre scores.
    functional_mean, functional_sd
        Mean and SD of people without the problem; cut-offs b and c need them.
    cutoff
        Which cut-off; ``None`` for c where functional mean and SD are given, else a.
    confidence
        1 minus the share of false alarms. Two-sided; for Hageman & Arrindell in each direction, as
        published: 0.95 there is a two-sided interval of 90 %.
    percent_improvement, percent_deterioration
        Fractions of the pre score (0.5 for 50 %); the second is the first if left out.
    mid_improvement, mid_deterioration
        Minimal important differences in points; the second is the first if left out.

    Raises
    ------
    InputError
        Something needed is missing or impossible; ``where`` names it.
    """

    method: ChangeMethod = ChangeMethod.JACOBSON_TRUAX
    approach: ChangeApproach = ChangeApproach.COMBINED
    better: Better = Better.LOWER
    reliability: float | None = None
    reliability_post: float | None = None
    sd: float | None = None
    functional_mean: float | None = None
    functional_sd: float | None = None
    cutoff: CutoffType | None = None
    confidence: float = 0.95
    percent_improvement: float | None = None
    percent_deterioration: float | None = None
    mid_improvement: float | None = None
    mid_deterioration: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.confidence < 1.0:
            raise InputError("lies between 0 and 1, such as 0.95", where="confidence")
        if self.sd is not None and not 0.0 < self.sd < math.inf:
            raise InputError("the standard deviation must be above 0", where="sd")
        self._check_reliability()
        self._check_cutoff()
        self._check_thresholds()

    @property
    def uses_index(self) -> bool:
        """Whether a client's change is set against its error."""
        return self.approach in {ChangeApproach.DISTRIBUTION, ChangeApproach.COMBINED} and (
            self.method is not ChangeMethod.CLAUS_WAGER_BONNET
        )

    @property
    def uses_slopes(self) -> bool:
        """Whether all scores over time are needed, not two of them."""
        return self.uses_index and self.method is ChangeMethod.HIERARCHICAL

    @property
    def uses_cutoff(self) -> bool:
        """Whether a border between two populations matters."""
        return self.approach in {ChangeApproach.STATISTICAL, ChangeApproach.COMBINED}

    @property
    def uses_anchor(self) -> bool:
        """Whether minimal important differences decide, alone or beside a cut-off."""
        return self.approach is ChangeApproach.ANCHOR or (
            self.approach is ChangeApproach.COMBINED
            and self.method is ChangeMethod.CLAUS_WAGER_BONNET
        )

    @property
    def cutoff_type(self) -> CutoffType:
        """The cut-off asked for, or else the best one that can be computed."""
        if self.cutoff is not None:
            return self.cutoff
        known = self.functional_mean is not None and self.functional_sd is not None
        return CutoffType.C if known else CutoffType.A

    @property
    def critical_value(self) -> float:
        """Value an index must pass: standard normal, at the confidence asked for."""
        if self.method is ChangeMethod.HAGEMAN_ARRINDELL:
            return normal_quantile(self.confidence)
        return normal_quantile(0.5 + 0.5 * self.confidence)

    @property
    def sign(self) -> float:
        """1 where higher is better, -1 where lower is."""
        return 1.0 if self.better is Better.HIGHER else -1.0

    @property
    def categories(self) -> tuple[Category, ...]:
        """Categories the approach knows, best first."""
        combined = self.approach is ChangeApproach.COMBINED
        return ALL_CATEGORIES if combined else THREE_CATEGORIES

    def _check_reliability(self) -> None:
        for name in ("reliability", "reliability_post"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value < 1.0:
                raise InputError(
                    "reliability lies from 0 to below 1; at 1 there is no error of measurement"
                    " and nothing to test",
                    where=name,
                )
        true_cutoff = self.method is ChangeMethod.HAGEMAN_ARRINDELL and self.uses_cutoff
        needed = (self.uses_index and self.method not in _OWN_ERROR) or true_cutoff
        if needed and self.reliability is None:
            raise InputError(
                f"the method “{self.method}” needs the reliability of the score",
                where="reliability",
            )

    def _check_cutoff(self) -> None:
        if self.functional_mean is not None and not math.isfinite(self.functional_mean):
            raise InputError("must be a finite number", where="functional_mean")
        if self.functional_sd is not None and not 0.0 < self.functional_sd < math.inf:
            raise InputError("the standard deviation must be above 0", where="functional_sd")
        if self.uses_cutoff and self.cutoff_type is not CutoffType.A:
            for name in ("functional_mean", "functional_sd"):
                if getattr(self, name) is None:
                    raise InputError(
                        f"cut-off {self.cutoff_type} needs mean and SD of the functional"
                        " population; cut-off a does not",
                        where=name,
                    )

    def _check_thresholds(self) -> None:
        for name in ("percent_improvement", "percent_deterioration"):
            share = getattr(self, name)
            if share is not None and not 0.0 < share <= LARGEST_SHARE:
                raise InputError("must be a fraction above 0: write 0.5 for 50 %", where=name)
        for name in ("mid_improvement", "mid_deterioration"):
            points = getattr(self, name)
            if points is not None and not 0.0 < points < math.inf:
                raise InputError("a minimal important difference is above 0", where=name)
        if self.approach is ChangeApproach.PERCENTAGE and self.percent_improvement is None:
            raise InputError(
                "the percentage approach needs the share of change that counts",
                where="percent_improvement",
            )
        if self.uses_anchor and self.mid_improvement is None:
            raise InputError(
                "the minimal important difference is needed here", where="mid_improvement"
            )
        alone = self.method is ChangeMethod.CLAUS_WAGER_BONNET
        if alone and self.approach is ChangeApproach.DISTRIBUTION:
            raise InputError(
                "“cwb” joins an anchor with a cut-off; its approach is “combined”", where="method"
            )
