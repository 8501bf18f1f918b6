"""The region of post scores, for each pre score, in which a client counts as unchanged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from openalliance.core.course.change_methods.analysis import ChangeAnalysis
from openalliance.core.course.change_methods.words import ChangeApproach, ChangeMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """post = intercept + slope·pre."""

    intercept: float
    slope: float

    def at(self, pre: float) -> float:
        """Post score on the line."""
        return self.intercept + self.slope * pre


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Unchanged lies between the two lines; beyond them a client is improved or deteriorated."""

    lower: Line
    upper: Line


def unchanged_band(found: ChangeAnalysis) -> Band | None:
    """Return the band of an analysis; ``None`` where pre and post alone do not decide."""
    asked = found.settings
    if asked.uses_anchor:
        gain = asked.mid_improvement or math.nan
        loss = asked.mid_deterioration or gain
        return _shifted(gain, loss, asked.sign)
    if asked.approach is ChangeApproach.PERCENTAGE:
        gain = asked.percent_improvement or math.nan
        loss = asked.percent_deterioration or gain
        up, down = (gain, loss) if asked.sign > 0.0 else (loss, gain)
        return Band(
            lower=Line(intercept=0.0, slope=1.0 - down), upper=Line(intercept=0.0, slope=1.0 + up)
        )
    if found.error is None or found.critical_value is None or not asked.uses_index:
        return None
    middle = _no_change(found)
    half = found.critical_value * found.error
    if found.difference_reliability is not None:
        half /= found.difference_reliability
    return Band(
        lower=Line(intercept=middle.intercept - half, slope=middle.slope),
        upper=Line(intercept=middle.intercept + half, slope=middle.slope),
    )


def _shifted(gain: float, loss: float, sign: float) -> Band:
    up, down = (gain, loss) if sign > 0.0 else (loss, gain)
    return Band(lower=Line(intercept=-down, slope=1.0), upper=Line(intercept=up, slope=1.0))


def _no_change(found: ChangeAnalysis) -> Line:
    """Where the index is 0."""
    sample, r = found.sample, found.settings.reliability or 0.0
    match found.settings.method:
        case ChangeMethod.JACOBSON_TRUAX:
            return Line(intercept=0.0, slope=1.0)
        case ChangeMethod.HAGEMAN_ARRINDELL:
            r_dd = found.difference_reliability or math.nan
            mean = sample.post_mean - sample.pre_mean
            return Line(intercept=-mean * (1.0 - r_dd) / r_dd, slope=1.0)
        case ChangeMethod.HSU_LINN_LORD:
            return Line(intercept=sample.post_mean - r * sample.pre_mean, slope=r)
        case _:
            return Line(intercept=(1.0 - r) * sample.pre_mean, slope=r)
