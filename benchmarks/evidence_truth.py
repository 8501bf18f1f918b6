"""How often intervals of meta-analyses hold a known truth, with few studies and with many.

Run: .venv/bin/python benchmarks/evidence_truth.py [--runs 1000]
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from openalliance.core.evidence.meta.heterogeneity import profile_interval, q_profile
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.robust import Correction, robust
from openalliance.core.evidence.meta.three_level import fit_three_level, variance_interval
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaData, Test, meta_data

TRUE, TAU2, BETWEEN, WITHIN = 0.3, 0.03, 0.03, 0.02


def two_levels(rng: np.random.Generator, k: int) -> MetaData:
    """Return independent effects."""
    v = rng.uniform(0.01, 0.1, k)
    return meta_data(TRUE + np.sqrt(TAU2 + v) * rng.standard_normal(k), v)


def three_levels(rng: np.random.Generator, studies: int, rho: float) -> MetaData:
    """Return studies of one to seven effects, sampling errors correlated by ``rho`` within them."""
    codes = np.repeat(np.arange(studies), rng.integers(1, 8, studies))
    v = rng.uniform(0.01, 0.1, studies)[codes]
    error = math.sqrt(rho) * rng.standard_normal(studies)[codes]
    error += math.sqrt(1.0 - rho) * rng.standard_normal(codes.size)
    y = TRUE + math.sqrt(BETWEEN) * rng.standard_normal(studies)[codes]
    y += math.sqrt(WITHIN) * rng.standard_normal(codes.size) + np.sqrt(v) * error
    x = np.column_stack([np.ones(codes.size), (np.arange(studies) % 3 == 0)[codes]])
    return meta_data(y, v, x=x, studies=codes)


def held(low: float, high: float, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return bool(low <= truth <= high)


def of_two_levels(runs: int) -> None:
    for k in (5, 10, 40):
        rng = np.random.default_rng(k)
        counts: dict[str, int] = {}
        for _ in range(runs):
            data = two_levels(rng, k)
            plain = fit_random(data)
            sure = fit_random(data, test=Test.KNHA)
            new = TRUE + math.sqrt(TAU2) * rng.standard_normal()
            for name, yes in (
                ("z", held(plain.ci_low[0], plain.ci_high[0], TRUE)),
                ("Knapp-Hartung", held(sure.ci_low[0], sure.ci_high[0], TRUE)),
                ("Q-profile", held(*q_profile(plain), TAU2)),
                ("profile", held(*profile_interval(plain), TAU2)),
                ("prediction, z", _further(predict(plain), new)),
                ("prediction, z, wider", _further(predict(plain, wider=True), new)),
                ("prediction, Knapp-Hartung", _further(predict(sure), new)),
            ):
                counts[name] = counts.get(name, 0) + yes
        _print(f"two levels, {k} effects", counts, runs)


def _further(prediction: object, new: float) -> bool:
    return held(prediction.true_low[0], prediction.true_high[0], new)  # type: ignore[attr-defined]


def of_three_levels(runs: int) -> None:
    for studies in (10, 40):
        rng = np.random.default_rng(studies)
        counts: dict[str, int] = {}
        for _ in range(runs):
            data = three_levels(rng, studies, rho=0.6)
            if data.n_studies == data.k:
                continue
            ignored = fit_three_level(data)
            fit = fit_three_level(data, rho=0.6)
            by_t = fit_three_level(data, rho=0.6, test=Test.T)
            cr0, cr2 = robust(ignored, Correction.CR0), robust(ignored)
            for name, yes in (
                (
                    "errors taken for independent, z",
                    held(ignored.ci_low[1], ignored.ci_high[1], 0.0),
                ),
                ("the same, CR0", held(cr0.ci_low[1], cr0.ci_high[1], 0.0)),
                ("the same, CR2", held(cr2.ci_low[1], cr2.ci_high[1], 0.0)),
                ("correlation known, z", held(fit.ci_low[1], fit.ci_high[1], 0.0)),
                ("correlation known, t", held(by_t.ci_low[1], by_t.ci_high[1], 0.0)),
                ("variance between, profile", held(*variance_interval(fit, 0), BETWEEN)),
                ("variance within, profile", held(*variance_interval(fit, 1), WITHIN)),
            ):
                counts[name] = counts.get(name, 0) + yes
        _print(f"three levels, {studies} studies", counts, runs)


def _print(what: str, counts: dict[str, int], runs: int) -> None:
    print(f"{what}, 95 % intervals that hold the truth in {runs} runs:")
    for name, count in counts.items():
        print(f"  {name:34} {100.0 * count / runs:5.1f} %", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="of each setting")
    runs = parser.parse_args().runs
    of_two_levels(runs)
    of_three_levels(runs)


if __name__ == "__main__":
    main()
