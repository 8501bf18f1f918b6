"""What is known and what is true here: four questions, each with the practice's own answer.

Clients together, one client over time, ways of working, who rates and when. Every row rests on a
stated number of clients at least and, where there are several therapists, on more than one; ways of
working are hidden as everywhere (`told_parts`), so that nothing small can be worked out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from openalliance.core.course.disclosure import Hidden, told_to_one
from openalliance.core.course.told_parts import told_parts
from openalliance.core.errors import InputError
from openalliance.core.evidence.own.clients import By, OneClient, SessionRow, clients_of
from openalliance.core.evidence.own.pooling import Pooled, Prior, pool
from openalliance.core.evidence.own.relation import Contrast, Relation, contrast, relation

if TYPE_CHECKING:
    from openalliance.core.course.within_between.analysis import WithinBetween

LEAST_CLIENTS_HERE = 20
"""Clients below which a practice's own relation is not told; a working value."""

LEAST_IN_A_PART = 10
"""The same for one way of working beside others."""

LEAST_PAIRS = 60
"""Pairs of sessions in a row below which nothing is told of one client over time."""

DRAWS = 1_000
SEED = 1


class Lacking(StrEnum):
    """Why a row of a question has no figure."""

    CLIENTS = "clients"
    """Too few clients."""
    SESSIONS = "sessions"
    """Too few sessions in a row."""
    SPREAD = "spread"
    """Nothing varies, or the equations have no solution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the practice's own relation, and both together; ``clients`` is how many fit it."""

    name: str
    clients: int
    own: Relation | None
    together: Pooled | None
    lacking: Lacking | None = None
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """What a session better than usual goes with in the next one, in standard deviations."""

    name: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """One client over time; without ``slopes``, ``lacking`` or ``hidden`` says why."""

    slopes: tuple[Slope, ...]
    clients: int
    pairs: int
    notes: tuple[str, ...]
    lacking: Lacking | None
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """All that a practice's own data say, beside the prior that it was taken together with."""

    prior: Prior
    level: float
    clients: int
    overall: Row
    within: Within
    modalities: tuple[Row, ...]
    raters: tuple[Row, ...]
    rater_contrast: Contrast | None
    times: tuple[Row, ...]
    time_contrast: Contrast | None


def here(
    rows: Iterable[SessionRow],
    prior: Prior,
    *,
    asked_by: str = "",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
    advance: Callable[[int], None] = lambda _more: None,
) -> Here:
    """Answer the questions from the sessions of a practice.

    Parameters
    ----------
    rows
        Sessions, a client's in any order; one therapy for each client.
    prior
        What is published.
    asked_by
        The therapist who is to be told, if one is: what would leave one colleague's figures,
        their own taken away, is hidden.
    level
        Of all intervals.
    draws, seed
        Of the bootstrap within clients; the same data give the same figures.
    advance
        Told how many draws are done.

    Raises
    ------
    InputError
        A client has two rows of one session, or the level is impossible.
    """
    if not 0.0 < level < 1.0:
        raise InputError("the level lies between 0 and 1", where="level")
    if draws < 1:
        raise InputError("at least one", where="draws")
    every = list(rows)
    clients = clients_of(every)

    def row(by: By, beside: By) -> Row:
        return _row(_with(clients, by, beside), by, prior, guard=guard, level=level)

    def apart(first: By, second: By) -> Contrast | None:
        of = _with(clients, first, second)
        if not guard.lets(one.therapist for one in of):
            return None
        return contrast(of, first, second, least=LEAST_CLIENTS_HERE, level=level)

    guard = _Guard(several=len({one.therapist for one in clients}) > 1, asked_by=asked_by)
    return Here(
        prior=prior,
        level=level,
        clients=len(_with(clients, By.CLIENT)),
        overall=row(By.CLIENT, By.CLIENT),
        within=_within(every, guard, level=level, draws=draws, seed=seed, advance=advance),
        modalities=_modalities(clients, prior, guard, level),
        raters=(row(By.CLIENT, By.CLIENT), row(By.THERAPIST, By.THERAPIST)),
        rater_contrast=apart(By.CLIENT, By.THERAPIST),
        times=(row(By.EARLY, By.LATE), row(By.LATE, By.EARLY)),
        time_contrast=apart(By.EARLY, By.LATE),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guard:
    """Whether figures that rest on the clients of some therapists may be told."""

    several: bool
    asked_by: str

    def lets(self, therapists: Iterable[str]) -> bool:
        whose = set(therapists)
        if self.several and len(whose) < 2:
            return False
        return not self.asked_by or told_to_one(self.asked_by, whose)


def _with(clients: Sequence[OneClient], *sides: By) -> Sequence[OneClient]:
    return [one for one in clients if all(side in one.alliance for side in sides)]


def _row(clients: Sequence[OneClient], by: By, prior: Prior, *, guard: _Guard, level: float) -> Row:
    own = relation(clients, by, least=LEAST_CLIENTS_HERE, level=level)
    count = len(clients)
    if own is None:
        few = count < LEAST_CLIENTS_HERE
        return Row(
            name=by.value, clients=count, own=None, together=None,
            lacking=Lacking.CLIENTS if few else Lacking.SPREAD,
        )  # fmt: skip
    if not guard.lets(one.therapist for one in clients):
        return Row(
            name=by.value, clients=count, own=None, together=None, hidden=Hidden.ONE_THERAPIST
        )
    return Row(name=by.value, clients=count, own=own, together=pool(own, prior, level=level))


def _modalities(
    clients: Sequence[OneClient], prior: Prior, guard: _Guard, level: float
) -> tuple[Row, ...]:
    """Return a row for each way of working, those without enough hidden, and nobody's count."""

    def judge(of_part: Sequence[OneClient]) -> Relation | None:
        if not guard.lets(one.therapist for one in of_part):
            return None
        return relation(of_part, By.CLIENT, least=LEAST_IN_A_PART, level=level)

    known = _with(clients, By.CLIENT)
    if not guard.lets(one.therapist for one in known):
        return ()
    if relation(known, By.CLIENT, least=LEAST_CLIENTS_HERE, level=level) is None:
        return ()
    return tuple(
        Row(
            name=part.name,
            clients=part.judged.clients if part.judged else 0,
            own=part.judged,
            together=pool(part.judged, prior, level=level) if part.judged else None,
            hidden=part.hidden,
        )
        for part in told_parts(known, part_of=lambda one: one.modality, judge=judge)
    )


def _within(
    rows: Sequence[SessionRow],
    guard: _Guard,
    *,
    level: float,
    draws: int,
    seed: int,
    advance: Callable[[int], None],
) -> Within:
    import numpy as np

    from openalliance.core.course.within_between.analysis import within_between

    kept = [one for one in rows if math.isfinite(one.outcome) and math.isfinite(one.alliance)]
    nothing = Within(slopes=(), clients=0, pairs=0, notes=(), lacking=Lacking.SESSIONS)
    if not kept:
        return nothing
    if not guard.lets(one.therapist for one in kept):
        return replace(nothing, lacking=None, hidden=Hidden.ONE_THERAPIST)
    codes = {name: code for code, name in enumerate(sorted({one.client for one in kept}))}
    try:
        found = within_between(
            np.array([codes[one.client] for one in kept]),
            np.array([one.session for one in kept]),
            np.array([one.outcome for one in kept]),
            np.array([one.alliance for one in kept]),
            rng=np.random.default_rng(seed),
            draws=draws,
            confidence=level,
            advance=advance,
        )
    except InputError:
        # Nobody has two sessions in a row, or nothing varies within anybody.
        return nothing
    return _told_within(found)


def _told_within(found: WithinBetween) -> Within:
    told = Within(
        slopes=(),
        clients=found.n_clients_used,
        pairs=found.n_pairs,
        notes=found.notes,
        lacking=None,
    )
    if found.n_clients_used < LEAST_CLIENTS_HERE:
        return replace(told, lacking=Lacking.CLIENTS)
    if found.n_pairs < LEAST_PAIRS:
        return replace(told, lacking=Lacking.SESSIONS)
    slopes = tuple(
        Slope(name=f"{source}-to-{target}", estimate=one.estimate, low=one.low, high=one.high)
        for source, target in (("alliance", "outcome"), ("outcome", "alliance"))
        for one in [found.path(source, target).standardised]
    )
    if not all(math.isfinite(x) for one in slopes for x in (one.estimate, one.low, one.high)):
        return replace(told, lacking=Lacking.SPREAD)
    return replace(told, slopes=slopes)
