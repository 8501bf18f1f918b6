"""A client's record as `openalliance export` writes it, read to be brought in elsewhere.

Only what can be brought in is read (`record_shape`); all else in the document is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from openalliance.core.errors import InputError
from openalliance.files.record_shape import ClientRecord

LARGEST_BYTES = 50_000_000


def read_client_record(path: Path) -> tuple[ClientRecord | None, Mapping[str, int]]:
    """Read a record; also count what in it is passed over.

    A plan in FHIR, as it lies beside records in an export, is no record: ``None``.

    Raises
    ------
    InputError
        It is missing, not JSON or wrong; ``where`` names the file and the JSON path. It never
        repeats what stands there.
    """
    document = _document(path)
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        return None, {}
    try:
        record = ClientRecord.model_validate(document)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        raise InputError(first["msg"], where=f"{path}: {_json_path(first['loc'])}") from None
    return record, _passed_over(document)


def _document(path: Path) -> Any:
    name = str(path)
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=name) from None
    if len(raw) > LARGEST_BYTES:
        raise InputError("is too large for a record", where=name)
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError("is not valid JSON in UTF-8", where=name) from None


def _passed_over(document: dict[str, Any]) -> dict[str, int]:
    episodes = [one for one in document["episodes"] if isinstance(one, dict)]

    def count(name: str) -> int:
        return sum(len(one[name]) for one in episodes if isinstance(one.get(name), list))

    scores = [score for one in episodes for score in one.get("scores", ())]
    consents = [*document.get("consents", ()), *document.get("follow_up_consents", ())]
    found = {
        "answers": count("answers"),
        "sealed scores": sum(bool(one.get("sealed")) for one in scores),
        "things hard to say": count("hard_to_say"),
        "conversations": count("taken_up"),
        "follow-up times": count("follow_ups"),
        "consents": len(consents),
        "log entries": len(document.get("read_by", ())),
    }
    return {what: n for what, n in found.items() if n}


def _json_path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
