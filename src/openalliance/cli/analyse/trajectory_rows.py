"""From a table to the rows of a growth curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import TableError

if TYPE_CHECKING:
    from openalliance.core.course.trajectories.growth import Growth
    from openalliance.files.design import Design
    from openalliance.files.frame import Frame, Label

Floats = NDArray[np.float64]

TRANSFORMS = ("none", "log1p", "sqrt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What was asked for: columns, formula, form of time, random part."""

    client: str
    time: str
    score: str
    formula: str
    transform: str
    slope: bool
    therapist: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows with a score and all that the formula needs, and how to make more of them.

    ``last_row`` is where each client's latest such row stands in the table, by code.
    """

    frame: Frame
    columns: Columns
    growth: Growth
    design: Design
    names: list[Label]
    last_row: dict[int, int]
    notes: tuple[str, ...]

    @property
    def time_words(self) -> str:
        """What one unit of the time term is."""
        words = {"none": "{}", "log1p": "log(1 + {})", "sqrt": "√{}"}
        return words[self.columns.transform].format(self.columns.time)


def rows_of(frame: Frame, columns: Columns) -> Rows:
    """Read the rows.

    Raises
    ------
    TableError
        A column or cell is wrong, a client has two rows of the same time, or too little is left.
    """
    from openalliance.core.course.trajectories.growth import Growth
    from openalliance.files.design import design_of

    clients = frame.labels(columns.client)
    score = frame.numbers(columns.score)
    frame.refuse_duplicates(columns.client, columns.time)
    times, notes = _times(frame, columns, clients.codes)
    shaped = transformed(times, columns.transform)
    scored = np.isfinite(score)
    if not scored.any():
        raise TableError("there is no score", file=frame.file, column=columns.score)
    design = design_of(frame, columns.formula, given={columns.time: shaped}, rows=scored)
    kept = design.kept
    left_out = int(scored.sum() - kept.sum())
    if left_out:
        notes.append(f"{left_out} rows with a score lack a covariate and are left out.")
    therapists = None
    if columns.therapist is not None:
        therapists = frame.labels(columns.therapist).codes
        _refuse_two_therapists(frame, columns, clients.codes, therapists)
        therapists = therapists[kept]
    z = np.ones((int(kept.sum()), 1))
    named: tuple[str, ...] = ("Intercept",)
    if columns.slope:
        z = np.column_stack([z[:, 0], shaped[kept]])
        named = ("Intercept", columns.time)
    where = np.flatnonzero(kept)
    ordered = where[np.argsort(times[where], kind="stable")]
    growth = Growth(
        y=score[kept],
        x=design.matrix,
        z=z,
        codes=clients.codes[kept],
        times=times[kept],
        terms=design.terms,
        random_terms=named,
        therapists=therapists,
    )
    return Rows(
        frame=frame,
        columns=columns,
        growth=growth,
        design=design,
        names=clients.names,
        last_row=dict(zip(clients.codes[ordered].tolist(), ordered.tolist(), strict=True)),
        notes=tuple(notes),
    )


def transformed(times: Floats, transform: str) -> Floats:
    """Time as the growth curve takes it."""
    if transform == "log1p":
        return np.log1p(times)
    return np.sqrt(times) if transform == "sqrt" else times


def more_rows(rows: Rows, codes: Sequence[int], times: Floats) -> tuple[Floats, Floats]:
    """Fixed and random columns of clients at other times, covariates as in their latest row."""
    shaped = transformed(times, rows.columns.transform)
    where = np.array([rows.last_row[code] for code in codes], dtype=np.int64)
    x = rows.design.like(where, {rows.columns.time: shaped})
    ones = np.ones((len(codes), 1))
    return x, np.column_stack([ones, shaped]) if rows.columns.slope else ones


def _times(frame: Frame, columns: Columns, codes: NDArray[np.int64]) -> tuple[Floats, list[str]]:
    from openalliance.files.times import numeric_times

    times, unit = numeric_times(frame, columns.time)
    notes = []
    if unit == "days":
        first = np.full(int(codes.max()) + 1, np.inf)
        np.minimum.at(first, codes, times)
        times = (times - first[codes]) / 7.0
        notes.append("Time is counted in weeks since each client’s first row.")
    if columns.transform != "none":
        frame.refuse(
            columns.time, times < 0.0, f"a time below 0 has no {columns.transform}; count from 0"
        )
    return times, notes


def _refuse_two_therapists(
    frame: Frame, columns: Columns, clients: NDArray[np.int64], therapists: NDArray[np.int64]
) -> None:
    first = np.zeros(int(clients.max()) + 1, dtype=np.int64)
    first[clients[::-1]] = therapists[::-1]
    frame.refuse(
        columns.therapist,
        therapists != first[clients],
        "an earlier row gives this client another therapist; each client belongs to one",
    )
