"""The project's own instrument file: strict reading with JSON paths, lossless writing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import checks
from openalliance.core.instruments.instrument import Instrument
from openalliance.core.instruments.items import Code, Item, Option
from openalliance.core.instruments.scales import CutOff, Norm, Reliability, ReliableChange, Scale
from openalliance.core.instruments.words import (
    Better,
    ItemKind,
    ItemPurpose,
    Moment,
    Rater,
    ScoringMethod,
    Texts,
)

FORMAT = "openalliance-instrument/1"
"""What the field ``format`` of an instrument file says."""

Read = Callable[[Any], Any]
T = TypeVar("T")


def parse(document: Mapping[str, Any]) -> Instrument:
    """Read an instrument from the project's own document.

    Parameters
    ----------
    document
        The JSON object, as `json.load` yields it. Unknown fields are refused.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        Something is missing, unknown, of the wrong type or contradictory; ``path`` is its
        JSON path, for instance ``$.items[2].maximum``.
    """
    if not isinstance(document, Mapping):
        raise InstrumentError("an instrument must be a JSON object")
    if document.get("format") != FORMAT:
        raise InstrumentError(f"must be “{FORMAT}”", path="$.format")
    content = {name: value for name, value in document.items() if name != "format"}
    instrument: Instrument = _INSTRUMENT(content)
    return instrument


def to_document(instrument: Instrument) -> dict[str, Any]:
    """Write an instrument as a document that `parse` reads back to an equal one.

    Fields at their default are left out.
    """
    return {"format": FORMAT, **_written_object(instrument)}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InstrumentError("must be text")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InstrumentError("must be a number")
    if not checks.is_finite(value):
        raise InstrumentError("must be a finite number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InstrumentError("must be a whole number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InstrumentError("must be true or false")
    return value


def _texts(value: Any) -> Texts:
    if not isinstance(value, Mapping):
        raise InstrumentError("must be an object of language to text")
    return Texts(value)


def _one_of(words: type[StrEnum]) -> Read:
    allowed = ", ".join(word.value for word in words)

    def read(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in {word.value for word in words}:
            raise InstrumentError(f"must be one of: {allowed}")
        return words(value)

    return read


def _or_null(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _list_of(read: Read, collect: Callable[[Sequence[Any]], Any] = tuple) -> Read:
    def read_all(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise InstrumentError("must be a list")
        result = []
        for position, element in enumerate(value):
            try:
                result.append(read(element))
            except InstrumentError as error:
                raise checks.within(error, f"[{position}]") from None
        return collect(result)

    return read_all


def _object_of(kind: Callable[..., T], fields: Mapping[str, Read]) -> Callable[[Any], T]:
    required = [
        field.name
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING
    ]

    def read_object(value: Any) -> T:
        if not isinstance(value, Mapping):
            raise InstrumentError("must be an object")
        content = {}
        for name, element in value.items():
            if name not in fields:
                raise InstrumentError("is not a known field", path=f"$.{name}")
            try:
                content[name] = fields[name](element)
            except InstrumentError as error:
                raise checks.within(error, f".{name}") from None
        for name in required:
            if name not in content:
                raise InstrumentError("is missing", path=f"$.{name}")
        return kind(**content)

    return read_object


_CODE = _object_of(Code, {"system": _text, "code": _text})
_OPTION = _object_of(Option, {"value": _number, "label": _texts, "codes": _list_of(_CODE)})
_ITEM = _object_of(
    Item,
    {
        "id": _text,
        "kind": _one_of(ItemKind),
        "minimum": _number,
        "maximum": _number,
        "step": _number,
        "text": _texts,
        "options": _list_of(_OPTION),
        "low_anchor": _texts,
        "high_anchor": _texts,
        "required": _truth,
        "purpose": _one_of(ItemPurpose),
        "theme": _text,
        "safety_threshold": _or_null(_number),
        "codes": _list_of(_CODE),
    },
)
_CUT_OFF = _object_of(CutOff, {"value": _number, "label": _text, "source": _text})
_NORM = _object_of(
    Norm,
    {
        "population": _text,
        "mean": _number,
        "sd": _or_null(_number),
        "n": _or_null(_whole),
        "source": _text,
    },
)
_RELIABILITY = _object_of(Reliability, {"value": _number, "kind": _text, "source": _text})
_RELIABLE_CHANGE = _object_of(ReliableChange, {"value": _number, "source": _text})
_SCALE = _object_of(
    Scale,
    {
        "key": _text,
        "title": _texts,
        "items": _list_of(_text),
        "reversed": _list_of(_text, frozenset),
        "method": _one_of(ScoringMethod),
        "multiplier": _number,
        "maximum_missing": _whole,
        "missing_source": _text,
        "minimum": _number,
        "maximum": _number,
        "better": _one_of(Better),
        "cutoffs": _list_of(_CUT_OFF),
        "norms": _list_of(_NORM),
        "reliability": _list_of(_RELIABILITY),
        "reliable_change": _or_null(_RELIABLE_CHANGE),
        "sem": _or_null(_number),
        "sem_source": _text,
    },
)
_INSTRUMENT = _object_of(
    Instrument,
    {
        "key": _text,
        "version": _text,
        "title": _texts,
        "moment": _one_of(Moment),
        "raters": _list_of(_one_of(Rater)),
        "languages": _list_of(_text),
        "items": _list_of(_ITEM),
        "scales": _list_of(_SCALE),
        "licence": _text,
        "source": _text,
        "validated": _truth,
        "text_required": _truth,
        "codes": _list_of(_CODE),
    },
)


def _written_object(value: Any) -> dict[str, Any]:
    return {
        field.name: _written(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
    }


def _written(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _written_object(value)
    if isinstance(value, Texts):
        return dict(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_written(element) for element in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
