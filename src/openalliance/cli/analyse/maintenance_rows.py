"""From a long table to one row per client: ending, follow-up waves, what was known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.maintenance.panel import FollowUp
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from openalliance.files.frame import Frame, Label

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of the table say what."""

    client: str
    wave: str
    score: str
    start: str | None = None
    covariates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leavers:
    """Clients with an ending score.

    Parameters
    ----------
    panel
        Their scores.
    names
        Of the clients, shape ``(n,)``.
    start
        Scores at the start, ``nan`` where missing, shape ``(n,)``; ``None`` without a column.
    left_out
        Clients without a score at the ending.
    notes
        What was done to the columns.
    """

    panel: FollowUp
    names: list[Label]
    start: Floats | None
    left_out: int
    file: str
    notes: list[str] = field(default_factory=list)

    def reliable_change(self, reliability: float) -> float:
        """Return the reliable change by the SD of the start scores, else of the endings."""
        from openalliance.core.course.maintenance.analysis import reliable_change

        given = self.panel.ending if self.start is None else self.start
        try:
            return reliable_change(given.tolist(), reliability)
        except InputError as fault:
            raise TableError(
                f"{fault.what}; give --reliable-change instead", file=self.file
            ) from None


def leavers_of(
    frame: Frame, columns: Columns, *, better: str, scale: tuple[float, float] | None
) -> Leavers:
    """Return the clients with an ending, in order of first appearance.

    Raises
    ------
    TableError
        A column is missing, a cell is no number, a wave is below 0, a client has a wave twice, a
        score lies outside the scale, a start score changes within a client, nobody has an ending,
        or there is no later wave.
    """
    clients = frame.labels(columns.client)
    waves = frame.numbers(columns.wave, missing=False)
    frame.refuse(columns.wave, waves < 0.0, "months after the ending are not below 0")
    scores = frame.numbers(columns.score)
    if scale is not None:
        outside = (scores < scale[0]) | (scores > scale[1])
        frame.refuse(columns.score, outside, "the score lies outside --range")
    frame.refuse_duplicates(columns.client, columns.wave)
    grid, place = np.unique(np.r_[0.0, waves], return_inverse=True)
    place = place.reshape(-1)[1:]
    if grid.size < 2:
        raise TableError("there is no wave after the ending", file=frame.file, column=columns.wave)
    wide = np.full((len(clients), grid.size), np.nan)
    wide[clients.codes, place] = scores
    kept = np.isfinite(wide[:, 0])
    if not kept.any():
        raise TableError(
            "nobody has a score at wave 0, the ending", file=frame.file, column=columns.score
        )
    ending_row = np.full(len(clients), -1)
    endings = np.flatnonzero(place == 0)
    ending_row[clients.codes[endings]] = endings
    notes: list[str] = []
    left_out = int((~kept).sum())
    if left_out:
        notes.append(
            f"Left out: {left_out} without a score at wave 0, the ending; nothing says what they "
            "could keep."
        )
    start = None
    if columns.start is not None:
        start = _constant(frame, columns.start, clients.codes, len(clients))[kept]
    covariates, terms = _covariates(frame, columns.covariates, ending_row[kept], notes)
    panel = FollowUp(
        waves=grid, scores=wide[kept], worse=1.0 if better == "lower" else -1.0,
        covariates=covariates, terms=terms,
    )  # fmt: skip
    names = [name for name, keep in zip(clients.names, kept, strict=True) if keep]
    return Leavers(
        panel=panel, names=names, start=start, left_out=left_out, file=frame.file, notes=notes
    )


def _constant(frame: Frame, column: str, codes: NDArray[np.int64], n: int) -> Floats:
    """Return each client's one value, ``nan`` where no row has it."""
    values = frame.numbers(column)
    there = np.flatnonzero(np.isfinite(values))
    found = np.full(n, np.nan)
    found[codes[there[::-1]]] = values[there[::-1]]
    differs = np.isfinite(values) & (values != found[codes])
    frame.refuse(column, differs, "differs from an earlier row of the client; there is one start")
    return found


def _covariates(
    frame: Frame, names: tuple[str, ...], rows: NDArray[np.int64], notes: list[str]
) -> tuple[Floats, tuple[str, ...]]:
    """Return the columns known at the ending; nobody is left out for a missing one."""
    columns: list[Floats] = []
    terms: list[str] = []
    for name in names:
        made = _numeric(frame, name, rows)
        if made is None:
            texts = np.array(frame.texts(name))[rows]
            found = np.unique(texts)
            for category in found[1:]:
                columns.append((texts == category).astype(np.float64))
                terms.append(f"{name}[{category or 'missing'}]")
            continue
        gaps = np.isnan(made)
        if gaps.all():
            raise TableError("has no value in any row of wave 0", file=frame.file, column=name)
        columns.append(np.where(gaps, made[~gaps].mean(), made))
        terms.append(name)
        if gaps.any():
            columns.append(gaps.astype(np.float64))
            terms.append(f"{name}[missing]")
            notes.append(
                f"“{name}” is missing in {int(gaps.sum())}: the mean stands in, and that "
                "it is missing is a predictor of its own."
            )
    values = np.column_stack(columns) if columns else np.zeros((rows.size, 0))
    return values, tuple(terms)


def _numeric(frame: Frame, name: str, rows: NDArray[np.int64]) -> Floats | None:
    """Return numbers; ``None`` where the column holds names throughout."""
    try:
        return frame.numbers(name)[rows]
    except TableError:
        texts = [text for text in frame.texts(name) if text]
        if any(_is_number(text) for text in set(texts)):
            raise
        return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
