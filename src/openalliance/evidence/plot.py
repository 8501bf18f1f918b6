"""Pictures of a fitted meta-analysis, to show in a notebook or to keep as a file."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.charts.meta.baujat import baujat_chart
from openalliance.charts.meta.bubble import bubble_chart
from openalliance.charts.meta.forest import Forest, Group, forest_chart
from openalliance.charts.meta.funnel import funnel_chart
from openalliance.charts.meta.profile import profile_chart
from openalliance.charts.render import to_html, to_pdf, to_png, to_svg
from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Model, meta_data
from openalliance.core.evidence.views.baujat import baujat
from openalliance.core.evidence.views.bubble import bubble
from openalliance.core.evidence.views.forest import effect_lines, study_lines, summary
from openalliance.core.evidence.views.profile import profiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from openalliance.evidence.found import Found

KINDS = ("forest", "funnel", "profile", "baujat", "bubble")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A picture; notebooks show it by themselves.

    Parameters
    ----------
    specification
        In Vega-Lite.
    """

    specification: dict[str, Any]

    @property
    def words(self) -> str:
        """What the picture says, for those who do not see it."""
        return str(self.specification["description"])

    def svg(self) -> str:
        """Return the picture as an SVG document."""
        return to_svg(self.specification)

    def save(self, file: Path | str) -> Path:
        """Write the picture, its kind by the suffix: SVG, PNG, PDF or HTML.

        Raises
        ------
        InputError
            The suffix is another one.
        """
        path = Path(file)
        match path.suffix.lower():
            case ".svg":
                path.write_text(self.svg(), encoding="utf-8")
            case ".html":
                path.write_text(to_html(self.specification, title=path.stem), encoding="utf-8")
            case ".png":
                path.write_bytes(to_png(self.specification))
            case ".pdf":
                path.write_bytes(to_pdf(self.specification))
            case _:
                raise InputError("ends in .svg, .png, .pdf or .html", where="file")
        return path

    def _repr_svg_(self) -> str:
        return self.svg()


def plot(found: Found, kind: str, *, term: str | None, back_transform: bool) -> Plot:
    """Draw one of the `KINDS`.

    Raises
    ------
    InputError
        There is no such kind, or the fit has not what it shows.
    """
    back: Callable[[float], float] | None = None
    if back_transform:
        if found.scale.read_as == found.scale.value:
            raise InputError(
                "only Fisher’s z and log ratios are turned back", where="back_transform"
            )
        back = found.scale.back
    axis = found.measure if back is None else found.scale.read_as
    fit = found.fit
    match kind:
        case "forest":
            made = _forest(found, axis, back)
        case "funnel":
            made = _funnel(found)
        case "profile":
            made = profile_chart(profiles(fit), level=fit.level)
        case "baujat":
            made = baujat_chart(baujat(fit.data), _names(found))
        case "bubble":
            many = len(fit.data.moderators) > 1
            line = bubble(fit, term)
            made = bubble_chart(line, axis=axis, level=fit.level, others=many, back=back)
        case _:
            raise InputError(f"there are {', '.join(KINDS)}", where="kind")
    return Plot(specification=made)


def _forest(found: Found, axis: str, back: Callable[[float], float] | None) -> dict[str, Any]:
    fit = found.fit
    nested = fit.model is Model.THREE_LEVEL
    sizes = np.bincount(fit.data.studies).tolist()
    names = _names(found)
    if nested:
        names = [f"{name} ({size})" for name, size in zip(found.names, sizes, strict=True)]
    overall = None
    if fit.data.p == 1 and fit.data.intercept is not None:
        overall = summary(fit)
        if fit.model is Model.FIXED:
            overall = replace(overall, true_low=math.nan, true_high=math.nan)
    level = f"{100 * fit.level:g} %"
    subtitle = [f"Squares: larger weighs more; lines: {level} intervals."]
    if nested:
        subtitle.append(
            "One line for each study: the average of its effects (how many in brackets)."
        )
    forest = Forest(
        lines=study_lines(fit) if nested else effect_lines(fit),
        names=names,
        groups=[Group(heading="", order=range(len(names)), summary=None)],
        overall=overall,
        title=f"{found.k:,} effects of {found.studies:,} studies",
        subtitle=subtitle,
        axis=axis,
        level=fit.level,
    )
    return forest_chart(forest, back=back)


def _funnel(found: Found) -> dict[str, Any]:
    data = found.fit.data
    plain = data.p == 1 and data.intercept is not None
    average = found.fit if plain else fit_random(meta_data(data.y, data.v))
    return funnel_chart(
        data.y,
        data.v,
        average=float(average.estimate[0]),
        axis=found.measure,
        subtitle=["Solid: the average; dashed: where 95 % would lie if true effects were equal."],
    )


def _names(found: Found) -> list[str]:
    data = found.fit.data
    several = data.n_studies < data.k
    return [
        f"{found.names[code]}, row {row + 1}" if several else str(found.names[code])
        for code, row in zip(data.studies.tolist(), found.rows.tolist(), strict=True)
    ]
