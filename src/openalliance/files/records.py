"""From a table to records: every row becomes a value to take in, or is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import Instrument, Score, score
from openalliance.files.mapping import TEMPLATE, Duplicates
from openalliance.files.mapping import Mapping as FileMapping
from openalliance.files.rows import Cell, Refusal, RowReader
from openalliance.files.tables import Table

Progress = Callable[[int, int], None]


class Record(NamedTuple):
    """One score of one scale as the file has it. ``row`` is the first row it comes from."""

    row: int
    client: str
    therapist: str
    episode: str
    session: int | None
    at: datetime
    rater: str
    instrument: str
    version: str
    scale: str
    value: float
    modality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file says: records in its order, refused rows, and rows left out on purpose.

    ``numbers_sessions`` is whether the file numbers sessions itself.
    """

    records: tuple[Record, ...]
    refused: tuple[Refusal, ...]
    left_out: tuple[Refusal, ...]
    rows: int
    numbers_sessions: bool


def read_records(
    table: Table,
    mapping: FileMapping,
    known: Mapping[str, Instrument],
    *,
    zone: ZoneInfo,
    progress: Progress | None = None,
) -> Reading:
    """Read every row of a table.

    Parameters
    ----------
    table
        The file.
    mapping
        How to read it; see `mapping_for`.
    known
        Instruments by key, those of the mapping among them.
    zone
        Where days without a time of day belong: such a row is taken as noon there.
    progress
        Is told rows done and rows in all, now and then.

    Raises
    ------
    TableError
        A column is missing.
    InputError
        The mapping names an instrument or scale that is not known.
    """
    reader = RowReader(table=table, mapping=mapping, known=known, zone=zone)
    refused: list[Refusal] = []
    left_out: list[Refusal] = []
    cells: list[Cell] = []
    for position in range(table.height):
        if progress is not None and position % 10_000 == 0:
            progress(position, table.height)
        reader.read(position, cells, refused, left_out)
    kept = _without_duplicates(cells, mapping, refused, left_out)
    records = _scored(kept, known, refused, left_out)
    return Reading(
        records=tuple(records),
        refused=tuple(sorted(refused, key=lambda one: one.row)),
        left_out=tuple(sorted(left_out, key=lambda one: one.row)),
        rows=table.height,
        numbers_sessions=mapping.columns.session is not None,
    )


def mapping_for(
    table: Table, mapping: FileMapping | None, *, therapist: str | None = None
) -> FileMapping:
    """Return how to read a table: by a mapping, or as one of the documented template.

    ``therapist`` is the e-mail address of the therapist of every row.
    """
    if mapping is None:
        there = {name: name for name in ("item", "scale") if name in table.columns}
        there = there or {"item": "item"}
        if "modality" in table.columns:
            there["modality"] = "modality"
        columns = TEMPLATE.columns.model_copy(update=there)
        mapping = TEMPLATE.model_copy(update={"columns": columns})
    if therapist is None:
        return mapping
    constants = mapping.constants.model_copy(update={"therapist": therapist})
    columns = mapping.columns.model_copy(update={"therapist": None})
    return mapping.model_copy(update={"constants": constants, "columns": columns})


def _without_duplicates(
    cells: Sequence[Cell],
    mapping: FileMapping,
    refused: list[Refusal],
    left_out: list[Refusal],
) -> list[Cell]:
    kept: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        key = (cell.client, cell.episode, cell.at, cell.rater, cell.instrument, cell.item,
               cell.scale)  # fmt: skip
        first = kept.setdefault(key, cell)
        if first is cell:
            continue
        gone, stays = (cell, first)
        if mapping.duplicates is Duplicates.LAST:
            gone, stays = (first, cell)
            kept[key] = cell
        about = Refusal(
            row=gone.row,
            column=mapping.columns.date,
            why=f"the same client, time and scale as row {stays.row}",
            what_to_do="keep one of the two, or say in the mapping which one counts",
        )
        (refused if mapping.duplicates is Duplicates.REFUSE else left_out).append(about)
    return list(kept.values())


def _scored(
    cells: Sequence[Cell],
    known: Mapping[str, Instrument],
    refused: list[Refusal],
    left_out: list[Refusal],
) -> Iterator[Record]:
    """Yield one record per scale: as given, or scored from the items of one form."""
    forms: dict[Cell, dict[str, float | None]] = {}
    first_rows: dict[Cell, int] = {}
    for cell in cells:
        if cell.scale:
            yield _record(cell, cell.row, cell.scale, cell.value, known[cell.instrument])
        else:
            form = cell._replace(row=0, item="", value=0.0)
            forms.setdefault(form, {})[cell.item] = cell.value
            first_rows.setdefault(form, cell.row)
    for form, responses in forms.items():
        instrument, row = known[form.instrument], first_rows[form]
        try:
            results = score(instrument, responses)
        except InstrumentError as wrong:
            refused.append(
                Refusal(
                    row=row, column="value", why=f"an answer of this form {wrong.reason}",
                    what_to_do=f"see “openalliance instruments show {instrument.key}”",
                )
            )  # fmt: skip
            continue
        for scale, result in results.items():
            if isinstance(result, Score):
                yield _record(form, row, scale, result.value, instrument)
            else:
                left_out.append(
                    Refusal(
                        row=row, column=scale, why=f"cannot be scored: {result.reason}",
                        what_to_do="nothing, or add the answers that are missing",
                    )
                )  # fmt: skip


def _record(form: Cell, row: int, scale: str, value: float, instrument: Instrument) -> Record:
    return Record(
        row=row,
        client=form.client,
        therapist=form.therapist,
        episode=form.episode,
        session=form.session,
        at=form.at,
        rater=form.rater,
        instrument=form.instrument,
        version=instrument.version,
        scale=scale,
        value=value,
        modality=form.modality,
    )
