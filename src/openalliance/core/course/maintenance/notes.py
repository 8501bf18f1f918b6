"""What has to be said beside the figures, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from openalliance.core.course.maintenance.panel import FollowUp
from openalliance.core.course.maintenance.patterns import PatternMixture
from openalliance.core.course.maintenance.response import Kind, ResponseModel
from openalliance.core.course.maintenance.survival import Relapses
from openalliance.core.course.maintenance.weighting import Trend, Weighted

LOW_RESPONSE = 0.5
"""Share answering below which it is said that the figures lean on an assumption."""

PUBLISHED_RESPONSE = 0.13
"""Share of three-month forms that came back in one service."""

SMALL_CHANCE = 0.05
FEW_EFFECTIVE = 20.0
CURVED = 0.25
"""Distance of a mean from the straight line, in SD at the ending, from which it is told."""


def notes(
    panel: FollowUp,
    models: tuple[ResponseModel, ...],
    means: tuple[Weighted, ...],
    found: Relapses,
    mixtures: tuple[PatternMixture, ...],
    trend: Trend | None,
) -> Iterator[str]:
    """Yield the cautions, the most important first."""
    shares = panel.answered[:, 1:].mean(axis=0)
    if shares.min() < 1.0:
        yield (
            "Weighting assumes that who answers depends only on "
            f"{_known(panel)} (missing at random). The data cannot show whether that "
            "is so; the what-if figures show what depends on it, and so do the ends of the scale."
        )
    if shares.min() < LOW_RESPONSE:
        yield (
            f"At {_months(panel, int(shares.argmin()) + 1)} only {shares.min():.0%} answered. That "
            f"is common ({PUBLISHED_RESPONSE:.0%} of three-month forms in one service), and no "
            "calculation makes up for it."
        )
    for model, mean in zip(models, means[1:], strict=True):
        yield from _of_wave(panel, model, mean)
    if trend is not None and panel.waves.size > 2:
        spread = float(panel.ending.std())
        if trend.departure > CURVED * spread:
            yield (
                f"A mean lies {trend.departure:.2g} points off the straight line: the course bends,"
                " and the means by wave say more than the slope."
            )
    yield from _of_relapse(panel, found)
    if any(math.isnan(mixture.curve[0].low) for mixture in mixtures if mixture.curve):
        yield "Where fewer than two answered there is no prediction for the others."


def _of_wave(panel: FollowUp, model: ResponseModel, mean: Weighted) -> Iterator[str]:
    at = _months(panel, model.wave)
    if model.kind is Kind.NOBODY:
        yield f"At {at} nobody answered; nothing can be said of it."
        return
    if model.separated:
        yield (
            f"At {at} the predictors tell without error who answers, so chances of 0 or 1 came "
            "out; a ridge penalty keeps them moderate, and weights then correct less than they "
            "should."
        )
    elif model.kind is Kind.RIDGE:
        yield (
            f"At {at} too few {_rarer(model)} for {len(model.terms)} coefficients; a ridge penalty "
            "keeps them moderate."
        )
    if model.left_out:
        yield (
            f"At {at} left out of the response model, as they do not vary or follow from others: "
            f"{', '.join(model.left_out)}."
        )
    if model.kind is Kind.RATE:
        yield f"At {at} nothing predicts who answers, so all answers weigh the same."
    if mean.smallest_probability < SMALL_CHANCE:
        yield (
            f"At {at} some had a chance of answering below {SMALL_CHANCE:.0%} "
            f"(largest weight {mean.largest:.1f}): for clients like them hardly anybody can "
            "stand in."
        )
    if mean.effective_n < FEW_EFFECTIVE:
        yield (
            f"At {at} the weighted answers are worth {mean.effective_n:.0f} equal ones; intervals "
            "are rough."
        )


def _of_relapse(panel: FollowUp, found: Relapses) -> Iterator[str]:
    left_out = int((~found.eligible).sum())
    if left_out:
        yield (
            f"Not part of the relapse curve: {left_out} beyond the threshold at the ending already."
        )
    if found.eligible.any():
        yield (
            "A relapse is dated at the wave that saw it; it happened at some time since the answer "
            "before. One that came and went between waves is not seen."
        )
    if found.after_a_gap:
        yield (
            f"Relapses seen after a missed wave: {found.after_a_gap}; they may be older than the "
            "curve has them."
        )
    if (~found.relapsed & found.eligible & ~panel.answered[:, -1]).any():
        yield (
            "The curve takes those who stopped answering to relapse as often as those who went on."
        )


def _known(panel: FollowUp) -> str:
    names = ["the score at the ending"]
    names += dict.fromkeys(term.partition("[")[0] for term in panel.terms)
    if panel.monotone and panel.waves.size > 2:
        names.append("the last score given")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _rarer(model: ResponseModel) -> str:
    scores = model.scores[model.at_risk, 0]
    answered = int((scores > 0).sum())
    silent = int((scores < 0).sum())
    return f"answered ({answered})" if answered <= silent else f"did not answer ({silent})"


def _months(panel: FollowUp, wave: int) -> str:
    months = f"{panel.waves[wave]:g}"
    return f"{months} month{'' if months == '1' else 's'}"
