"""The mapping file: how the columns of somebody else's table become records."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from openalliance.core.errors import InputError, InstrumentError
from openalliance.core.instruments import Instrument, Rater, parse

MODALITIES = ("cbt", "psychodynamic", "person-centered", "other")
FORMAT: Literal["openalliance-mapping/1"] = "openalliance-mapping/1"
LARGEST_BYTES = 5_000_000


class TimeKind(StrEnum):
    """What stands in the column of times."""

    DATE = "date"
    DATETIME = "datetime"
    DAYS = "days"
    WEEKS = "weeks"


class Duplicates(StrEnum):
    """What becomes of two values for the same client, time, rater and scale."""

    REFUSE = "refuse"
    FIRST = "first"
    LAST = "last"


class EmptyValues(StrEnum):
    """What becomes of a row without a value."""

    REFUSE = "refuse"
    SKIP = "skip"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Columns(_Strict):
    """Which column of the table holds what; what is left out has its own name or a constant."""

    client: str = "client"
    therapist: str | None = None
    episode: str | None = None
    modality: str | None = None
    session: str | None = None
    date: str = "date"
    rater: str | None = None
    instrument: str | None = None
    item: str | None = None
    scale: str | None = None
    value: str | None = None


class Constants(_Strict):
    """What is the same for every row."""

    therapist: str | None = None
    rater: Rater | None = None
    instrument: str | None = None
    scale: str | None = None


class Time(_Strict):
    """How the column of times is read; days and weeks count from ``origin``."""

    kind: TimeKind = TimeKind.DATE
    origin: date | None = None

    @model_validator(mode="after")
    def _needs_origin(self) -> Time:
        counted = self.kind in {TimeKind.DAYS, TimeKind.WEEKS}
        if counted != (self.origin is not None):
            raise ValueError("“origin” belongs to “days” and “weeks”, and only to them")
        return self


class ValueColumn(_Strict):
    """One of several columns of values: a scale of its own."""

    column: str
    instrument: str
    scale: str
    rater: Rater = Rater.CLIENT
    multiply: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class Outcome(_Strict):
    """The scale that new episodes are followed by."""

    instrument: str
    scale: str


class Mapping(_Strict):
    """A whole mapping file."""

    format: Literal["openalliance-mapping/1"] = FORMAT
    about: str = ""
    source: str = Field(default="", max_length=20, pattern=r"^[A-Za-z0-9_-]*$")
    columns: Columns = Columns(value="value")
    constants: Constants = Constants()
    values: tuple[ValueColumn, ...] = ()
    time: Time = Time()
    duplicates: Duplicates = Duplicates.REFUSE
    empty_values: EmptyValues = EmptyValues.REFUSE
    missing_cells: tuple[str, ...] = ()
    therapists: dict[str, str] = {}
    modality: Literal["cbt", "psychodynamic", "person-centered", "other"] = "other"
    modality_name: str = Field(default="", max_length=80)
    ending: Literal["planned", "unplanned"] | None = None
    outcome: Outcome | None = None
    instruments: tuple[dict[str, Any], ...] = ()
    skip_refused: bool = False

    @model_validator(mode="after")
    def _one_way_to_values(self) -> Mapping:
        if self.values and (self.columns.value or self.columns.item or self.columns.scale):
            raise ValueError("“values” takes the place of the columns value, item and scale")
        if not self.values and not self.columns.value:
            raise ValueError("say which column holds the values, or list several in “values”")
        return self


TEMPLATE = Mapping(
    columns=Columns(
        therapist="therapist", episode="episode", session="session", rater="rater",
        instrument="instrument", value="value",
    )
)  # fmt: skip
"""How the documented template is read; whether it has “item”, “scale” or both is looked up."""


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        It is missing, not JSON or wrong; ``where`` names the file and the JSON path.
    """
    name = str(path)
    try:
        raw = path.read_bytes()
        if len(raw) > LARGEST_BYTES:
            raise InputError("is too large for a mapping", where=name)
        document = json.loads(raw.decode("utf-8-sig"))
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=name) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=name) from None
    except (ValueError, RecursionError):
        raise InputError("is not valid JSON", where=name) from None
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        raise InputError(first["msg"], where=f"{name}: {_json_path(first['loc'])}") from None
    try:
        instruments_of(mapping)
    except InstrumentError as wrong:
        raise InputError(wrong.reason, where=f"{name}: {wrong.path}") from None
    return mapping


def instruments_of(mapping: Mapping) -> dict[str, Instrument]:
    """Return the instruments that a mapping brings along, by key.

    Raises
    ------
    InstrumentError
        One of them is wrong; its path begins at the mapping.
    """
    found: dict[str, Instrument] = {}
    for position, document in enumerate(mapping.instruments):
        try:
            instrument = parse(document)
        except InstrumentError as wrong:
            path = f"$.instruments[{position}]{wrong.path.removeprefix('$')}"
            raise InstrumentError(wrong.reason, path=path) from None
        found[instrument.key] = instrument
    return found


def _json_path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
