"""Answers become scores: one form or a million rows through the same code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import checks
from openalliance.core.instruments.instrument import Instrument
from openalliance.core.instruments.items import Item
from openalliance.core.instruments.scales import Scale
from openalliance.core.instruments.words import ItemKind, ScoringMethod

Floats = NDArray[np.float64]

_ROWS_AT_ONCE = 16_384
"""Rows of a block, so that a block of usual instruments stays in the processor's cache."""

_ON_STEP = 1e-6
"""Fraction of a step within which an answer is that step (binary fractions miss 0.1)."""


class ReasonCode(IntEnum):
    """Why a row of a table has no score; 0 where it has one."""

    SCORED = 0
    NO_ANSWERS = 1
    TOO_MANY_MISSING = 2


REASONS: Mapping[ReasonCode, str] = {
    ReasonCode.NO_ANSWERS: "no-answers",
    ReasonCode.TOO_MANY_MISSING: "too-many-missing",
}
"""The keys that ``NotScorable.reason`` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The score of one scale; ``answered`` and ``missing`` count the scale's items."""

    scale: str
    value: float
    answered: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScorable:
    """Why a scale has no score: ``"no-answers"`` or ``"too-many-missing"``."""

    scale: str
    reason: str
    answered: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredTable:
    """The scores of many forms, by scale.

    ``values``: the scores, shape (n_forms,), NaN where not scorable. ``reasons``: a
    `ReasonCode` per form. ``answered``: how many items of the scale have an answer.
    """

    values: Mapping[str, Floats]
    reasons: Mapping[str, NDArray[np.uint8]]
    answered: Mapping[str, NDArray[np.int64]]


def score(
    instrument: Instrument, responses: Mapping[str, float | None]
) -> dict[str, Score | NotScorable]:
    """Score one form on every scale.

    Parameters
    ----------
    instrument
        What was asked.
    responses
        Answer by item id, in the item's units; ``None`` or absent is missing.

    Returns
    -------
    dict
        By scale key: a `Score`, or `NotScorable` with the reason. Never a number when the
        missing-answer rule of the scale does not allow one.

    Raises
    ------
    InstrumentError
        An item is unknown, or an answer is not a number, not finite, out of range or between
        the steps. The message names the item and never the answer.

    Examples
    --------
    >>> from openalliance.core.instruments import catalogue
    >>> form = catalogue()["goal-rating"]
    >>> score(form, {"progress": 7})["progress"].value
    7.0
    """
    known = {item.id: position for position, item in enumerate(instrument.items)}
    row = np.full((1, len(known)), np.nan)
    for item_id, answer in responses.items():
        if item_id not in known:
            raise InstrumentError(
                f"“{instrument.key}” has no such item", path=f"$.{str(item_id)[:64]}"
            )
        if answer is None:
            continue
        if isinstance(answer, bool) or not isinstance(answer, int | float | np.number):
            raise InstrumentError("the answer must be a number", path=f"$.{item_id}")
        if not checks.is_finite(answer):
            raise InstrumentError("the answer must be a finite number", path=f"$.{item_id}")
        row[0, known[item_id]] = answer
    table = _scored(instrument, row, with_row=False)
    return {scale.key: _of_one_row(scale, table) for scale in instrument.scales}


def _of_one_row(scale: Scale, table: ScoredTable) -> Score | NotScorable:
    answered = int(table.answered[scale.key][0])
    missing = len(scale.items) - answered
    code = ReasonCode(int(table.reasons[scale.key][0]))
    if code is not ReasonCode.SCORED:
        return NotScorable(
            scale=scale.key, reason=REASONS[code], answered=answered, missing=missing
        )
    value = float(table.values[scale.key][0])
    return Score(scale=scale.key, value=value, answered=answered, missing=missing)


def score_many(instrument: Instrument, responses: NDArray[np.floating]) -> ScoredTable:
    """Score many forms on every scale.

    Answers are counted in whole steps, so that sums are those of decimal arithmetic: each
    score is the double nearest to its exact value. Nothing is rounded otherwise.

    Parameters
    ----------
    instrument
        What was asked.
    responses
        Shape (n_forms, n_items), columns in the order of ``instrument.items``, in the items'
        units. NaN is a missing answer.

    Returns
    -------
    ScoredTable
        Per scale, shape (n_forms,).

    Raises
    ------
    InstrumentError
        Wrong shape, or an answer is out of range or between the steps. The path names row
        (from 0) and item.
    """
    answers = np.asarray(responses, dtype=np.float64)
    if answers.ndim != 2 or answers.shape[1] != len(instrument.items):
        raise InstrumentError(
            f"answers to “{instrument.key}” must be a table with {len(instrument.items)} columns"
        )
    return _scored(instrument, answers, with_row=True)


def _scored(instrument: Instrument, answers: Floats, *, with_row: bool) -> ScoredTable:
    n_forms = answers.shape[0]
    keys = [scale.key for scale in instrument.scales]
    values = {key: np.empty(n_forms) for key in keys}
    reasons = {key: np.empty(n_forms, dtype=np.uint8) for key in keys}
    answered = {key: np.empty(n_forms, dtype=np.int64) for key in keys}
    position = {item.id: column for column, item in enumerate(instrument.items)}
    for first in range(0, n_forms, _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        block = np.ascontiguousarray(answers[rows].T)
        present = ~np.isnan(block)
        for item, column, there in zip(instrument.items, block, present, strict=True):
            _check(item, column, there, first if with_row else None)
        for scale in instrument.scales:
            columns = [position[item_id] for item_id in scale.items]
            items = [instrument.items[column] for column in columns]
            count = present[columns].sum(axis=0)
            total, unit = _total(scale, items, [block[column] for column in columns])
            values[scale.key][rows] = _combined(scale, total, count, unit)
            reasons[scale.key][rows] = _reasons(scale, count)
            answered[scale.key][rows] = count
        for scale in instrument.scales:
            unscored = reasons[scale.key][rows] != ReasonCode.SCORED
            values[scale.key][rows][unscored] = np.nan
    return ScoredTable(values=values, reasons=reasons, answered=answered)


def _check(item: Item, column: Floats, present: NDArray[np.bool_], first: int | None) -> None:
    fits = (column >= item.minimum) & (column <= item.maximum)
    if item.kind is ItemKind.RATING:
        steps = (column - item.minimum) / item.step
        fits &= np.abs(steps - np.rint(steps)) <= _ON_STEP
    elif item.kind is ItemKind.CHOICE:
        chosen = np.zeros_like(fits)
        for option in item.options:
            chosen |= column == option.value
        fits = chosen
    wrong = present & ~fits
    if wrong.any():
        row = int(np.argmax(wrong))
        allowed = (
            "must be the value of one of its options"
            if item.kind is ItemKind.CHOICE
            else f"must lie between {item.minimum:g} and {item.maximum:g}"
            + (f" in steps of {item.step:g}" if item.kind is ItemKind.RATING else "")
        )
        place = f"$.{item.id}" if first is None else f"$[{first + row}].{item.id}"
        raise InstrumentError(f"the answer {allowed}", path=place)


def _total(scale: Scale, items: list[Item], columns: list[Floats]) -> tuple[Floats, int]:
    """Return the sum of the answers, reversed where needed, in units of 1/unit."""
    unit = math.lcm(*(_denominator(item) for item in items))
    total = np.zeros(columns[0].shape[0])
    for item, column in zip(items, columns, strict=True):
        counted = column * unit
        if unit > 1:
            whole = np.rint(counted)
            counted = np.where(np.abs(counted - whole) <= _ON_STEP, whole, counted)
        if item.id in scale.reversed:
            counted = round((item.minimum + item.maximum) * unit) - counted
        total += np.where(np.isnan(counted), 0.0, counted)
    return total, unit


def _denominator(item: Item) -> int:
    numbers = [item.minimum, item.maximum, item.step, *(option.value for option in item.options)]
    return math.lcm(*(Fraction(str(number)).denominator for number in numbers))


def _combined(scale: Scale, total: Floats, count: NDArray[np.int64], unit: int) -> Floats:
    """Return the score by one single division, so that it is correctly rounded."""
    multiplier = Fraction(str(scale.multiplier))
    factor = multiplier.numerator
    if scale.method is ScoringMethod.PRORATED_SUM:
        factor *= len(scale.items)
    divisor = unit * multiplier.denominator
    if scale.method is ScoringMethod.SUM:
        return np.asarray(total * factor / divisor)
    return np.asarray(total * factor / (np.maximum(count, 1) * divisor))


def _reasons(scale: Scale, count: NDArray[np.int64]) -> NDArray[np.uint8]:
    missing = len(scale.items) - count
    reasons = np.where(
        missing > scale.maximum_missing, ReasonCode.TOO_MANY_MISSING, ReasonCode.SCORED
    )
    return np.where(count == 0, ReasonCode.NO_ANSWERS, reasons).astype(np.uint8)
