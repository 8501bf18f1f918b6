"""A form as steps, one thing per screen. The order is that of the instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openalliance.core.instruments import Instrument, Item
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm

Answers = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question. ``number`` counts from 1."""

    number: int
    instrument: Instrument
    item: Item
    answer: float | None

    @property
    def field(self) -> str:
        """Return the name of the form field: unique within the form."""
        return f"{self.instrument.key}:{self.item.id}"


def steps_of(form: AskedForm) -> tuple[Step, ...]:
    """Return the questions of a form with the answers so far."""
    found: list[Step] = []
    for key, _version in form.instruments:
        asked = instrument(key)
        for item in asked.items:
            found.append(
                Step(
                    number=len(found) + 1,
                    instrument=asked,
                    item=item,
                    answer=form.answers.get(key, {}).get(item.id),
                )
            )
    return tuple(found)


def first_open(steps: Sequence[Step]) -> int:
    """Return the number of the first unanswered step, or the last one when all are answered."""
    return next((step.number for step in steps if step.answer is None), len(steps))


def missing(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return required questions without an answer."""
    return tuple(step for step in steps if step.item.required and step.answer is None)


def marks_safety(item: Item, answer: float | None) -> bool:
    """Whether an answer reaches the threshold of a safety question."""
    threshold = item.safety_threshold
    return threshold is not None and answer is not None and answer >= threshold


def safety_marked(steps: Sequence[Step]) -> Step | None:
    """Return the first safety question whose answer reaches its threshold."""
    return next((step for step in steps if marks_safety(step.item, step.answer)), None)


def merged(answers: Answers, field: str, value: float | None) -> dict[str, Any]:
    """Return ``answers`` with one field set, or removed when ``value`` is None."""
    key, _, item = field.partition(":")
    result = {instrument_key: dict(items) for instrument_key, items in answers.items()}
    if value is None:
        result.get(key, {}).pop(item, None)
    else:
        result.setdefault(key, {})[item] = value
    return result
