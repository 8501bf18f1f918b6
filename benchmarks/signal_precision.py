"""How often the interval of a signal's precision holds the truth, with several signals a client.

``python benchmarks/signal_precision.py`` draws practices whose clients answer alike, and counts how
often the 95 % interval holds the true share: with clients counted, and with signals counted.
"""

from __future__ import annotations

import numpy as np

from openalliance.core.estimation.proportions import clustered_wilson, wilson

PRACTICES = 4_000
SHARE = 0.7
MOST_SIGNALS = 4


def coverage(clients: int, likeness: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return the coverage with clients counted and with signals counted."""
    held = np.zeros(2)
    for _ in range(PRACTICES):
        totals = rng.integers(1, MOST_SIGNALS + 1, clients)
        if likeness > 0.0:
            weight = (1.0 - likeness) / likeness
            shares = rng.beta(SHARE * weight, (1.0 - SHARE) * weight, clients)
        else:
            shares = np.full(clients, SHARE)
        counts = rng.binomial(totals, shares)
        by_client = clustered_wilson([int(n) for n in counts], [int(n) for n in totals])
        by_signal = wilson(int(counts.sum()), int(totals.sum()))
        held += [one.low <= SHARE <= one.high for one in (by_client, by_signal)]
    return float(held[0] / PRACTICES), float(held[1] / PRACTICES)


def main() -> None:
    rng = np.random.default_rng(20261123)
    print(f"share {SHARE}, 1 to {MOST_SIGNALS} signals a client, {PRACTICES} practices each")
    print("clients  likeness  clients counted  signals counted")
    for clients in (8, 15, 30, 100):
        for likeness in (0.0, 0.3, 0.6):
            ours, naive = coverage(clients, likeness, rng)
            print(f"{clients:7d}  {likeness:8.1f}  {ours:15.3f}  {naive:15.3f}")


if __name__ == "__main__":
    main()
