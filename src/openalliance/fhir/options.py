"""What the answers of a FHIR choice count as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import Code, Option, Texts
from openalliance.fhir import codes
from openalliance.fhir.wording import extensions, read_texts


def read_options(item: Mapping[str, Any], language: str, path: str) -> list[tuple[str, Option]]:
    """Return the options of a choice with their JSON paths; each must say what it counts as.

    Raises
    ------
    InstrumentError
        There are none, or one says neither by `valueInteger` nor by the extension
        `ordinalValue` what it counts as.
    """
    found = []
    for place, answer in _answers(item, path):
        value = _stated_value(answer)
        if value is None:
            raise InstrumentError(
                "does not say what the answer counts as: give valueInteger, the extension"
                f" {codes.ORDINAL_VALUE}, or a code of an instrument that is known here",
                path=place,
            )
        label = _label(answer, language, place)
        if not label and "valueInteger" in answer:
            label = Texts({language: str(answer["valueInteger"])})
        found.append((place, Option(value=value, label=label, codes=_codes(answer))))
    return found


def overlaid(
    options: tuple[Option, ...], item: Mapping[str, Any], language: str, path: str
) -> tuple[Option, ...]:
    """Return the known ``options`` with the labels of the file.

    Raises
    ------
    InstrumentError
        Number, order of values or a code differs, or a label is known to be wrong.
    """
    answers = _answers(item, path)
    if len(answers) != len(options):
        raise InstrumentError(
            f"has {len(answers)} options where there must be {len(options)}",
            path=f"{path}.answerOption",
        )
    labelled = []
    for (place, answer), known in zip(answers, options, strict=True):
        _check_same(answer, known, place)
        label = _label(answer, language, place)
        _check_label(label, known, place)
        labelled.append(Option(value=known.value, label=label, codes=known.codes))
    return tuple(labelled)


def _answers(item: Mapping[str, Any], path: str) -> list[tuple[str, Mapping[str, Any]]]:
    answers = item.get("answerOption")
    if not answers:
        raise InstrumentError(
            "a choice needs its options in the file itself", path=f"{path}.answerOption"
        )
    return [(f"{path}.answerOption[{position}]", answer) for position, answer in enumerate(answers)]


def _codes(answer: Mapping[str, Any]) -> tuple[Code, ...]:
    coding = answer.get("valueCoding", {})
    if "system" in coding and "code" in coding and coding["system"] != codes.OPTION_SYSTEM:
        return (Code(system=coding["system"], code=coding["code"]),)
    return ()


def _stated_value(answer: Mapping[str, Any]) -> float | None:
    coding = answer.get("valueCoding", {})
    for holder in (answer, coding):
        for entry in extensions(holder, codes.ORDINAL_VALUE):
            if "valueDecimal" in entry:
                return float(entry["valueDecimal"])
    if "valueInteger" in answer:
        return float(answer["valueInteger"])
    return None


def _label(answer: Mapping[str, Any], language: str, place: str) -> Texts:
    if "valueCoding" in answer:
        return read_texts(answer["valueCoding"], "display", language, f"{place}.valueCoding")
    return read_texts(answer, "valueString", language, place)


def _check_same(answer: Mapping[str, Any], known: Option, place: str) -> None:
    stated = _stated_value(answer)
    if stated is not None and stated != known.value:
        raise InstrumentError(f"counts as another number than {known.value:g}", path=place)
    given = _codes(answer)
    if given and known.codes:
        if given[0] not in known.codes:
            expected = " or ".join(code.code for code in known.codes)
            raise InstrumentError(
                f"is not the answer that counts as {known.value:g} (expected {expected})",
                path=f"{place}.valueCoding.code",
            )
    elif stated is None:
        raise InstrumentError(
            "cannot be told: give its code or the extension ordinalValue", path=place
        )


def _check_label(label: Texts, known: Option, place: str) -> None:
    for code in known.codes:
        wrong, why = codes.WRONG_LABELS.get(code.code, (frozenset(), ""))
        if any(" ".join(text.lower().split()) in wrong for text in label.values()):
            raise InstrumentError(
                f"is a known wrong label of {code.code}: {why}",
                path=f"{place}.valueCoding.display",
            )
