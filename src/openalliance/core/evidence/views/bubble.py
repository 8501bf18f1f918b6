"""Effects over one moderator, with the line that the model draws through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.values import Array, MetaFit
from openalliance.core.evidence.views.forest import weights

_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """Effects and the regression line.

    Parameters
    ----------
    term
        The moderator.
    at, estimate, weight
        Its value, the effect and its weight in per cent, shape ``(k,)``.
    line_at, line, low, high, true_low, true_high
        The line with the interval of the average and that of true effects, shape ``(m,)``.
    """

    term: str
    at: Array
    estimate: Array
    weight: Array
    line_at: Array
    line: Array
    low: Array
    high: Array
    true_low: Array
    true_high: Array


def bubble(fit: MetaFit, term: str | None = None) -> Bubble:
    """Return effects over a moderator; others are held at their mean.

    Raises
    ------
    InputError
        There is no moderator, several and none is named, or no such one.
    """
    data = fit.data
    names = [data.terms[at] for at in data.moderators]
    if not names:
        raise InputError("needs a moderator", where="moderators")
    chosen = names[0] if term is None else term
    if chosen not in names:
        raise InputError(f"there is no term “{chosen}”", where="term")
    place = data.terms.index(chosen)
    values = data.x[:, place]
    steps = np.linspace(values.min(), values.max(), _STEPS)
    x = np.repeat(data.x.mean(axis=0)[None, :], _STEPS, axis=0)
    x[:, place] = steps
    found = predict(fit, x)
    return Bubble(
        term=chosen,
        at=values,
        estimate=data.y,
        weight=weights(fit),
        line_at=steps,
        line=found.estimate,
        low=found.low,
        high=found.high,
        true_low=found.true_low,
        true_high=found.true_high,
    )
