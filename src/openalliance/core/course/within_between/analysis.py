"""Within and between clients: alliance and the next session's outcome, in both directions.

Within: does a session better than this client's usual precede one better than usual? Between: do
clients with better alliance do better altogether? The two answer different questions and may
disagree.

References
----------
Curran, P. J., & Bauer, D. J. (2011). The disaggregation of within-person and between-person effects
in longitudinal models of change. *Annual Review of Psychology, 62*, 583-619.
https://doi.org/10.1146/annurev.psych.093008.100356

Falkenström, F., Finkel, S., Sandell, R., Rubel, J. A., & Holmqvist, R. (2017). Dynamic models of
individual change in psychotherapy process research. *Journal of Consulting and Clinical Psychology,
85*(6), 537-549. https://doi.org/10.1037/ccp0000203

Flückiger, C., Rubel, J., Del Re, A. C., et al. (2020). The reciprocal relationship between alliance
and early treatment symptoms: A two-stage individual participant data meta-analysis. *Journal of
Consulting and Clinical Psychology, 88*(9), 829-843. https://doi.org/10.1037/ccp0000594
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from openalliance.core.course.within_between.dynamics import (
    check_varies,
    corrected,
    innovations,
    least_squares,
)
from openalliance.core.course.within_between.panel import (
    Array,
    Products,
    paired,
    products_of,
    sessions_of,
    summed,
)
from openalliance.core.errors import InputError
from openalliance.core.estimation.bootstrap import percentile_interval

FEW_CLIENTS = 30
"""Clients below which bootstrap intervals are said to be rough."""

FEW_PAIRS = 8
"""Pairs per client below which the correction for few sessions is said to be large."""

MOST_LOST = 0.05
"""Share of draws without an estimate above which the interval is said to be unsure."""

_CELLS = 4_000_000
"""Weights held at once while clients are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate with its bootstrap error and interval; ``nan`` where undefined."""

    estimate: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What one point of the earlier value goes with in the later one, within clients.

    Parameters
    ----------
    source, target
        ``"alliance"`` or ``"outcome"``: of the earlier, of the later session.
    corrected
        Few sessions allowed for, in points of the target per point of the source.
    uncorrected
        Plain least squares around the clients' own means.
    standardised
        ``corrected`` in within-client SDs of both (those of the sessions analysed).
    """

    source: str
    target: str
    corrected: Estimate
    uncorrected: Estimate
    standardised: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinBetween:
    """Within and between clients.

    Parameters
    ----------
    paths
        The four paths: alliance to outcome, outcome to alliance, each to itself.
    between
        Slope of clients' mean outcomes on their mean alliances.
    error_correlation
        Of what is left of outcome and alliance of one session.
    n_rows, n_clients, n_pairs, n_clients_used
        Complete sessions and clients; pairs and clients that the within part rests on.
    pairs_per_client
        Median over the clients used.
    draws, lost
        Bootstrap draws, and how many of them gave no corrected estimate.
    """

    paths: tuple[Path, ...]
    between: Estimate
    error_correlation: float
    lag: int
    line: bool
    n_rows: int
    n_clients: int
    n_pairs: int
    n_clients_used: int
    pairs_per_client: float
    draws: int
    lost: int
    confidence: float
    notes: tuple[str, ...]

    def path(self, source: str, target: str) -> Path:
        """Return one of the four paths."""
        return next(one for one in self.paths if (one.source, one.target) == (source, target))


def within_between(
    client: ArrayLike,
    time: ArrayLike,
    outcome: ArrayLike,
    alliance: ArrayLike,
    *,
    rng: Generator,
    lag: int = 1,
    line: bool = False,
    draws: int = 2_000,
    confidence: float = 0.95,
    advance: Callable[[int], None] = lambda _more: None,
) -> WithinBetween:
    """Relate alliance and outcome of sessions to those of the sessions ``lag`` later.

    Parameters
    ----------
    client
        Integer code per row, shape ``(n,)``, any order.
    time
        Number of the session; pairs are exactly ``lag`` apart, so that a missed session breaks
        the chain.
    outcome, alliance
        ``nan`` where missing; rows with both are used.
    line
        Centre on each client's own line in time rather than on their mean.
    rng
        Source of chance for the bootstrap, which draws whole clients.
    draws
        How many.
    advance
        Told how many draws are done.

    Raises
    ------
    InputError
        If the settings are impossible, a client has two rows of one session, or too little varies.
    """
    if lag < 1 or draws < 1 or not 0.0 < confidence < 1.0:
        raise InputError("lag and draws are at least 1, the confidence lies between 0 and 1")
    sessions = sessions_of(
        np.asarray(client),
        np.asarray(time, dtype=np.float64),
        np.asarray(outcome, dtype=np.float64),
        np.asarray(alliance, dtype=np.float64),
    )
    pairs = paired(sessions, lag)
    products = products_of(sessions, pairs, line=line)
    check_varies(products)
    means = sessions.client_means()
    centre = means - means.mean(axis=0)
    own = np.column_stack(
        [np.ones(len(means)), centre, centre[:, 1] ** 2, centre[:, 0] * centre[:, 1]]
    )
    flat = np.hstack([products.flat(), own])
    solve = _solver(lag)
    here = solve(flat.sum(axis=0, keepdims=True))
    drawn = _drawn(flat, draws, rng, solve, advance)
    used = products.df > 0.0
    estimates = _estimates(here[0], drawn, _widened(confidence, int(used.sum())))
    per_client = np.bincount(sessions.client[pairs.later], minlength=sessions.n_clients)
    whole = summed(flat[:, : -own.shape[1]].sum(axis=0, keepdims=True))
    lost = int((~np.isfinite(drawn[:, 4:8]).all(axis=1)).sum()) if lag == 1 else 0
    found = WithinBetween(
        paths=_paths(estimates),
        between=estimates[12],
        error_correlation=_error_correlation(whole),
        lag=lag,
        line=line,
        n_rows=sessions.client.size,
        n_clients=sessions.n_clients,
        n_pairs=int(per_client[used].sum()),
        n_clients_used=int(used.sum()),
        pairs_per_client=float(np.median(per_client[used])),
        draws=draws,
        lost=lost,
        confidence=confidence,
        notes=(),
    )
    return _noted(found)


def _solver(lag: int) -> Callable[[Array], Array]:
    """Return what turns summed products into 13 estimates per draw.

    Four uncorrected, four corrected, four standardised, and the slope between clients.
    """

    def solve(flat: Array) -> Array:
        products = summed(flat[:, :-5])
        plain = least_squares(products)
        phi = corrected(products) if lag == 1 else np.full(plain.shape, np.nan)
        size = np.sqrt(np.einsum("nii->ni", products.zz + products.xx))
        with np.errstate(divide="ignore", invalid="ignore"):
            standard = (phi if lag == 1 else plain) * size[:, None, :] / size[:, :, None]
        return np.column_stack(
            [part.reshape(-1, 4) for part in (plain, phi, standard)] + [_slope(flat[:, -5:])]
        )

    return solve


def _slope(sums: Array) -> Array:
    n, outcome, alliance, square, product = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = square - alliance**2 / n
        found: Array = np.where(
            spread > 1e-12 * square, (product - outcome * alliance / n) / spread, np.nan
        )
    return found


def _drawn(
    flat: Array,
    draws: int,
    rng: Generator,
    solve: Callable[[Array], Array],
    advance: Callable[[int], None],
) -> Array:
    """Draw whole clients with replacement and solve for every draw."""
    n = len(flat)
    at_once = max(1, min(draws, _CELLS // n))
    found = []
    for done in range(0, draws, at_once):
        count = min(at_once, draws - done)
        chosen = rng.integers(0, n, (count, n)) + np.arange(count)[:, None] * n
        weights = np.bincount(chosen.ravel(), minlength=count * n).reshape(count, n)
        found.append(solve(weights.astype(np.float64) @ flat))
        advance(count)
    return np.concatenate(found)


def _widened(confidence: float, clients: int) -> float:
    """Return the level at which percentile intervals of this many clients hold what they say.

    References
    ----------
    Hesterberg, T. C. (2015). What teachers should know about the bootstrap. *The American
    Statistician, 69*(4), 371-386, section 5.3 (the expanded percentile interval).
    """
    from scipy.special import ndtr, stdtrit

    if clients < 2:
        return confidence
    quantile = float(stdtrit(clients - 1.0, 0.5 + confidence / 2.0))
    return 2.0 * float(ndtr(quantile * (clients / (clients - 1.0)) ** 0.5)) - 1.0


def _estimates(here: Array, drawn: Array, confidence: float) -> list[Estimate]:
    low, high = percentile_interval(drawn, confidence=confidence)
    found = []
    for k, value in enumerate(here):
        kept = drawn[np.isfinite(drawn[:, k]), k]
        known = bool(np.isfinite(value)) and kept.size > 1
        found.append(
            Estimate(
                estimate=float(value),
                se=float(kept.std(ddof=1)) if known else float("nan"),
                low=float(low[k]) if known else float("nan"),
                high=float(high[k]) if known else float("nan"),
            )
        )
    return found


def _paths(estimates: list[Estimate]) -> tuple[Path, ...]:
    names = ("outcome", "alliance")
    order = ((0, 1), (1, 0), (0, 0), (1, 1))
    return tuple(
        Path(
            source=names[source],
            target=names[target],
            uncorrected=estimates[2 * target + source],
            corrected=estimates[4 + 2 * target + source],
            standardised=estimates[8 + 2 * target + source],
        )
        for target, source in order
    )


def _noted(found: WithinBetween) -> WithinBetween:
    notes = []
    left = found.n_clients - found.n_clients_used
    if left:
        need = "four" if found.line else "three"
        notes.append(
            f"{left} clients have fewer than {need} sessions in a row and say nothing about the "
            "within part."
        )
    if found.lag > 1:
        notes.append(
            "The correction for few sessions is made for a lag of 1; these estimates are pulled "
            "down the more, the fewer the sessions of a client (Nickell bias)."
        )
    elif found.pairs_per_client < FEW_PAIRS:
        notes.append(
            f"Half of the clients have {found.pairs_per_client:g} pairs of sessions or fewer: "
            "uncorrected estimates are strongly biased (Nickell), so look at the corrected ones."
        )
    if found.lag == 1 and not np.isfinite(found.paths[0].corrected.estimate):
        notes.append(
            "The corrected equations have no solution that makes sense: sessions are too few. "
            "Only the uncorrected estimates are given, and they are biased."
        )
    if found.lost > MOST_LOST * found.draws:
        notes.append(
            f"{found.lost} of {found.draws} draws gave no corrected estimate; its intervals are "
            "unsure."
        )
    if found.n_clients_used < FEW_CLIENTS:
        notes.append(f"Only {found.n_clients_used} clients: intervals are rough.")
    return replace(found, notes=tuple(notes))


def _error_correlation(products: Products) -> float:
    phi = corrected(products)
    if not np.isfinite(phi).all():
        phi = least_squares(products)
    errors = innovations(products, phi)[0]
    size = float(np.sqrt(errors[0, 0] * errors[1, 1]))
    return float(errors[0, 1]) / size if size > 0.0 else float("nan")
