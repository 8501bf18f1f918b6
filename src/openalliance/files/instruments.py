"""Instrument files: read one, and keep a practice's own in a folder."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from openalliance.core.errors import ConflictError, InputError, InstrumentError
from openalliance.core.instruments import Instrument, catalogue, parse, to_document

QuestionnaireReader = Callable[[Any, Mapping[str, Instrument]], Instrument]
"""What turns a FHIR Questionnaire into an instrument: `openalliance.fhir.read_questionnaire`."""

LARGEST_BYTES = 5_000_000
"""An instrument is a few kilobytes; more is not an instrument."""


def installed(directory: Path) -> dict[str, Instrument]:
    """Return the instruments stored in ``directory`` by key; none when it does not exist.

    Raises
    ------
    InputError
        A file there cannot be read or is wrong; ``where`` names it.
    """
    found: dict[str, Instrument] = {}
    for path in sorted(directory.glob("*.json")):
        instrument = _in_file(path, parse)
        if instrument.key in found:
            raise InputError(f"“{instrument.key}” is there twice; remove one", where=str(path))
        found[instrument.key] = instrument
    return found


def store(directory: Path, instrument: Instrument, *, replace: bool = False) -> Path:
    """Write ``instrument`` into ``directory``, whole or not at all, and return its path.

    A newer version takes the place of an older one. The same version with another content is
    refused unless ``replace``, because answers already given were given to that wording.

    Raises
    ------
    ConflictError
        The same key and version is there with another content.
    """
    path = directory / f"{instrument.key}.json"
    if not replace:
        there = _in_file(path, parse) if path.exists() else catalogue().get(instrument.key)
        if path.exists() and there == instrument:
            return path
        if there is not None and not there.text_required and there.version == instrument.version:
            raise ConflictError(
                f"“{instrument.key}” version {instrument.version} is there already with another"
                " content; give the file another version, or replace it"
            )
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_document(instrument), ensure_ascii=False, indent=2) + "\n"
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=f".{instrument.key}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def read_instrument_file(
    path: Path, known: Mapping[str, Instrument], read_questionnaire: QuestionnaireReader
) -> Instrument:
    """Read an instrument from our own format or a FHIR R4 Questionnaire.

    Parameters
    ----------
    path
        A JSON file.
    known
        Instruments by key; a questionnaire with the public code of one of them takes its
        structure and scoring from there.
    read_questionnaire
        Reads a FHIR Questionnaire.

    Raises
    ------
    InputError
        The file is missing, unreadable, not JSON, or wrong; ``where`` names the file and the
        JSON path.
    """
    return _in_file(path, lambda document: _read(document, known, read_questionnaire))


def _read(
    document: Any, known: Mapping[str, Instrument], read_questionnaire: QuestionnaireReader
) -> Instrument:
    if isinstance(document, dict) and "format" in document:
        return parse(document)
    if isinstance(document, dict) and "resourceType" not in document:
        raise InstrumentError(
            "is neither a FHIR Questionnaire (“resourceType” is missing) nor an instrument of"
            " ours (“format” is missing)"
        )
    return read_questionnaire(document, known)


def _in_file(path: Path, read: Callable[[Any], Instrument]) -> Instrument:
    document = _json(path)
    try:
        return read(document)
    except InstrumentError as error:
        raise InstrumentError(error.reason, path=f"{path}: {error.path}") from None


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError("is too large for an instrument", where=str(path))
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            where=str(path),
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not valid JSON: {error}", where=str(path)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f"the field “{name}” is given twice in one object")
        result[name] = value
    return result
