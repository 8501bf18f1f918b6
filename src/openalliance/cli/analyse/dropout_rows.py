"""Person-period rows from a file: who, which period, what happened, and the covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.dropout import (
    Ending,
    PersonPeriods,
    Shape,
    after_ending,
    after_gap,
    varies_only_with_period,
)
from openalliance.core.course.dropout.hazard import INTERCEPT
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from openalliance.files.frame import Frame, Labels

Floats = NDArray[np.float64]

_NOTHING = {"0", "false", "no"}
_YES = {"true": "1", "yes": "1", "1.0": "1", "0.0": "0", "2.0": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names of the columns and what the cells of the event column mean."""

    client: str
    period: str
    event: str
    event_value: str = "1"
    planned_value: str | None = None
    covariates: tuple[str, ...] = ()
    fixed: str | None = None
    drop_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows that are analysed, and what was found on the way."""

    periods: PersonPeriods
    clients: Labels
    values: Floats
    names: tuple[str, ...]
    kept: NDArray[np.bool_]
    gaps: int
    left_out: int


def read_rows(frame: Frame, columns: Columns) -> Rows:
    """Check and take the rows.

    Raises
    ------
    TableError
        A column is missing, a cell is impossible, a client has a period twice or rows after the
        ending, a covariate is missing (unless such rows may be left out) or never varies.
    """
    clients = _in_order(frame.labels(columns.client))
    period = frame.numbers(columns.period, missing=False)
    frame.refuse_duplicates(columns.client, columns.period)
    ending = _endings(frame, columns)
    frame.refuse(
        columns.event,
        after_ending(clients.codes, period, ending),
        "the client had ended before this period; a client's rows stop with the ending",
    )
    values, names, kept = _covariates(frame, columns)
    if not kept.all() and not columns.drop_missing:
        _refuse_missing(frame, columns, kept)
    periods = PersonPeriods(client=clients.codes[kept], period=period[kept], ending=ending[kept])
    _refuse_constant(frame, values, names)
    return Rows(
        periods=periods,
        clients=clients,
        values=values,
        names=names,
        kept=kept,
        gaps=int(after_gap(clients.codes, period).sum()),
        left_out=int(np.sum(~kept)),
    )


def _in_order(found: Labels) -> Labels:
    """Number clients by name, so that the order of the rows decides nothing."""
    order = sorted(range(len(found.names)), key=lambda code: found.names[code])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return replace(found, codes=rank[found.codes], names=[found.names[code] for code in order])


def _endings(frame: Frame, columns: Columns) -> NDArray[np.int64]:
    cells = np.array([_YES.get(cell.lower(), cell) for cell in frame.texts(columns.event)])
    named = columns.event_value != "1" or columns.planned_value is not None
    gone = cells == _YES.get(columns.event_value.lower(), columns.event_value)
    ending = np.where(gone, int(Ending.DROP_OUT), int(Ending.NONE))
    told = gone | np.isin(np.char.lower(cells), list(_NOTHING))
    if columns.planned_value is not None:
        planned = (cells == columns.planned_value) & ~gone
        ending[planned] = Ending.PLANNED
        told |= planned
    if named:
        told |= cells == ""
    meant = f"“{columns.event_value}” (dropped out)" if named else "1 (dropped out)"
    also = "" if columns.planned_value is None else f", “{columns.planned_value}” (planned)"
    frame.refuse(
        columns.event,
        ~told,
        f"the event is 0 (still there), {meant}{also}; say with --planned-value what stands for a"
        " planned ending",
    )
    return ending.astype(np.int64)


def _covariates(
    frame: Frame, columns: Columns
) -> tuple[Floats, tuple[str, ...], NDArray[np.bool_]]:
    """Return covariates of the rows that have them all, their names, and which rows those are."""
    if columns.fixed is None:
        plain = _plain_numbers(frame, columns.covariates)
        if plain is not None:
            kept = np.asarray(np.isfinite(plain).all(axis=1))
            if not kept.any():
                raise TableError("no row has all its covariates", file=frame.file)
            return plain[kept], columns.covariates, kept
    from openalliance.files.design import additive, design_of

    formula = additive(columns.covariates) if columns.fixed is None else columns.fixed
    design = design_of(frame, formula)
    if design.terms[0] != INTERCEPT:
        raise InputError("needs its intercept: write it without “0 +” or “- 1”", where="formula")
    return design.matrix[:, 1:], design.terms[1:], design.kept


def _plain_numbers(frame: Frame, names: Sequence[str]) -> Floats | None:
    """Return columns of numbers side by side; nothing if one holds words."""
    try:
        found = [frame.numbers(name) for name in names]
    except TableError as fault:
        if fault.row is None:
            raise
        return None
    return np.column_stack(found) if found else np.zeros((frame.rows, 0))


def _refuse_missing(frame: Frame, columns: Columns, kept: NDArray[np.bool_]) -> None:
    """Name the first row that lacks a covariate, and the covariate."""
    row = int(np.argmin(kept))
    wanted = columns.covariates or [n for n in frame.columns if n in (columns.fixed or "")]
    empty = [name for name in wanted if frame.texts(name)[row].lower() in {"", "nan"}]
    frame.refuse(
        empty[0] if empty else None,
        ~kept,
        "a covariate is missing; fill it in, or leave such rows out with --missing drop",
    )


def _refuse_constant(frame: Frame, values: Floats, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        if np.ptp(values[:, number]) == 0.0:
            raise TableError(
                "is the same in every row, so nothing can be learned from it; leave it out",
                file=frame.file,
                column=name,
            )


def shape_for(rows: Rows, asked: str | None, *, formula: bool) -> tuple[Shape, str | None]:
    """Return the baseline's form and, where it was not asked for, a note that says why.

    A formula is the whole model. Without one the period enters freely, unless a covariate is the
    period in other clothes.
    """
    if asked is not None:
        return Shape(asked), None
    if formula:
        return Shape.NONE, None
    for number, name in enumerate(rows.names):
        if varies_only_with_period(rows.periods, rows.values[:, number]):
            return Shape.NONE, (
                f"“{name}” depends on the period alone, so it is the baseline; --baseline says"
                " otherwise."
            )
    return Shape.FACTOR, None
