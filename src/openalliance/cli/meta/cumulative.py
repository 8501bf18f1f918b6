"""The result as effects, or studies of several, came in one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.cli.meta.diagnostics import names_of, study_of
from openalliance.core.evidence.meta.values import Model
from openalliance.core.evidence.meta.without import By, Refits, cumulative

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openalliance.cli.meta.analysis import Found
    from openalliance.core.evidence.meta.values import MetaFit
    from openalliance.files.frame import Frame


def came_in(frame: Frame, column: str, rows: NDArray[np.int64], fit: MetaFit) -> Refits:
    """Fit the first effect by a column of numbers, the first two, and so on; or studies.

    Raises
    ------
    TableError
        A cell of the column is no number, or empty.
    """
    order = frame.numbers(column)
    used = np.zeros(frame.rows, dtype=bool)
    used[rows] = True
    frame.refuse(column, np.isnan(order) & used, "the cell is empty, and a number orders the rows")
    by = By.STUDY if fit.model is Model.THREE_LEVEL else By.EFFECT
    return cumulative(fit, order=order[rows], by=by)


def cumulative_rows(found: Found) -> list[dict[str, Any]] | None:
    """Return a row for each effect or study that came in; ``None`` if it was not asked."""
    seen = found.cumulative
    if seen is None:
        return None
    order = found.frame.numbers(found.asked["cumulative"])[found.rows]
    names = names_of(found)
    rows = []
    for code, fit in zip(seen.codes.tolist(), seen.fits, strict=True):
        by_effect = seen.by is By.EFFECT
        members = [code] if by_effect else np.flatnonzero(found.fit.data.studies == code)
        first = members[int(np.argmin(order[members]))]
        rows.append(
            {
                "added": names[first] if by_effect else str(study_of(found, int(first))),
                "order": float(order[first]),
                "k": None if fit is None else fit.k,
                "estimate": None if fit is None else float(fit.estimate[0]),
                "se": None if fit is None else float(fit.se[0]),
                "ci_lower": None if fit is None else float(fit.ci_low[0]),
                "ci_upper": None if fit is None else float(fit.ci_high[0]),
                "p": None if fit is None else float(fit.p[0]),
                "tau2": None if fit is None or fit.sigma2.size else fit.tau2,
                "sigma2": None if fit is None or not fit.sigma2.size else fit.sigma2,
                "I2": None if fit is None else fit.heterogeneity.i2,
            }
        )
    return rows
