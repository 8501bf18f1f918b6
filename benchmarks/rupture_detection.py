"""How well ruptures are found: state space, control charts and criteria at equal false alarms.

    python benchmarks/rupture_detection.py [--clients N] [--seed N]

Ratings are simulated, so the truth is known. In each scenario every method's threshold is first set
on series without a rupture, of the same kind, so that 1 in 100 ratings raises a false alarm. Then
two numbers are found on fresh series with one rupture each: the share found within the window (four
sessions from the onset; a slow fall: until it is complete and one more), and the mean delay of
those found, in sessions. The state space estimates its error and drift from a practice's ratings,
in which every fifth client has a rupture; it judges each rating by the ones before it. Control
charts (but for "Shewhart II", whose baseline is the first four ratings) and criteria see the whole
series, the future included, as they are used in the literature.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from openalliance.core.course.alliance_methods import control_charts, criterion, state_space
from openalliance.core.course.alliance_methods.control_charts import Chart, ChartRules
from openalliance.core.course.alliance_methods.criterion import Criterion, CriterionRules
from openalliance.core.course.alliance_methods.estimation import estimate_steady
from openalliance.core.course.alliance_methods.series import (
    RatingSeries,
    SeriesFound,
    rating_series,
)
from openalliance.core.course.alliance_methods.state_space import Ceiling
from openalliance.core.course.settings import AllianceMeasure, RuptureRules
from openalliance.core.simulation.ratings import (
    Fall,
    RatingScenario,
    SimulatedRatings,
    simulate_ratings,
)

RATE = 0.01
HALVINGS = 14
WINDOW = 4
CLEAR = 3.0
CEILING = 10.0

Found = tuple[SeriesFound, ...]
Detector = Callable[[RatingSeries, float], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A method: what finds ruptures at a threshold, and where the threshold lies.

    ``strict_is_low``: a lower threshold means fewer alarms.
    """

    name: str
    detect: Detector
    low: float
    high: float
    strict_is_low: bool = False


SCENARIOS = {
    "dip of 1.5 points": RatingScenario(fall=Fall.DIP, depth=1.5),
    "dip of 2.5": RatingScenario(fall=Fall.DIP, depth=2.5),
    "step of 1.5": RatingScenario(fall=Fall.STEP, depth=1.5),
    "step of 2.5": RatingScenario(fall=Fall.STEP, depth=2.5),
    "slow fall of 3": RatingScenario(fall=Fall.SLOW, depth=3.0),
    "slow fall of 5": RatingScenario(fall=Fall.SLOW, depth=5.0),
    "dip of 2, all alike": RatingScenario(fall=Fall.DIP, spread_df=math.inf),
    "dip of 2, very unlike": RatingScenario(fall=Fall.DIP, spread_df=5.0),
    "dip of 2, no drift": RatingScenario(fall=Fall.DIP, level_sd=0.0),
    "dip of 2, strong drift": RatingScenario(fall=Fall.DIP, level_sd=0.5),
    "step of 2, autocorrelated": RatingScenario(fall=Fall.STEP, autocorrelation=0.5),
    "dip of 2, 8 sessions": RatingScenario(fall=Fall.DIP, sessions=8),
    "dip of 2, 40 sessions": RatingScenario(fall=Fall.DIP, sessions=40),
    "step of 2, 40 sessions": RatingScenario(fall=Fall.STEP, sessions=40),
    "dip of 2 at the ceiling": RatingScenario(fall=Fall.DIP, start=10.0, maximum=CEILING),
    "step of 2 at the ceiling": RatingScenario(fall=Fall.STEP, start=10.0, maximum=CEILING),
    "slow fall of 4 at the ceiling": RatingScenario(
        fall=Fall.SLOW, depth=4.0, start=10.0, maximum=CEILING
    ),
}


def series_of(made: SimulatedRatings) -> RatingSeries:
    """Return simulated ratings as series."""
    clients, sessions = made.ratings.shape
    return rating_series(
        np.repeat(np.arange(clients), sessions),
        np.tile(np.arange(1.0, sessions + 1.0), clients),
        made.ratings.ravel(),
    )


def practice(scenario: RatingScenario, clients: int, rng: np.random.Generator) -> RatingSeries:
    """Return ratings as a practice has them: every fifth client with the rupture."""
    made = simulate_ratings(replace(scenario, fall=Fall.NONE), clients, rng)
    broken = simulate_ratings(scenario, clients, rng)
    every = np.arange(clients) % 5 == 0
    ratings = np.where(every[:, None], broken.ratings, made.ratings)
    return series_of(replace(made, ratings=ratings))


def detectors(scenario: RatingScenario, learnt_from: RatingSeries) -> list[Tried]:
    """Return all methods, ours with its figures estimated."""
    top = scenario.maximum if math.isfinite(scenario.maximum) else 1e6
    measure = AllianceMeasure(minimum=min(0.0, -top if top > CEILING else 0.0), maximum=top)
    ceiling = Ceiling.CENSORED if math.isfinite(scenario.maximum) else Ceiling.AS_GIVEN
    fit = estimate_steady(learnt_from, measure, RuptureRules(), ceiling=ceiling)

    def ours(series: RatingSeries, rate: float) -> Found:
        rules = replace(fit.rules, false_alarm_rate=rate)
        return state_space.find_ruptures(series, fit.measure, rules, ceiling)

    def charts(rules: ChartRules, name: str) -> Detector:
        def detect(series: RatingSeries, limit: float) -> Found:
            return control_charts.find_ruptures(series, replace(rules, **{name: limit}))

        return detect

    def criteria(which: Criterion) -> Detector:
        def detect(series: RatingSeries, threshold: float) -> Found:
            rules = CriterionRules(criterion=which, threshold=threshold)
            return criterion.find_ruptures(series, rules)

        return detect

    shewhart = ChartRules(chart=Chart.INDIVIDUALS)
    return [
        Tried(name="state space", detect=ours, low=1e-6, high=0.2, strict_is_low=True),
        Tried(name="Shewhart", detect=charts(shewhart, "sigmas"), low=0.5, high=12.0),
        Tried(
            name="Shewhart II",
            detect=charts(replace(shewhart, baseline=4), "sigmas"),
            low=0.5,
            high=60.0,
        ),
        Tried(
            name="EWMA",
            detect=charts(ChartRules(chart=Chart.EWMA), "sigmas"),
            low=0.2,
            high=12.0,
        ),
        Tried(
            name="CUSUM",
            detect=charts(ChartRules(chart=Chart.CUSUM), "decision"),
            low=0.2,
            high=40.0,
        ),
        Tried(name="Stiles", detect=criteria(Criterion.STILES), low=0.2, high=8.0),
        Tried(name="Strauss", detect=criteria(Criterion.STRAUSS), low=0.2, high=16.0),
        Tried(name="Gumz", detect=criteria(Criterion.GUMZ), low=0.2, high=16.0),
    ]


def false_alarms(found: Found) -> float:
    """Return the share of ratings after the first at which a rupture opens."""
    return sum(len(one.ruptures) for one in found) / sum(one.ratings.size - 1 for one in found)


def calibrated(tried: Tried, steady: RatingSeries) -> float:
    """Return the threshold at which `RATE` of the ratings are false alarms."""
    low, high = math.log(tried.low), math.log(tried.high)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        too_many = false_alarms(tried.detect(steady, math.exp(middle))) > RATE
        if too_many is tried.strict_is_low:
            high = middle
        else:
            low = middle
    return math.exp(low if tried.strict_is_low else high)


def power(found: Found, onset: int, last: int) -> tuple[float, float]:
    """Return the share of series whose rupture is found from onset to last, and the mean delay."""
    delays = []
    for one in found:
        rows = [rupture.row for rupture in one.ruptures if onset <= rupture.row <= last]
        if rows:
            delays.append(rows[0] - onset)
    return len(delays) / len(found), float(np.mean(delays)) if delays else math.nan


def tried_on(
    scenario: RatingScenario, clients: int, seed: int
) -> dict[str, tuple[float, float, float, float]]:
    """Return for each method: threshold, false alarms on fresh series, share found, delay."""
    rng = np.random.default_rng(seed)
    steady = replace(scenario, fall=Fall.NONE)
    learnt_from = practice(scenario, clients // 2, rng)
    to_set, to_check = (series_of(simulate_ratings(steady, 2 * clients, rng)) for _ in range(2))
    broken = simulate_ratings(scenario, clients, rng)
    last = broken.onset + (scenario.slow_sessions if scenario.fall is Fall.SLOW else WINDOW - 1)
    results = {}
    for tried in detectors(scenario, learnt_from):
        threshold = calibrated(tried, to_set)
        alarms = false_alarms(tried.detect(to_check, threshold))
        share, delay = power(tried.detect(series_of(broken), threshold), broken.onset, last)
        results[tried.name] = (threshold, alarms, share, delay)
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names: list[str] = []
    alarms: dict[str, list[float]] = {}
    error = 100.0 * math.sqrt(0.25 / asked.clients)
    print(f"Share of ruptures found, % (mean delay in sessions); {asked.clients} clients each,")
    print(f"standard error at most {error:.1f}; thresholds set to {100 * RATE:g} % false alarms.")
    for label, scenario in SCENARIOS.items():
        results = tried_on(scenario, asked.clients, asked.seed)
        if not names:
            names = list(results)
            print(f"{'':31}" + "".join(f"{name:>13}" for name in names))
        cells = [f"{100 * found:.0f} ({delay:.1f})" for _, _, found, delay in results.values()]
        print(f"{label:31}" + "".join(f"{cell:>13}" for cell in cells), flush=True)
        for name, (_, false, _, _) in results.items():
            alarms.setdefault(name, []).append(false)
        best = max((found, name) for name, (_, _, found, _) in results.items())
        ours = results["state space"][2]
        if 100.0 * (best[0] - ours) > CLEAR:
            print(f"{'':31}  {best[1]} finds more here")
    cells = [f"{100 * min(rates):.1f}-{100 * max(rates):.1f}" for rates in alarms.values()]
    print(f"{'false alarms, fresh series, %':31}" + "".join(f"{cell:>13}" for cell in cells))


if __name__ == "__main__":
    main()
