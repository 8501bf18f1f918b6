"""What was kept after the ending, as JSON, as a table and in words."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.cli.delivery import Result
from openalliance.core.course.maintenance.analysis import Maintenance, Wave
from openalliance.core.course.maintenance.response import ResponseModel
from openalliance.core.course.maintenance.weighting import Estimate

if TYPE_CHECKING:
    from openalliance.cli.analyse.maintenance_rows import Columns, Leavers
    from openalliance.core.estimation.proportions import Proportion


def result_of(found: Maintenance, leavers: Leavers, columns: Columns) -> Result:
    """Return what `delivered` hands over."""
    from openalliance.cli.analyse.maintenance_text import say

    clients = [
        {"client": name, **asdict(one), "fate": one.fate.value}
        for name, one in zip(leavers.names, found.clients, strict=True)
    ]
    gain = _gain(found, leavers)
    return Result(
        title="What is kept after the ending",
        document=_document(found, leavers, columns, clients, gain),
        tables={"clients": clients},
        text=lambda console: say(console, found, gain, columns.score),
        chart=lambda: _chart(found, columns.score),
        notes=[*leavers.notes, *found.notes],
    )


def _chart(found: Maintenance, score: str) -> dict[str, Any]:
    from openalliance.charts.maintenance import maintenance_chart

    return maintenance_chart(found, score=score)


def _gain(found: Maintenance, leavers: Leavers) -> dict[str, float] | None:
    """Return what the episode brought, and how much of it all are estimated to have at the end."""
    if leavers.start is None:
        return None
    panel = leavers.panel
    known = np.isfinite(leavers.start)
    if not known.any():
        return {"n": 0, "start": math.nan, "points": math.nan, "share_kept": math.nan}
    points = float((panel.worse * (leavers.start - panel.ending))[known].mean())
    lost = panel.worse * _last(found).weighted.change.value
    share = 1.0 - lost / points if points > 0.0 else math.nan
    return {
        "n": int(known.sum()),
        "start": float(leavers.start[known].mean()),
        "points": points,
        "share_kept": share,
    }


def _last(found: Maintenance) -> Wave:
    return found.waves[-1]


def _document(
    found: Maintenance, leavers: Leavers, columns: Columns, clients: list[dict[str, Any]],
    gain: dict[str, float] | None,
) -> dict[str, Any]:  # fmt: skip
    settings, panel = found.settings, leavers.panel
    return {
        "n_clients": found.n,
        "n_left_out": leavers.left_out,
        "reliable_change": settings.limit,
        "settings": {
            "better": "lower" if panel.worse > 0 else "higher",
            "relapse_threshold": settings.threshold,
            "delta": list(settings.deltas),
            "range": None if settings.scale is None else list(settings.scale),
            "covariates": list(columns.covariates),
            "confidence": settings.confidence,
            "bootstrap": settings.draws,
            "seed": settings.seed,
            "monotone": found.monotone,
        },
        "gain": gain,
        "waves": [_wave(one) for one in found.waves],
        "trend": None if found.trend is None else {
            "level": _estimate(found.trend.level),
            "slope": _estimate(found.trend.slope),
            "departure": found.trend.departure,
        },
        "survival": _survival(found),
        "summary": {fate.value: _share(share) for fate, share in found.summary.items()},
        "clients": clients,
    }  # fmt: skip


def _estimate(one: Estimate) -> dict[str, float]:
    return {"estimate": one.value, "se": one.se, "ci_lower": one.low, "ci_upper": one.high}


def _share(one: Proportion) -> dict[str, float]:
    return {
        "count": one.count,
        "n": one.n,
        "proportion": one.value,
        "ci_lower": one.low,
        "ci_upper": one.high,
    }


def _wave(one: Wave) -> dict[str, Any]:
    mixture = one.mixture
    return {
        "wave": one.wave,
        "response": _share(one.response),
        "observed": _estimate(one.observed),
        "weighted": _estimate(one.weighted.mean),
        "weighted_change": _estimate(one.weighted.change),
        "effective_n": one.weighted.effective_n,
        "largest_weight": one.weighted.largest,
        "smallest_probability": one.weighted.smallest_probability,
        "response_model": None if one.model is None else _model(one.model),
        "bounds": None if one.bounds is None else asdict(one.bounds),
        "pattern_mixture": [] if mixture is None else [
            {
                "delta": at.delta,
                "mean": at.mean,
                "ci_lower": at.low,
                "ci_upper": at.high,
                "worsening": at.worsening,
                "worsening_ci": [at.worsening_low, at.worsening_high],
                "kept_on_average": at.kept,
            }
            for at in mixture.curve
        ],
        "tipping_delta": None if mixture is None else mixture.tipping,
        "tipping_delta_interval": None if mixture is None else mixture.tipping_sure,
    }  # fmt: skip


def _model(model: ResponseModel) -> dict[str, Any]:
    return {
        "kind": model.kind.value,
        "n": int(model.at_risk.sum()),
        "coefficients_per_sd": [
            {"term": term, "estimate": float(b), "se": float(se)}
            for term, b, se in zip(
                model.terms, model.coefficients, model.standard_errors, strict=True
            )
        ],
        "left_out": list(model.left_out),
    }


def _survival(found: Maintenance) -> dict[str, Any] | None:
    if found.survival is None:
        return None
    curve = found.survival
    return {
        "n": curve.n,
        "relapses": curve.relapses,
        "median": curve.median,
        "median_ci": [curve.median_low, curve.median_high],
        "curve": [
            {
                "wave": step.time,
                "at_risk": step.at_risk,
                "relapses": step.relapses,
                "censored": step.censored,
                "survival": step.survival,
                "se": step.se,
                "ci_lower": step.low,
                "ci_upper": step.high,
            }
            for step in curve.steps
        ],
    }
