"""Is this a valid FHIR R4 Questionnaire? Refused with the JSON path of the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.fhir import codes

_DEEPEST = 20
"""Levels of groups that are followed; more is a broken or hostile file."""


def check(document: Any) -> None:
    """Refuse what is no valid R4 Questionnaire with items.

    The codes are checked here, because the models of ``fhir.resources`` take any text as a code.

    Raises
    ------
    InstrumentError
        ``path`` is the JSON path of the fault.
    """
    if not isinstance(document, Mapping):
        raise InstrumentError("a questionnaire must be a JSON object")
    kind = document.get("resourceType")
    if kind != "Questionnaire":
        raise InstrumentError(
            "is missing; it must be “Questionnaire”" if kind is None else "must be “Questionnaire”",
            path="$.resourceType",
        )
    _code(document, "status", codes.PUBLICATION_STATUS, "$")
    _check_items(document)
    _check_with_models(document)


def items(
    document: Mapping[str, Any], path: str = "$", depth: int = 0
) -> Iterator[tuple[str, Any]]:
    """Yield every item with its JSON path, outer before inner."""
    inner = document.get("item", [])
    if not isinstance(inner, list):
        raise InstrumentError("must be a list", path=f"{path}.item")
    if depth > _DEEPEST:
        raise InstrumentError(f"is nested more than {_DEEPEST} levels deep", path=path)
    for position, item in enumerate(inner):
        place = f"{path}.item[{position}]"
        if not isinstance(item, Mapping):
            raise InstrumentError("must be an object", path=place)
        yield place, item
        yield from items(item, place, depth + 1)


def _check_items(document: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for path, item in items(document):
        link = item.get("linkId")
        if link is None:
            raise InstrumentError("is missing", path=f"{path}.linkId")
        if not isinstance(link, str) or not link.strip():
            raise InstrumentError("must be text that is not blank", path=f"{path}.linkId")
        if link in seen:
            raise InstrumentError(f"is the same as that of {seen[link]}", path=f"{path}.linkId")
        seen[link] = path
        _code(item, "type", codes.ITEM_TYPES, path)
        if "enableBehavior" in item:
            _code(item, "enableBehavior", codes.ENABLE_BEHAVIOUR, path)
        if item["type"] == "display" and "item" in item:
            raise InstrumentError("a display item has no items of its own", path=f"{path}.item")
        if "answerOption" in item:
            _check_options(item, path)
    if not seen:
        raise InstrumentError("a questionnaire needs at least one item", path="$.item")


def _check_options(item: Mapping[str, Any], path: str) -> None:
    place = f"{path}.answerOption"
    if item["type"] in {"group", "display", "boolean"}:
        raise InstrumentError(f"an item of type “{item['type']}” has no options", path=place)
    if "answerValueSet" in item:
        raise InstrumentError("cannot be given together with answerValueSet", path=place)
    if not isinstance(item["answerOption"], list):
        raise InstrumentError("must be a list", path=place)
    for position, option in enumerate(item["answerOption"]):
        if not isinstance(option, Mapping):
            raise InstrumentError("must be an object", path=f"{place}[{position}]")


def _code(holder: Mapping[str, Any], field: str, allowed: frozenset[str], path: str) -> None:
    value = holder.get(field)
    if value is None:
        raise InstrumentError("is missing", path=f"{path}.{field}")
    if not isinstance(value, str) or value not in allowed:
        raise InstrumentError(
            f"must be one of: {', '.join(sorted(allowed))}", path=f"{path}.{field}"
        )


def _check_with_models(document: Mapping[str, Any]) -> None:
    from fhir.resources.R4B.questionnaire import Questionnaire
    from pydantic import ValidationError

    try:
        Questionnaire.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = "$" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
        )
        raise InstrumentError(f"is not valid FHIR R4: {first['msg']}", path=path) from None
