"""The lines of a forest plot: effects or studies, their weights, and groups of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.evidence.meta.blocks import Blocks
from openalliance.core.evidence.meta.inference import predict, quantile
from openalliance.core.evidence.meta.three_level import fit_three_level, working_model
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import Array, Index, MetaData, MetaFit, Model, meta_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Effects or studies with normal intervals, shape ``(m,)`` each.

    Parameters
    ----------
    code
        Position of the effect in the data, or code of the study.
    effects
        How many effects the line stands for.
    estimate, low, high
        The effect, or the study's average.
    weight
        Its share of the average of all, in per cent.
    """

    code: Index
    effects: Index
    estimate: Array
    low: Array
    high: Array
    weight: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An average with its interval; true effects lie between ``true_low`` and ``true_high``."""

    estimate: float
    low: float
    high: float
    true_low: float
    true_high: float
    k: int
    studies: int


def effect_lines(fit: MetaFit) -> Lines:
    """Return one line for each effect."""
    working = working_model(fit)
    order = working.blocks.order
    weight = np.empty(fit.data.k)
    weight[order] = working.solve(np.ones(fit.data.k))
    data = fit.data
    reach = _critical(fit) * np.sqrt(data.v)
    return Lines(
        code=np.arange(data.k),
        effects=np.ones(data.k, dtype=np.int64),
        estimate=data.y,
        low=data.y - reach,
        high=data.y + reach,
        weight=100.0 * weight / weight.sum(),
    )


def study_lines(fit: MetaFit) -> Lines:
    """Return one line for each study: the average of its effects under the model.

    The interval holds sampling error and how effects of the study differ, not how studies differ.
    """
    blocks = Blocks(fit.data, rho=fit.rho)
    within = float(fit.sigma2[1]) if fit.model is Model.THREE_LEVEL else fit.between_effects
    inside = blocks.at(0.0, within)
    y = fit.data.y[blocks.order]
    precision = blocks.sums(inside.solve(np.ones(fit.data.k)))
    estimate = blocks.sums(inside.solve(y)) / precision
    reach = _critical(fit) / np.sqrt(precision)
    weight = blocks.sums(working_model(fit).solve(np.ones(fit.data.k)))
    return Lines(
        code=np.arange(blocks.sizes.size),
        effects=blocks.sizes,
        estimate=estimate,
        low=estimate - reach,
        high=estimate + reach,
        weight=100.0 * weight / weight.sum(),
    )


def summary(fit: MetaFit) -> Summary:
    """Return the average of all effects, or of those at the moderators' reference.

    Raises
    ------
    InputError
        There are moderators: there is no one average.
    """
    found = predict(fit)
    return Summary(
        estimate=float(found.estimate[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        true_low=float(found.true_low[0]),
        true_high=float(found.true_high[0]),
        k=fit.data.k,
        studies=fit.data.n_studies,
    )


def group_summary(fit: MetaFit, chosen: NDArray[np.bool_]) -> Summary:
    """Fit the same kind of model to some of the effects alone.

    A group with one effect for every study is fitted with two levels; one effect alone is its own
    summary.
    """
    data = fit.data
    alone = meta_data(data.y[chosen], data.v[chosen], studies=data.studies[chosen])
    if alone.k == 1:
        reach = _critical(fit) * math.sqrt(float(alone.v[0]))
        y = float(alone.y[0])
        return Summary(
            estimate=y, low=y - reach, high=y + reach, true_low=math.nan, true_high=math.nan,
            k=1, studies=1,
        )  # fmt: skip
    return summary(_alike(fit, alone))


def _alike(fit: MetaFit, data: MetaData) -> MetaFit:
    if fit.model is Model.FIXED:
        return fit_fixed(data, test=fit.test, level=fit.level)
    nested = fit.model is Model.THREE_LEVEL
    if nested and 1 < data.n_studies < data.k and data.k > data.p + 1:
        return fit_three_level(data, method=fit.method, test=fit.test, level=fit.level, rho=fit.rho)
    return fit_random(data, method=fit.method, test=fit.test, level=fit.level)


def _critical(fit: MetaFit) -> float:
    return float(quantile(fit.level, np.array([math.nan]))[0])


def weights(fit: MetaFit) -> Array:
    """Return each effect's share of the average of all, in per cent."""
    return effect_lines(fit).weight
