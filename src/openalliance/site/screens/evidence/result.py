"""One meta-analysis: figures, pictures and words, and how to get the same again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from openalliance.charts.page import Drawing
from openalliance.core.errors import InputError
from openalliance.evidence.asked import Asked
from openalliance.site.records.evidence.access import STAFF, analysis_for
from openalliance.site.records.evidence.services import may_change
from openalliance.site.screens.door import acting, staff
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.evidence.files import FILE, found_in, frame_of_text
from openalliance.site.screens.evidence.words import number, probability, told
from openalliance.site.screens.tables import Table

if TYPE_CHECKING:
    from openalliance.evidence.found import Found
    from openalliance.site.records.evidence.models import MetaAnalysis

MOST_LEFT_OUT = 300
"""Effects or studies up to which each is left out in turn while somebody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart with its name and its words."""

    key: str
    title: str
    words: str
    svg: Drawing


@require_safe
@staff(*STAFF)
def show(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Show what the effects come to."""
    by = acting(request)
    analysis = analysis_for(by, analysis_id)
    if not analysis.is_fitted:
        return redirect("evidence:columns", analysis_id)
    asked = Asked(**analysis.asked)
    page: dict[str, Any] = {
        "analysis": analysis,
        "may_change": may_change(by, analysis),
        "command": asked.command(FILE),
        "script": asked.script(FILE),
    }
    try:
        found = found_in(frame_of_text(analysis.data), asked)
    except InputError as fault:
        return render(request, "evidence/result.html", page | {"fault": told(fault)}, status=422)
    return render(request, "evidence/result.html", page | _page(found))


@require_safe
@staff(*STAFF)
def data(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Hand out the file as it was taken in."""
    analysis = analysis_for(acting(request), analysis_id)
    return _download(analysis.data, "text/csv", FILE)


@require_safe
@staff(*STAFF)
def script(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Hand out a script that gives the same numbers."""
    analysis: MetaAnalysis = analysis_for(acting(request), analysis_id)
    return _download(Asked(**analysis.asked).script(FILE), "text/x-python", "meta-analysis.py")


def _download(text: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        text.encode(),
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(found: Found) -> dict[str, Any]:
    from openalliance.evidence.plain import reading, small_study_rows  # scipy

    small, cautions = small_study_rows(found)
    return {
        "reading": reading(found),
        "notes": found.notes,
        "coefficients": _coefficients(found),
        "heterogeneity": _heterogeneity(found),
        "small": Table(
            caption="What small studies may have done",
            headings=("Look", "Estimate", "Interval", "p"),
            rows=tuple(
                (one.what, number(one.estimate), _interval(one.low, one.high), probability(one.p))
                for one in small
            ),
        ),
        "cautions": cautions,
        "left_out": _left_out(found),
        "pictures": [one for one in (_picture(found, "forest"), _picture(found, "funnel")) if one],
    }


def _picture(found: Found, kind: Literal["forest", "funnel"]) -> Picture | None:
    try:
        made = found.plot(kind)
    except InputError:
        return None
    return Picture(
        key=kind,
        title={"forest": "Forest plot", "funnel": "Funnel plot"}[kind],
        words=made.words,
        svg=Drawing(drawn(made.specification)),
    )


def _coefficients(found: Found) -> Table:
    rows = found.frame().rows(named=True)
    errors = "" if found.robust is None else f" ({found.robust.correction.value})"
    return Table(
        caption=f"{found.measure}: {found.k:,} effects of {found.studies:,} studies",
        headings=("Term", "Estimate", f"Standard error{errors}", "Interval", "p"),
        rows=tuple(
            (
                "Average" if len(rows) == 1 and row["term"].lower() == "intercept" else row["term"],
                number(row["estimate"]),
                number(row["se"]),
                _interval(row["ci_low"], row["ci_high"]),
                probability(row["p"]),
            )
            for row in rows
        ),
    )


def _heterogeneity(found: Found) -> Table:
    (row,) = found.model_frame().rows(named=True)
    said: list[tuple[str, str]] = [("Model", _MODELS[row["model"]])]
    for what, key in (
        ("Variance of true effects (τ²)", "tau2"),
        ("Variance between studies", "sigma2_between"),
        ("Variance within studies", "sigma2_within"),
    ):
        value = row[key]
        nested = row["model"] == "three-level"
        if value is not None and row["model"] != "fixed" and (key == "tau2") is not nested:
            said.append((what, number(value)))
    said += [
        ("I²", f"{row['i2']:.0f} %" if row["i2"] is not None else "–"),
        (f"Q ({row['q_df']} degrees of freedom)", f"{number(row['q'])}, p {_p(row['q_p'])}"),
        ("Log-likelihood", number(row["loglik"])),
    ]
    return Table(caption="Variances, I² and Q", headings=("What", "Value"), rows=tuple(said))


_MODELS = {
    "fixed": "one true effect",
    "random": "random effects",
    "three-level": "three levels: effects in studies",
}


def _left_out(found: Found) -> Table | None:
    """Return the first coefficient without each study, or each effect where these are the same."""
    by: Literal["effect", "study"] = "study" if found.studies < found.k else "effect"
    many = found.studies if by == "study" else found.k
    if not 2 < many <= MOST_LEFT_OUT:
        return None
    term = found.fit.data.terms[0]
    rows: Sequence[dict[str, Any]] = found.influence(by=by).rows(named=True)
    return Table(
        caption="The result without each, one after another",
        headings=("Without", "Estimate", "Cook’s distance"),
        rows=tuple(
            (str(row["study"]), number(row[f"estimate {term}"]), number(row["cook"]))
            for row in rows
        ),
    )


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "–"
    return f"{number(low)} to {number(high)}"


def _p(value: float | None) -> str:
    shown = probability(value)
    return shown if shown.startswith("<") or shown == "–" else f"= {shown}"
