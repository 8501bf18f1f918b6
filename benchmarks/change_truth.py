"""Change with a known truth: false alarms of each method, and coverage of slopes' intervals.

Run with ``.venv/bin/python benchmarks/change_truth.py``; it prints the figures of
``docs/explanation/change.md``.
"""

from __future__ import annotations

import math

import numpy as np

from openalliance.core.course.change_methods import (
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    LongScores,
    PrePost,
    analyse_change,
    client_slopes,
)

RELIABILITY = 0.8
CLIENTS = 200_000
ROUNDS = 6
COHORTS = 150
BOUND = 1.959964


def main() -> None:
    """Print both tables."""
    print("nobody truly changed, nominal 2.5 % each")
    print(f"{'':<8}{'all clients':>24}{'start 1 SD above':>24}")
    for name in ("jt", "gln", "hll", "en", "nk", "ha"):
        cells = [rates(ChangeMethod(name), least=least) for least in (-math.inf, 1.0)]
        print(f"{name:<8}" + "".join(f"{f'{up:.1%} / {down:.1%}':>24}" for up, down in cells))
    print("\n95 % intervals of slopes hold the true slope (with the conditional SD alone)")
    for clients, scores, spread in (
        (80, 6, 1.0), (30, 8, 1.0), (100, 4, 1.0), (40, 4, 1.0), (20, 4, 1.0), (80, 6, 0.0),
    ):  # fmt: skip
        whole, conditional = coverage(clients, scores, spread)
        truth = "" if spread else ", clients do not differ"
        print(f"{clients} clients × {scores} scores{truth}: {whole:.1%} ({conditional:.1%})")


def rates(method: ChangeMethod, *, least: float) -> tuple[float, float]:
    """Share called improved and share called deteriorated among unchanged clients.

    Scores have SD 1 and reliability .8; clients whose pre score is below ``least`` do not come.
    """
    settings = ChangeSettings(
        method=method, approach=ChangeApproach.DISTRIBUTION, reliability=RELIABILITY, sd=1.0
    )
    found = []
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0.0, math.sqrt(RELIABILITY), CLIENTS)
        pre, post = truth + rng.normal(0.0, math.sqrt(1.0 - RELIABILITY), (2, CLIENTS))
        came = pre >= least
        codes = analyse_change(PrePost(pre=pre[came], post=post[came]), settings).codes
        found.append((np.mean(codes == 1), np.mean(codes == -1)))
    improved, deteriorated = np.mean(found, axis=0)
    return float(improved), float(deteriorated)


def coverage(clients: int, scores: int, spread: float) -> tuple[float, float]:
    """Coverage with the whole error and with the conditional SD; mean slope -1.5, residual SD 3."""
    whole, conditional = [], []
    for seed in range(COHORTS):
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(clients), scores)
        times = np.tile(np.arange(float(scores)), clients)
        truth = rng.normal(-1.5, spread, clients)
        start = rng.normal(25.0, 6.0, clients)
        seen = start[codes] + truth[codes] * times + rng.normal(0.0, 3.0, codes.size)
        found = client_slopes(LongScores(clients=codes, times=times, scores=seen))
        distance = np.abs(found.slope - truth)
        whole.append(np.mean(distance < BOUND * found.error))
        conditional.append(np.mean(distance < BOUND * found.deviation_sd))
    return float(np.mean(whole)), float(np.mean(conditional))


if __name__ == "__main__":
    main()
