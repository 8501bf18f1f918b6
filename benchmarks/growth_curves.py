"""Growth curves: time of a fit against lme4's, and that it grows in step with the rows.

Run with ``python benchmarks/growth_curves.py``. lme4 1.1-31 took 2.6 s for start and rate per
client on 1e5 rows, and 7.1 s with therapists above, on such a machine with two cores. Times are
noisy: each is the median of several runs, beside that of one matrix product as the machine's own
measure.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from collections.abc import Callable

import numpy as np

from openalliance.core.estimation.mixed import MixedFit, fit

LME4_TWO_LEVELS = 2.6
LME4_THREE_LEVELS = 7.1
TRUTH = {"start": 20.0, "rate": -1.5, "start_sd": 5.0, "rate_sd": 0.8, "residual_sd": 3.0}
THERAPIST_SD = 2.0
SESSIONS = 10
CASELOAD = 50

Rows = dict[str, np.ndarray]


def simulated(rows: int, seed: int = 1) -> Rows:
    """Clients with ten sessions each, in caseloads of fifty."""
    rng = np.random.default_rng(seed)
    clients = rows // SESSIONS
    codes = np.repeat(np.arange(clients), SESSIONS)
    times = np.log1p(np.tile(np.arange(float(SESSIONS)), clients) + rng.uniform(0, 0.5, rows))
    covariate = rng.standard_normal(clients)[codes]
    therapists = codes // CASELOAD
    start = TRUTH["start"] + TRUTH["start_sd"] * rng.standard_normal(clients)
    rate = TRUTH["rate"] + TRUTH["rate_sd"] * rng.standard_normal(clients)
    y = start[codes] + rate[codes] * times + 0.5 * covariate
    y += THERAPIST_SD * rng.standard_normal(int(therapists[-1]) + 1)[therapists]
    y += TRUTH["residual_sd"] * rng.standard_normal(rows)
    x = np.column_stack([np.ones(rows), times, covariate])
    return {"y": y, "x": x, "z": x[:, :2], "codes": codes, "therapists": therapists, "t": times}


def two_levels(data: Rows) -> MixedFit:
    return fit(data["y"], data["x"], data["codes"], z=data["z"])


def three_levels(data: Rows) -> MixedFit:
    return fit(data["y"], data["x"], data["codes"], z=data["z"], upper_groups=data["therapists"])


def autocorrelated(data: Rows) -> MixedFit:
    return fit(data["y"], data["x"], data["codes"], z=data["z"], times=data["t"])


def median_seconds(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def machine(rows: int) -> float:
    """Seconds to read six columns of so many rows and multiply them with each other."""
    columns = np.random.default_rng(0).standard_normal((6, rows))
    return median_seconds(lambda: columns @ columns.T, 5)


def against_lme4(runs: int) -> None:
    data = simulated(100_000)
    limit = machine(100_000)
    print("1e5 rows, 1e4 clients, 200 therapists")
    for name, fitted, theirs in (
        ("start and rate", two_levels, LME4_TWO_LEVELS),
        ("… with therapists", three_levels, LME4_THREE_LEVELS),
    ):
        fitted(data)
        seconds = median_seconds(functools.partial(fitted, data), runs)
        print(
            f"  {name:<20} {seconds:7.3f} s   lme4 {theirs:.1f} s: {theirs / seconds:5.0f} x"
            f"   one product of the columns: {seconds / limit:5.0f} x"
        )
    found = three_levels(data)
    upper = float("nan") if found.upper is None else float(found.upper.sd[0])
    print(
        f"  estimates (truth): rate {found.estimate[1]:.3f} ({TRUTH['rate']}),"
        f" SDs {found.random_sd[0]:.3f} ({TRUTH['start_sd']}),"
        f" {found.random_sd[1]:.3f} ({TRUTH['rate_sd']}), therapists {upper:.3f} ({THERAPIST_SD}),"
        f" residual {found.residual_sd:.3f} ({TRUTH['residual_sd']})"
    )


def in_step(largest: int) -> None:
    print("rows       start and rate          with therapists         with autocorrelation")
    rows = 10_000
    while rows <= largest:
        data = simulated(rows)
        cells = []
        for fitted in (two_levels, three_levels, autocorrelated):
            seconds = median_seconds(functools.partial(fitted, data), 3)
            cells.append(f"{seconds:7.3f} s {1e6 * seconds / rows:6.2f} us/row")
        print(f"{rows:<10,}" + "   ".join(cells))
        rows *= 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rows", type=int, default=1_000_000, help="largest number of rows")
    asked = parser.parse_args()
    against_lme4(asked.runs)
    in_step(asked.rows)


if __name__ == "__main__":
    main()
