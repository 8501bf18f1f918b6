"""How often a practice's own relation, alone and with what is published, holds a known truth.

Run: .venv/bin/python benchmarks/known_truth.py [--runs 10000]
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from openalliance.core.evidence.own.clients import By, OneClient
from openalliance.core.evidence.own.pooling import pool, prior_of
from openalliance.core.evidence.own.relation import relation
from openalliance.core.evidence.published import finding

PRIOR = prior_of(finding("alliance-outcome-2018"))


def practice(rng: np.random.Generator, n: int, rho: float) -> list[OneClient]:
    """Return clients whose alliance goes with the last score by ``rho``, the first one given."""
    first, alliance, chance = rng.standard_normal((3, n))
    last = rho * alliance + math.sqrt(1.0 - rho**2) * chance + 0.5 * first
    rated = alliance + 0.5 * first
    return [
        OneClient(
            client=str(code), therapist="", modality="", first=start, last=end,
            alliance={By.CLIENT: seen},
        )
        for code, (start, end, seen) in enumerate(
            zip(first.tolist(), last.tolist(), rated.tolist(), strict=True)
        )
    ]  # fmt: skip


def row(rng: np.random.Generator, n: int, centre: float, sd: float, runs: int) -> str:
    """Return weight, coverage, bias and error of Fisher's z for practices around ``centre``."""
    found = []
    for _ in range(runs):
        z = centre + sd * float(rng.standard_normal())
        own = relation(practice(rng, n, math.tanh(z)), least=5)
        if own is None:
            raise RuntimeError("the simulated clients do not differ")
        both, true = pool(own, PRIOR), math.tanh(z)
        error = math.atanh(both.r) - z
        found.append(
            (own.low <= true <= own.high, both.low <= true <= both.high, own.z - z, error,
             both.own_weight)
        )  # fmt: skip
    own_held, held, own_error, error, weight = np.array(found, dtype=np.float64).T
    return (
        f"n = {n:3d}  own weight {weight[0]:.0%}  held: own {own_held.mean():.1%}, together"
        f" {held.mean():.1%}  bias: {own_error.mean():+.3f}, {error.mean():+.3f}  error:"
        f" {math.sqrt(np.mean(own_error**2)):.3f}, {math.sqrt(np.mean(error**2)):.3f}"
    )


def main() -> None:
    """Print the figures of the page on what is known and what is true here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    rng = np.random.default_rng(1)
    bound = math.sqrt(PRIOR.variance)
    for words, centre, sd in (
        ("Practices differ as the prior says", PRIOR.mean, bound),
        ("They differ by half of that", PRIOR.mean, bound / 2.0),
        ("All lie two SDs below what is published", PRIOR.mean - 2.0 * bound, 0.0),
    ):
        print(words)
        for n in (20, 40, 80, 160):
            print(" ", row(rng, n, centre, sd, runs))


if __name__ == "__main__":
    main()
