"""What the picture of growth curves shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.charts.trajectory import GrowthPicture
from openalliance.cli.analyse.trajectory_rows import Rows, more_rows
from openalliance.core.course.probability import normal_quantile

if TYPE_CHECKING:
    from openalliance.core.estimation.mixed import MixedFit

CURVE_POINTS = 40
DRAWN_CLIENTS = 60
FORECAST_CLIENTS = 2

AVERAGED_CLIENTS = 400
"""The usual curve is that of clients with the covariates of so many, evenly picked."""


def picture_of(
    rows: Rows, fit: MixedFit, predictions: Sequence[Mapping[str, Any]], level: float
) -> GrowthPicture:
    """Return some clients' scores, the usual curve, and the forecasts of a few."""
    growth = rows.growth
    clients = np.unique(growth.codes)
    drawn = clients[_evenly(clients.size, DRAWN_CLIENTS)]
    shown = np.isin(growth.codes, drawn)
    order = np.flatnonzero(shown)[np.argsort(growth.times[shown], kind="stable")]
    names = {rows.names[code] for code in drawn[_evenly(drawn.size, FORECAST_CLIENTS)].tolist()}
    forecasts = [row for row in predictions if row["client"] in names]
    return GrowthPicture(
        lines=[
            {"client": str(rows.names[int(growth.codes[i])]), "time": growth.times[i],
             "score": growth.y[i]}
            for i in order.tolist()
        ],
        curve=_curve(rows, fit, level, _latest(rows, forecasts)),
        forecasts=forecasts,
        time_title=f"Time ({rows.columns.time})",
        score_title=f"Score ({rows.columns.score})",
        level=level,
        n_clients=fit.n_groups,
        n_drawn=int(drawn.size),
    )  # fmt: skip


def _latest(rows: Rows, forecasts: Sequence[Mapping[str, Any]]) -> float:
    return max([float(rows.growth.times.max()), *(float(row["time"]) for row in forecasts)])


def _curve(rows: Rows, fit: MixedFit, level: float, until: float) -> list[dict[str, float]]:
    """Mean curve over the clients' covariates, its 95 % interval, and a new client's band."""
    growth = rows.growth
    times = np.linspace(growth.times.min(), until, CURVE_POINTS)
    clients = np.unique(growth.codes)
    some = clients[_evenly(clients.size, AVERAGED_CLIENTS)]
    x, z = more_rows(rows, np.tile(some, times.size).tolist(), np.repeat(times, some.size))
    x = x.reshape(times.size, some.size, -1).mean(axis=1)
    z = z.reshape(times.size, some.size, -1)[:, 0]
    mean = x @ fit.estimate
    own = np.einsum("ti,ij,tj->t", x, fit.vcov, x)
    spread = own + np.einsum("ti,ij,tj->t", z, fit.random_covariance, z) + fit.residual_sd**2
    if fit.upper is not None:
        spread = spread + fit.upper.covariance[0, 0]
    half = normal_quantile(0.975) * np.sqrt(own)
    wide = normal_quantile(0.5 + level / 2.0) * np.sqrt(spread)
    named = {
        "time": times, "mean": mean, "mean_low": mean - half, "mean_high": mean + half,
        "low": mean - wide, "high": mean + wide,
    }  # fmt: skip
    columns = [column.tolist() for column in named.values()]
    return [dict(zip(named, values, strict=True)) for values in zip(*columns, strict=True)]


def _evenly(n: int, most: int) -> np.ndarray[Any, Any]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
