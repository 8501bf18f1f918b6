"""One row of a table: who, when, what and how much, or why it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openalliance.core.errors import InputError
from openalliance.core.instruments import Instrument, Rater
from openalliance.files.cells import unguarded
from openalliance.files.mapping import MODALITIES, Columns, EmptyValues, ValueColumn
from openalliance.files.mapping import Mapping as FileMapping
from openalliance.files.tables import Table
from openalliance.files.times import moment_reader

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that cannot be taken in. ``row`` counts data rows from 1."""

    row: int
    column: str
    why: str
    what_to_do: str


class Cell(NamedTuple):
    """One value of one row; either ``item`` or ``scale`` is empty."""

    row: int
    client: str
    therapist: str
    episode: str
    session: int | None
    at: datetime
    rater: str
    instrument: str
    item: str
    scale: str
    value: float
    modality: str = ""


class _RefusedRowError(Exception):
    def __init__(self, column: str, why: str, what_to_do: str) -> None:
        super().__init__(why)
        self.column, self.why, self.what_to_do = column, why, what_to_do


class RowReader:
    """Reads single rows; what is the same for all of them is worked out once."""

    def __init__(
        self,
        *,
        table: Table,
        mapping: FileMapping,
        known: Mapping[str, Instrument],
        zone: ZoneInfo,
    ) -> None:
        self._table, self._mapping, self._known = table, mapping, known
        columns: Columns = mapping.columns
        self._cells = {
            role: table.texts(name)
            for role in Columns.model_fields
            if (name := getattr(columns, role)) is not None
        }
        self._moment = moment_reader(mapping.time, zone)
        self._missing = set(mapping.missing_cells)
        self._sources: list[tuple[str, Sequence[str], ValueColumn | None]] = [
            (one.column, table.texts(one.column), one) for one in mapping.values
        ] or [(columns.value or "value", self._cells["value"], None)]
        for one in mapping.values:
            _known_scale(known, one.instrument, one.scale)
        for needed in ("therapist", "rater", "instrument"):
            if (
                needed not in self._cells
                and not self._constant(needed)
                and not (mapping.values and needed != "therapist")
            ):
                raise InputError(
                    "name its column in “columns”, or say it for every row in “constants”",
                    where=needed,
                )

    def _constant(self, role: str) -> str:
        found = getattr(self._mapping.constants, role, None)
        return "" if found is None else str(found)

    def _cell(self, role: str, position: int) -> str:
        cells = self._cells.get(role)
        return cells[position] if cells is not None else self._constant(role)

    def _column(self, role: str) -> str:
        return getattr(self._mapping.columns, role) or role

    def read(
        self,
        position: int,
        cells: list[Cell],
        refused: list[Refusal],
        left_out: list[Refusal],
    ) -> None:
        """Read one row into ``cells``, or say why not."""
        row = position + 1
        try:
            frame = self._frame(position)
        except _RefusedRowError as wrong:
            refused.append(_refusal(row, wrong))
            return
        for column, texts, source in self._sources:
            try:
                found = self._value(position, frame, column, texts[position], source)
            except _RefusedRowError as wrong:
                refused.append(_refusal(row, wrong))
                continue
            if found is None:
                left_out.append(
                    Refusal(row=row, column=column, why="has no value", what_to_do="nothing")
                )
            else:
                cells.append(found)

    def _frame(self, position: int) -> Cell:
        client = self._name("client", position)
        therapist = unguarded(self._cell("therapist", position))
        therapist = self._mapping.therapists.get(therapist, therapist)
        if not therapist:
            raise _RefusedRowError(
                self._column("therapist"), "names no therapist", "fill in an e-mail address"
            )
        episode = self._name("episode", position) if "episode" in self._cells else "1"
        return Cell(
            row=position + 1,
            client=client,
            therapist=therapist.lower(),
            episode=episode,
            session=self._session(position),
            at=self._at(position),
            rater="", instrument="", item="", scale="", value=0.0,
            modality=self._modality(position),
        )  # fmt: skip

    def _name(self, role: str, position: int) -> str:
        name = unguarded(self._cell(role, position))
        if not name or len(name) > LONGEST_NAME - len(self._mapping.source) - 1:
            raise _RefusedRowError(
                self._column(role),
                "is empty or too long",
                f"give every {role} a code of its own, no names of people",
            )
        if not name.isprintable():
            raise _RefusedRowError(
                self._column(role), "holds characters that cannot be seen", "remove them"
            )
        return name

    def _session(self, position: int) -> int | None:
        cell = self._cell("session", position)
        if not cell:
            return None
        number = self._table.number(cell)
        if number is None or number < 1 or number % 1 or number > 10_000:
            raise _RefusedRowError(
                self._column("session"),
                "is no session number",
                "sessions are numbered 1, 2, 3 …; leave it empty where there was none",
            )
        return int(number)

    def _modality(self, position: int) -> str:
        cell = self._cell("modality", position)
        if cell and cell not in MODALITIES:
            raise _RefusedRowError(
                self._column("modality"),
                "is no modality",
                f"write {', '.join(MODALITIES)}, or leave it empty",
            )
        return cell

    def _at(self, position: int) -> datetime:
        try:
            return self._moment(self._cell("date", position))
        except ValueError as wrong:
            raise _RefusedRowError(self._column("date"), "is no time", str(wrong)) from None

    def _value(
        self, position: int, frame: Cell, column: str, cell: str, source: ValueColumn | None
    ) -> Cell | None:
        if cell == "" or cell in self._missing:
            if self._mapping.empty_values is EmptyValues.SKIP:
                return None
            raise _RefusedRowError(
                column, "has no value", "fill it in, or let the mapping skip empty values"
            )
        value = self._table.number(cell)
        if value is None:
            raise _RefusedRowError(column, "is not a number", "write a number, or leave it out")
        rater, instrument, item, scale = self._what(position, source)
        multiply = 1.0 if source is None else source.multiply
        found = frame._replace(
            rater=rater, instrument=instrument, item=item, scale=scale, value=value * multiply
        )
        of = self._known[instrument]
        limits = of.scale(scale) if scale else of.item(item)
        if not limits.minimum <= found.value <= limits.maximum:
            raise _RefusedRowError(
                column,
                f"is outside its range, {limits.minimum:g} to {limits.maximum:g}",
                "correct the value or the instrument",
            )
        return found

    def _what(self, position: int, source: ValueColumn | None) -> tuple[str, str, str, str]:
        """Return rater, instrument, and the item or the scale a value belongs to."""
        if source is not None:
            return source.rater, source.instrument, "", source.scale
        rater = self._cell("rater", position)
        if rater not in set(Rater):
            raise _RefusedRowError(
                self._column("rater"), "is no rater", f"write {', '.join(Rater)}"
            )
        key = self._cell("instrument", position)
        instrument = self._known.get(key)
        if instrument is None:
            raise _RefusedRowError(
                self._column("instrument"),
                "is no instrument this installation knows",
                "see “openalliance instruments list”; add one, or put it into the mapping",
            )
        if rater not in set(instrument.raters):
            raise _RefusedRowError(
                self._column("rater"),
                "does not answer this instrument",
                f"write {', '.join(instrument.raters)}",
            )
        return rater, key, *self._item_or_scale(position, instrument)

    def _item_or_scale(self, position: int, instrument: Instrument) -> tuple[str, str]:
        item, scale = self._cell("item", position), self._cell("scale", position)
        if bool(item) == bool(scale):
            raise _RefusedRowError(
                self._column("item" if "item" in self._cells else "scale"),
                "must name either an item or a scale",
                "fill in one of the two",
            )
        scales = {one.key for one in instrument.scales}
        if item and item not in {one.id for one in instrument.items} and item in scales:
            item, scale = "", item
        known = {one.id for one in instrument.items} if item else scales
        if (item or scale) not in known:
            raise _RefusedRowError(
                self._column("item" if item else "scale"),
                "is not in this instrument",
                f"see “openalliance instruments show {instrument.key}”",
            )
        return item, scale


def _refusal(row: int, wrong: _RefusedRowError) -> Refusal:
    return Refusal(row=row, column=wrong.column, why=wrong.why, what_to_do=wrong.what_to_do)


def _known_scale(known: Mapping[str, Instrument], instrument: str, scale: str) -> None:
    if instrument not in known:
        raise InputError(
            "this installation does not know the instrument; put it into the mapping",
            where=instrument,
        )
    if scale not in {one.key for one in known[instrument].scales}:
        raise InputError("the instrument has no such scale", where=f"{instrument}.{scale}")
