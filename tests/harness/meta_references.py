"""Published meta-analyses with reference results, and our own: files, columns, moderators."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openalliance.core.evidence.effects import fisher_z
from openalliance.core.evidence.meta.values import MetaData, meta_data
from openalliance.files.design import design_of
from openalliance.files.frame import Frame, read_frame

REFERENCE = Path(__file__).parents[1] / "reference"
SHARED = Path(__file__).parents[3] / "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A data set as the reference analysed it."""

    name: str
    study: str | None
    own: bool = False

    @property
    def missing(self) -> bool:
        """Whether the published data are not here."""
        return not self.own and not SHARED.exists()

    @property
    def result(self) -> dict[str, Any]:
        """What the independent software found."""
        folder = REFERENCE if self.own else SHARED / "reference"
        return _json(folder / f"meta_{self.name}.json")

    @property
    def frame(self) -> Frame:
        """The file."""
        folder = REFERENCE if self.own else SHARED / "data" / "meta"
        return read_frame(folder / f"{self.name}.csv")

    def data(self, formula: str = "1") -> MetaData:
        """Return the effects with the moderators of a formula, as written there."""
        frame = self.frame
        given = {}
        if "yr" in formula:
            years = frame.numbers("year")
            given["yr"] = years - years.mean()
        if "factor(" in formula:  # where the reference makes a category of empty cells
            cells = frame.polars.with_columns(pl.col("type").replace("", "_none"))
            frame = replace(frame, polars=cells)
        made = formula.replace("~", "").replace("factor(", "C(")
        design = design_of(frame, made, given=given)
        y, v = self._effects(frame)
        studies = None if self.study is None else frame.labels(self.study).codes[design.kept]
        return meta_data(
            y[design.kept], v[design.kept], x=design.matrix, terms=design.terms, studies=studies
        )

    def _effects(self, frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if "ri" in frame.columns:
            found = fisher_z(frame.numbers("ri"), frame.numbers("ni"))
            return found.estimate, found.variance
        y, v = ("d", "v") if "d" in frame.columns else ("yi", "vi")
        return frame.numbers(y), frame.numbers(v)


OWN = Analysis(name="alliance_outcome", study="study", own=True)
ASSINK = Analysis(name="assink2016", study="study")
KONSTANTOPOULOS = Analysis(name="konstantopoulos2011", study="district")
MCDANIEL = Analysis(name="mcdaniel1994", study=None)
MOLLOY = Analysis(name="molloy2014", study=None)
VAN_DER_POL = Analysis(name="metasem_vanderpol17", study="Study_ID")


def numbers(values: Any) -> NDArray[np.float64]:
    """Return a reference's numbers, ``nan`` where it has none."""
    return np.array(
        [np.nan if value is None else value for value in np.atleast_1d(values)], dtype=np.float64
    )


@cache
def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
