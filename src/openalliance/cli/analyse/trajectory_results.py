"""What a growth curve came to: JSON, tables, text, picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.charts.trajectory import trajectory_chart
from openalliance.cli.analyse.trajectory_picture import picture_of
from openalliance.cli.analyse.trajectory_rows import Rows, more_rows
from openalliance.cli.analyse.trajectory_text import print_growth
from openalliance.cli.delivery import Result
from openalliance.core.course.trajectories.prediction import Observed, Wanted, forecast

if TYPE_CHECKING:
    from openalliance.core.course.trajectories.growth import GrowthFit
    from openalliance.core.course.trajectories.rules import RuleQuality
    from openalliance.core.estimation.mixed import MixedFit, RandomPart

BEYOND = "Bands come from a normal model and can reach beyond the ends of the scale."

FORECASTS = 4
"""How many scores ahead are forecast unless times are given."""


def result_of(rows: Rows, found: GrowthFit, asked: Mapping[str, Any]) -> Result:
    """Put everything together."""
    fit = found.fit
    predictions = _predictions(rows, fit, asked) if asked["predict"] else []
    rule, rule_note = _off_track(rows, asked)
    fixed = [
        dict(zip(("term", "estimate", "se", "df", "statistic", "p"), values, strict=True))
        for values in zip(
            fit.terms, fit.estimate, fit.se, fit.df, fit.statistic, fit.p, strict=True
        )
    ]
    clients = _clients(rows, fit)
    document = {
        "n_rows": fit.n_rows,
        "n_clients": fit.n_groups,
        "reml": fit.reml,
        "loglik": fit.loglik,
        "aic": fit.aic,
        "bic": fit.bic,
        "n_parameters": fit.n_parameters,
        "fixed": fixed,
        "vcov": fit.vcov,
        "random": _random(fit.random),
        "therapists": None if fit.upper is None else _therapists(fit.upper),
        "residual_sd": fit.residual_sd,
        "autocorrelation": None if fit.autocorrelation is None else asdict(fit.autocorrelation),
        "candidates": [asdict(one) for one in found.candidates],
        "converged": fit.converged,
        "boundary": fit.boundary,
        "clients": clients,
        "predictions": predictions,
        "off_track": None if rule is None else asdict(rule),
        "settings": {**asked, "formula": rows.columns.formula, "correlation": found.memory.value},
    }
    tables: dict[str, list[dict[str, Any]]] = {"fixed": fixed, "clients": clients}
    if predictions:
        tables = {"predictions": predictions, **tables}
    beyond = [BEYOND] if predictions else []
    notes = [*rows.notes, *beyond, *fit.notes, *rule_note, *(() if rule is None else rule.notes)]
    return Result(
        title="Growth curves",
        document=document,
        tables=tables,
        text=lambda console: print_growth(console, rows, found, rule),
        chart=lambda: trajectory_chart(picture_of(rows, fit, predictions, asked["level"])),
        notes=notes,
    )


def _random(part: RandomPart) -> dict[str, Any]:
    several = len(part.terms) > 1
    return {
        "sd": dict(zip(part.terms, part.sd, strict=True)),
        "correlation": part.correlation[1, 0] if several else None,
        "covariance": part.covariance,
    }


def _therapists(part: RandomPart) -> dict[str, Any]:
    return {"n_therapists": part.n_groups, **_random(part)}


def _clients(rows: Rows, fit: MixedFit) -> list[dict[str, Any]]:
    names = [rows.names[code] for code in fit.random.codes.tolist()]
    counts = np.unique(rows.growth.codes, return_counts=True)[1].tolist()
    sd = np.sqrt(np.diagonal(fit.blup_covariance, axis1=1, axis2=2))
    made = [{"client": name, "n": n} for name, n in zip(names, counts, strict=True)]
    for k, term in enumerate(fit.random_terms):
        values = zip(made, fit.blups[:, k].tolist(), sd[:, k].tolist(), strict=True)
        for row, effect, error in values:
            row[term] = effect
            row[f"{term}_se"] = error
    return made


def _seen(rows: Rows) -> Observed:
    growth = rows.growth
    return Observed(codes=growth.codes, times=growth.times, y=growth.y, x=growth.x, z=growth.z)


def _predictions(rows: Rows, fit: MixedFit, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    growth = rows.growth
    clients, where = np.unique(growth.codes, return_inverse=True)
    if asked["at"]:
        times = np.tile(np.array(asked["at"]), clients.size)
        each = len(asked["at"])
    else:
        last = np.full(clients.size, -np.inf)
        np.maximum.at(last, where, growth.times)
        step = _usual_distance(growth.codes, growth.times)
        times = (last[:, None] + step * np.arange(1, FORECASTS + 1)).ravel()
        each = FORECASTS
    codes = np.repeat(clients, each)
    x, z = more_rows(rows, codes.tolist(), times)
    made = forecast(
        fit, _seen(rows), Wanted(codes=codes, times=times, x=x, z=z), level=asked["level"]
    )
    columns = (codes, times, made.mean, made.sd, made.low, made.high)
    return [
        {"client": rows.names[code], "time": t, "mean": mean, "sd": sd, "low": low, "high": high}
        for code, t, mean, sd, low, high in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _usual_distance(codes: np.ndarray[Any, Any], times: np.ndarray[Any, Any]) -> float:
    order = np.lexsort((times, codes))
    same = np.diff(codes[order]) == 0
    steps = np.diff(times[order])[same]
    return float(np.median(steps)) if steps.size else 1.0


def _off_track(rows: Rows, asked: Mapping[str, Any]) -> tuple[RuleQuality | None, list[str]]:
    if asked["reliable_change"] is None:
        return None, []
    from openalliance.core.course.settings import OutcomeMeasure
    from openalliance.core.course.trajectories.rules import BadEnd, quality_by_split
    from openalliance.core.instruments import Better

    growth = rows.growth
    _, where = np.unique(growth.codes, return_inverse=True)
    first = np.full(where.max() + 1, np.inf)
    np.minimum.at(first, where, growth.times)
    low, high = float(growth.y.min()), float(growth.y.max())
    room = high - low
    rule = quality_by_split(
        growth.codes,
        growth.times - first[where],
        growth.y,
        OutcomeMeasure(
            better=Better(asked["better"]), minimum=low - room, maximum=high + room, sem=room / 20
        ),
        np.random.default_rng(asked["seed"]),
        reliable_change=asked["reliable_change"],
        bad_end=BadEnd(asked["bad_end"]),
        level=asked["level"],
    )
    return rule, [
        "The off-track rule is the live one: a course in log(1 + weeks), without covariates."
    ]
