"""How good an off-track rule is: whom it finds, whom it alarms for nothing.

The rule is that of the live engine: a client is off track when a score lies beyond the expected
course's band, given the first score. It is judged by how the episode ends, on data that were not
used to make it: by simulation from the expected course, or by splitting a practice's clients in
two halves, each judged by the course fitted to the other.

References
----------
Finch, A. E., Lambert, M. J., & Schaalje, B. G. (2001). Psychotherapy quality control: the
statistical generation of expected recovery curves for integration into an early warning system.
*Clinical Psychology & Psychotherapy, 8*, 231-242. https://doi.org/10.1002/cpp.286
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.course.trajectories.fitted import fit_trajectory
from openalliance.core.course.trajectory import Trajectory
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import Proportion, wilson
from openalliance.core.instruments import Better

FEWEST_SCORES = 3
"""A first score, one that may raise the signal, and a last one that says how it ended."""

FEWEST_CASES = 5
"""Below this many clients of either kind a share says next to nothing, and a note says so."""

Array = NDArray[np.float64]


class BadEnd(StrEnum):
    """What a signal is meant to foresee, from first to last score."""

    DETERIORATED = "deteriorated"
    NOT_IMPROVED = "not-improved"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleQuality:
    """Operating characteristics of an off-track rule.

    Parameters
    ----------
    n_clients
        Clients with at least three scores.
    bad_ends
        Share whose episode ended badly.
    signalled
        Share with at least one signal before the last score.
    sensitivity
        Share of bad ends that had a signal.
    specificity
        Share of other ends that had none.
    ppv, npv
        Share of signals that ended badly; share without a signal that did not.
    source
        How the data to judge by were had.
    notes
        Cautions in plain words.
    """

    n_clients: int
    bad_ends: Proportion
    signalled: Proportion
    sensitivity: Proportion
    specificity: Proportion
    ppv: Proportion
    npv: Proportion
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Per client: whether a signal was raised before the last score, and whether it ended badly."""

    signalled: NDArray[np.bool_]
    bad: NDArray[np.bool_]


def ends_of(
    expected: Trajectory,
    codes: ArrayLike,
    weeks: ArrayLike,
    scores: ArrayLike,
    *,
    reliable_change: float,
    bad_end: BadEnd = BadEnd.DETERIORATED,
) -> Ends:
    """Apply the rule to every client with at least three scores.

    Parameters
    ----------
    expected
        The course expected.
    codes, weeks, scores
        As in `fit_trajectory`, shape ``(n,)`` each.
    reliable_change
        Points from first to last score that count as a change.
    bad_end
        Ended worse by that much, or not better by that much.

    Raises
    ------
    InputError
        If shapes disagree or the reliable change is not above 0.
    """
    who, when = np.asarray(codes, dtype=np.int64), np.asarray(weeks, dtype=np.float64)
    score = np.asarray(scores, dtype=np.float64)
    if not who.shape == when.shape == score.shape or who.ndim != 1:
        raise InputError("one client, time and score per row are needed", where="scores")
    if not reliable_change > 0.0:
        raise InputError("must be above 0", where="reliable_change")
    seen = ~np.isnan(score)
    order = np.lexsort((when[seen], who[seen]))
    who, when, score = who[seen][order], when[seen][order], score[seen][order]
    _, starts, counts = np.unique(who, return_index=True, return_counts=True)
    first = np.repeat(starts, counts)
    off = _off_track(expected, when - when[first], score[first], score)
    last = starts + counts - 1
    off[starts] = False
    off[last] = False
    signalled = np.logical_or.reduceat(off, starts) if starts.size else np.zeros(0, bool)
    sign = 1.0 if expected.better is Better.HIGHER else -1.0
    gain = sign * (score[last] - score[starts])
    bad = gain <= -reliable_change if bad_end is BadEnd.DETERIORATED else gain < reliable_change
    enough = counts >= FEWEST_SCORES
    return Ends(signalled=signalled[enough], bad=bad[enough])


def rule_quality(ends: Ends, *, source: str, confidence: float = 0.95) -> RuleQuality:
    """Count how signals and ends go together; Wilson intervals."""
    signalled, bad = ends.signalled, ends.bad

    def share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> Proportion:
        return wilson(int((of & among).sum()), int(among.sum()), confidence=confidence)

    everyone = np.ones_like(bad)
    notes = []
    if min(int(bad.sum()), int((~bad).sum())) < FEWEST_CASES:
        notes.append("Too few episodes of one kind of ending to judge the rule by.")
    return RuleQuality(
        n_clients=int(bad.size),
        bad_ends=share(bad, everyone),
        signalled=share(signalled, everyone),
        sensitivity=share(signalled, bad),
        specificity=share(~signalled, ~bad),
        ppv=share(bad, signalled),
        npv=share(~bad, ~signalled),
        source=source,
        notes=tuple(notes),
    )


def quality_by_simulation(
    expected: Trajectory,
    weeks: ArrayLike,
    rng: np.random.Generator,
    *,
    reliable_change: float,
    bad_end: BadEnd = BadEnd.DETERIORATED,
    clients: int = 2000,
) -> RuleQuality:
    """Judge the rule on clients who follow the expected course exactly.

    ``weeks`` are the times of their scores, shape ``(sessions,)``, the first at 0.
    """
    times = np.asarray(weeks, dtype=np.float64)
    scores = simulated_scores(expected, times, clients, rng)
    codes = np.repeat(np.arange(clients), times.size)
    ends = ends_of(
        expected,
        codes,
        np.tile(times, clients),
        scores.ravel(),
        reliable_change=reliable_change,
        bad_end=bad_end,
    )
    return rule_quality(ends, source=f"simulation of {clients} clients")


def quality_by_split(
    codes: ArrayLike,
    weeks: ArrayLike,
    scores: ArrayLike,
    measure: OutcomeMeasure,
    rng: np.random.Generator,
    *,
    reliable_change: float,
    bad_end: BadEnd = BadEnd.DETERIORATED,
    level: float = 0.80,
) -> RuleQuality:
    """Judge each half of the clients by the course fitted to the other half.

    Raises
    ------
    InputError
        If a half is too small to fit a course to.
    """
    who = np.asarray(codes, dtype=np.int64)
    when, score = np.asarray(weeks, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    clients = rng.permutation(np.unique(who))
    half = np.isin(who, clients[: clients.size // 2])
    found = []
    for judged in (half, ~half):
        own = fit_trajectory(who[~judged], when[~judged], score[~judged], measure, level=level)
        found.append(
            ends_of(
                own.trajectory,
                who[judged],
                when[judged],
                score[judged],
                reliable_change=reliable_change,
                bad_end=bad_end,
            )
        )
    ends = Ends(
        signalled=np.concatenate([part.signalled for part in found]),
        bad=np.concatenate([part.bad for part in found]),
    )
    return rule_quality(ends, source="clients of the other half")


def simulated_scores(
    expected: Trajectory, weeks: Array, clients: int, rng: np.random.Generator
) -> Array:
    """Scores of clients who follow the model, kept within the range; ``(clients, sessions)``."""
    both = expected.start_rate_correlation * expected.start_sd * expected.rate_sd
    covariance = np.array([[expected.start_sd**2, both], [both, expected.rate_sd**2]])
    own = rng.multivariate_normal([expected.start_mean, expected.rate_mean], covariance, clients)
    swing = rng.standard_normal((clients, weeks.size))
    for session in range(1, weeks.size):
        keep = expected.swing_persistence ** (weeks[session] - weeks[session - 1])
        swing[:, session] = keep * swing[:, session - 1] + np.sqrt(1 - keep**2) * swing[:, session]
    error = expected.sem * rng.standard_normal(swing.shape)
    scores = own[:, :1] + own[:, 1:] * np.log1p(weeks) + expected.swing_sd * swing + error
    kept: Array = np.clip(scores, expected.minimum, expected.maximum)
    return kept


def _off_track(
    expected: Trajectory, weeks: Array, first: Array, scores: Array
) -> NDArray[np.bool_]:
    """Whether each score is beyond the band, by the live engine's own arithmetic."""
    edge, better = expected.limits.edge, expected.better
    rows = zip(weeks.tolist(), first.tolist(), scores.tolist(), strict=True)
    return np.array([expected.worse_by(w, f, s, better) > edge for w, f, s in rows], dtype=bool)
