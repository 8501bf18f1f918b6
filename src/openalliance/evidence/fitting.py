"""From a table to a fitted meta-analysis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.chosen import fit_chosen
from openalliance.core.evidence.meta.robust import Correction, robust
from openalliance.core.evidence.meta.values import Method, Model, Test, meta_data
from openalliance.evidence.found import Found
from openalliance.files.design import Design, design_of
from openalliance.files.effect_columns import SETS, Guess, guess, what_is_missing
from openalliance.files.effects import read_effects
from openalliance.files.frame import Frame, read_frame

if TYPE_CHECKING:
    from typing import TypeAlias

    import pandas as pd
    import polars as pl

    Table: TypeAlias = pl.DataFrame | pd.DataFrame | Frame | Mapping[str, Any] | Path | str

Array = NDArray[np.float64]


def fit(
    data: Table,
    *,
    effect: str | None = None,
    variance: str | None = None,
    se: str | None = None,
    r: str | None = None,
    n: str | None = None,
    groups: Mapping[str, str] | None = None,
    transform: Literal["zcor", "none"] = "zcor",
    measure: Literal["OR", "RR"] = "OR",
    study: str | None = None,
    moderators: str = "",
    model: Literal["fixed", "random", "three-level"] | None = None,
    method: Literal["REML", "ML", "DL", "PM", "HS", "SJ"] = "REML",
    test: Literal["z", "t", "knha"] = "z",
    robust_errors: Literal["CR0", "CR1", "CR2"] | None = None,
    cluster: str | None = None,
    rho: float = 0.0,
    level: float = 0.95,
) -> Found:
    """Fit a meta-analysis to the rows of a table.

    Parameters
    ----------
    data
        One row for each effect: a polars or pandas data frame, columns by name, or a CSV, TSV or
        Parquet file. Rows without an effect, its error or a moderator are left out, and it is said.
    effect, variance, se
        Columns of effects and of their sampling variances or standard errors.
    r, n
        Columns of correlations and sample sizes, instead of those.
    groups
        Columns about two groups, instead of those: ``mean1``, ``sd1``, ``n1``, ``mean2``, ``sd2``,
        ``n2`` give Hedges' g; ``events1``, ``n1``, ``events2``, ``n2`` (or ``others1`` and
        ``others2`` for those without the event) log odds or log risk ratios. If nothing is named
        at all, columns are taken by the names they usually have, and it is said.
    transform
        Fisher's z of correlations, or as they are.
    measure
        What events are turned into.
    study
        Column of the study that an effect is from.
    moderators
        What effects may depend on: ``"rater + year"``, ``"rater * year"``, ``"C(wave)"``.
    model
        Default: three levels where studies have several effects, else random.
    method
        How the variance of true effects is estimated.
    test
        Normal, Student's t, or Knapp and Hartung's.
    robust_errors
        Errors that hold whatever the dependence within studies.
    cluster
        Column of what robust errors take for dependent instead of the study, such as a laboratory
        with several studies.
    rho
        Correlation of sampling errors within a study, for three levels.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        A column, a cell, the formula or the model cannot be used; it says which and why.
    """
    frame = _frame(data)
    given = {"effect": effect, "variance": variance, "se": se, "r": r, "n": n, **(groups or {})}
    guessed = _columns(frame, {name: column for name, column in given.items() if column}, study)
    study = guessed.columns.get("study")
    read = read_effects(frame, guessed.columns, transform=transform, measure=measure)
    y, v = read.y, read.v
    there = np.isfinite(y) & np.isfinite(v)
    if not there.any():
        raise InputError("no row has an effect with its error", where="effect")
    design = design_of(frame, moderators or "1", rows=there)
    rows = np.flatnonzero(design.kept)
    labels = None if study is None else frame.labels(study)
    codes = None if labels is None else labels.codes[rows]
    ready = meta_data(y[rows], v[rows], x=design.matrix, terms=design.terms, studies=codes)
    names = list(range(1, rows.size + 1))
    if labels is not None and codes is not None:
        names = [labels.names[code] for code in np.unique(codes).tolist()]
    fitted = fit_chosen(
        ready,
        None if model is None else Model(model),
        method=Method(method),
        test=Test(test),
        rho=rho,
        level=level,
    )
    if cluster is not None and robust_errors is None:
        raise InputError("a cluster belongs to robust errors", where="cluster")
    clusters = None if cluster is None else frame.labels(cluster).codes[rows]
    sure = None
    if robust_errors is not None:
        sure = robust(fitted, Correction(robust_errors), clusters=clusters)
    return Found(
        fit=fitted,
        robust=sure,
        names=tuple(names),
        rows=rows,
        design=design,
        scale=read.scale,
        notes=guessed.notes + tuple(_left_out(frame, there, design)) + fitted.notes,
    )


def _columns(frame: Frame, named: dict[str, str], study: str | None) -> Guess:
    """Return the columns that were named, or else those with usual names."""
    own = {} if study is None else {"study": study}
    if not named:
        found = guess(frame)
        if not found.columns:
            raise InputError(what_is_missing(frame), where="data")
        columns = found.columns | own
        said = ", ".join(f"{thing} {column}" for thing, column in columns.items())
        return Guess(
            columns=columns,
            notes=(f"Columns were taken by their names: {said}.", *(() if own else found.notes)),
        )
    if not any(set(named) == set(wanted) for wanted in SETS):
        raise InputError(
            "name effect with variance or se, or r with n, or all of two groups", where="fit"
        )
    return Guess(columns=named | own)


def _left_out(frame: Frame, there: NDArray[np.bool_], design: Design) -> list[str]:
    said = []
    for gone, what in (
        (frame.rows - int(there.sum()), "an effect or its error"),
        (int(there.sum() - design.kept.sum()), "a moderator"),
    ):
        if gone:
            said.append(f"{gone} of {frame.rows} rows left out for want of {what}.")
    return said


def _frame(data: Table) -> Frame:
    import polars as pl

    if isinstance(data, Frame):
        return data
    if isinstance(data, str | Path):
        return read_frame(data)
    if isinstance(data, pl.DataFrame):
        cells = data
    else:  # columns by name, pandas' data frame among them
        names = list(data.keys())
        cells = pl.DataFrame([_column(str(name), data[name]) for name in names])
    if cells.height == 0:
        raise InputError("has no rows", where="data")
    return Frame(file="data", polars=cells)


def _column(name: str, values: Any) -> pl.Series:
    import polars as pl

    cells = values.tolist() if hasattr(values, "tolist") else list(values)
    empty = [cell is None or (isinstance(cell, float) and math.isnan(cell)) for cell in cells]
    whole = [None if gap else cell for cell, gap in zip(cells, empty, strict=True)]
    if any(isinstance(cell, str) for cell in whole):
        whole = [None if cell is None else str(cell) for cell in whole]
    return pl.Series(name, whole, strict=False)
