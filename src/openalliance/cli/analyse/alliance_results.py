"""An analysis of the alliance as a document, a table, a text and a picture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openalliance.cli.delivery import Result, progress
from openalliance.core.course.alliance_methods import control_charts, criterion, state_space
from openalliance.core.course.alliance_methods.estimation import Estimate, estimate_steady
from openalliance.core.course.alliance_methods.series import (
    FoundRupture,
    RatingSeries,
    SeriesFound,
    rating_series,
)
from openalliance.core.course.settings import AllianceMeasure, RuptureRules

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.files.frame import Label

Rules = control_charts.ChartRules | criterion.CriterionRules | RuptureRules
MOST_SHOWN = 20
"""Ruptures listed in the text; the document and the table have all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """The rows of a file: codes into names, sessions and ratings, ``nan`` where not rated."""

    clients: NDArray[np.int64]
    client_names: Sequence[Label]
    raters: NDArray[np.int64]
    rater_names: Sequence[Label | None]
    sessions: NDArray[np.float64]
    ratings: NDArray[np.float64]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The scale and its figures, which of them were stated, and what to say about its range."""

    measure: AllianceMeasure
    stated: tuple[str, ...]
    ceiling: state_space.Ceiling
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One client as one rater sees the alliance, with what was found."""

    client: Label
    rater: Label | None
    found: SeriesFound


def result_of(
    method: str,
    rated: Rated,
    rules: Rules,
    measured: Measured,
) -> Result:
    """Analyse all series, each kind of rater by itself, and put together what is handed over."""
    codes = range(len(rated.rater_names))
    with progress("Ratings", 2 * len(codes)) as advance:
        per_rater = [_of_rater(rated, code, rules, measured, advance) for code in codes]
    everyone = _in_order(rated, [series for series, _ in per_rater])
    estimates = {
        name: fit
        for name, (_, fit) in zip(rated.rater_names, per_rater, strict=True)
        if fit is not None
    }
    summary = _summary(everyone)
    document = {
        "method": method,
        "settings": _settings(rules, measured, estimates),
        "clients": [_client(one) for one in everyone],
        "summary": summary,
    }
    said = (*rated.notes, *measured.notes, *_cautions(estimates), *_reasons(everyone))
    document["notes"] = list(said)
    return Result(
        title="Rupture and repair",
        document=document,
        tables={"ratings": [row for one in everyone for row in _rows(one)]},
        text=functools.partial(_text, everyone, summary, estimates),
        chart=functools.partial(_chart, everyone, method),
        notes=said,
    )


def _of_rater(
    rated: Rated, code: int, rules: Rules, measured: Measured, advance: Callable[[int], None]
) -> tuple[dict[int, SeriesFound], Estimate | None]:
    """Return what is found in each client whom this rater has rated."""
    mine = np.flatnonzero((rated.raters == code) & ~np.isnan(rated.ratings))
    clients, places = np.unique(rated.clients[mine], return_inverse=True)
    series = rating_series(places, rated.sessions[mine], rated.ratings[mine])
    fit: Estimate | None = None
    if isinstance(rules, RuptureRules):
        fit = estimate_steady(
            series, measured.measure, rules, known=measured.stated, ceiling=measured.ceiling
        )
    advance(1)
    found = _find(series, rules, fit, measured.ceiling)
    advance(1)
    return dict(zip(clients.tolist(), found, strict=True)), fit


def _find(
    series: RatingSeries, rules: Rules, fit: Estimate | None, ceiling: state_space.Ceiling
) -> tuple[SeriesFound, ...]:
    if isinstance(rules, control_charts.ChartRules):
        return control_charts.find_ruptures(series, rules)
    if isinstance(rules, criterion.CriterionRules):
        return criterion.find_ruptures(series, rules)
    if fit is None:
        raise TypeError("the state space needs its figures")
    return state_space.find_ruptures(series, fit.measure, fit.rules, ceiling)


def _in_order(rated: Rated, per_rater: Sequence[dict[int, SeriesFound]]) -> list[Series]:
    """Return all series: clients as they first appear in the file, then raters likewise."""
    return [
        Series(client=name, rater=rater, found=found[code])
        for code, name in enumerate(rated.client_names)
        for rater, found in zip(rated.rater_names, per_rater, strict=True)
        if code in found
    ]


def _number(value: float | None) -> float | int | None:
    """Return a session as it is written: 3 and not 3.0."""
    return int(value) if value is not None and float(value).is_integer() else value


def _rupture(rupture: FoundRupture) -> dict[str, Any]:
    return {
        "session": _number(rupture.session),
        "depth": rupture.depth,
        "standardised": rupture.standardised,
        "probability": rupture.probability,
        "repaired_at": _number(rupture.repaired_at),
        "sessions_to_repair": _number(rupture.sessions_to_repair),
        "repair_probability": rupture.repair_probability,
        "onset": rupture.onset.value,
    }


def _client(one: Series) -> dict[str, Any]:
    found = one.found
    document = {
        "client": one.client,
        "rater": one.rater,
        "n": int(found.ratings.size),
        "level": found.level,
        "level_se": found.level_se,
        "ruptures": [_rupture(rupture) for rupture in found.ruptures],
        "sessions": [_number(session) for session in found.sessions.tolist()],
        "ratings": found.ratings,
    }
    if found.smoothed is not None:
        document |= {"smoothed": found.smoothed, "smoothed_se": found.smoothed_se}
    if found.reason is not None:
        document["reason"] = found.reason
    return document


def _rows(one: Series) -> list[dict[str, Any]]:
    """Return one row per rating; where a rupture begins, its figures stand beside it."""
    begun = {rupture.row: rupture for rupture in one.found.ruptures}
    repaired = {rupture.repaired_row for rupture in one.found.ruptures}
    found, rows = one.found, []
    for row in range(found.ratings.size):
        rupture = begun.get(row)
        figures = None if rupture is None else _rupture(rupture)
        line = {
            "client": one.client,
            "rater": one.rater,
            "session": _number(float(found.sessions[row])),
            "rating": float(found.ratings[row]),
            "level": float(found.level[row]),
            "level_se": float(found.level_se[row]),
            "rupture": rupture is not None,
            "repaired": row in repaired,
        }
        names = ("depth", "standardised", "probability", "onset", "repaired_at")
        line |= {name: None if figures is None else figures[name] for name in names}
        rows.append(line)
    return rows


def _summary(everyone: Sequence[Series]) -> dict[str, Any]:
    ruptures = [rupture for one in everyone for rupture in one.found.ruptures]
    repaired = sum(rupture.repaired_at is not None for rupture in ruptures)
    return {
        "clients_with_rupture": len({one.client for one in everyone if one.found.ruptures}),
        "ruptures": len(ruptures),
        "repaired": repaired,
        "repair_rate": repaired / len(ruptures) if ruptures else None,
        "clients": len({one.client for one in everyone}),
        "series": len(everyone),
        "ratings": int(sum(one.found.ratings.size for one in everyone)),
    }


def _settings(
    rules: Rules, measured: Measured, estimates: dict[Label | None, Estimate]
) -> dict[str, Any]:
    chosen = asdict(rules)
    if not isinstance(rules, RuptureRules):
        if isinstance(rules, criterion.CriterionRules):
            chosen["threshold"] = rules.fall
        return chosen
    del chosen["scale_df"]
    return chosen | {
        "minimum": measured.measure.minimum,
        "maximum": measured.measure.maximum,
        "ceiling": measured.ceiling.value,
        "parameters": [
            {
                "rater": rater,
                "sem": fit.measure.sem,
                "level_sd": fit.measure.level_sd,
                "spread_df": fit.rules.scale_df,
                "estimated": [_OPTION[name] for name in fit.estimated],
                "loglik": fit.loglik,
                "forecasts": fit.forecasts,
                "converged": fit.converged,
                "series_left_out": fit.left_out,
            }
            for rater, fit in estimates.items()
        ],
    }


_OPTION = {"sem": "sem", "level_sd": "level_sd", "scale_df": "spread_df"}


def _cautions(estimates: dict[Label | None, Estimate]) -> list[str]:
    return [
        f"{rater}: {words}" if rater is not None and len(estimates) > 1 else words
        for rater, fit in estimates.items()
        for words in fit.cautions
    ]


def _reasons(everyone: Sequence[Series]) -> list[str]:
    counts: dict[str, int] = {}
    for one in everyone:
        if one.found.reason is not None:
            counts[one.found.reason] = counts.get(one.found.reason, 0) + 1
    return [f"{count} of {len(everyone)} series: {reason}." for reason, count in counts.items()]


def _chart(everyone: Sequence[Series], method: str) -> dict[str, Any]:
    from openalliance.charts.alliance import Panel, alliance_chart

    panels = [Panel(client=str(one.client), rater=one.rater, found=one.found) for one in everyone]
    return alliance_chart(panels, method=method)


def _text(
    everyone: Sequence[Series],
    summary: dict[str, Any],
    estimates: dict[Label | None, Estimate],
    console: Console,
) -> None:
    console.print(_sentence(summary), markup=False)
    for rater, fit in estimates.items():
        who = "" if rater is None else f"{rater}: "
        console.print(
            f"{who}error of a rating (SEM) {fit.measure.sem:.3g}, drift per session"
            f" {fit.measure.level_sd:.3g} points ({_source(fit)}).",
            markup=False,
        )
    shown = [(one, rupture) for one in everyone for rupture in one.found.ruptures]
    if not shown:
        return
    from rich.table import Table

    rated = any(one.rater is not None for one, _ in shown)
    columns = ("Client", "Rater") if rated else ("Client",)
    table = Table(*columns, "Session", "Depth", "Probability", "Onset", "Repaired")
    for one, rupture in shown[:MOST_SHOWN]:
        sure = rupture.probability
        table.add_row(
            *((str(one.client), str(one.rater)) if rated else (str(one.client),)),
            f"{_number(rupture.session)}",
            f"{rupture.depth:.2f}",
            "" if sure is None else f"{sure:.2f}",
            rupture.onset.value,
            "not yet" if rupture.repaired_at is None else f"session {_number(rupture.repaired_at)}",
        )
    console.print(table)
    if len(shown) > MOST_SHOWN:
        console.print(f"… and {len(shown) - MOST_SHOWN} more (--json or --out have all).")


def _source(fit: Estimate) -> str:
    if not fit.estimated:
        return "stated, or working values"
    return (
        f"estimated from {fit.forecasts:,} steady ratings" if len(fit.estimated) > 1 else "in part"
    )


def _sentence(summary: dict[str, Any]) -> str:
    with_rupture, clients = summary["clients_with_rupture"], summary["clients"]
    if not summary["ruptures"]:
        return f"No rupture in {summary['ratings']:,} ratings of {clients:,} clients."
    return (
        f"{with_rupture:,} of {clients:,} clients had a rupture:"
        f" {summary['ruptures']:,} in all, {summary['repaired']:,} of them repaired"
        f" ({100.0 * summary['repair_rate']:.0f} %)."
    )
