"""What ``analyse dyad`` shows: JSON, table, words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from openalliance.core.course.dyad.agreement import Agreement, agreement_of
from openalliance.core.course.dyad.congruence import Congruence, SurfaceTerm
from openalliance.core.course.dyad.gap import Gap, gap_of
from openalliance.core.course.dyad.tracking import Tracking, tracking_of
from openalliance.core.course.gap import MEAN_DIFFERENCE_G
from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from openalliance.core.course.dyad.ratings import DyadRatings
    from openalliance.files.frame import Label

Row = dict[str, Any]

MOST_SHOWN = 30
"""Dyads that the text lists; the table and the document have all."""

_TRACKING_TERMS = ("bias", "accuracy")
_PARTS = {"": "", "_se": "_se", "_ci_lower": "_low", "_ci_upper": "_high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known without an outcome; tracking is ``None`` where it cannot be fitted."""

    n: int
    confidence: float
    gap: Gap
    agreement: Agreement
    tracking: Tracking | None
    notes: tuple[str, ...]


def findings(ratings: DyadRatings, confidence: float) -> Findings:
    gap = gap_of(ratings, confidence=confidence)
    notes = list(gap.notes)
    tracking = None
    try:
        tracking = tracking_of(ratings, confidence=confidence)
    except InputError as fault:
        notes.append(f"How well therapists track their clients is not known: {fault.what}.")
    else:
        notes += tracking.notes
    return Findings(
        n=int(ratings.dyad.size),
        confidence=confidence,
        gap=gap,
        agreement=agreement_of(ratings, confidence=confidence),
        tracking=tracking,
        notes=tuple(notes),
    )


def document(
    found: Findings, surface: Congruence | None, names: Sequence[Label], settings: Mapping[str, Any]
) -> Row:
    return {
        "n_sessions": found.n,
        "n_dyads": len(found.gap.dyads),
        "gap": _gap(found.gap),
        "agreement": _agreement(found.agreement),
        "tracking": _tracking(found.tracking, found.confidence),
        "congruence": _surface(surface),
        "dyads": rows(found, names),
        "settings": dict(settings),
    }


def _gap(gap: Gap) -> Row:
    return {
        "mean": gap.mean,
        "se": gap.se,
        "ci_lower": gap.low,
        "ci_upper": gap.high,
        "sd": gap.sd,
        "t": gap.t,
        "df": gap.df,
        "p": gap.p,
        "g": gap.g,
        "g_ci": [gap.g_low, gap.g_high],
        "limits_of_agreement": [gap.limits_low, gap.limits_high],
        "between_sd": gap.between_sd,
        "session_sd": gap.session_sd,
        "published": {
            "g": MEAN_DIFFERENCE_G,
            "source": "clients above their therapists, 40 studies",
        },
    }


def _agreement(agreement: Agreement) -> Row:
    return asdict(agreement) | {
        "intraclass": [
            {
                "type": one.kind,
                "value": one.value,
                "f": one.f,
                "df1": one.df1,
                "df2": one.df2,
                "p": one.p,
                "ci_lower": one.low,
                "ci_upper": one.high,
            }
            for one in agreement.intraclass
        ]
    }


def _tracking(tracking: Tracking | None, confidence: float) -> Row | None:
    if tracking is None:
        return None
    from scipy.special import stdtrit

    model = tracking.model
    fixed = []
    for place, term in enumerate(_TRACKING_TERMS):
        estimate, se, df = (float(part[place]) for part in (model.estimate, model.se, model.df))
        half = float(stdtrit(min(df, 1e6), 0.5 + confidence / 2.0)) * se
        fixed.append(
            {
                "term": term,
                "estimate": estimate,
                "se": se,
                "df": df,
                "statistic": float(model.statistic[place]),
                "p": float(model.p[place]),
                "ci_lower": estimate - half,
                "ci_upper": estimate + half,
            }
        )
    sd = dict(zip(model.random_terms, model.random_sd.tolist(), strict=True))
    both = len(sd) == len(_TRACKING_TERMS)
    return {
        "fixed": fixed,
        "random": {
            "sd": sd,
            "correlation": float(model.random.correlation[0, 1]) if both else None,
        },
        "residual_sd": model.residual_sd,
        "loglik": model.loglik,
        "reml": model.reml,
        "converged": model.converged,
        "common_accuracy": tracking.common_accuracy,
    }


def _surface(surface: Congruence | None) -> Row | None:
    if surface is None:
        return None
    return {
        "level": surface.level,
        "n": surface.n,
        "n_dyads": surface.n_dyads,
        "centre": surface.centre,
        "coefficients": [_term(one) for one in surface.coefficients],
        "lines": [_term(one) for one in surface.lines],
        "shape": [
            {"term": one.term, "estimate": one.estimate, "ci_lower": one.low, "ci_upper": one.high}
            for one in surface.shape
        ],
        "r2": surface.r2,
        "curvature_test": {
            "f": surface.f, "df1": surface.f_df[0], "df2": surface.f_df[1], "p": surface.f_p,
        },
        "better_when_alike": surface.better_when_alike,
    }  # fmt: skip


def _term(one: SurfaceTerm) -> Row:
    return {
        "term": one.term,
        "estimate": one.estimate,
        "se": one.se,
        "df": one.df,
        "statistic": one.t,
        "p": one.p,
        "ci_lower": one.low,
        "ci_upper": one.high,
    }


def rows(found: Findings, names: Sequence[Label]) -> list[Row]:
    table = []
    for place, (name, one) in enumerate(zip(names, found.gap.dyads, strict=True)):
        row: Row = {
            "client": name,
            "n": one.n,
            "gap": one.mean,
            "gap_sd": one.sd,
            "gap_ci_lower": one.low,
            "gap_ci_upper": one.high,
            "gap_shrunken": one.estimate,
            "gap_shrunken_ci_lower": one.estimate_low,
            "gap_shrunken_ci_upper": one.estimate_high,
            "correlation": one.correlation,
            "rms_distance": one.distance,
        }
        tracked = None if found.tracking is None else found.tracking.dyads[place]
        for term in _TRACKING_TERMS:
            for key, part in _PARTS.items():
                row[term + key] = None if tracked is None else getattr(tracked, term + part)
        table.append(row)
    return table


def say(
    console: Console,
    found: Findings,
    surface: Congruence | None,
    names: Sequence[Label],
    *,
    outcome: str | None,
) -> None:
    gap = found.gap
    console.print(
        f"{found.n:,} sessions of {len(gap.dyads):,} dyads that both have rated.", markup=False
    )
    console.print(_apart(found), markup=False)
    tracked = _tracked(found)
    if tracked:
        console.print(tracked, markup=False)
    console.print(_alike(found.agreement), markup=False)
    if surface is not None:
        console.print(_mind(surface, outcome or "the outcome"), markup=False)
        console.print(_surface_table(surface), markup=False)
    console.print(_dyad_table(rows(found, names)), markup=False)
    if len(names) > MOST_SHOWN:
        console.print(
            f"The first {MOST_SHOWN} of {len(names)} dyads; --out writes all.", markup=False
        )


def _apart(found: Findings) -> str:
    gap = found.gap
    side = "above" if gap.mean >= 0.0 else "below"
    said = (
        f"Clients rate {abs(gap.mean):.2f} points {side} their therapists "
        f"[{gap.low:+.2f}, {gap.high:+.2f}]"
    )
    if not math.isnan(gap.g):
        said += (
            f", {gap.g:+.2f} standard deviations [{gap.g_low:+.2f}, {gap.g_high:+.2f}]; published: "
            f"{MEAN_DIFFERENCE_G:+.2f} over 40 studies"
        )
    return (
        f"{said}. In 95 % of dyads the mean gap lies between {gap.limits_low:+.2f} and "
        f"{gap.limits_high:+.2f}."
    )


def _tracked(found: Findings) -> str | None:
    fixed = _tracking(found.tracking, found.confidence)
    if fixed is None:
        return None
    accuracy = fixed["fixed"][1]
    return (
        "When a client rates one point above the client’s own mean, the therapist rates "
        f"{accuracy['estimate']:+.2f} points [{accuracy['ci_lower']:+.2f}, "
        f"{accuracy['ci_upper']:+.2f}]: 1 would be perfect tracking, 0 none."
    )


def _alike(agreement: Agreement) -> str:
    if math.isnan(agreement.pearson):
        return "Whether clients who rate high have therapists who rate high cannot be said."
    return (
        "Do clients who rate high have therapists who rate high? Correlation of the dyads’ means "
        f"{agreement.pearson:+.2f}; agreement in level, too (concordance), "
        f"{agreement.concordance:+.2f}."
    )


def _mind(surface: Congruence, outcome: str) -> str:
    across = next(line for line in surface.lines if line.term == "a4")
    figures = f"a4 {across.estimate:+.3g} [{across.low:+.3g}, {across.high:+.3g}]"
    if surface.better_when_alike:
        return f"{outcome} is better the more the two are of one mind ({figures})."
    return (
        f"That {outcome} is better when the two are of one mind is not shown ({figures}; the ridge "
        "must also lie along equal ratings)."
    )


def _surface_table(surface: Congruence) -> Any:
    from rich.table import Table

    meanings = {
        "a1": "both higher alike: slope",
        "a2": "both higher alike: curvature",
        "a3": "client above therapist: slope",
        "a4": "apart in either direction: curvature",
        "a5": "client’s curvature less therapist’s",
    }
    grid = Table(box=None, pad_edge=False)
    grid.add_column("Surface")
    for heading in ("Estimate", f"{surface.confidence:.0%} interval", "p"):
        grid.add_column(heading, justify="right")
    for line in surface.lines:
        grid.add_row(
            f"{line.term}  {meanings[line.term]}", f"{line.estimate:+.3f}",
            f"{line.low:+.3f}, {line.high:+.3f}", f"{line.p:.3f}",
        )  # fmt: skip
    return grid


def _dyad_table(table: Sequence[Row]) -> Any:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False)
    grid.add_column("Client")
    for heading in ("Sessions", "Mean gap", "Shrunken", "Interval", "r", "Tracking"):
        grid.add_column(heading, justify="right")
    for row in table[:MOST_SHOWN]:
        low, high = row["gap_shrunken_ci_lower"], row["gap_shrunken_ci_upper"]
        grid.add_row(
            str(row["client"]), str(row["n"]), _signed(row["gap"]), _signed(row["gap_shrunken"]),
            f"{low:+.2f}, {high:+.2f}" if low <= high else "–",
            _signed(row["correlation"]), _signed(row["accuracy"]),
        )  # fmt: skip
    return grid


def _signed(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:+.2f}"
