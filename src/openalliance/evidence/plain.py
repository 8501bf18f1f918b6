"""A fitted meta-analysis in plain words, and what small studies may have done to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.core.errors import InputError
from openalliance.core.evidence.bias import Predictor, small_studies, trim_and_fill
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Model, meta_data

if TYPE_CHECKING:
    from openalliance.evidence.found import Found

FEW = 10
"""Below so many effects, what small studies did can hardly be told from chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudiesRow:
    """One look at small studies: what it says, with its interval and p value if it has one."""

    what: str
    estimate: float
    low: float
    high: float
    p: float


def reading(found: Found) -> tuple[str, ...]:
    """Return what the result says, a sentence each, for somebody who reads few of these."""
    fit, said = found.fit, []
    level = f"{100 * fit.level:g} %"
    plain = fit.data.p == 1 and fit.data.intercept is not None
    if not plain:
        said.append(
            "Effects depend on moderators here, so there is no one average: read the coefficients."
        )
        return tuple(said)
    further = predict(fit)
    back = found.scale.back
    ends = [back(float(end[0])) for end in (fit.estimate, further.low, further.high)]
    name = "" if found.scale.read_as == found.scale.value else f", as {found.scale.read_as}"
    said.append(
        f"On average {_number(ends[0])}{name}; the studies leave it open between {_number(ends[1])}"
        f" and {_number(ends[2])} ({level} interval)."
    )
    null = back(0.0)
    if ends[1] <= null <= ends[2]:
        said.append(f"No effect ({null:g}) lies within that interval.")
    if fit.model is Model.FIXED:
        said.append("That supposes one true effect, the same in all studies.")
        return tuple(said)
    if fit.data.k > 1:
        low, high = (back(float(end[0])) for end in (further.true_low, further.true_high))
        said.append(
            f"True effects differ: in a further study like these it is expected between"
            f" {_number(low)} and {_number(high)}. That is what somebody who wants to use the"
            " finding has to expect."
        )
        said.append(
            f"{fit.heterogeneity.i2:.0f} % of the differences between effects are more than chance"
            " (I²)."
        )
    return tuple(said)


def small_study_rows(found: Found) -> tuple[tuple[SmallStudiesRow, ...], tuple[str, ...]]:
    """Return what Egger, PET, PEESE and trim-and-fill say, and cautions; without moderators."""
    fit = found.fit
    data = meta_data(fit.data.y, fit.data.v, studies=fit.data.studies)
    nested = fit.model is Model.THREE_LEVEL
    notes, rows = [], []
    if data.k < FEW:
        notes.append(f"With {data.k} effects this can hardly be told from chance.")
    if fit.data.p > 1:
        notes.append("Looked at without the moderators.")
    model = Model.THREE_LEVEL if nested else Model.FIXED
    try:
        by_error = small_studies(data, model=model, level=fit.level)
        by_variance = small_studies(data, Predictor.VARIANCE, model=model, level=fit.level)
    except InputError as fault:
        notes.append(f"No regression on errors: {fault.what}.")
    else:
        for what, line in (
            ("Egger: slope on the standard error", by_error.slope),
            ("PET: effect of a study without error", by_error.intercept),
            ("PEESE: the same, by variances", by_variance.intercept),
        ):
            rows.append(
                SmallStudiesRow(
                    what=what, estimate=line.estimate, low=line.low, high=line.high, p=line.p
                )
            )
    try:
        filled = trim_and_fill(fit_random(data, level=fit.level))
    except InputError as fault:
        notes.append(f"No trim-and-fill: {fault.what}.")
    else:
        missing = f"{filled.missing} {'effect' if filled.missing == 1 else 'effects'}"
        rows.append(
            SmallStudiesRow(
                what=f"Trim-and-fill: with {missing} filled in on the {filled.side.value}",
                estimate=float(filled.fit.estimate[0]),
                low=float(filled.fit.ci_low[0]),
                high=float(filled.fit.ci_high[0]),
                p=math.nan,
            )
        )
        if nested:
            notes.append("Trim-and-fill takes effects of one study for independent.")
    return tuple(rows), tuple(notes)


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
